//! The parent's hands on a run: the supervisor, the channels to it and to the
//! worker, and the ways to end it all.
//!
//! A plugin can stop or kill the supervisor, so nothing here waits for it, or
//! for anything else, without a limit.

use std::fs::File;
use std::io::{self, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, pidfd_open, pidfd_send_signal, waitid,
};

use super::HIDDEN;
use super::snapshot::{children, parent_and_state};
use crate::worker::protocol::{BoundedBuffer, Instructions, WorkerExit};
use crate::worker::{Cancel, Options, WorkerError};

/// How long the supervisor may take to end what the plugin started. It takes
/// milliseconds unless the kernel itself is stuck.
const EXIT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the parent itself tries to end what a supervisor left, and how long it waits for a killed process.
const KILL_TIMEOUT: Duration = Duration::from_secs(1);

/// How often a process is looked at that could be stopped again at any moment.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// How often the supervisor may be found stopped while it ends the run. The first time it is told to continue; a
/// plugin that goes on stopping it is not waited for.
const MAX_STOPS: u32 = 20;

/// The longest message about the end of a run, in bytes. True ones have some 100.
const MAX_EXIT_MESSAGE: usize = 4096;

/// Where a worker finds programs: the same on every machine.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The supervisor and what leads to it. Dropping it ends the whole run.
pub(super) struct SupervisorHandle {
    /// None once it has been waited for.
    supervisor: Option<Child>,
    /// The supervisor's process, whatever becomes of its number.
    process: OwnedFd,
    /// Whether the supervisor could not end the run.
    given_up: bool,
    /// To and from the supervisor.
    control: UnixStream,
    /// The beginning of what the supervisor says about the end.
    exit_message: Vec<u8>,
    /// To and from the worker; none once the worker's side is closed.
    reports: Option<UnixStream>,
    stdout: Option<File>,
    stderr: Option<File>,
}

