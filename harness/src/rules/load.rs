//! Loading and unloading, once and many times.

use super::all_runs;
use super::answer::{judge_allowed, judge_answers};
use super::judgement::{Judgement, NotPassed};
use super::precondition::Precondition;
use super::rounds::judge_rounds;
use super::rule::{Examination, Level, Rule};
use crate::run::scripts::ONE_CALL;
use crate::run::{FAILED, LibraryLocation, RunRecord, RunSpec, SUCCESS};
use crate::testbed::{Dns, Link, Scenario, Tcp};
use crate::worker::script::{CALL, LOAD, Step, ThreadRef, UNLOAD};

/// The number of rounds of load, call and unload in each of the three windows of load/wears-out. Together they are more than
/// the 1,024 thread-local keys (PTHREAD_KEYS_MAX; on Windows 1,088) and the 1,024 descriptors that a process usually has.
const ENDURANCE_ROUNDS: u32 = 367;
/// The growth of private memory a round, in KiB, from which on it is a leak for load/reload.
const RELOAD_LEAK: f64 = 25.0;
/// The same for load/wears-out, whose windows are long enough to see less.
const ENDURANCE_LEAK: f64 = 2.0;
/// Why a plugin must leave nothing running.
pub(super) const UNLOADED_CLAUSE: &str = "The service continues after it has unloaded the DLL; a thread that the DLL left running then executes unmapped code.";

/// How to fix what loading prints.
const HELP_PRINTED: &str = "Print nothing in constructors or DllMain; a logger that announces itself when it is created has to be created in the call, and silent.";

/// How to fix what loading starts.
const HELP_STARTED: &str = "Start threads and processes in the call, and end them there: a runtime, a pool or a logger with a thread of its own does not belong into a constructor, a static or DllMain.";

/// How to fix a use of the network by loading.
const HELP_CONNECTED: &str = "Look up no name and open no connection before `IsEntitled` is called: no check for updates, no connection in advance, no download of settings.";

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
        help: "Leave no pending thread-local destructor, do not pin the library, and link without -z nodelete. In C++ hide all exports but IsEntitled (-fvisibility=hidden and a version script): an exported variable of a template or inline function is unique in the process (STB_GNU_UNIQUE), and its library is never unloaded.",
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
        id: "load/twice",
        level: Level::Should,
        title: "Two copies of it in one process, from different files, work independently of each other.",
        clause: "While an update replaces the DLL, a service can have both versions loaded.",
        expected: "From each copy the server's decision, also after the other one was unloaded.",
        help: "Share nothing by a name that the whole machine or process knows: no lock file, socket name, semaphore or environment variable, and no symbol made global by dlopen.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, TWICE, twice),
    },
    Rule {
        id: "load/reload",
        level: Level::Must,
        title: "40 rounds of load, call and unload, on one thread and on short-lived ones, give the same answer and leak no resources.",
        clause: "The service loads the DLL again for each check.",
        expected: "The same answer each time; keys, descriptors, threads and memory do not grow with the rounds.",
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
                Step::Snapshot,
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
        title: "1,100 rounds of load, call and unload, or as many as the budget of time allows, do not exhaust the host's resources.",
        clause: "The service loads the DLL again for each check, for as long as the device runs.",
        expected: "1,100 rounds with the same answer; thread-local keys, descriptors, threads and memory do not grow with the rounds.",
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
                Step::Rounds {
                    count: ENDURANCE_ROUNDS,
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

const TWICE: &[Step] = &[
    LOAD,
    Step::LoadCopy,
    CALL,
    Step::CallCopy,
    Step::ChangeScenario(Scenario::DENY),
    Step::CallCopy,
    CALL,
    UNLOAD,
    Step::CallCopy,
    Step::ChangeScenario(Scenario::ALLOW),
    Step::CallCopy,
    Step::UnloadCopy,
];

/// The answers to [`TWICE`].
const TWICE_ANSWERS: &[i32] = &[SUCCESS, SUCCESS, FAILED, FAILED, FAILED, SUCCESS];

fn twice(record: &RunRecord) -> Judgement {
    record.loaded()?;
    let copy_error = record
        .finished_steps()
        .filter(|(step, _)| **step == Step::LoadCopy)
        .find_map(|(_, report)| report.error.as_deref());
    if let Some(error) = copy_error {
        return Err(NotPassed::skipped(format!(
            "no second copy could be loaded: {error}"
        )));
    }
    // An end after the calls is judged by load/unload.
    judge_answers(record, TWICE_ANSWERS)
}

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
    if let Some(end) = record.early_end() {
        return Err(NotPassed::failed(end));
    }
    if let Some(seen) = all_runs::printed(record) {
        return Err(NotPassed::failed(seen).with_help(HELP_PRINTED));
    }
    let Some((before, after)) = record.before_and_after() else {
        return Err(NotPassed::skipped("it was not loaded: see load/succeeds"));
    };
    for (what, before, after) in [
        ("thread", &before.threads, &after.threads),
        ("process", &before.children, &after.children),
    ] {
        if let Some(new) = after.iter().find(|item| !before.contains(item)) {
            return Err(
                NotPassed::failed(format!("loading started the {what} {new}"))
                    .with_help(HELP_STARTED),
            );
        }
    }
    let transcript = &record.transcript;
    if transcript.questions() + transcript.connections() > 0 {
        return Err(NotPassed::failed("loading used the network").with_help(HELP_CONNECTED));
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
    judge_rounds(record, RELOAD_LEAK)
}

fn endurance(record: &RunRecord) -> Judgement {
    judge_rounds(record, ENDURANCE_LEAK)
}
