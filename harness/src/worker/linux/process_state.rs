//! Reads the settings of the process and of its main thread that a plugin may change by
//! accident: each is one call or one line of a file in `/proc`.

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_ulong};
use std::{fs, io, mem, ptr};

use super::threads::Thread;

/// What malloc has given and not got back, in bytes modulo 2^32. Small enough to see what a call of some hundred bytes loses.
#[cfg(target_env = "gnu")]
pub(super) fn heap() -> Option<u32> {
    // SAFETY: It takes no argument, and locks what it reads. mallinfo2, which does not wrap, needs glibc 2.33.
    let info = unsafe { libc::mallinfo() };
    Some(info.uordblks.wrapping_add(info.hblkhd).cast_unsigned())
}

/// Other C libraries have no such function.
#[cfg(not(target_env = "gnu"))]
pub(super) fn heap() -> Option<u32> {
    None
}

/// The lines of `/proc/self/status` that tell on whose behalf the process acts.
const CREDENTIALS: [&str; 9] = [
    "Uid",
    "Gid",
    "Groups",
    "CapInh",
    "CapPrm",
    "CapEff",
    "CapBnd",
    "NoNewPrivs",
    "Seccomp",
];

/// `LC_GLOBAL_LOCALE` of glibc and musl, as an address.
const GLOBAL_LOCALE: usize = usize::MAX;

/// The width of the first column of `/proc/self/limits`.
const LIMIT_NAME: usize = 26;

/// The beginning of glibc's `struct __res_state`, which applications may set.
#[repr(C)]
struct ResolverState {
    retransmission: c_int,
    retries: c_int,
    options: c_ulong,
}

/// The bit of `options` that says that the settings were read (`RES_INIT`).
const RESOLVER_READ: c_ulong = 1;

unsafe extern "C" {
    fn pthread_setcancelstate(state: c_int, old: *mut c_int) -> c_int;
    fn pthread_setcanceltype(kind: c_int, old: *mut c_int) -> c_int;
    fn __res_state() -> *mut ResolverState;
}

/// The text of `/proc/self/status`.
#[derive(Debug)]
pub(super) struct Status(String);

impl Status {
    pub(super) fn read() -> io::Result<Self> {
        fs::read_to_string("/proc/thread-self/status").map(Self)
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.0.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            (found == name).then(|| value.trim())
        })
    }

    fn text(&self, name: &str) -> String {
        self.field(name).unwrap_or("unknown").replace('\t', " ")
    }

    fn kib(&self, name: &str) -> u64 {
        self.field(name)
            .and_then(|value| value.strip_suffix(" kB")?.trim().parse().ok())
            .unwrap_or(0)
    }

    pub(super) fn umask(&self) -> String {
        self.text("Umask")
    }

    pub(super) fn thread_name(&self) -> String {
        self.text("Name")
    }

    /// The most memory that was resident so far, in KiB.
    pub(super) fn peak_memory(&self) -> u64 {
        self.kib("VmHWM")
    }

    /// Locked memory in KiB.
    pub(super) fn locked_memory(&self) -> u64 {
        self.kib("VmLck")
    }

    /// Private writable address space in KiB. Reserved addresses without access, of which allocators and language
    /// runtimes have many, are not part of it.
    pub(super) fn writable_memory(&self) -> u64 {
        self.kib("VmData")
    }

    pub(super) fn credentials(&self) -> BTreeMap<String, String> {
        let mut credentials: BTreeMap<_, _> = CREDENTIALS
            .iter()
            .map(|name| ((*name).to_owned(), self.text(name)))
            .collect();
        for (name, option) in [
            ("dumpable", libc::PR_GET_DUMPABLE),
            ("keeps capabilities", libc::PR_GET_KEEPCAPS),
            ("secure bits", libc::PR_GET_SECUREBITS),
        ] {
            // SAFETY: These options take no argument and write nothing.
            let value = unsafe { libc::prctl(option, 0, 0, 0, 0) };
            credentials.insert(name.to_owned(), value.to_string());
        }
        credentials
    }

    /// The main thread's nice value, scheduling policy and processors.
    pub(super) fn priority(&self) -> BTreeMap<String, String> {
        // SAFETY: The calls write nothing; 0 is the calling thread.
        let (nice, policy) = unsafe {
            (
                libc::getpriority(libc::PRIO_PROCESS, 0),
                libc::sched_getscheduler(0),
            )
        };
        BTreeMap::from([
            ("nice value".to_owned(), nice.to_string()),
            ("scheduling policy".to_owned(), policy.to_string()),
            (
                "set of processors".to_owned(),
                self.text("Cpus_allowed_list"),
            ),
        ])
    }
}

