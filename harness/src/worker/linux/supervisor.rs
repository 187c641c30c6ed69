//! The process between the harness and the worker.
//!
//! It forks the worker, waits until the worker ends or the harness ends the run,
//! kills every descendant, and reports how the worker ended. It is the subreaper of
//! the run: orphans become its children. The PID of a process that it has not reaped
//! is not reused, so it kills no unrelated process.
//!
//! No code of the plugin ever runs here, and the worker inherits none of this
//! process's own resources, in particular not the control channel.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use rustix::process::{
    DumpableBehavior, Pid, PidfdFlags, Resource, Rlimit, Signal, WaitOptions, dumpable_behavior,
    getpgid, getpid, getppid, getrlimit, kill_process, kill_process_group, pidfd_open,
    set_child_subreaper, set_dumpable_behavior, set_parent_process_death_signal, setrlimit, setsid,
    test_kill_process, wait,
};

use super::process_limit::ProcessLimit;
use super::snapshot::children;
use super::{process_limit, shared_memory, signals, wine};
use crate::failure::in_full;
use crate::testbed::{confine_signals, enter_view, restrict};
use crate::worker::interpreter;
use crate::worker::protocol::{Instructions, ProcessEnd, WorkerExit};
use crate::worker::reporter::Reporter;

/// The exit code when the supervisor or worker fails.
const FAILED: i32 = 3;

/// The exit code when the system has no process, descriptor or memory left for the worker.
pub(super) const EXHAUSTED: i32 = 4;

/// Supervises one run, in the process that the harness executed.
pub(super) fn main() -> ! {
    let code = match supervise() {
        Ok(()) => 0,
        Err(error) => {
            // The parent captures standard error; if writing to it fails, the exit code remains.
            drop(writeln!(io::stderr(), "ics-harness worker: {error}"));
            match error.raw_os_error() {
                Some(libc::EAGAIN | libc::EMFILE | libc::ENFILE | libc::ENOMEM) => EXHAUSTED,
                _ => FAILED,
            }
        }
    };
    // SAFETY: `_exit` ends the process at once. There is nothing to flush, and no handler of ours to run.
    unsafe { libc::_exit(code) }
}

fn supervise() -> io::Result<()> {
    close_inherited()?;
    let control = take_control()?;
    let Some(reports) = receive_channel(&control)? else {
        // The harness ended before it sent anything.
        return Ok(());
    };
    let mut line = Vec::new();
    // Instructions are one line, and nothing follows them.
    BufReader::new(&control).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(());
    }
    let instructions: Instructions = serde_json::from_slice(&line)?;
    // If memory runs out, the kernel ends this run and not the harness or another program. That a process may not be able
    // to say so is no reason not to run the plugin.
    drop(fs::write("/proc/self/oom_score_adj", OOM_SCORE));
    // While this process is still one that may write to its own /proc.
    if let Some(view) = instructions
        .containment
        .as_ref()
        .and_then(|it| it.view.as_ref())
    {
        enter_view(view).map_err(|error| io::Error::other(in_full(&error)))?;
    }
    // The worker confines itself further.
    let confined = confine_signals();
    set_child_subreaper(Some(getpid()))?;
    let shared = shared_memory::map()?;
    let own = getpid();
    // Set before the fork, so that a plugin can at no time debug this process. The worker resets it for itself.
    let dumpable = dumpable_behavior()?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    // SAFETY: This process has one thread, so the child's state is consistent.
    let worker = match unsafe { libc::fork() } {
        -1 => return Err(io::Error::last_os_error()),
        0 => {
            drop(control);
            prepare_worker(own, dumpable, instructions.address_space)?;
            if let Some(containment) = &instructions.containment {
                if containment.view.is_some() {
                    process_limit::limit_namespace()?;
                }
                restrict(containment)?;
            }
            // The channel is used until the process ends.
            let channel: &'static UnixStream = Box::leak(Box::new(reports));
            let reporter = Reporter::new(channel, instructions.token.clone(), shared);
            let reader = BufReader::new(channel);
            match instructions.wine.clone() {
                Some(wine) => wine::main(&wine, instructions, reporter, reader),
                None => interpreter::main(instructions, reporter, reader),
            }
        }
        pid => Pid::from_raw(pid).ok_or_else(|| io::Error::other("fork gave no PID"))?,
    };
    // Now the channel ends when the worker's side of it does.
    drop(reports);
    let too_many_processes = wait_for_end(worker, &control)?;
    let (status, by_itself) = end_all(worker, confined)?;
    let mut exit = serde_json::to_vec(&WorkerExit {
        end: end_of(status),
        by_itself,
        too_many_processes,
        steps: shared.steps(),
        calls: shared.calls(),
        out_of_range: shared.out_of_range(),
        channel_lost: shared.is_channel_lost(),
        windows: None,
    })?;
    exit.push(b'\n');
    (&control).write_all(&exit)
}

