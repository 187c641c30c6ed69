//! A call leaves the host's process as it was.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::all_runs;
use super::fault::why_no_request;
use super::judgement::{Judgement, NotPassed};
use super::precondition::Precondition;
use super::rule::{Examination, Level, Rule, RunJudge};
use crate::run::RunRecord;
use crate::run::scripts::WATCHED_CALL;
use crate::testbed::{Http, Scenario, Tls, WireFault};
use crate::worker::observation::{End, Snapshot};
use crate::worker::script::{LOAD, Step, UNLOAD, calls};

/// The allowed growth of private memory over 200 further calls, in KiB.
const MEMORY_LIMIT: u64 = 1024;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "host/alive",
        level: Level::Must,
        title: "In no scenario does a call crash, exit or abort the process.",
        clause: "The process belongs to the service; if it ends, sharing ends for every client.",
        expected: "The process survives each call.",
        help: "Catch panics and exceptions at the boundary, check every pointer, never call exit or abort.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(all_runs::alive),
    },
    Rule {
        id: "host/threads",
        level: Level::Must,
        title: "No thread is left after a call.",
        clause: "The DLL is unloaded after the check; a thread that continues in unmapped code crashes the service.",
        expected: "The same threads before and after.",
        help: "Join every thread before the call returns; use no runtime or resolver that keeps a pool.",
        needs: &[Precondition::ReachesPort],
        examination: watched(|record| {
            compare(record, |before, after| {
                new_items(&before.threads, &after.threads, "thread(s) left")
            })
        }),
    },
    Rule {
        id: "host/children",
        level: Level::Must,
        title: "No child process is left after a call, and none of the host's was reaped.",
        clause: "A service does not reap children that it did not start, and relies on reaping its own.",
        expected: "The same child processes before and after.",
        help: "Start no process; if you must, wait for that one by its pid before the call returns.",
        needs: &[Precondition::ReachesPort],
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
        title: "No file descriptor is left after a call.",
        clause: "A service runs for months; each check that leaks a descriptor brings it nearer to its limit.",
        expected: "The same open descriptors before and after.",
        help: "Close sockets and files on every path, above all on the error paths.",
        needs: &[Precondition::ReachesPort],
        examination: watched(|record| {
            compare(record, |before, after| {
                changed(&before.descriptors, &after.descriptors, "descriptor")
            })
        }),
    },
    Rule {
        id: "host/memory",
        level: Level::Should,
        title: "200 further calls increase private memory by less than 1 MiB.",
        clause: "A service runs for months.",
        expected: "Less than 1 MiB more after 200 calls.",
        help: "Free everything that a call allocates; find leaks with valgrind or a heap profiler.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, MEMORY, memory),
    },
    Rule {
        id: "host/signals",
        level: Level::Must,
        title: "Signal handlers, signal mask and alternate stack are the same after a call.",
        clause: "Signal handling belongs to the process; the service relies on its own handlers.",
        expected: "The same handlers, mask and alternate stack before and after.",
        help: "Install no handler; block signals in a thread of your own instead of ignoring them for the whole process.",
        needs: &[Precondition::ReachesPort],
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
        title: "If the server closes the connection while the plugin writes, a host with the default SIGPIPE action is not killed.",
        clause: "The process belongs to the service: a library cannot rely on SIGPIPE being ignored.",
        expected: "The process survives.",
        help: "Send with MSG_NOSIGNAL, or block SIGPIPE on the thread that writes and consume the pending one before that thread ends.",
        needs: &[Precondition::ReachesPort],
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
        clause: "Standard output and standard error belong to the service, which may use them for a protocol.",
        expected: "Nothing on standard output and standard error.",
        help: "Log through a facade that is silent unless the host enables it.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::run(Scenario::ALLOW, WATCHED_CALL, quiet),
    },
    Rule {
        id: "host/folder",
        level: Level::Should,
        title: "The working directory is the same after a call.",
        clause: "The working directory belongs to the process, and other threads resolve paths relative to it.",
        expected: "The same working directory before and after.",
        help: "Use absolute paths, derived from the library's own location.",
        needs: &[Precondition::ReachesPort],
        examination: watched(|record| {
            compare(record, |before, after| {
                differs("working directory", &before.folder, &after.folder)
            })
        }),
    },
    Rule {
        id: "host/environment",
        level: Level::Should,
        title: "The environment is the same after a call.",
        clause: "The environment belongs to the process; changing it while another thread reads it is undefined behaviour.",
        expected: "The same environment before and after.",
        help: "Never call setenv or putenv; pass settings as arguments.",
        needs: &[Precondition::ReachesPort],
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

/// Both a TLS alert and a request can be written to a closed connection.
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

/// Judges by comparing the process before and after a call; `difference` describes
/// what has changed.
fn compare(
    record: &RunRecord,
    difference: impl FnOnce(&Snapshot, &Snapshot) -> Option<String>,
) -> Judgement {
    record.calls_returned_else_skip()?;
    let Some((before, after)) = record.before_and_after() else {
        return Err(NotPassed::skipped("the call was not made"));
    };
    match difference(before, after) {
        Some(seen) => Err(NotPassed::failed(seen)),
        None => Ok("the same before and after".to_owned()),
    }
}

fn memory(record: &RunRecord) -> Judgement {
    record.calls_returned_else_skip()?;
    let Some((before, after)) = record.before_and_after() else {
        return Err(NotPassed::skipped("the calls were not made"));
    };
    let growth = after.memory.saturating_sub(before.memory);
    let seen = format!("private memory grew by {growth} KiB over 200 calls");
    if growth < MEMORY_LIMIT {
        Ok(seen)
    } else {
        Err(NotPassed::failed(seen))
    }
}

fn sigpipe(record: &RunRecord) -> Judgement {
    match &record.observation.end {
        End::Killed { signal, .. } if signal == "SIGPIPE" => {
            let calls = record.calls().count();
            Err(NotPassed::failed(format!(
                "the process was killed by SIGPIPE after {calls} finished calls"
            )))
        }
        // An end after the calls is judged by load/unload.
        _ if record.early_end_before_last_call().is_some() || record.calls().next().is_none() => {
            Err(NotPassed::skipped(
                "the run ended in another way: see host/alive and load/succeeds",
            ))
        }
        _ if record.transcript.connections() == 0 => {
            Err(NotPassed::skipped(why_no_request(record)))
        }
        _ => Ok(format!("alive after {} calls", record.calls().count())),
    }
}

fn quiet(record: &RunRecord) -> Judgement {
    let observation = &record.observation;
    for (name, output) in [
        ("standard output", &observation.stdout),
        ("standard error", &observation.stderr),
    ] {
        if output.bytes > 0 {
            let first = output.text.lines().next().unwrap_or_default();
            return Err(NotPassed::failed(format!(
                "{} bytes on {name}: {first:?}",
                output.bytes
            )));
        }
    }
    if record.calls().next().is_none() {
        return Err(NotPassed::skipped(
            "the call was not made or did not return",
        ));
    }
    Ok("nothing printed".to_owned())
}

/// Describes the items that are in `after` and not in `before`.
fn new_items(before: &[String], after: &[String], what: &str) -> Option<String> {
    let new: Vec<&String> = after.iter().filter(|item| !before.contains(item)).collect();
    let first = new.first()?;
    Some(format!("{} {what}, the first: {first}", new.len()))
}

/// Describes the first entry that was added, removed or changed.
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
