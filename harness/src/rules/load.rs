//! Loading and unloading, once and many times.

use super::answer::{judge_allowed, summarise};
use super::judgement::{Judgement, NotPassed};
use super::precondition::Precondition;
use super::rule::{Examination, Level, Rule};
use crate::run::scripts::ONE_CALL;
use crate::run::{LibraryLocation, RunRecord, RunSpec};
use crate::testbed::{Dns, Link, Scenario, Tcp};
use crate::worker::script::{CALL, LOAD, Step, ThreadRef, UNLOAD};

/// The number of rounds of load, call and unload that a host must survive.
const ENDURANCE_ROUNDS: u32 = 2200;
/// The number of thread-local keys that may be missing after all rounds: those that one loaded image may keep.
const ALLOWED_KEYS: u32 = 16;
/// The allowed growth of private memory over 40 rounds, in KiB.
const MEMORY_LIMIT: u64 = 1024;
/// The allowed growth of private memory over 2,200 rounds, in KiB.
const ENDURANCE_MEMORY_LIMIT: u64 = 4096;

/// Why a plugin must leave nothing running.
pub(super) const UNLOADED_CLAUSE: &str = "The service continues after it has unloaded the DLL; a thread that the DLL left running then executes unmapped code.";

/// How to fix a leak of thread-local keys.
const HELP_KEYS: &str = "Delete thread-local keys when the library is unloaded (Rust's standard library does not: use the SDK's `export!`, which does, or pin the library).";

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "load/succeeds",
        level: Level::Must,
        title: "It loads with all symbols bound, within the deadline and without a network.",
        clause: "During an entitlement check the Internet Sharing service loads the specified DLL.",
        expected: "Loaded and unloaded without an error.",
        help: "Link every library that it needs, and do nothing that can fail in constructors or DllMain.",
        needs: &[],
        examination: Examination::run(
            Scenario {
                link: Link::Down,
                ..Scenario::ALLOW
            },
            &[LOAD, UNLOAD],
            succeeds,
        ),
    },
    Rule {
        id: "load/quiet",
        level: Level::Should,
        title: "Loading prints nothing, starts no thread or process, and opens no connection.",
        clause: "The loader lock is held while constructors run, and the service has not requested anything yet.",
        expected: "Nothing printed, started or opened by loading.",
        help: "Move the work from constructors or DllMain into the call.",
        needs: &[],
        examination: Examination::run(
            Scenario::ALLOW,
            &[Step::Snapshot, LOAD, Step::Snapshot, UNLOAD],
            quiet,
        ),
    },
    Rule {
        id: "load/anywhere",
        level: Level::Should,
        title: "It loads from a read-only folder whose name has spaces and non-ASCII letters, with a different working directory.",
        clause: "EntitlementDll is a string that represents a valid file system path to the entitlement DLL.",
        expected: "Loaded, and the same answer as from its usual location.",
        help: "Find files relative to the library's own location, not to the working directory, and write no file beside it.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::Run(
            RunSpec {
                location: LibraryLocation::UnusualFolder,
                ..RunSpec::new(Scenario::ALLOW, ONE_CALL)
            },
            anywhere,
        ),
    },
    Rule {
        id: "load/unload",
        level: Level::Must,
        title: "After call and unload the process keeps running for a second, with other threads working, and exits cleanly.",
        clause: UNLOADED_CLAUSE,
        expected: "Alive a second after unloading, even if a late DNS response arrives, and a clean exit.",
        help: "Join every thread before the call returns, including the resolver's, or keep the library loaded while one is still running.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::run(
            Scenario::ALLOW,
            &[
                LOAD,
                CALL,
                Step::ChangeScenario(Scenario {
                    dns: Dns::Silent,
                    ..Scenario::ALLOW
                }),
                CALL,
                UNLOAD,
                Step::ChangeScenario(Scenario::ALLOW),
                Step::IdleWithLoad { milliseconds: 1000 },
            ],
            survives_unloading,
        ),
    },
    Rule {
        id: "load/unmapped",
        level: Level::Should,
        title: "After the calling thread has ended, unloading removes it from the address space.",
        clause: "A library that stays mapped remains the old version, even after an update replaced the file.",
        expected: "No longer mapped.",
        help: "Leave no pending thread-local destructor, do not pin the library, and link without -z nodelete.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::run(
            Scenario::ALLOW,
            &[
                Step::SpawnThread {
                    thread: 1,
                    stack: None,
                },
                LOAD,
                Step::Call {
                    on: ThreadRef::Thread(1),
                    times: 1,
                },
                Step::JoinThread { thread: 1 },
                UNLOAD,
                Step::Snapshot,
            ],
            unmapped,
        ),
    },
    Rule {
        id: "load/reload",
        level: Level::Must,
        title: "40 rounds of load, call and unload, on one thread and on short-lived ones, give the same answer and leak no resources.",
        clause: "The service loads the DLL again for each check.",
        expected: "The same answer each time; no additional descriptors or threads, and memory growth of less than 1 MiB.",
        help: "Free in the call everything that the call allocated; what must live longer has to be freed when the library is unloaded.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::run(
            Scenario::ALLOW,
            &[
                Step::Rounds {
                    count: 5,
                    own_thread: false,
                },
                Step::Snapshot,
                Step::Rounds {
                    count: 20,
                    own_thread: false,
                },
                Step::Rounds {
                    count: 20,
                    own_thread: true,
                },
                Step::Snapshot,
            ],
            reload,
        ),
    },
    Rule {
        id: "load/wears-out",
        level: Level::Must,
        title: "2,200 rounds of load, call and unload do not exhaust the host's resources.",
        clause: "The service loads the DLL again for each check, for as long as the device runs.",
        expected: "2,200 rounds with the same answer, all thread-local keys still available, no additional descriptors.",
        help: "Free everything that a round allocates before the library is unloaded; what cannot be freed has to be allocated once for the process.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::run(
            Scenario {
                tcp: Tcp::Refuses,
                ..Scenario::ALLOW
            },
            &[
                Step::Rounds {
                    count: 5,
                    own_thread: false,
                },
                Step::Snapshot,
                Step::Rounds {
                    count: ENDURANCE_ROUNDS,
                    own_thread: false,
                },
                Step::Snapshot,
            ],
            endurance,
        ),
    },
    Rule {
        id: "load/thread-exit",
        level: Level::Must,
        title: "A thread that called the plugin can end after the library was unloaded, and the process survives.",
        clause: "The service's threads outlive the DLL; a destructor in unmapped code crashes the service.",
        expected: "The thread ends and the process survives.",
        help: "Register no thread-local destructor on the host's thread; work on a thread of your own that ends in the call.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::run(
            Scenario::ALLOW,
            &[
                Step::SpawnThread {
                    thread: 1,
                    stack: None,
                },
                LOAD,
                Step::Call {
                    on: ThreadRef::Thread(1),
                    times: 1,
                },
                UNLOAD,
                Step::JoinThread { thread: 1 },
                Step::IdleWithLoad { milliseconds: 100 },
            ],
            survives_unloading,
        ),
    },
];

