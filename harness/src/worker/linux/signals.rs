//! Signals: their names, dispositions, masks and alternate stacks.

use std::collections::BTreeMap;
use std::ffi::{CStr, c_int};
use std::{io, mem, ptr};

/// The names of the signals 1 to 31 on Linux, by number.
const NAMES: [&str; 31] = [
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGIO",
    "SIGPWR",
    "SIGSYS",
];

/// The name of a signal, such as `SIGSEGV`; `SIGRTMIN+n` for the real-time ones.
pub(super) fn name(signal: c_int) -> String {
    let index = usize::try_from(signal)
        .ok()
        .and_then(|signal| signal.checked_sub(1));
    match index.and_then(|index| NAMES.get(index)) {
        Some(name) => (*name).to_owned(),
        None if signal >= libc::SIGRTMIN() && signal <= libc::SIGRTMAX() => {
            format!("SIGRTMIN+{}", signal - libc::SIGRTMIN())
        }
        None => format!("signal {signal}"),
    }
}

/// Every signal that a program may handle.
fn all() -> impl Iterator<Item = c_int> {
    (1..=libc::SIGRTMAX()).filter(|signal| {
        // The C library reserves the signals in between.
        *signal <= 31 || *signal >= libc::SIGRTMIN()
    })
}

/// The names of the signals in a mask of the kernel, in which bit 0 is signal 1.
pub(super) fn in_mask(mask: u64) -> impl Iterator<Item = String> {
    let is_set = move |signal: &c_int| (1..=64).contains(signal) && mask >> (signal - 1) & 1 == 1;
    all().filter(is_set).map(name)
}

/// Resets every signal to its default disposition, unblocks all, and disables the
/// alternate stack. A Rust program ignores SIGPIPE and handles SIGSEGV; the device's
/// service does neither.
pub(super) fn reset() -> io::Result<()> {
    // SAFETY: Zero is a value of each of these C structures; SIG_DFL is zero.
    let (action, mut mask) = unsafe {
        (
            mem::zeroed::<libc::sigaction>(),
            mem::zeroed::<libc::sigset_t>(),
        )
    };
    for signal in all().filter(|signal| ![libc::SIGKILL, libc::SIGSTOP].contains(signal)) {
        // SAFETY: `action` is a complete structure with SIG_DFL.
        if unsafe { libc::sigaction(signal, &action, ptr::null_mut()) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    let none = libc::stack_t {
        ss_sp: ptr::null_mut(),
        ss_flags: libc::SS_DISABLE,
        ss_size: 0,
    };
    // SAFETY: The pointers are to complete structures on this stack. No handler runs, so the alternate stack is not in use.
    unsafe {
        libc::sigemptyset(&mut mask);
        libc::sigprocmask(libc::SIG_SETMASK, &mask, ptr::null_mut());
        if libc::sigaltstack(&none, ptr::null_mut()) != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// The dispositions that are not the default, by signal name.
pub(super) fn dispositions() -> BTreeMap<String, String> {
    all()
        .filter_map(|signal| Some((name(signal), disposition(signal)?)))
        .collect()
}

fn disposition(signal: c_int) -> Option<String> {
    // SAFETY: Zero is a value of this C structure.
    let mut action = unsafe { mem::zeroed::<libc::sigaction>() };
    // SAFETY: With no new action this only writes the old one.
    if unsafe { libc::sigaction(signal, ptr::null(), &mut action) } != 0 {
        return None;
    }
    match action.sa_sigaction {
        libc::SIG_DFL => None,
        libc::SIG_IGN => Some("ignored".to_owned()),
        handler => Some(format!("handled in {}", owner(handler))),
    }
}

/// The file that is mapped at an address.
fn owner(address: usize) -> String {
    // SAFETY: Zero is a value of this C structure.
    let mut info = unsafe { mem::zeroed::<libc::Dl_info>() };
    let address = ptr::with_exposed_provenance(address);
    // SAFETY: `dladdr` only compares the address with those of the loaded files.
    if unsafe { libc::dladdr(address, &mut info) } == 0 || info.dli_fname.is_null() {
        return "memory of no file".to_owned();
    }
    // SAFETY: The loader gives a C string that lives as long as the file is loaded; it is copied at once.
    unsafe { CStr::from_ptr(info.dli_fname) }
        .to_string_lossy()
        .into_owned()
}

/// The calling thread's signal mask as text.
pub(super) fn mask() -> String {
    // SAFETY: Zero is a value of this C structure, and with no new mask the call only writes the old one.
    let mask = unsafe {
        let mut mask = mem::zeroed();
        libc::pthread_sigmask(libc::SIG_SETMASK, ptr::null(), &mut mask);
        mask
    };
    let blocked: Vec<String> = all()
        // SAFETY: `mask` was filled in above.
        .filter(|signal| unsafe { libc::sigismember(&mask, *signal) } == 1)
        .map(name)
        .collect();
    if blocked.is_empty() {
        "none blocked".to_owned()
    } else {
        format!("blocked: {}", blocked.join(" "))
    }
}

/// The calling thread's alternate signal stack as text.
pub(super) fn alternate_stack() -> String {
    // SAFETY: Zero is a value of this C structure, and with no new stack the call only writes the old one.
    let stack = unsafe {
        let mut stack = mem::zeroed();
        libc::sigaltstack(ptr::null(), &mut stack);
        stack
    };
    if stack.ss_flags & libc::SS_DISABLE != 0 {
        "none".to_owned()
    } else {
        format!("{} bytes at {:p}", stack.ss_size, stack.ss_sp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_their_numbers() {
        assert_eq!(name(libc::SIGSEGV), "SIGSEGV");
        assert_eq!(name(libc::SIGKILL), "SIGKILL");
        assert_eq!(name(libc::SIGPIPE), "SIGPIPE");
        assert_eq!(name(libc::SIGSYS), "SIGSYS");
        assert_eq!(name(libc::SIGRTMIN() + 2), "SIGRTMIN+2");
        assert_eq!(name(0), "signal 0");
    }

    #[test]
    fn a_mask_begins_with_the_first_signal_and_omits_those_of_the_c_library() {
        let mask = 1 | 1 << (libc::SIGPIPE - 1) | 1 << 31 | 1 << 32;
        assert_eq!(in_mask(mask).collect::<Vec<_>>(), ["SIGHUP", "SIGPIPE"]);
    }
}