/// Timers that are armed, or exist.
pub(super) fn timers() -> BTreeMap<String, String> {
    let mut timers = BTreeMap::new();
    for (name, which) in [
        ("ITIMER_REAL (setitimer or alarm)", libc::ITIMER_REAL),
        ("ITIMER_VIRTUAL (setitimer)", libc::ITIMER_VIRTUAL),
        ("ITIMER_PROF (setitimer)", libc::ITIMER_PROF),
    ] {
        // SAFETY: Zero is a value of this C structure, and the call only writes it.
        let timer = unsafe {
            let mut timer = mem::zeroed::<libc::itimerval>();
            libc::getitimer(which, &mut timer);
            timer
        };
        if timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0 {
            timers.insert(name.to_owned(), "armed".to_owned());
        }
    }
    // A kernel may lack the file; those timers are then not seen.
    let listed = fs::read_to_string("/proc/self/timers").unwrap_or_default();
    let mut id = "";
    for line in listed.lines() {
        match line.split_once(": ") {
            Some(("ID", value)) => id = value,
            Some(("signal", value)) => {
                // `14/0000000000000000`: the number of the signal, and what is passed to its handler.
                let signal = value.split('/').next().unwrap_or(value);
                timers.insert(format!("{id} (timer_create)"), format!("signal {signal}"));
            }
            _ => {}
        }
    }
    timers
}

/// The locale of the process, and whether the main thread has one of its own.
pub(super) fn locale() -> BTreeMap<String, String> {
    // SAFETY: With a null pointer the calls only read; the string is copied before anything can change it.
    unsafe {
        let name = libc::setlocale(libc::LC_ALL, ptr::null());
        let own = libc::uselocale(ptr::null_mut());
        BTreeMap::from([
            ("of the process".to_owned(), owned(name)),
            (
                "of the main thread".to_owned(),
                if own.addr() == GLOBAL_LOCALE {
                    "that of the process".to_owned()
                } else {
                    "one of its own".to_owned()
                },
            ),
        ])
    }
}

/// Copies a C string.
///
/// # Safety
/// It must be null or a C string.
unsafe fn owned(text: *const c_char) -> String {
    if text.is_null() {
        return "unknown".to_owned();
    }
    // SAFETY: The caller promises it.
    unsafe { CStr::from_ptr(text) }
        .to_string_lossy()
        .into_owned()
}

/// The resource limits: soft and hard, as the kernel lists them.
pub(super) fn limits() -> io::Result<BTreeMap<String, String>> {
    Ok(fs::read_to_string("/proc/self/limits")?
        .lines()
        .skip(1)
        .filter_map(|line| {
            let (name, values) = line.split_at_checked(LIMIT_NAME)?;
            let values: Vec<_> = values.split_whitespace().take(2).collect();
            Some((name.trim().to_lowercase(), values.join(" of at most ")))
        })
        .collect())
}

/// The control bits of the main thread's floating-point unit: rounding mode, flushing of tiny numbers to zero, and
/// exceptions that are signals. The flags that record past exceptions are left out: each computation sets them.
#[cfg(target_arch = "x86_64")]
pub(super) fn rounding() -> String {
    let (mut sse, mut x87) = (0_u32, 0_u16);
    // SAFETY: The instructions write the two registers to the two variables, and change nothing else.
    unsafe {
        std::arch::asm!("stmxcsr [{}]", in(reg) &mut sse, options(nostack, preserves_flags));
        std::arch::asm!("fnstcw [{}]", in(reg) &mut x87, options(nostack, preserves_flags));
    }
    format!("SSE {:#06x}, x87 {x87:#06x}", sse & !0x3f)
}

#[cfg(target_arch = "aarch64")]
pub(super) fn rounding() -> String {
    let control: u64;
    // SAFETY: The instruction only reads the register.
    unsafe {
        std::arch::asm!("mrs {}, fpcr", out(reg) control, options(nomem, nostack, preserves_flags));
    }
    format!("FPCR {control:#010x}")
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) fn rounding() -> String {
    "not read on this processor".to_owned()
}