fn succeeds(record: &RunRecord) -> Judgement {
    if let Some(end) = record.early_end() {
        return Err(NotPassed::failed(end));
    }
    if let Some(error) = record.error() {
        return Err(NotPassed::failed(error));
    }
    let seconds: f64 = record
        .observation
        .steps
        .iter()
        .map(|step| step.seconds)
        .sum();
    if seconds > record.deadline_seconds() {
        return Err(NotPassed::failed(format!("loading took {seconds:.1} s")));
    }
    Ok(format!("loaded and unloaded in {:.1} ms", seconds * 1000.0))
}

fn quiet(record: &RunRecord) -> Judgement {
    let observation = &record.observation;
    if let Some(end) = record.early_end() {
        return Err(NotPassed::failed(end));
    }
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
    let Some((before, after)) = record.before_and_after() else {
        return Err(NotPassed::skipped("it was not loaded: see load/succeeds"));
    };
    for (what, before, after) in [
        ("thread", &before.threads, &after.threads),
        ("process", &before.children, &after.children),
    ] {
        if let Some(new) = after.iter().find(|item| !before.contains(item)) {
            return Err(NotPassed::failed(format!(
                "loading started the {what} {new}"
            )));
        }
    }
    let transcript = &record.transcript;
    if transcript.questions() + transcript.connections() > 0 {
        return Err(NotPassed::failed("loading used the network"));
    }
    if transcript.attempts.is_none() {
        return Ok("nothing printed or started; the network was not watched here".to_owned());
    }
    Ok("nothing printed, started or opened".to_owned())
}

