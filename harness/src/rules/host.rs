//! The process is left as it was found.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::every;
use super::fault::why_no_request;
use super::judgement::{Judged, NotHeld};
use super::rule::{Examination, Level, Rule, RunJudge};
use crate::run::RunRecord;
use crate::run::scripts::WATCHED_CALL;
use crate::testbed::{Http, Scenario, Tls, WireFault};
use crate::worker::observation::{End, Snapshot};
use crate::worker::script::{LOAD, Step, UNLOAD, calls};

/// How much 200 further calls may add to private memory, in KiB.
const MEMORY_ROOM: u64 = 1024;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "host/alive",
        level: Level::Must,
        title: "In no scenario does a call crash, exit or abort the process.",
        clause: "The process is the service's, and with it the sharing of every other user.",
        expected: "The process outlives each call.",
        help: "Catch panics and exceptions at the boundary, check every pointer, never call exit or abort.",
        examination: Examination::Every(every::alive),
    },
    Rule {
        id: "host/threads",
        level: Level::Must,
        title: "No thread is left after a call.",
        clause: "The DLL is unloaded after the check; a thread that wakes in unmapped code takes the service with it.",
        expected: "The same threads before and after.",
        help: "Join every thread before the call returns; use no runtime or resolver that keeps a pool.",
        examination: watched(|record| {
            compare(record, |before, after| {
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
        help: "Start no process; if you must, wait for that one by its pid before the call returns.",
        examination: watched(|record| {
            compare(record, |before, after| {
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
        help: "Close sockets and files on every path, the error paths first.",
        examination: watched(|record| {
            compare(record, |before, after| {
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
        help: "Free everything that a call allocates; look for it with valgrind or a heap profiler.",
        examination: Examination::run(Scenario::ALLOW, MEMORY, memory),
    },
    Rule {
        id: "host/signals",
        level: Level::Must,
        title: "Signal handlers, signal mask and alternate stack are the same after a call.",
        clause: "Signals belong to the process; its service relies on its own handlers.",
        expected: "The same handlers, mask and alternate stack before and after.",
        help: "Install no handler; block signals in a thread of your own instead of ignoring them for all.",
        examination: watched(|record| {
            compare(record, |before, after| {
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
        help: "Send with MSG_NOSIGNAL, or block SIGPIPE on the thread that writes and take the pending one before it ends.",
        examination: Examination::run(
            Scenario {
                tls: Tls::Plaintext,
                ..Scenario::ALLOW
            },
            SIGPIPE,
            sigpipe,
        ),
    },
    Rule {
        id: "host/quiet",
        level: Level::Should,
        title: "A call prints nothing.",
        clause: "Standard output and standard error are the service's, and may be a protocol.",
        expected: "Nothing on standard output and standard error.",
        help: "Log through a facade that is silent until somebody asks.",
        examination: Examination::run(Scenario::ALLOW, WATCHED_CALL, quiet),
    },
    Rule {
        id: "host/folder",
        level: Level::Should,
        title: "The current folder is the same after a call.",
        clause: "The current folder is the process's, and other threads resolve paths in it.",
        expected: "The same current folder before and after.",
        help: "Use absolute paths, found from the library's own place.",
        examination: watched(|record| {
            compare(record, |before, after| {
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
        help: "Never call setenv or putenv; hand settings over as arguments.",
        examination: watched(|record| {
            compare(record, |before, after| {
                changed(&before.environment, &after.environment, "variable")
            })
        }),
    },
];

const MEMORY: &[Step] = &[
    LOAD,
    calls(20),
    Step::Snapshot,
    calls(200),
    Step::Snapshot,
    UNLOAD,
];

/// Both a TLS alert and a request can meet a closed connection.
const SIGPIPE: &[Step] = &[
    LOAD,
    calls(20),
    Step::ChangeScenario(Scenario {
        http: Http::Broken(WireFault::CloseWhileWriting),
        ..Scenario::ALLOW
    }),
    calls(10),
    UNLOAD,
];

const fn watched(judge: RunJudge) -> Examination {
    Examination::run(Scenario::ALLOW, WATCHED_CALL, judge)
}

/// Judges by a comparison of the process before and after a call, which says
/// in words what has changed.
fn compare(
    record: &RunRecord,
    difference: impl FnOnce(&Snapshot, &Snapshot) -> Option<String>,
) -> Judged {
    record.calls_returned_else_skip()?;
    let Some((before, after)) = record.before_and_after() else {
        return Err(NotHeld::skipped("the call was not made"));
    };
    match difference(before, after) {
        Some(seen) => Err(NotHeld::broken(seen)),
        None => Ok("the same before and after".to_owned()),
    }
}

fn memory(record: &RunRecord) -> Judged {
    record.calls_returned_else_skip()?;
    let Some((before, after)) = record.before_and_after() else {
        return Err(NotHeld::skipped("the calls were not made"));
    };
    let growth = after.memory.saturating_sub(before.memory);
    let seen = format!("{growth} KiB more after 200 calls");
    if growth < MEMORY_ROOM {
        Ok(seen)
    } else {
        Err(NotHeld::broken(seen))
    }
}

fn sigpipe(record: &RunRecord) -> Judged {
    match &record.observation.end {
        End::Killed { signal, .. } if signal == "SIGPIPE" => {
            let calls = record.calls().count();
            Err(NotHeld::broken(format!(
                "the process was killed by SIGPIPE after {calls} whole steps"
            )))
        }
        // An end that comes after the calls is the business of load/unload.
        _ if record.early_end_before_last_call().is_some() || record.calls().next().is_none() => {
            Err(NotHeld::skipped(
                "the run ended otherwise: see host/alive and load/succeeds",
            ))
        }
        _ if record.transcript.connections() == 0 => Err(NotHeld::skipped(why_no_request(record))),
        _ => Ok(format!("alive after {} calls", record.calls().count())),
    }
}

fn quiet(record: &RunRecord) -> Judged {
    let observation = &record.observation;
    for (name, output) in [
        ("standard output", &observation.stdout),
        ("standard error", &observation.stderr),
    ] {
        if output.bytes > 0 {
            let first = output.text.lines().next().unwrap_or_default();
            return Err(NotHeld::broken(format!(
                "{} bytes on {name}: {first:?}",
                output.bytes
            )));
        }
    }
    if record.calls().next().is_none() {
        return Err(NotHeld::skipped(
            "the call was not made or did not come back",
        ));
    }
    Ok("nothing printed".to_owned())
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
