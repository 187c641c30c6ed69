//! The process is left as it was found.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::every;
use super::fault::{broke_off_in_call, why_no_request};
use super::rule::{Examination, Examined, Judgement, Level, Place, Rule, Run};
use super::scripts::WATCHED_CALL;
use crate::worker::observation::{End, Snapshot};
use crate::worker::script::{On, Step};
use crate::world::{Http, Tls, World};

/// How much 200 further calls may add to private memory, in KiB.
const MEMORY_ROOM: u64 = 1024;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "host/alive",
        level: Level::Must,
        title: "In no world does a call crash, exit or abort the process.",
        clause: "The process is the service's, and with it the sharing of every other user.",
        expected: "The process outlives each call.",
        cure: "Catch panics and exceptions at the boundary, check every pointer, never call exit or abort.",
        examination: Examination::Every(every::alive),
    },
    Rule {
        id: "host/threads",
        level: Level::Must,
        title: "No thread is left after a call.",
        clause: "The DLL is unloaded after the check; a thread that wakes in unmapped code takes the service with it.",
        expected: "The same threads before and after.",
        cure: "Join every thread before the call returns; use no runtime or resolver that keeps a pool.",
        examination: watched(|examined| {
            compare(examined, |before, after| {
                new_items(&before.threads, &after.threads, "thread(s) left")
            })
        }),
    },
    Rule {
        id: "host/children",
        level: Level::Must,
        title: "No child process is left after a call, and none was reaped from the host.",
        clause: "A service does not reap children that it did not start.",
        expected: "The same child processes before and after.",
        cure: "Start no process; if you must, wait for that one by its pid before the call returns.",
        examination: watched(|examined| {
            compare(examined, |before, after| {
                new_items(&before.children, &after.children, "child process(es) left").or_else(
                    || {
                        new_items(
                            &after.children,
                            &before.children,
                            "of the host's own child processes reaped",
                        )
                    },
                )
            })
        }),
    },
    Rule {
        id: "host/descriptors",
        level: Level::Should,
        title: "No descriptor is left after a call.",
        clause: "A service runs for months; each check that leaves a descriptor brings it nearer to its limit.",
        expected: "The same open descriptors before and after.",
        cure: "Close sockets and files on every path, the error paths first.",
        examination: watched(|examined| {
            compare(examined, |before, after| {
                changed(&before.descriptors, &after.descriptors, "descriptor")
            })
        }),
    },
    Rule {
        id: "host/memory",
        level: Level::Should,
        title: "200 further calls grow the private memory by less than 1 MiB.",
        clause: "A service runs for months.",
        expected: "Less than 1 MiB more after 200 calls.",
        cure: "Free everything that a call allocates; look for it with valgrind or a heap profiler.",
        examination: Examination::Run(Run {
            world: World::ALLOW,
            script: MEMORY,
            place: Place::Usual,
            judge: memory,
        }),
    },
    Rule {
        id: "host/signals",
        level: Level::Must,
        title: "Signal handlers, signal mask and alternate stack are the same after a call.",
        clause: "Signals belong to the process; its service relies on its own handlers.",
        expected: "The same handlers, mask and alternate stack before and after.",
        cure: "Install no handler; block signals in a thread of your own instead of ignoring them for all.",
        examination: watched(|examined| {
            compare(examined, |before, after| {
                changed(&before.signals, &after.signals, "handler of")
                    .or_else(|| differs("signal mask", &before.signal_mask, &after.signal_mask))
                    .or_else(|| {
                        differs(
                            "alternate stack",
                            &before.alternate_stack,
                            &after.alternate_stack,
                        )
                    })
            })
        }),
    },
    Rule {
        id: "host/sigpipe",
        level: Level::Must,
        title: "A server that closes while the plugin writes does not kill a host with the default SIGPIPE.",
        clause: "Only programs ignore SIGPIPE, a library cannot count on it: the process is the service's.",
        expected: "The process lives on.",
        cure: "Send with MSG_NOSIGNAL, or block SIGPIPE on the thread that writes and take the pending one before it ends.",
        examination: Examination::Run(Run {
            world: World {
                tls: Tls::Plaintext,
                ..World::ALLOW
            },
            script: SIGPIPE,
            place: Place::Usual,
            judge: sigpipe,
        }),
    },
    Rule {
        id: "host/quiet",
        level: Level::Should,
        title: "A call prints nothing.",
        clause: "Standard output and standard error are the service's, and may be a protocol.",
        expected: "Nothing on standard output and standard error.",
        cure: "Log through a facade that is silent until somebody asks.",
        examination: Examination::Run(Run {
            world: World::ALLOW,
            script: WATCHED_CALL,
            place: Place::Usual,
            judge: quiet,
        }),
    },
    Rule {
        id: "host/folder",
        level: Level::Should,
        title: "The current folder is the same after a call.",
        clause: "The current folder is the process's, and other threads resolve paths in it.",
        expected: "The same current folder before and after.",
        cure: "Use absolute paths, found from the library's own place.",
        examination: watched(|examined| {
            compare(examined, |before, after| {
                differs("current folder", &before.folder, &after.folder)
            })
        }),
    },
    Rule {
        id: "host/environment",
        level: Level::Should,
        title: "The environment is the same after a call.",
        clause: "The environment is the process's; changing it while another thread reads it is undefined behaviour.",
        expected: "The same environment before and after.",
        cure: "Never call setenv or putenv; hand settings over as arguments.",
        examination: watched(|examined| {
            compare(examined, |before, after| {
                changed(&before.environment, &after.environment, "variable")
            })
        }),
    },
];

