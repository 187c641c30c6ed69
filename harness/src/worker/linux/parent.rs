//! The harness's side of a run: starts the supervisor, listens, keeps the
//! time, and sees to it that nothing is left.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};

use super::{HIDDEN, signals};
use crate::worker::observation::{End, Observation, StepReport};
use crate::worker::protocol::{Bounded, Decoder, Gone, Orders, Report};
use crate::worker::script::Step;
use crate::worker::{Cancel, Options, WorkerError};
use crate::world::World;

/// How long the supervisor may take to end what the plugin started. It takes
/// milliseconds unless the kernel itself is stuck.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a worker finds programs: the same for everybody.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// See [`crate::worker::run`].
pub(in crate::worker) fn run(
    plugin: &Path,
    script: &[Step],
    options: &Options,
    shift: &mut dyn FnMut(World) -> Result<(), String>,
    cancelled: &Cancel,
) -> Result<Observation, WorkerError> {
    let started = Instant::now();
    let plugin = std::path::absolute(plugin).map_err(WorkerError::Channel)?;
    let token = token().map_err(WorkerError::Channel)?;
    let mut running = Running::start(&plugin, options)?;
    running.order(&Orders {
        token: token.clone(),
        plugin: plugin.into_os_string(),
        script: script.to_vec(),
    })?;
    let mut run = Run {
        script,
        limit: options.limit,
        decoder: Decoder::new(&token),
        steps: Vec::with_capacity(script.len()),
        finished: false,
        hung: None,
        alive: started,
        stdout: Bounded::default(),
        stderr: Bounded::default(),
    };
    let gone = run.listen(&mut running, shift, cancelled)?;
    let seconds = started.elapsed().as_secs_f64();
    // All who held the other ends are gone: what is in the pipes now is the rest.
    run.take_output(&mut running)?;
    running.end()?;
    Ok(run.into_observation(gone, seconds))
}

/// What is known of a run that goes on.
struct Run<'a> {
    script: &'a [Step],
    limit: Duration,
    decoder: Decoder,
    steps: Vec<StepReport>,
    finished: bool,
    /// The step in which it was given up, and until when the supervisor may take to end it.
    hung: Option<(usize, Instant)>,
    /// The last sign of life.
    alive: Instant,
    stdout: Bounded,
    stderr: Bounded,
}

impl Run<'_> {
    /// Listens until all processes of the run are gone.
    fn listen(
        &mut self,
        running: &mut Running,
        shift: &mut dyn FnMut(World) -> Result<(), String>,
        cancelled: &Cancel,
    ) -> Result<Gone, WorkerError> {
        let mut buffer = vec![0; 64 << 10];
        loop {
            let until = match self.hung {
                Some((_, patience)) => patience,
                None => self.alive + self.limit,
            };
            let now = Instant::now();
            if now >= until {
                if self.hung.is_some() {
                    return Err(WorkerError::Lingers(PATIENCE));
                }
                self.hung = Some((self.steps.len(), now + PATIENCE));
                running.kill();
                continue;
            }
            running
                .wait(until - now, cancelled)
                .map_err(WorkerError::Channel)?;
            if cancelled.is_cancelled() {
                return Err(WorkerError::Cancelled);
            }
            self.take_output(running)?;
            let count = match running.channel.read(&mut buffer) {
                Ok(0) => return Err(WorkerError::Supervisor(running.how_it_ended())),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                    return Err(WorkerError::Supervisor(running.how_it_ended()));
                }
                Err(error) => return Err(WorkerError::Channel(error)),
            };
            let reports =
                self.decoder
                    .push(&buffer[..count])
                    .map_err(|garbled| WorkerError::Garbled {
                        reason: garbled.reason,
                        excerpt: garbled.excerpt,
                    })?;
            for report in reports {
                match report {
                    Report::Alive => {}
                    Report::Done(step) => self.steps.push(step),
                    Report::Finished => self.finished = true,
                    Report::Gone(gone) => return Ok(gone),
                    Report::Shift => {
                        if let Some(Step::Shift(world)) = self.script.get(self.steps.len()) {
                            shift(*world).map_err(WorkerError::Shift)?;
                        }
                        running.tell(b"\n")?;
                    }
                }
                // After the match, because the parent's own time for a shift is not the worker's.
                self.alive = Instant::now();
            }
        }
    }

    /// Takes what is in the output pipes.
    fn take_output(&mut self, running: &mut Running) -> Result<(), WorkerError> {
        take(&mut running.stdout, &mut self.stdout)
            .and_then(|()| take(&mut running.stderr, &mut self.stderr))
            .map_err(WorkerError::Channel)
    }

    fn into_observation(self, gone: Gone, seconds: f64) -> Observation {
        let step = self.steps.len();
        let end = if let Some((step, _)) = self.hung {
            End::Hung {
                step,
                seconds: self.limit.as_secs(),
            }
        } else if gone.silenced {
            End::Silenced { step }
        } else if libc::WIFSIGNALED(gone.status) {
            End::Killed {
                signal: signals::name(libc::WTERMSIG(gone.status)),
                step,
            }
        } else {
            match libc::WEXITSTATUS(gone.status) {
                0 if self.finished => End::Finished,
                code => End::Exited { code, step },
            }
        };
        let cut_short = step < self.script.len();
        Observation {
            steps: self.steps,
            end,
            unfinished: if cut_short { gone.calls } else { 0 },
            out_of_range: gone.out_of_range.filter(|_| cut_short),
            stdout: self.stdout.into_output(),
            stderr: self.stderr.into_output(),
            stray: self.decoder.into_stray(),
            seconds,
        }
    }
}