/// How a process with that wait status ended.
fn end_of(status: i32) -> ProcessEnd {
    match libc::WIFSIGNALED(status) {
        true => ProcessEnd::Killed(signals::name(libc::WTERMSIG(status))),
        false => ProcessEnd::Exited(libc::WEXITSTATUS(status)),
    }
}

/// Closes descriptors that the harness inherited by accident, for example from a shell,
/// so that the plugin does not see them.
fn close_inherited() -> io::Result<()> {
    // SAFETY: This process has not opened a descriptor yet, so none that is closed here has an owner.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) } == 0;
    match io::Error::last_os_error() {
        // A kernel before 5.9 has no such call; there the plugin sees them.
        error if !closed && error.raw_os_error() != Some(libc::ENOSYS) => Err(error),
        _ => Ok(()),
    }
}

/// Moves the control channel away from standard input, and replaces that by `/dev/null`.
fn take_control() -> io::Result<UnixStream> {
    let control = rustix::io::fcntl_dupfd_cloexec(io::stdin(), 3)?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(UnixStream::from(control))
}

/// Receives the worker's end of the report channel, which the harness sends first, and moves it to a number that a
/// plugin does not use by accident. None if the harness has ended.
fn receive_channel(control: &UnixStream) -> io::Result<Option<UnixStream>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut message = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let received = recvmsg(
        control,
        &mut [IoSliceMut::new(&mut byte)],
        &mut message,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    if received.bytes == 0 {
        return Ok(None);
    }
    let channel: OwnedFd = message
        .drain()
        .find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
            _ => None,
        })
        .ok_or_else(|| io::Error::other("the harness sent no channel"))?;
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let number = limit.min(1024).saturating_sub(16);
    let number = i32::try_from(number).map_err(io::Error::other)?;
    let channel = rustix::io::fcntl_dupfd_cloexec(channel, number)?;
    Ok(Some(UnixStream::from(channel)))
}

/// The soft limit of descriptors that a service has on most systems. The harness raises its own, which a plugin must
/// not see: with descriptors beyond this `select` cannot be used.
const USUAL_DESCRIPTORS: u64 = 1024;

/// The longest file that a plugin can write, in bytes.
const MAX_FILE: u64 = 256 << 20;

/// How much sooner than others the kernel ends a run if memory runs out, from -1000 to 1000.
const OOM_SCORE: &str = "800";

/// Prepares the forked process to be a plugin's host: a session of its own, no core
/// files, and default signal dispositions.
fn prepare_worker(
    supervisor: Pid,
    dumpable: DumpableBehavior,
    address_space: Option<u64>,
) -> io::Result<()> {
    if dumpable == DumpableBehavior::Dumpable {
        set_dumpable_behavior(dumpable)?;
    }
    set_parent_process_death_signal(Some(Signal::KILL))?;
    if getppid() != Some(supervisor) {
        return Err(io::Error::other("the supervisor has ended"));
    }
    setsid()?;
    // Orphaned grandchildren become children of the worker, where snapshots find them.
    set_child_subreaper(Some(getpid()))?;
    limit(Resource::Core, 0)?;
    limit(Resource::Fsize, MAX_FILE)?;
    if let Some(address_space) = address_space {
        limit(Resource::As, address_space)?;
    }
    let descriptors = getrlimit(Resource::Nofile);
    if descriptors
        .current
        .is_none_or(|current| current > USUAL_DESCRIPTORS)
    {
        setrlimit(
            Resource::Nofile,
            Rlimit {
                current: Some(USUAL_DESCRIPTORS),
                ..descriptors
            },
        )?;
    }
    signals::reset()
}

