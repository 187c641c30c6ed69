//! The parent's access to a run: the supervisor's process, the channels to it and to
//! the worker, and the ways to end them.
//!
//! A plugin can stop or kill the supervisor, so every wait here has a time limit.

use std::fs::File;
use std::io::{self, IoSlice, Read};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, pidfd_open, pidfd_send_signal, waitid,
};

use super::HOST_NAME;
use super::channel_io::{poll_for, read_pipe, write_unless_closed};
use super::snapshot::{children, parent_and_state};
use super::supervisor::EXHAUSTED;
use crate::testbed::containment::Containment;
use crate::worker::protocol::{self, BoundedBuffer, Instructions, WorkerExit};
use crate::worker::{Cancel, Options, ScenarioChange, WorkerError};

/// How long the supervisor may take to end what the plugin started. It takes
/// milliseconds unless the kernel itself is stuck.
const EXIT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the parent itself tries to kill the processes that a supervisor left, and how long it waits for a killed
/// process.
const KILL_TIMEOUT: Duration = Duration::from_secs(1);

/// How often the state of a process is polled that could be stopped again at any moment.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// How often the supervisor may be found stopped while it ends the run. It is continued each
/// time; this limit ends the attempts against a plugin that stops it again and again.
const MAX_STOPS: u32 = 20;

/// The longest message about the end of a run, in bytes. Real ones have some 100.
const MAX_EXIT_MESSAGE: usize = 4096;

/// A worker's `PATH`, the same on every machine.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Where a run that has folders of its own finds them.
fn home(options: &Options) -> Vec<(&'static str, &Path)> {
    let home = options.containment.as_ref().and_then(Containment::home);
    home.map_or_else(Vec::new, |home| {
        vec![("HOME", home), ("TMPDIR", Path::new("/tmp"))]
    })
}

/// The supervisor's process and channels. Dropping it ends the whole run.
pub(in crate::worker) struct SupervisorHandle {
    /// None once it has been waited for.
    supervisor: Option<Child>,
    /// The supervisor's pidfd, which stays valid if the PID is reused.
    process: OwnedFd,
    /// Whether the supervisor could not end the run.
    given_up: bool,
    /// To and from the supervisor.
    control: UnixStream,
    /// The part of the supervisor's message about the end that has arrived.
    exit_message: Vec<u8>,
    /// To and from the worker; none once the worker's side is closed.
    reports: Option<UnixStream>,
    stdout: Option<File>,
    stderr: Option<File>,
}