const MEMORY: &[Step] = &[
    Step::Load { on: On::Main },
    Step::Call {
        on: On::Main,
        times: 20,
    },
    Step::Snapshot,
    Step::Call {
        on: On::Main,
        times: 200,
    },
    Step::Snapshot,
    Step::Unload { on: On::Main },
];

/// Both a TLS alert and a request can meet a closed connection.
const SIGPIPE: &[Step] = &[
    Step::Load { on: On::Main },
    Step::Call {
        on: On::Main,
        times: 20,
    },
    Step::Shift(World {
        http: Http::CloseWhileWriting,
        ..World::ALLOW
    }),
    Step::Call {
        on: On::Main,
        times: 10,
    },
    Step::Unload { on: On::Main },
];

const fn watched(judge: fn(&Examined<'_>) -> Judgement) -> Examination {
    Examination::Run(Run {
        world: World::ALLOW,
        script: WATCHED_CALL,
        place: Place::Usual,
        judge,
    })
}

/// Judges by a comparison of the process before and after a call, which says
/// in words what has changed.
fn compare(
    examined: &Examined<'_>,
    difference: impl FnOnce(&Snapshot, &Snapshot) -> Option<String>,
) -> Judgement {
    if let Some(broken) = broke_off_in_call(examined) {
        return Judgement::skipped(format!("{broken}: see host/alive"));
    }
    let Some((before, after)) = examined.before_and_after() else {
        return Judgement::skipped("the call was not made");
    };
    match difference(before, after) {
        Some(seen) => Judgement::broken(seen),
        None => Judgement::holds("the same before and after"),
    }
}

fn memory(examined: &Examined<'_>) -> Judgement {
    if let Some(broken) = broke_off_in_call(examined) {
        return Judgement::skipped(format!("{broken}: see host/alive"));
    }
    let Some((before, after)) = examined.before_and_after() else {
        return Judgement::skipped("the calls were not made");
    };
    let growth = after.memory.saturating_sub(before.memory);
    let seen = format!("{growth} KiB more after 200 calls");
    if growth < MEMORY_ROOM {
        Judgement::holds(seen)
    } else {
        Judgement::broken(seen)
    }
}

fn sigpipe(examined: &Examined<'_>) -> Judgement {
    match &examined.observation.end {
        End::Killed { signal, .. } if signal == "SIGPIPE" => {
            let calls = examined.calls().count();
            Judgement::broken(format!(
                "the process was killed by SIGPIPE after {calls} whole steps"
            ))
        }
        // An end that comes after the calls is the business of load/unload.
        _ if broke_off_in_call(examined).is_some() || examined.calls().next().is_none() => {
            Judgement::skipped("the run ended otherwise: see host/alive and load/succeeds")
        }
        _ if examined.observation.transcript.connections() == 0 => {
            Judgement::skipped(why_no_request(examined))
        }
        _ => Judgement::holds(format!("alive after {} calls", examined.calls().count())),
    }
}

fn quiet(examined: &Examined<'_>) -> Judgement {
    let observation = examined.observation;
    for (name, output) in [
        ("standard output", &observation.stdout),
        ("standard error", &observation.stderr),
    ] {
        if output.bytes > 0 {
            let first = output.text.lines().next().unwrap_or_default();
            return Judgement::broken(format!("{} bytes on {name}: {first:?}", output.bytes));
        }
    }
    if examined.calls().next().is_none() {
        return Judgement::skipped("the call was not made or did not come back");
    }
    Judgement::holds("nothing printed")
}

/// What stands in `after` and not in `before`, in words.
fn new_items(before: &[String], after: &[String], what: &str) -> Option<String> {
    let new: Vec<&String> = after.iter().filter(|item| !before.contains(item)).collect();
    let first = new.first()?;
    Some(format!("{} {what}, the first: {first}", new.len()))
}

/// The first entry that was added, removed or changed, in words.
fn changed<K: Ord + Display>(
    before: &BTreeMap<K, String>,
    after: &BTreeMap<K, String>,
    what: &str,
) -> Option<String> {
    let added = after
        .iter()
        .find(|(key, value)| before.get(key) != Some(value));
    if let Some((key, value)) = added {
        return Some(match before.get(key) {
            Some(old) => format!("{what} {key} was {old:?}, is {value:?}"),
            None => format!("{what} {key} is new: {value:?}"),
        });
    }
    let (key, value) = before.iter().find(|(key, _)| !after.contains_key(key))?;
    Some(format!("{what} {key} is gone: it was {value:?}"))
}

fn differs(what: &str, before: &str, after: &str) -> Option<String> {
    (before != after).then(|| format!("the {what} was {before:?}, is {after:?}"))
}