/// Lowers a limit for good, unless it is lower already.
pub(super) fn limit(resource: Resource, value: u64) -> io::Result<()> {
    let value = getrlimit(resource)
        .maximum
        .map_or(value, |maximum| maximum.min(value));
    let limit = Rlimit {
        current: Some(value),
        maximum: Some(value),
    };
    Ok(setrlimit(resource, limit)?)
}

/// How often the processes of the run are counted.
const COUNT_INTERVAL: Duration = Duration::from_millis(20);

/// Waits until the worker has ended, or has too many processes, or the harness has shut its side of the control channel
/// because it ends the run or has ended itself. Returns whether there are too many processes.
fn wait_for_end(worker: Pid, control: &UnixStream) -> io::Result<bool> {
    let worker = pidfd_open(worker, PidfdFlags::empty())?;
    let mut fds = [
        PollFd::new(&worker, PollFlags::IN),
        PollFd::new(control, PollFlags::RDHUP),
    ];
    let interval = Timespec::try_from(COUNT_INTERVAL).map_err(io::Error::other)?;
    let mut limit = ProcessLimit::new();
    loop {
        match poll(&mut fds, Some(&interval)) {
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        if limit.is_exceeded() {
            return Ok(true);
        }
    }
}

/// Kills every process of the run at once, so that none is fast enough to escape. Only with signals that are confined to
/// the run.
fn kill_the_run() {
    // Before signals to all processes are sent, it is tested that one outside of the run gets none.
    let refused = getppid().is_some_and(|parent| test_kill_process(parent) == Err(Errno::PERM));
    if refused {
        // SAFETY: The call takes numbers. It signals those processes that this one may signal, but not itself.
        unsafe { libc::kill(-1, libc::SIGKILL) };
    }
}

/// Kills the worker and every descendant, and reaps them all. Returns the worker's wait
/// status, and whether it had ended before any process was killed.
///
/// Each round kills this process's children; their children become children of this
/// process, and are killed in a later round. The loop ends when no child is left. Where signals are confined to the run,
/// one round kills all.
fn end_all(worker: Pid, confined: bool) -> io::Result<(i32, bool)> {
    let mut status = None;
    let mut killing = false;
    let mut by_itself = false;
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some((pid, ended))) => {
                if pid == worker {
                    status = Some(ended.as_raw());
                    by_itself = !killing;
                }
                continue;
            }
            Ok(None) => {}
            Err(Errno::CHILD) => break,
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        killing = true;
        if confined {
            kill_the_run();
        }
        for child in children(getpid())? {
            let Some(child) = Pid::from_raw(child) else {
                continue;
            };
            // An error means that it has just ended. The worker's process group is killed as a whole, because processes
            // that fork and exit again and again are faster than signals to single ones. While a child belongs to it,
            // the number of the group means no other one.
            let _ = if getpgid(Some(child)) == Ok(worker) {
                kill_process_group(worker, Signal::KILL)
            } else {
                kill_process(child, Signal::KILL)
            };
        }
        // At least one of the killed processes ends; until then there is nothing else to kill.
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, ended))) if pid == worker => status = Some(ended.as_raw()),
            Ok(_) | Err(Errno::INTR | Errno::CHILD) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let status = status.ok_or_else(|| io::Error::other("the worker's exit status was lost"))?;
    Ok((status, by_itself))
}
