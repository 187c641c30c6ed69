//! The parent's access to a run: the worker's process, its job and the pipes to it. Every wait here has a time limit.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::os::windows::io::{AsRawHandle, OwnedHandle, RawHandle};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use windows_sys::Win32::System::Threading::GetExitCodeProcess;

use super::event::{Event, check, wait_for_any};
use super::job::Job;
use super::pipe::{self, PipeReader};
use super::process::{StandardHandles, Suspended};
use super::shared_memory::SharedMemory;
use super::{HOST_NAME, NULL_DEVICE, variables, wine};
use crate::worker::host_end::HostEnd;
use crate::worker::protocol::{self, BoundedBuffer, Instructions, WorkerExit};
use crate::worker::{Cancel, Options, ScenarioChange, WorkerError};

/// How long processes may take to end once their job is ended.
const EXIT_TIMEOUT: Duration = Duration::from_secs(5);

/// How much output is taken at once. A plugin that prints without end must not keep the parent from checking the time limit.
const MAX_BLOCK: usize = 128 << 10;

/// The worker's process, and what the parent has of it. Dropping it ends the whole run.
pub(in crate::worker) struct RunHandle {
    process: OwnedHandle,
    job: Job,
    /// To the worker.
    commands: File,
    reports: PipeReader,
    stdout: PipeReader,
    stderr: PipeReader,
    /// Set when something has arrived in one of the pipes.
    arrived: Arc<Event>,
    shared: SharedMemory,
    /// Reports that arrived while the end was waited for.
    last_reports: Vec<u8>,
    /// Output that arrived then.
    last_stdout: BoundedBuffer,
    last_stderr: BoundedBuffer,
}

impl RunHandle {
    /// Starts the worker in a job.
    pub(in crate::worker) fn start(options: &Options) -> Result<Self, WorkerError> {
        let program = match &options.program {
            Some(program) => program.clone(),
            None => std::env::current_exe().map_err(WorkerError::Channel)?,
        };
        Self::start_from(&program, options).map_err(|source| WorkerError::Start {
            program: program.display().to_string(),
            source,
        })
    }

    fn start_from(program: &Path, options: &Options) -> io::Result<Self> {
        let job = Job::new(options.address_space)?;
        let shared = SharedMemory::new()?;
        let (workers_commands, commands) = pipe::new()?;
        let (reports, workers_reports) = pipe::new()?;
        let (stdout, workers_stdout) = pipe::new()?;
        let (stderr, workers_stderr) = pipe::new()?;
        let nothing = OwnedHandle::from(File::open(NULL_DEVICE)?);
        let inherited = [&workers_commands, &workers_reports, shared.section()];
        let standard = StandardHandles {
            input: &nothing,
            output: &workers_stdout,
            error: &workers_stderr,
        };
        for handle in inherited
            .into_iter()
            .chain([&nothing, &workers_stdout, &workers_stderr])
        {
            pipe::let_inherit(handle)?;
        }
        let [commands_number, reports_number, shared_number] =
            inherited.map(|handle| handle.as_raw_handle().addr());
        let worker = Suspended::start(
            program,
            &format!("{HOST_NAME} {commands_number} {reports_number} {shared_number}"),
            &standard,
            &inherited,
            &variables::block(options),
            options.folder.as_deref(),
        )?;
        job.add(worker.handle())?;
        let process = worker.resume()?;
        let arrived = Arc::new(Event::new()?);
        let reader = |from| PipeReader::start(from, Arc::clone(&arrived));
        Ok(Self {
            process,
            job,
            commands: File::from(commands),
            reports: reader(reports)?,
            stdout: reader(stdout)?,
            stderr: reader(stderr)?,
            arrived,
            shared,
            last_reports: Vec::new(),
            last_stdout: BoundedBuffer::default(),
            last_stderr: BoundedBuffer::default(),
        })
    }

    pub(in crate::worker) fn send_instructions(
        &mut self,
        instructions: &Instructions,
    ) -> Result<(), WorkerError> {
        let mut line =
            serde_json::to_vec(instructions).map_err(|error| WorkerError::Channel(error.into()))?;
        line.push(b'\n');
        self.send(&line)
    }

    /// Tells the worker whether the scenario was changed.
    pub(in crate::worker) fn resume_worker(
        &mut self,
        change: ScenarioChange,
    ) -> Result<(), WorkerError> {
        self.send(protocol::answer_to(change))
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), WorkerError> {
        match self.commands.write_all(bytes) {
            // The worker has ended: its exit code says how.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other.map_err(WorkerError::Channel),
        }
    }