impl SupervisorHandle {
    /// Starts the supervisor and gives it the worker's end of the report channel.
    pub(super) fn start(plugin: &Path, options: &Options) -> Result<Self, WorkerError> {
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
            .arg0("ics-harness")
            .arg(HIDDEN)
            .arg(plugin)
            .stdin(Stdio::from(OwnedFd::from(supervisors)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .env_clear()
            .env("PATH", PATH)
            .env("HOME", "/")
            .env("LANG", "C.UTF-8")
            .env("TMPDIR", std::env::temp_dir())
            .envs(std::env::var_os("LD_LIBRARY_PATH").map(|path| ("LD_LIBRARY_PATH", path)))
            .envs(&options.environment);
        if let Some(folder) = &options.folder {
            command.current_dir(folder);
        }
        let mut supervisor = command.spawn().map_err(failed)?;
        // Nothing has waited for it, so its number is its own.
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
        // The descriptor of the worker's end is closed here as this returns, so that the end shows when the worker
        // closes its own.
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
            // It is gone: how comes over the other direction.
            Ok(_) | Err(rustix::io::Errno::PIPE | rustix::io::Errno::CONNRESET) => Ok(()),
            Err(error) => Err(WorkerError::Channel(error.into())),
        }
    }

    /// Tells the supervisor what to do.
    pub(super) fn send_instructions(
        &mut self,
        instructions: &Instructions,
    ) -> Result<(), WorkerError> {
        let mut line =
            serde_json::to_vec(instructions).map_err(|error| WorkerError::Channel(error.into()))?;
        line.push(b'\n');
        write_unless_closed(&mut self.control, &line)
    }

    /// Tells the worker that it may go on.
    pub(super) fn resume_worker(&mut self) -> Result<(), WorkerError> {
        match &mut self.reports {
            Some(reports) => write_unless_closed(reports, b"\n"),
            None => Ok(()),
        }
    }

    /// Waits until there is something to read, the switch is thrown, or the time is over.
    pub(super) fn wait(&self, time: Duration, cancelled: &Cancel) -> Result<(), WorkerError> {
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

    /// Takes what is in the output pipes.
    pub(super) fn read_output(
        &mut self,
        stdout: &mut BoundedBuffer,
        stderr: &mut BoundedBuffer,
    ) -> Result<(), WorkerError> {
        read_pipe(&mut self.stdout, stdout)
            .and_then(|()| read_pipe(&mut self.stderr, stderr))
            .map_err(WorkerError::Channel)
    }

    /// Reads what the worker reports. Nothing means that there is nothing now.
    pub(super) fn read_reports(&mut self, buffer: &mut [u8]) -> Result<usize, WorkerError> {
        let Some(reports) = &mut self.reports else {
            return Ok(0);
        };
        match reports.read(buffer) {
            // The worker has ended, or the plugin closed its side; which of them, the supervisor says.
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

    /// What the supervisor says about the end of the run, once it has said it.
    pub(super) fn read_exit(&mut self) -> Result<Option<WorkerExit>, WorkerError> {
        let mut buffer = [0; 512];
        match self.control.read(&mut buffer) {
            Ok(0) => return Err(WorkerError::Supervisor(self.exit_description())),
            Ok(count) => self.exit_message.extend_from_slice(&buffer[..count]),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => return Ok(None),
                io::ErrorKind::ConnectionReset => {
                    return Err(WorkerError::Supervisor(self.exit_description()));
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

    /// Has the supervisor end the run, and waits until it says that all is gone.
    ///
    /// # Errors
    /// If it does not say so in time, or the switch is thrown, if there is one.
    pub(super) fn terminate(
        &mut self,
        cancelled: Option<&Cancel>,
    ) -> Result<WorkerExit, WorkerError> {
        // It sees that this direction is shut, as it also would if the harness itself were killed. This can only fail
        // if it is gone.
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
                    "it was stopped over and over".to_owned(),
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

    /// Waits for the exit of the supervisor, which has said that all is gone.
    pub(super) fn wait_for_exit(mut self, cancelled: &Cancel) -> Result<(), WorkerError> {
        self.try_wait_for(EXIT_TIMEOUT, Some(cancelled))?;
        // If it is still there it has no more to do. Dropping it kills it, and the run is as it reported.
        Ok(())
    }

    /// Waits a moment for the descriptor to say something.
    fn poll_once(&self, from: &impl AsFd, cancelled: Option<&Cancel>) -> Result<(), WorkerError> {
        let mut fds = vec![PollFd::new(from, PollFlags::IN)];
        fds.extend(cancelled.map(|switch| PollFd::from_borrowed_fd(switch.as_fd(), PollFlags::IN)));
        poll_for(&mut fds, POLL_INTERVAL).map_err(WorkerError::Channel)?;
        match cancelled.is_some_and(Cancel::is_cancelled) {
            true => Err(WorkerError::Cancelled),
            false => Ok(()),
        }
    }

    /// Tells the supervisor to continue if something stopped it. Says whether it was stopped.
    fn resume_if_stopped(&self) -> bool {
        // Until it has been waited for, its number is its own.
        let Some(supervisor) = self.supervisor.as_ref().map(Pid::from_child) else {
            return false;
        };
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let stopped = matches!(waitid(WaitId::Pid(supervisor), options), Ok(Some(_)));
        if stopped {
            // It can only fail if it has been killed meanwhile.
            let _ = pidfd_send_signal(&self.process, Signal::CONT);
        }
        stopped
    }

    /// Waits for the supervisor's exit for so long. None if it is still there, or has been waited for already.
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

    /// How a supervisor that closed its channel ended, in words.
    fn exit_description(&mut self) -> String {
        match self.try_wait_for(KILL_TIMEOUT, None) {
            Ok(Some(status)) => status.to_string(),
            Ok(None) => "unknown".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    /// Kills what the supervisor should have killed: its children, and their children, which become its own when
    /// they lose their parent. Stops when all are dead, or when the time is over.
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
        // No error can be returned from here: what the supervisor cannot do is done in its place. If it is done
        // already, none of this does anything.
        if !self.given_up
            && self.terminate(None).is_ok()
            && matches!(self.try_wait_for(KILL_TIMEOUT, None), Ok(Some(_)))
        {
            return;
        }
        self.kill_children();
        let _ = pidfd_send_signal(&self.process, Signal::KILL);
        // Only a process that is stuck in the kernel is still there then. It stays, as a child that is not waited for.
        drop(self.try_wait_for(KILL_TIMEOUT, None));
    }
}

/// Kills a process if it is a child of that other one, and says whether it was alive. The descriptor is taken first
/// and the parent looked at then, so that no stranger with the same number can be hit.
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

/// Polls for so long at most; a signal may cut it short.
fn poll_for(fds: &mut [PollFd<'_>], time: Duration) -> io::Result<()> {
    let timeout = Timespec::try_from(time).map_err(io::Error::other)?;
    match poll(fds, Some(&timeout)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Sends bytes to the other side. They are few; the socket's buffer has room for them.
fn write_unless_closed(channel: &mut UnixStream, bytes: &[u8]) -> Result<(), WorkerError> {
    match channel.write_all(bytes) {
        // The other side is gone: what became of it comes over the other direction.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
            ) =>
        {
            Ok(())
        }
        other => other.map_err(WorkerError::Channel),
    }
}

/// Reads a pipe until it is empty, but no longer than it takes for one full pipe: a plugin that prints without end
/// must not keep the parent from looking at the clock.
fn read_pipe(pipe: &mut Option<File>, into: &mut BoundedBuffer) -> io::Result<()> {
    let mut buffer = [0; 16 << 10];
    for _ in 0..8 {
        let Some(file) = pipe else { break };
        match file.read(&mut buffer) {
            Ok(0) => *pipe = None,
            Ok(count) => into.push(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
