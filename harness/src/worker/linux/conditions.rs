//! Conditions of the host's process under which a call is made. Each ends with the step, so that what a later
//! snapshot shows is the plugin's.

use std::ffi::c_int;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;
use std::{io, mem, ptr};

use rustix::process::{Resource, Rlimit, getpid, getrlimit, setrlimit};
use rustix::thread::gettid;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

use super::threads::Thread;
use crate::worker::calls::on_a_thread;
use crate::worker::script::HostCondition;

/// The signal that interrupts calls. Few libraries use it.
const SIGNAL: c_int = libc::SIGUSR2;

/// How often it is sent.
const INTERVAL: Duration = Duration::from_millis(1);

/// Where the standard descriptors are kept meanwhile: numbers that a plugin does not use by accident.
const KEPT: c_int = 900;

/// Does the work under a condition, on the main thread where that is possible.
pub(super) fn under<T: Send + 'static>(
    condition: HostCondition,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    match condition {
        HostCondition::FrequentSignals => with_signals(work),
        HostCondition::NoStandardDescriptors => without_standard_descriptors(work),
        HostCondition::DescriptorsLeft(count) => with_descriptors_left(count, work),
        HostCondition::NoThreads => without_threads(work),
        HostCondition::ChildrenIgnored => with_children_ignored(work),
    }
    .map_err(|error| format!("cannot bring the process into the condition: {error}"))
}

extern "C" fn interrupt(_: c_int) {}

fn with_signals<T>(work: impl FnOnce() -> T) -> io::Result<T> {
    set_action(SIGNAL, interrupt as extern "C" fn(c_int) as usize)?;
    let over = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&over);
    let (process, thread) = (
        getpid().as_raw_nonzero().get(),
        gettid().as_raw_nonzero().get(),
    );
    let sender = Thread::start(None, move || {
        while !theirs.load(Ordering::SeqCst) {
            sleep(INTERVAL);
            // SAFETY: The call takes numbers. The main thread lives as long as this one, which it joins.
            unsafe { libc::syscall(libc::SYS_tgkill, process, thread, SIGNAL) };
        }
    })?;
    let result = work();
    over.store(true, Ordering::SeqCst);
    sender.join()?;
    // A signal that the plugin left blocked is discarded, and so cannot kill the process later.
    set_action(SIGNAL, libc::SIG_IGN)?;
    set_action(SIGNAL, libc::SIG_DFL)?;
    Ok(result)
}

/// Sets the disposition of a signal. System calls that it interrupts are not restarted.
fn set_action(signal: c_int, handler: usize) -> io::Result<()> {
    // SAFETY: Zero is a value of this C structure, with an empty mask and no flags. The handler is one of ours, which
    // does nothing, or a constant of the C library.
    let result = unsafe {
        let mut action = mem::zeroed::<libc::sigaction>();
        action.sa_sigaction = handler;
        libc::sigaction(signal, &action, ptr::null_mut())
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

fn without_standard_descriptors<T>(work: impl FnOnce() -> T) -> io::Result<T> {
    let kept: Vec<OwnedFd> = [
        io::stdin().as_fd(),
        io::stdout().as_fd(),
        io::stderr().as_fd(),
    ]
    .into_iter()
    .map(|standard| rustix::io::fcntl_dupfd_cloexec(standard, KEPT))
    .collect::<Result<_, _>>()?;
    for number in 0..=2 {
        // SAFETY: The worker uses these descriptors only before and after this step, and they are set again below.
        unsafe { libc::close(number) };
    }
    let result = work();
    let [stdin, stdout, stderr] = &kept[..] else {
        return Err(io::Error::other("three descriptors were kept"));
    };
    rustix::stdio::dup2_stdin(stdin)?;
    rustix::stdio::dup2_stdout(stdout)?;
    rustix::stdio::dup2_stderr(stderr)?;
    Ok(result)
}

fn with_descriptors_left<T>(count: u8, work: impl FnOnce() -> T) -> io::Result<T> {
    let before = getrlimit(Resource::Nofile);
    // A new descriptor gets the lowest free number. The worker's own ones stay valid above the limit.
    let lowest = lowest_free()?;
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(lowest + u64::from(count)),
            maximum: before.maximum,
        },
    )?;
    let result = work();
    setrlimit(Resource::Nofile, before)?;
    Ok(result)
}

/// The number that the next descriptor gets.
fn lowest_free() -> io::Result<u64> {
    let next = rustix::io::fcntl_dupfd_cloexec(io::stdin(), 0)?;
    u64::try_from(std::os::fd::AsRawFd::as_raw_fd(&next)).map_err(io::Error::other)
}

/// The limit of processes does not bind root, and counts those of other programs. So a filter refuses the system calls. It
/// cannot be removed, and is therefore the end of a short-lived thread.
fn without_threads<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let filter = no_threads().map_err(io::Error::other)?;
    on_a_thread(move || {
        rustix::thread::set_no_new_privs(true)?;
        seccompiler::apply_filter(&filter).map_err(io::Error::other)?;
        Ok(work())
    })
    .map_err(io::Error::other)?
}

/// Refuses to create threads and processes, as the kernel does at the limit.
fn no_threads() -> Result<BpfProgram, seccompiler::Error> {
    let calls = [
        libc::SYS_clone,
        libc::SYS_clone3,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_fork,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_vfork,
    ];
    let filter = SeccompFilter::new(
        calls.into_iter().map(|call| (call, Vec::new())).collect(),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EAGAIN.unsigned_abs()),
        std::env::consts::ARCH.try_into()?,
    )?;
    Ok(BpfProgram::try_from(filter)?)
}

fn with_children_ignored<T>(work: impl FnOnce() -> T) -> io::Result<T> {
    set_action(libc::SIGCHLD, libc::SIG_IGN)?;
    let result = work();
    set_action(libc::SIGCHLD, libc::SIG_DFL)?;
    Ok(result)
}