    /// Waits until there is something to read, the worker has ended, the run is cancelled, or the time is over.
    pub(in crate::worker) fn wait(
        &self,
        time: Duration,
        cancelled: &Cancel,
    ) -> Result<(), WorkerError> {
        let handles = [cancelled.handle(), self.arrived.handle(), self.process()];
        wait_for_any(&handles, Some(time)).map_err(WorkerError::Channel)?;
        // Before anything is read: what arrives later sets it again.
        self.arrived.reset();
        match cancelled.is_cancelled() {
            true => Err(WorkerError::Cancelled),
            false => Ok(()),
        }
    }

    fn process(&self) -> RawHandle {
        self.process.as_raw_handle()
    }

    /// Reads what the worker has printed.
    pub(in crate::worker) fn read_output(
        &mut self,
        stdout: &mut BoundedBuffer,
        stderr: &mut BoundedBuffer,
    ) -> Result<(), WorkerError> {
        stdout.append(std::mem::take(&mut self.last_stdout));
        stderr.append(std::mem::take(&mut self.last_stderr));
        stdout.push(&self.stdout.take(MAX_BLOCK));
        stderr.push(&self.stderr.take(MAX_BLOCK));
        self.remember_rest();
        Ok(())
    }

    /// Reads what the worker reports. 0 means that nothing is available at present.
    pub(in crate::worker) fn read_reports(
        &mut self,
        buffer: &mut [u8],
    ) -> Result<usize, WorkerError> {
        let taken = match self.last_reports.is_empty() {
            true => self.reports.take(buffer.len()),
            false => {
                let count = self.last_reports.len().min(buffer.len());
                let rest = self.last_reports.split_off(count);
                std::mem::replace(&mut self.last_reports, rest)
            }
        };
        buffer[..taken.len()].copy_from_slice(&taken);
        self.remember_rest();
        Ok(taken.len())
    }

    /// Has the next wait end at once if not all was read.
    fn remember_rest(&self) {
        let pipes = [&self.reports, &self.stdout, &self.stderr];
        if !pipes.iter().all(|pipe| pipe.is_empty()) {
            self.arrived.set();
        }
    }

    /// How the worker ended, once it has. Then all processes that it started have ended, too.
    pub(in crate::worker) fn read_exit(&mut self) -> Result<Option<WorkerExit>, WorkerError> {
        match self.has_ended(Duration::ZERO)? {
            true => self.end(true).map(Some),
            false => Ok(None),
        }
    }

    /// Ends the run, and waits until all of its processes have ended.
    ///
    /// # Errors
    /// If they do not end in time.
    pub(in crate::worker) fn terminate(
        &mut self,
        _cancelled: Option<&Cancel>,
    ) -> Result<WorkerExit, WorkerError> {
        let by_itself = self.has_ended(Duration::ZERO)?;
        self.end(by_itself)
    }

    /// Nothing is left to wait for.
    pub(in crate::worker) fn wait_for_exit(self, _cancelled: &Cancel) -> Result<(), WorkerError> {
        Ok(())
    }

    fn has_ended(&self, time: Duration) -> Result<bool, WorkerError> {
        let ended = wait_for_any(&[self.process()], Some(time)).map_err(WorkerError::Channel)?;
        Ok(ended.is_some())
    }

    /// Ends all processes of the run, takes what they have written, and says how the worker ended.
    fn end(&mut self, by_itself: bool) -> Result<WorkerExit, WorkerError> {
        self.job.terminate();
        if !self.has_ended(EXIT_TIMEOUT)? {
            return Err(WorkerError::Lingers(EXIT_TIMEOUT));
        }
        let until = Instant::now() + EXIT_TIMEOUT;
        let last_reports = &mut self.last_reports;
        self.reports
            .wait_for_end(until, |bytes| last_reports.extend(bytes));
        let (stdout, stderr) = (&mut self.last_stdout, &mut self.last_stderr);
        self.stdout.wait_for_end(until, |bytes| stdout.push(&bytes));
        self.stderr.wait_for_end(until, |bytes| stderr.push(&bytes));
        let mut code = 0;
        // SAFETY: The handle is valid, and the pointer is valid for writes.
        check(unsafe { GetExitCodeProcess(self.process(), &mut code) })
            .map_err(WorkerError::Channel)?;
        let end = HostEnd {
            code,
            raised_in: self.shared.raised_in(),
            stack: BTreeSet::new(),
        };
        let counters = self.shared.counters();
        Ok(WorkerExit {
            end: end.process_end(),
            by_itself,
            too_many_processes: false,
            steps: counters.steps(),
            calls: counters.calls(),
            out_of_range: counters.out_of_range(),
            channel_lost: counters.is_channel_lost(),
            windows: Some(match wine::version() {
                Some(_) => end.under_wine(),
                None => end.on_windows(),
            }),
        })
    }
}

impl Drop for RunHandle {
    fn drop(&mut self) {
        self.job.terminate();
    }
}