/// Reads a pipe until it is empty, but no longer than it takes for one full pipe: a plugin that prints without end
/// must not keep the parent from looking at the clock.
fn take(pipe: &mut Option<std::fs::File>, into: &mut Bounded) -> io::Result<()> {
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

/// The supervisor and what leads to it. Dropping it ends the whole run.
struct Running {
    supervisor: Option<Child>,
    channel: UnixStream,
    stdout: Option<std::fs::File>,
    stderr: Option<std::fs::File>,
}

impl Running {
    fn start(plugin: &Path, options: &Options) -> Result<Self, WorkerError> {
        let (channel, theirs) = UnixStream::pair().map_err(WorkerError::Channel)?;
        channel
            .set_nonblocking(true)
            .map_err(WorkerError::Channel)?;
        // The link outlives a replaced or deleted program file.
        let program = options
            .program
            .as_deref()
            .unwrap_or(Path::new("/proc/self/exe"));
        let mut command = Command::new(program);
        command
            .arg0("ics-harness")
            .arg(HIDDEN)
            .arg(plugin)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
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
        let mut supervisor = command.spawn().map_err(|source| WorkerError::Start {
            program: program.display().to_string(),
            source,
        })?;
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
            channel,
            stdout,
            stderr,
        };
        for pipe in running.stdout.iter().chain(&running.stderr) {
            rustix::io::ioctl_fionbio(pipe, true)
                .map_err(|error| WorkerError::Channel(error.into()))?;
        }
        Ok(running)
    }

    fn order(&mut self, orders: &Orders) -> Result<(), WorkerError> {
        let mut line =
            serde_json::to_vec(orders).map_err(|error| WorkerError::Channel(error.into()))?;
        line.push(b'\n');
        self.tell(&line)
    }

    /// Sends bytes to the worker. They are few; the socket's buffer has room for them.
    fn tell(&mut self, bytes: &[u8]) -> Result<(), WorkerError> {
        match self.channel.write_all(bytes) {
            // The worker is gone: what became of it comes over the other direction.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other.map_err(WorkerError::Channel),
        }
    }

    /// Waits until there is something to read, the switch is thrown, or the time is over.
    fn wait(&self, time: Duration, cancelled: &Cancel) -> io::Result<()> {
        let mut fds = vec![
            PollFd::new(&self.channel, PollFlags::IN),
            PollFd::from_borrowed_fd(cancelled.as_fd(), PollFlags::IN),
        ];
        fds.extend(
            self.stdout
                .iter()
                .chain(&self.stderr)
                .map(|pipe| PollFd::new(pipe, PollFlags::IN)),
        );
        let timeout = Timespec::try_from(time).map_err(io::Error::other)?;
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Tells the supervisor to end everything. It sees that this direction is shut, as it also would if the harness
    /// itself were killed.
    fn kill(&self) {
        // It can only fail if the supervisor is gone.
        drop(self.channel.shutdown(Shutdown::Write));
        // A plugin may have stopped it. Until it is waited for, its number is nobody else's.
        if let Some(supervisor) = &self.supervisor {
            let _ = kill_process(Pid::from_child(supervisor), Signal::CONT);
        }
    }

    /// Waits for the supervisor, which has said that all is gone.
    fn end(mut self) -> Result<(), WorkerError> {
        match self.supervisor.take() {
            Some(mut supervisor) => supervisor.wait().map(drop).map_err(WorkerError::Channel),
            None => Ok(()),
        }
    }

    /// How a supervisor that closed the channel ended, in words.
    fn how_it_ended(&mut self) -> String {
        match self
            .supervisor
            .take()
            .map(|mut supervisor| supervisor.wait())
        {
            Some(Ok(status)) => status.to_string(),
            Some(Err(error)) => error.to_string(),
            None => "unknown".to_owned(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(mut supervisor) = self.supervisor.take() else {
            return;
        };
        self.kill();
        // The end of the channel is the sign that the supervisor has done its work. A plugin's last writes may come
        // first; the deadline bounds how long they are read away.
        let deadline = Instant::now() + PATIENCE;
        let mut buffer = vec![0; 64 << 10];
        while let Some(left) = deadline.checked_duration_since(Instant::now()) {
            let mut fds = [PollFd::new(&self.channel, PollFlags::IN)];
            let Ok(timeout) = Timespec::try_from(left) else {
                break;
            };
            match poll(&mut fds, Some(&timeout)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(_) => break,
            }
            match self.channel.read(&mut buffer) {
                Ok(0) => break,
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => break,
                _ => {}
            }
        }
        // For one that is done this does nothing; one that is stuck must not be waited for.
        drop(supervisor.kill());
        drop(supervisor.wait());
    }
}

/// Sixty-four random bits as text: what begins a true report.
fn token() -> io::Result<String> {
    let mut bits = [0; 8];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bits)?;
    Ok(format!("{:016x}", u64::from_ne_bytes(bits)))
}