impl SupervisorHandle {
    /// Starts the supervisor and gives it the worker's end of the report channel.
    pub(in crate::worker) fn start(options: &Options) -> Result<Self, WorkerError> {
        let (control, supervisors) = UnixStream::pair().map_err(WorkerError::Channel)?;
        let (reports, workers) = UnixStream::pair().map_err(WorkerError::Channel)?;
        for channel in [&control, &reports] {
            channel
                .set_nonblocking(true)
                .map_err(WorkerError::Channel)?;
        }
        // The link outlives a replaced or deleted program file.
        let program = options
            .program
            .as_deref()
            .unwrap_or(Path::new("/proc/self/exe"));
        let failed = |source| WorkerError::Start {
            program: program.display().to_string(),
            source,
        };
        let mut command = Command::new(program);
        command
            .arg0(HOST_NAME)
            .stdin(Stdio::from(OwnedFd::from(supervisors)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .env_clear()
            .env("PATH", PATH)
            .env("HOME", "/")
            .env("LANG", "C.UTF-8")
            .env("TMPDIR", std::env::temp_dir())
            .envs(home(options))
            .envs(std::env::var_os("LD_LIBRARY_PATH").map(|path| ("LD_LIBRARY_PATH", path)))
            .envs(&options.environment);
        if let Some(folder) = &options.folder {
            command.current_dir(folder);
        }
        let mut supervisor = command.spawn().map_err(failed)?;
        // Nothing has waited for it, so its PID is not reused.
        let process = match pidfd_open(Pid::from_child(&supervisor), PidfdFlags::empty()) {
            Ok(process) => process,
            Err(error) => {
                // Without a descriptor it cannot be watched. It has no instructions yet, and so no plugin.
                drop(supervisor.kill());
                drop(supervisor.wait());
                return Err(failed(error.into()));
            }
        };
        let stdout = supervisor
            .stdout
            .take()
            .map(|pipe| OwnedFd::from(pipe).into());
        let stderr = supervisor
            .stderr
            .take()
            .map(|pipe| OwnedFd::from(pipe).into());
        // From here on, dropping `running` ends the supervisor.
        let running = Self {
            supervisor: Some(supervisor),
            process,
            given_up: false,
            control,
            exit_message: Vec::new(),
            reports: Some(reports),
            stdout,
            stderr,
        };
        for pipe in running.stdout.iter().chain(&running.stderr) {
            rustix::io::ioctl_fionbio(pipe, true)
                .map_err(|error| WorkerError::Channel(error.into()))?;
        }
        // The worker's end is closed when this function returns, so that the parent's end sees when the worker closes
        // its own.
        running.send_channel(&workers)?;
        Ok(running)
    }

    /// Sends a descriptor to the supervisor, with one byte to carry it.
    fn send_channel(&self, channel: &UnixStream) -> Result<(), WorkerError> {
        let descriptors = [channel.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut message = SendAncillaryBuffer::new(&mut space);
        message.push(SendAncillaryMessage::ScmRights(&descriptors));
        match sendmsg(
            &self.control,
            &[IoSlice::new(b"\n")],
            &mut message,
            SendFlags::NOSIGNAL,
        ) {
            // It has ended: the reason arrives in the other direction.
            Ok(_) | Err(rustix::io::Errno::PIPE | rustix::io::Errno::CONNRESET) => Ok(()),
            Err(error) => Err(WorkerError::Channel(error.into())),
        }
    }

    pub(in crate::worker) fn send_instructions(
        &mut self,
        instructions: &Instructions,
    ) -> Result<(), WorkerError> {
        let mut line =
            serde_json::to_vec(instructions).map_err(|error| WorkerError::Channel(error.into()))?;
        line.push(b'\n');
        write_unless_closed(&mut self.control, &line)
    }

    /// Tells the worker whether the scenario was changed.
    pub(in crate::worker) fn resume_worker(
        &mut self,
        change: ScenarioChange,
    ) -> Result<(), WorkerError> {
        match &mut self.reports {
            Some(reports) => write_unless_closed(reports, protocol::answer_to(change)),
            None => Ok(()),
        }
    }

    /// Waits until there is something to read, the run is cancelled, or the time is over.
    pub(in crate::worker) fn wait(
        &self,
        time: Duration,
        cancelled: &Cancel,
    ) -> Result<(), WorkerError> {
        let mut fds = vec![
            PollFd::new(&self.control, PollFlags::IN),
            PollFd::from_borrowed_fd(cancelled.as_fd(), PollFlags::IN),
        ];
        fds.extend(
            self.reports
                .iter()
                .map(|channel| PollFd::new(channel, PollFlags::IN)),
        );
        fds.extend(
            self.stdout
                .iter()
                .chain(&self.stderr)
                .map(|pipe| PollFd::new(pipe, PollFlags::IN)),
        );
        poll_for(&mut fds, time).map_err(WorkerError::Channel)?;
        match cancelled.is_cancelled() {
            true => Err(WorkerError::Cancelled),
            false => Ok(()),
        }
    }

    /// Reads what is in the output pipes.
    pub(in crate::worker) fn read_output(
        &mut self,
        stdout: &mut BoundedBuffer,
        stderr: &mut BoundedBuffer,
    ) -> Result<(), WorkerError> {
        read_pipe(&mut self.stdout, stdout)
            .and_then(|()| read_pipe(&mut self.stderr, stderr))
            .map_err(WorkerError::Channel)
    }

    /// Reads what the worker reports. 0 means that nothing is available at present.
    pub(in crate::worker) fn read_reports(
        &mut self,
        buffer: &mut [u8],
    ) -> Result<usize, WorkerError> {
        let Some(reports) = &mut self.reports else {
            return Ok(0);
        };
        match reports.read(buffer) {
            // The worker has ended, or the plugin closed its side; the supervisor reports which.
            Ok(0) => self.reports = None,
            Ok(count) => return Ok(count),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => {}
                io::ErrorKind::ConnectionReset => self.reports = None,
                _ => return Err(WorkerError::Channel(error)),
            },
        }
        Ok(0)
    }

    /// The supervisor's message about the end of the run, once it has arrived.
    pub(in crate::worker) fn read_exit(&mut self) -> Result<Option<WorkerExit>, WorkerError> {
        let mut buffer = [0; 512];
        match self.control.read(&mut buffer) {
            Ok(0) => return Err(self.ended_early()),
            Ok(count) => self.exit_message.extend_from_slice(&buffer[..count]),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => return Ok(None),
                io::ErrorKind::ConnectionReset => {
                    return Err(self.ended_early());
                }
                _ => return Err(WorkerError::Channel(error)),
            },
        }
        if let Some(line) = self.exit_message.strip_suffix(b"\n") {
            let exit = serde_json::from_slice(line);
            exit.map(Some)
                .map_err(|error| WorkerError::Channel(error.into()))
        } else if self.exit_message.len() > MAX_EXIT_MESSAGE {
            Err(WorkerError::Channel(io::Error::other(
                "the supervisor's message does not end",
            )))
        } else {
            Ok(None)
        }
    }

    /// Has the supervisor end the run, and waits until it reports that all processes have ended.
    ///
    /// # Errors
    /// If the report does not arrive in time, or the run is cancelled.
    pub(in crate::worker) fn terminate(
        &mut self,
        cancelled: Option<&Cancel>,
    ) -> Result<WorkerExit, WorkerError> {
        // The supervisor sees that this direction is shut, as it also would if the harness were killed. This can only
        // fail if the supervisor has ended.
        drop(self.control.shutdown(Shutdown::Write));
        let deadline = Instant::now() + EXIT_TIMEOUT;
        let mut stops = 0;
        loop {
            if self.resume_if_stopped() {
                stops += 1;
            }
            if stops > MAX_STOPS {
                self.given_up = true;
                return Err(WorkerError::Supervisor(
                    "it was stopped again and again".to_owned(),
                ));
            }
            if let Some(exit) = self.read_exit()? {
                return Ok(exit);
            }
            if Instant::now() >= deadline {
                self.given_up = true;
                return Err(WorkerError::Lingers(EXIT_TIMEOUT));
            }
            self.poll_once(&self.control, cancelled)?;
        }
    }

    /// Waits for the exit of the supervisor, which has reported the end of the run.
    pub(in crate::worker) fn wait_for_exit(
        mut self,
        cancelled: &Cancel,
    ) -> Result<(), WorkerError> {
        self.try_wait_for(EXIT_TIMEOUT, Some(cancelled))?;
        // If it is still there, it has nothing left to do. Dropping it kills it, and its report is valid.
        Ok(())
    }

    /// Waits until the descriptor is readable, for [`POLL_INTERVAL`] at most.
    fn poll_once(&self, from: &impl AsFd, cancelled: Option<&Cancel>) -> Result<(), WorkerError> {
        let mut fds = vec![PollFd::new(from, PollFlags::IN)];
        fds.extend(cancelled.map(|switch| PollFd::from_borrowed_fd(switch.as_fd(), PollFlags::IN)));
        poll_for(&mut fds, POLL_INTERVAL).map_err(WorkerError::Channel)?;
        match cancelled.is_some_and(Cancel::is_cancelled) {
            true => Err(WorkerError::Cancelled),
            false => Ok(()),
        }
    }

    /// Continues the supervisor if something stopped it. Returns whether it was stopped.
    fn resume_if_stopped(&self) -> bool {
        // Until it has been waited for, its PID is not reused.
        let Some(supervisor) = self.supervisor.as_ref().map(Pid::from_child) else {
            return false;
        };
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let stopped = matches!(waitid(WaitId::Pid(supervisor), options), Ok(Some(_)));
        if stopped {
            // It can only fail if the supervisor has been killed in the meantime.
            let _ = pidfd_send_signal(&self.process, Signal::CONT);
        }
        stopped
    }

    /// Waits for the supervisor's exit, for `time` at most. None if it is still there, or has been waited for already.
    fn try_wait_for(
        &mut self,
        time: Duration,
        cancelled: Option<&Cancel>,
    ) -> Result<Option<ExitStatus>, WorkerError> {
        let deadline = Instant::now() + time;
        while let Some(supervisor) = &mut self.supervisor {
            if let Some(status) = supervisor.try_wait().map_err(WorkerError::Channel)? {
                self.supervisor = None;
                return Ok(Some(status));
            }
            if Instant::now() >= deadline {
                break;
            }
            self.resume_if_stopped();
            self.poll_once(&self.process, cancelled)?;
        }
        Ok(None)
    }

    /// How a supervisor that closed its channel ended, as text.
    fn ended_early(&mut self) -> WorkerError {
        match self.try_wait_for(KILL_TIMEOUT, None) {
            // Such a run is made again when fewer others go on.
            Ok(Some(status)) if status.code() == Some(EXHAUSTED) => WorkerError::Start {
                program: "the supervisor".to_owned(),
                source: io::Error::from_raw_os_error(libc::EAGAIN),
            },
            Ok(Some(status)) => WorkerError::Supervisor(status.to_string()),
            Ok(None) => WorkerError::Supervisor("unknown".to_owned()),
            Err(error) => WorkerError::Supervisor(error.to_string()),
        }
    }

    /// Kills the processes that the supervisor should have killed: its children, and their children, which it adopts
    /// as their subreaper. Returns when all have ended, or after [`KILL_TIMEOUT`].
    fn kill_children(&self) {
        let Some(supervisor) = self.supervisor.as_ref().map(Pid::from_child) else {
            return;
        };
        let deadline = Instant::now() + KILL_TIMEOUT;
        while Instant::now() < deadline {
            let mut alive = false;
            for child in children(supervisor).unwrap_or_default() {
                alive |= kill_child_of(supervisor, child);
            }
            if !alive {
                break;
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }
}

impl Drop for SupervisorHandle {
    fn drop(&mut self) {
        if self.supervisor.is_none() {
            return;
        }
        // No error can be returned from here. If the supervisor cannot end the run, it is done here; if it has ended
        // already, this does nothing.
        if !self.given_up
            && self.terminate(None).is_ok()
            && matches!(self.try_wait_for(KILL_TIMEOUT, None), Ok(Some(_)))
        {
            return;
        }
        self.kill_children();
        let _ = pidfd_send_signal(&self.process, Signal::KILL);
        // Only a process that is stuck in the kernel is still there after this. It remains as a child that is not
        // waited for.
        drop(self.try_wait_for(KILL_TIMEOUT, None));
    }
}

/// Kills a process if it is a child of `parent`, and returns whether it was alive. The pidfd is opened before the
/// parent is checked, so that no unrelated process with a reused PID is killed.
fn kill_child_of(parent: Pid, child: i32) -> bool {
    let Some(process) =
        Pid::from_raw(child).and_then(|child| pidfd_open(child, PidfdFlags::empty()).ok())
    else {
        return false;
    };
    match parent_and_state(child) {
        Some((its, state)) if its == parent.as_raw_nonzero().get() && state != 'Z' => {
            pidfd_send_signal(&process, Signal::KILL).is_ok()
        }
        _ => false,
    }
}
