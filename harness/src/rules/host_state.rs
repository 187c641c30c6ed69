//! No step leaves the host's process changed: one rule a property, judged over all runs.

use super::all_runs;
use super::growth;
use super::precondition::Precondition;
use super::rule::{Examination, Level, Rule};
use super::unchanged::{self, During, changed, differs, new_items, number_of};
use crate::worker::observation::Snapshot;

/// The private writable address space that may be left after a call, in KiB. Allocators and language runtimes take
/// some for each thread and each processor.
const ADDRESS_SPACE_LIMIT: u64 = 256 << 10;
/// The locked memory that may be left, in KiB.
const LOCKED_LIMIT: u64 = 0;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "host/threads",
        level: Level::Must,
        title: "No thread is left after a call.",
        clause: "The DLL is unloaded after the check; a thread that continues in unmapped code crashes the service.",
        expected: "The same threads before and after each call, and none more after unloading than before loading. A thread that waits for a name server may stay, since getaddrinfo cannot be cancelled, if the library stays loaded as long.",
        help: "Join every thread before the call returns; use no runtime or resolver that keeps a pool. libcurl's threaded resolver keeps the call until getaddrinfo returns, or leaves its thread behind with CURLOPT_QUICK_EXIT: use a libcurl with c-ares, or look the name up by yourself and pass the address with CURLOPT_RESOLVE.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(|all| {
            let threads = |snapshot: &Snapshot| snapshot.threads.len() as u64;
            let judge = || {
                unchanged::judge_but_lookups(all, During::CallsAndUnloading, |before, after| {
                    new_items(
                        &before.threads,
                        &after.threads,
                        "thread left",
                        "threads left",
                    )
                })
            };
            growth::judge_on_windows(all, "threads", threads).unwrap_or_else(judge)
        }),
    },
    Rule {
        id: "host/children",
        level: Level::Must,
        title: "No child process is left after a call, and none of the host's was reaped.",
        clause: "A service does not reap children that it did not start, and relies on reaping its own.",
        expected: "The same child processes before and after each call, also those of the host that have ended.",
        help: "Start no process; if you must, wait for that one by its pid before the call returns.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(|all| {
            unchanged::judge(all, During::CallsAndUnloading, |before, after| {
                new_items(
                    &before.children,
                    &after.children,
                    "child process left",
                    "child processes left",
                )
                .or_else(|| {
                    new_items(
                        &after.children,
                        &before.children,
                        "of the host's own child processes reaped",
                        "of the host's own child processes reaped",
                    )
                })
            })
        }),
    },
    Rule {
        id: "host/descriptors",
        level: Level::Should,
        title: "No file descriptor is left after loading, a call or unloading.",
        clause: "A service runs for months; each check that leaks a descriptor brings it nearer to its limit.",
        expected: "The same open descriptors before and after each step.",
        help: "Close sockets and files on every path, above all on the error paths.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(|all| {
            let handles = |snapshot: &Snapshot| snapshot.descriptors.len() as u64;
            let judge = || {
                unchanged::judge_but_lookups(all, During::EveryStep, |before, after| {
                    changed(&before.descriptors, &after.descriptors, "descriptor")
                })
            };
            growth::judge_on_windows(all, "handles", handles).unwrap_or_else(judge)
        }),
    },
    Rule {
        id: "host/signals",
        level: Level::Must,
        title: "Signal handlers, signal mask and alternate stack are the same before and after a call, and none that loading changed is left after unloading.",
        clause: "Signal handling belongs to the process; the service relies on its own handlers, and one in unmapped code kills it.",
        expected: "The same handlers, mask and alternate stack before and after each call, and once the library is unmapped the same as before it was loaded.",
        help: "Install no handler; block signals in a thread of your own instead of ignoring them for the whole process.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(|all| {
            unchanged::judge(all, During::CallsAndUnloading, signal_handling)
        }),
    },
    Rule {
        id: "load/signals",
        level: Level::Should,
        title: "Loading installs no signal handler, and changes neither the signal mask nor the alternate stack.",
        clause: "Signal handling belongs to the process. Some runtimes, such as Go's, install handlers when they are loaded, so this is no must.",
        expected: "The same handlers, mask and alternate stack before and after loading.",
        help: "Install no handler in a constructor; with Go, which installs its own, nothing can be done but to write the plugin in another language.",
        needs: &[],
        examination: Examination::AllRuns(|all| {
            unchanged::judge(all, During::Loading, signal_handling)
        }),
    },
    Rule {
        id: "host/files",
        level: Level::Should,
        title: "No file is left after the library was unloaded.",
        clause: "The file system belongs to the device: no one removes what a check leaves, and the next check may believe it.",
        expected: "The same files in the home folder, the temporary ones and the current one, before loading and after unloading.",
        help: "Keep nothing in files; remove temporary ones on every path, or use memfd_create or O_TMPFILE.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(|all| {
            unchanged::judge(all, During::WholeRun, |before, after| {
                number_of(
                    after.files.difference(&before.files),
                    "new file",
                    "new files",
                )
            })
        }),
    },
    Rule {
        id: "host/timers",
        level: Level::Must,
        title: "No timer or alarm is left after loading, a call or unloading.",
        clause: "A timer that expires later sends a signal, which by default kills the service; on Windows it has a thread of the service call a function that may be unmapped by then.",
        expected: "The same timers before and after each step. On Windows, where the system may keep some, no more waitable timers after each of many calls.",
        help: "Use the time-outs of poll, select or the library instead of alarm and timers; if you must, delete the timer on every path. On Windows, close waitable timers, and delete those of a timer queue or a thread pool and wait for their callbacks.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(|all| {
            let judge = || {
                unchanged::judge(all, During::EveryStep, |before, after| {
                    changed(&before.timers, &after.timers, "timer")
                })
            };
            growth::judge_on_windows(all, "waitable timers", waitable_timers).unwrap_or_else(judge)
        }),
    },
    Rule {
        id: "host/folder",
        level: Level::Should,
        title: "The working directory is the same after loading, a call and unloading.",
        clause: "The working directory belongs to the process, and other threads resolve paths relative to it.",
        expected: "The same working directory before and after each step.",
        help: "Use absolute paths, derived from the library's own location.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(|all| {
            unchanged::judge(all, During::EveryStep, |before, after| {
                differs("working directory", &before.folder, &after.folder)
            })
        }),
    },
    Rule {
        id: "host/environment",
        level: Level::Should,
        title: "The environment is the same after loading, a call and unloading.",
        clause: "The environment belongs to the process; changing it while another thread reads it is undefined behaviour.",
        expected: "The same environment before and after each step.",
        help: "Never call setenv or putenv; pass settings as arguments.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(|all| {
            unchanged::judge(all, During::EveryStep, |before, after| {
                changed(&before.environment, &after.environment, "variable")
            })
        }),
    },
    Rule {
        id: "host/locale",
        level: Level::Should,
        title: "The locale is the same after loading, a call and unloading.",
        clause: "The locale belongs to the process: with another one, the service's own numbers and messages are formatted and parsed differently.",
        expected: "The same locale before and after each step.",
        help: "Never call setlocale; where a locale matters, use newlocale and the functions that take one, or uselocale on a thread of your own.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(|all| {
            unchanged::judge(all, During::EveryStep, |before, after| {
                changed(&before.locale, &after.locale, "locale")
            })
        }),
    },
    Rule {
        id: "host/umask",
        level: Level::Should,
        title: "The umask is the same after loading, a call and unloading.",
        clause: "The umask belongs to the process: with another one, files that the service creates later get wrong permissions.",
        expected: "The same umask before and after each step.",
        help: "Never call umask; give open the mode that the file needs, or set it with fchmod.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(|all| {
            unchanged::judge(all, During::EveryStep, |before, after| {
                differs("umask", &before.umask, &after.umask)
            })
        }),
    },
    Rule {
        id: "host/limits",
        level: Level::Should,
        title: "The resource limits are the same after loading, a call and unloading.",
        clause: "Resource limits belong to the process, and were set by the program that started the service.",
        expected: "The same soft and hard limits before and after each step.",
        help: "Never call setrlimit; work within the limits that the host has.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(|all| {
            unchanged::judge(all, During::EveryStep, |before, after| {
                changed(&before.limits, &after.limits, "limit")
            })
        }),
    },
    Rule {
        id: "host/rounding",
        level: Level::Should,
        title: "The floating-point settings of the calling thread are the same after loading, a call and unloading.",
        clause: "With another rounding mode, or with tiny numbers flushed to zero, the service computes other results.",
        expected: "The same rounding mode and control bits before and after each step.",
        help: "Restore the mode that fesetround changed; do not link the library with -ffast-math, which changes the mode when it is loaded.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(|all| {
            unchanged::judge(all, During::EveryStep, |before, after| {
                differs("floating-point control", &before.rounding, &after.rounding)
            })
        }),
    },
    Rule {
        id: "host/priority",
        level: Level::Should,
        title: "Priority, scheduling policy and set of processors are the same after loading, a call and unloading.",
        clause: "The thread belongs to the service, which continues with it after the check.",
        expected: "The same nice value, policy and set of processors before and after each step.",
        help: "Change the priority only of a thread of your own.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(|all| {
            unchanged::judge(all, During::EveryStep, |before, after| {
                changed(&before.priority, &after.priority, "the thread's")
            })
        }),
    },
    Rule {
        id: "host/standard-descriptors",
        level: Level::Should,
        title: "The flags of standard input, output and error are the same after loading, a call and unloading.",
        clause: "The three are shared with the service and with every process that inherited them; one that becomes non-blocking loses their output.",
        expected: "The same flags before and after each step; on Windows the same handles, and no console or the same modes and code pages of it.",
        help: "Set O_NONBLOCK on descriptors of your own only, and duplicate none of the three. On Windows, leave SetStdHandle, AllocConsole, SetConsoleMode and SetConsoleOutputCP to the service.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(|all| {
            unchanged::judge(all, During::EveryStep, |before, after| {
                // One that was closed is judged by host/descriptors.
                let flags = before
                    .standard_descriptors
                    .iter()
                    .find_map(|(number, flags)| {
                        let now = after.standard_descriptors.get(number)?;
                        differs(&format!("set of flags of descriptor {number}"), flags, now)
                    });
                let console = differs("console", &before.console, &after.console);
                match (flags, console) {
                    (Some(flags), Some(console)) => Some(format!("{flags}, and {console}")),
                    (flags, console) => flags.or(console),
                }
            })
        }),
    },
    Rule {
        id: "host/credentials",
        level: Level::Should,
        title: "Users, groups, capabilities and the dumpable flag are the same after loading, a call and unloading.",
        clause: "They decide what the service may do, and whether a crash of it can be examined.",
        expected: "The same credentials and flags before and after each step.",
        help: "Never call seteuid, setgid, prctl or similar functions that act on the process.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(|all| {
            unchanged::judge(all, During::EveryStep, |before, after| {
                changed(&before.credentials, &after.credentials, "the process's")
            })
        }),
    },
    Rule {
        id: "host/thread-name",
        level: Level::Should,
        title: "The name of the calling thread is the same after loading, a call and unloading.",
        clause: "The thread belongs to the service; its name is what a monitor or a crash report shows.",
        expected: "The same name before and after each step.",
        help: "Name only threads of your own.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(|all| {
            unchanged::judge(all, During::EveryStep, |before, after| {
                differs("thread's name", &before.thread_name, &after.thread_name)
            })
        }),
    },
    Rule {
        id: "host/cancel-state",
        level: Level::Should,
        title: "Whether the calling thread can be cancelled is the same after loading, a call and unloading.",
        clause: "A service that ends its threads with pthread_cancel waits for ever for one that no longer can be.",
        expected: "The same cancellation state and type before and after each step.",
        help: "Restore the state that pthread_setcancelstate returned, on every path.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(|all| {
            unchanged::judge(all, During::EveryStep, |before, after| {
                differs("cancellation", &before.cancellation, &after.cancellation)
            })
        }),
    },
    Rule {
        id: "host/resolver",
        level: Level::Should,
        title: "The resolver settings of the calling thread are the same after loading, a call and unloading.",
        clause: "The settings in _res apply to every later name that the service's thread resolves.",
        expected: "The same time-out, number of attempts and options before and after each step.",
        help: "Use res_ninit and res_nquery with a state of your own instead of changing _res.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(|all| {
            unchanged::judge(all, During::EveryStep, |before, after| {
                differs("resolver settings", &before.resolver, &after.resolver)
            })
        }),
    },
    Rule {
        id: "host/locked-memory",
        level: Level::Should,
        title: "No memory is locked after loading, a call or unloading.",
        clause: "Locked memory cannot be reclaimed, and the amount that a process may lock is small.",
        expected: "No more locked memory after each step than before.",
        help: "Unlock what mlock locked before it is freed; never call mlockall.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(|all| {
            unchanged::judge(all, During::EveryStep, |before, after| {
                grown(
                    "of locked memory",
                    before.locked_memory,
                    after.locked_memory,
                    LOCKED_LIMIT,
                )
            })
        }),
    },
    Rule {
        id: "host/address-space",
        level: Level::Should,
        title: "A call leaves less than 256 MiB of writable address space in use.",
        clause: "Address space counts against the limits of a process, and the device may not overcommit memory.",
        expected: "Less than 256 MiB more of private writable memory after a call, whether it was used or not.",
        help: "Unmap large regions before the call returns; reserve addresses with PROT_NONE.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(|all| {
            unchanged::judge(all, During::CallsAndUnloading, |before, after| {
                grown(
                    "of writable address space",
                    before.writable_memory,
                    after.writable_memory,
                    ADDRESS_SPACE_LIMIT,
                )
            })
        }),
    },
    Rule {
        id: "host/errno",
        level: Level::May,
        title: "errno of the calling thread is the same after a call.",
        clause: "Library functions may change errno; one that does not is easier to call between a failure and its report.",
        expected: "The same errno before and after each call.",
        help: "Save errno at the beginning of the call and restore it at the end.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(all_runs::errno),
    },
];

/// How many of the handles are those of waitable timers.
fn waitable_timers(snapshot: &Snapshot) -> u64 {
    let kinds = snapshot.descriptors.values();
    kinds.filter(|kind| *kind == "Timer").count() as u64
}

/// What differs in how signals are handled.
fn signal_handling(before: &Snapshot, after: &Snapshot) -> Option<String> {
    changed(&before.signals, &after.signals, "handler of")
        .or_else(|| differs("signal mask", &before.signal_mask, &after.signal_mask))
        .or_else(|| {
            differs(
                "alternate stack",
                &before.alternate_stack,
                &after.alternate_stack,
            )
        })
}

/// Describes an amount, in KiB, that has grown by more than the limit.
fn grown(what: &str, before: u64, after: u64, limit: u64) -> Option<String> {
    let growth = after.saturating_sub(before);
    (growth > limit).then(|| format!("{growth} KiB more {what} than before"))
}