/// The flags of the descriptors 0, 1 and 2.
pub(super) fn standard_descriptors() -> BTreeMap<i32, String> {
    (0..=2)
        .filter_map(|number| {
            // SAFETY: The calls take a number and write nothing.
            let (status, descriptor) = unsafe {
                (
                    libc::fcntl(number, libc::F_GETFL),
                    libc::fcntl(number, libc::F_GETFD),
                )
            };
            if status < 0 {
                return None;
            }
            let mut flags = vec![match status & libc::O_ACCMODE {
                libc::O_RDONLY => "O_RDONLY",
                libc::O_WRONLY => "O_WRONLY",
                _ => "O_RDWR",
            }];
            for (flag, name) in [
                (libc::O_APPEND, "O_APPEND"),
                (libc::O_ASYNC, "O_ASYNC"),
                (libc::O_DIRECT, "O_DIRECT"),
                (libc::O_NONBLOCK, "O_NONBLOCK"),
            ] {
                if status & flag != 0 {
                    flags.push(name);
                }
            }
            if descriptor & libc::FD_CLOEXEC != 0 {
                flags.push("FD_CLOEXEC");
            }
            Some((number, flags.join(" ")))
        })
        .collect()
}

/// Whether the main thread can be cancelled, and when.
pub(super) fn cancellation() -> String {
    let (mut state, mut kind, mut ignored) = (0, 0, 0);
    // SAFETY: Both calls set a valid value and write the old one, which is set again. While cancellation is disabled,
    // which the first call does, no request to cancel this thread can act.
    unsafe {
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &mut state);
        pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &mut kind);
        pthread_setcanceltype(kind, &mut ignored);
        pthread_setcancelstate(state, &mut ignored);
    }
    let kind = match kind {
        PTHREAD_CANCEL_DEFERRED => "at cancellation points",
        _ => "at any time",
    };
    match state {
        PTHREAD_CANCEL_DISABLE => format!("disabled ({kind})"),
        _ => format!("enabled ({kind})"),
    }
}

/// `PTHREAD_CANCEL_DISABLE` of glibc and musl.
const PTHREAD_CANCEL_DISABLE: c_int = 1;
/// `PTHREAD_CANCEL_DEFERRED` of glibc and musl.
const PTHREAD_CANCEL_DEFERRED: c_int = 0;

/// A thread's resolver settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ResolverSettings {
    retransmission: c_int,
    retries: c_int,
    options: c_ulong,
}

impl ResolverSettings {
    /// The settings that a thread gets when it first uses the resolver.
    pub(super) fn default_ones() -> Self {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        let thread = Thread::start(None, move || {
            // SAFETY: It reads the system's settings into this thread's own ones.
            unsafe { libc::res_init() };
            let _ = sender.send(Self::of_this_thread());
        });
        let settings = receiver.recv();
        drop(thread.and_then(Thread::join));
        settings.ok().flatten().unwrap_or(Self {
            retransmission: 0,
            retries: 0,
            options: 0,
        })
    }

    /// The calling thread's settings; none if it has not used the resolver.
    fn of_this_thread() -> Option<Self> {
        // SAFETY: The C library gives each thread a state that is valid while the thread lives; only this thread
        // writes to it.
        let state = unsafe { __res_state().as_ref()? };
        (state.options & RESOLVER_READ != 0).then_some(Self {
            retransmission: state.retransmission,
            retries: state.retries,
            options: state.options,
        })
    }
}

/// The main thread's resolver settings as text. A thread that has not used the resolver has the default ones.
pub(super) fn resolver(default: ResolverSettings) -> String {
    let settings = ResolverSettings::of_this_thread().unwrap_or(default);
    format!(
        "retrans {}, retry {}, options {:#x}",
        settings.retransmission, settings.retries, settings.options
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_the_status_are_found_by_their_whole_name() {
        let status = Status(
            "Name:\tworker\nUmask:\t0022\nVmLck:\t       8 kB\nUid:\t1\t2\t3\t4\n".to_owned(),
        );
        assert_eq!(
            (status.umask().as_str(), status.locked_memory()),
            ("0022", 8)
        );
        assert_eq!(status.credentials()["Uid"], "1 2 3 4");
        assert_eq!(status.field("Vm"), None);
    }

    #[test]
    fn reading_the_state_leaves_it_as_it_is() {
        let default = ResolverSettings::default_ones();
        let read = || {
            (
                timers(),
                locale(),
                limits().ok(),
                rounding(),
                cancellation(),
                resolver(default),
            )
        };
        assert_eq!(read(), read());
        assert!(cancellation().starts_with("enabled"));
    }
}