fn anywhere(record: &RunRecord) -> Judgement {
    record.calls_returned()?;
    if let Some(error) = record.error() {
        return Err(NotPassed::failed(error));
    }
    judge_allowed(record)
}

pub(super) fn survives_unloading(record: &RunRecord) -> Judgement {
    // A crash or a hang inside a call is judged by host/alive and time/deadline.
    match record.ended_in() {
        None => {}
        Some(step) if matches!(record.script.get(step), Some(Step::Call { .. })) => {
            return Err(NotPassed::skipped(format!(
                "{}: see host/alive and time/deadline",
                record.early_end().unwrap_or_default()
            )));
        }
        Some(_) => return Err(NotPassed::failed(record.early_end().unwrap_or_default())),
    }
    record.loaded()?;
    match record.error() {
        Some(error) => Err(NotPassed::failed(error)),
        None if record.transcript.late_answers() > 0 => Ok(
            "the process kept running, a late DNS response arrived, and it exited cleanly"
                .to_owned(),
        ),
        None => Ok("the process kept running and exited cleanly".to_owned()),
    }
}

fn unmapped(record: &RunRecord) -> Judgement {
    if let Some(error) = record.error() {
        return Err(NotPassed::skipped(format!(
            "{error}: see load/unload and host/alive"
        )));
    }
    // An end of the process after the snapshot is judged by load/unload.
    match (record.snapshots().next(), record.early_end()) {
        (Some(snapshot), _) if snapshot.mapped => Err(NotPassed::failed(
            "unloading returned no error, and the library is still mapped",
        )),
        (Some(_), _) => Ok("no longer mapped".to_owned()),
        (None, Some(end)) => Err(NotPassed::skipped(format!(
            "{end}: see load/unload and host/alive"
        ))),
        (None, None) => Err(NotPassed::skipped("the library was not unloaded")),
    }
}

fn reload(record: &RunRecord) -> Judgement {
    judge_rounds(record, MEMORY_LIMIT)
}

fn endurance(record: &RunRecord) -> Judgement {
    judge_rounds(record, ENDURANCE_MEMORY_LIMIT)
}

/// Judges rounds between two snapshots: the same answer, and no resources leaked.
fn judge_rounds(record: &RunRecord, memory_limit: u64) -> Judgement {
    if let Some(end) = record.early_end() {
        return Err(NotPassed::failed(end));
    }
    record.loaded()?;
    if let Some(error) = record.error() {
        return Err(NotPassed::failed(error));
    }
    let Some((before, after)) = record.before_and_after() else {
        return Err(NotPassed::skipped("the rounds were not made"));
    };
    let transcript = &record.transcript;
    let used_network = transcript.connections() + transcript.questions() > 0;
    if !used_network && transcript.attempts == Some(0) {
        return Err(NotPassed::skipped(
            "the plugin never tried to reach the server: see answer/asks-server",
        ));
    }
    let answers: Vec<i32> = record.calls().map(|call| call.value).collect();
    if answers.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err(NotPassed::failed(format!(
            "not always the same answer: {}",
            summarise(&answers)
        )));
    }
    let keys = before.keys_free.saturating_sub(after.keys_free);
    if keys > ALLOWED_KEYS {
        return Err(NotPassed::failed(format!(
            "{keys} thread-local keys were not deleted; {} are left",
            after.keys_free
        ))
        .with_help(HELP_KEYS));
    }
    if after.descriptors.len() > before.descriptors.len() {
        let additional = after.descriptors.len() - before.descriptors.len();
        return Err(NotPassed::failed(format!(
            "{additional} additional descriptors"
        )));
    }
    if after.threads.len() > before.threads.len() {
        let additional = after.threads.len() - before.threads.len();
        return Err(NotPassed::failed(format!(
            "{additional} additional threads"
        )));
    }
    let growth = after.memory.saturating_sub(before.memory);
    if growth >= memory_limit {
        return Err(NotPassed::failed(format!(
            "private memory grew by {growth} KiB"
        )));
    }
    Ok(format!(
        "{}; private memory grew by {growth} KiB",
        summarise(&answers)
    ))
}
