//! A call leaves the host's process as it was.

use super::all_runs;
use super::answer::{judge_allowed, summarise};
use super::fault::why_no_request;
use super::judgement::{Judgement, NotPassed};
use super::precondition::Precondition;
use super::rule::{Examination, Level, Rule};
use super::windows::{
    Window, calls as calls_in, heap_leaked, leaked, memory_leaked, total_memory_growth, windows,
};
use crate::run::{HostEnvironment, RunRecord, RunSpec, SUCCESS, UNAVAILABLE, answer_name};
use crate::testbed::wire::{Body, WireResponse};
use crate::testbed::{Http, Scenario, Tls, WireFault};
use crate::worker::observation::{End, Snapshot};
use crate::worker::script::{CALL, HostCondition, LOAD, Step, UNLOAD, calls};

/// The growth of private memory a call, in KiB, from which on it is a leak.
const LEAK_PER_CALL: f64 = 5.0;
/// The growth of what malloc has given, in bytes a call, from which on it is a leak.
const HEAP_LEAK_PER_CALL: u32 = 64;
/// What GnuTLS itself keeps of each thread that has used it, in bytes: a plugin may use one for each call, and cannot free
/// it. Of GnuTLS 3.7 249 bytes remain.
const KEPT_BY_GNUTLS: u32 = 448;
/// The growth of private memory, in KiB, that a window of calls may show by chance.
const MEMORY_NOISE: u64 = 256;

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
        id: "host/memory",
        level: Level::Should,
        title: "Private memory does not grow with each call, whether it succeeds or fails.",
        clause: "A service runs for months.",
        expected: "In the last two of three windows of 200 good, of 100 failing and of 100 denied calls, less than 5 KiB of private memory more for each call, and less than 64 bytes of what malloc has given; 512 with GnuTLS, which itself keeps some of each thread. On Windows, no more heaps than before.",
        help: "Free everything that a call allocates, above all on the error paths; find leaks with valgrind or a heap profiler. On Windows, destroy each heap that a call creates.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, MEMORY, memory),
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
        title: "In no scenario does a call print anything.",
        clause: "Standard output and standard error belong to the service, which may use them for a protocol.",
        expected: "Nothing on standard output and standard error.",
        help: "Print nothing: log through a facade that is silent unless the host enables it. With libcurl set CURLOPT_WRITEFUNCTION, without which the body goes to standard output, and leave CURLOPT_VERBOSE off; in Rust catch panics with a hook that does not print.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(all_runs::quiet),
    },
    Rule {
        id: "host/no-stdio",
        level: Level::Should,
        title: "It works in a host whose standard input, output and error are closed.",
        clause: "Services are often started without them; the first descriptors that the plugin opens are then 0, 1 and 2.",
        expected: "3 × ENTITLEMENT_SUCCESS.",
        help: "Treat every number from 0 on as a valid descriptor, and -1 alone as none.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, NO_STDIO, judge_allowed),
    },
    Rule {
        id: "host/few-descriptors",
        level: Level::Should,
        title: "In a host that has few descriptors left, it returns SUCCESS or UNAVAILABLE.",
        clause: "ENTITLEMENT_UNAVAILABLE: the device could not contact the server or acquire a connection to verify entitlement.",
        expected: "ENTITLEMENT_SUCCESS or ENTITLEMENT_UNAVAILABLE with 0, 1, 2, 4 and 8 descriptors left.",
        help: "Check what socket, open and pipe return, and map every failure to ENTITLEMENT_UNAVAILABLE.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, FEW_DESCRIPTORS, few_descriptors),
    },
    Rule {
        id: "host/no-threads",
        level: Level::Should,
        title: "In a host that can create no more threads or processes, it returns SUCCESS or UNAVAILABLE.",
        clause: "ENTITLEMENT_UNAVAILABLE: the device could not contact the server or acquire a connection to verify entitlement.",
        expected: "ENTITLEMENT_SUCCESS or ENTITLEMENT_UNAVAILABLE, and no crash.",
        help: "Check what pthread_create and fork return (C++: catch std::system_error; Rust: thread::Builder, since thread::spawn panics), and map a failure to ENTITLEMENT_UNAVAILABLE.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, NO_THREADS, no_threads),
    },
    Rule {
        id: "host/after-fork",
        level: Level::May,
        title: "A forked copy of the host's process can call it, too.",
        clause: "A service may load the library once and fork a process for each task. In the copy of a process that had more than one thread POSIX permits only async-signal-safe functions, so this is advice.",
        expected: "ENTITLEMENT_SUCCESS in the child process and then in the parent, each with a request of its own.",
        help: "Keep no thread, no connection and no lock from one call to the next, and no value that belongs to one process, such as its number.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, AFTER_FORK, after_fork),
    },
    Rule {
        id: "host/heap",
        level: Level::Must,
        title: "It writes outside of no block of memory, and uses none that was freed.",
        clause: "The heap belongs to the whole process: what a call damages, the service crashes on later.",
        expected: "Alive after good and bad responses, with the checks of glibc's heap switched on.",
        help: "Run it with valgrind, or build it with -fsanitize=address, to find the block that is written to after its end or after free.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::Run(
            RunSpec::new(Scenario::ALLOW, HEAP).with_environment(HostEnvironment::CheckedHeap),
            heap,
        ),
    },
    Rule {
        id: "host/child-handling",
        level: Level::Should,
        title: "It works in a host that ignores SIGCHLD.",
        clause: "A service that starts processes and does not wait for them ignores SIGCHLD; waitpid then finds no child.",
        expected: "3 × ENTITLEMENT_SUCCESS.",
        help: "Start no process; if you must, do not take ECHILD from waitpid for a failure of it.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, CHILDREN_IGNORED, judge_allowed),
    },
];

const NO_STDIO: &[Step] = &[
    LOAD,
    Step::CallUnder {
        condition: HostCondition::NoStandardDescriptors,
        times: 3,
    },
    UNLOAD,
];

const FEW_DESCRIPTORS: &[Step] = &[
    LOAD,
    CALL,
    with_descriptors_left(0),
    with_descriptors_left(1),
    with_descriptors_left(2),
    with_descriptors_left(4),
    with_descriptors_left(8),
    UNLOAD,
];

const NO_THREADS: &[Step] = &[
    LOAD,
    CALL,
    Step::CallUnder {
        condition: HostCondition::NoThreads,
        times: 3,
    },
    CALL,
    UNLOAD,
];

/// Each call has a phase of its own, so that its request is seen.
const AFTER_FORK: &[Step] = &[
    LOAD,
    CALL,
    Step::ChangeScenario(Scenario::ALLOW),
    Step::CallInFork,
    Step::ChangeScenario(Scenario::ALLOW),
    CALL,
    UNLOAD,
];

/// Responses that take different paths through a plugin.
const HEAP: &[Step] = &[
    LOAD,
    calls(2),
    Step::ChangeScenario(Scenario::DENY),
    CALL,
    Step::ChangeScenario(Scenario {
        http: Http::Broken(WireFault::ShortBody),
        ..Scenario::ALLOW
    }),
    CALL,
    Step::ChangeScenario(Scenario {
        http: Http::BadSyntax,
        ..Scenario::ALLOW
    }),
    CALL,
    Step::ChangeScenario(Scenario {
        tls: Tls::Expired,
        ..Scenario::ALLOW
    }),
    CALL,
    // A longer body than a buffer for the usual one has room for.
    Step::ChangeScenario(Scenario {
        http: Http::Broken(WireFault::Response(WireResponse {
            body: Body::Padded,
            ..WireResponse::ALLOW
        })),
        ..Scenario::ALLOW
    }),
    calls(2),
    Step::ChangeScenario(Scenario::ALLOW),
    calls(2),
    UNLOAD,
];

const CHILDREN_IGNORED: &[Step] = &[
    LOAD,
    Step::CallUnder {
        condition: HostCondition::ChildrenIgnored,
        times: 3,
    },
    UNLOAD,
];

const fn with_descriptors_left(count: u8) -> Step {
    Step::CallUnder {
        condition: HostCondition::DescriptorsLeft(count),
        times: 1,
    }
}

/// The number of windows with good calls in [`MEMORY`], with failing and with denied ones.
const WINDOWS: usize = 3;

const MEMORY: &[Step] = &[
    LOAD,
    calls(20),
    Step::Snapshot,
    calls(200),
    Step::Snapshot,
    calls(200),
    Step::Snapshot,
    calls(200),
    Step::Snapshot,
    Step::ChangeScenario(Scenario {
        tls: Tls::Expired,
        ..Scenario::ALLOW
    }),
    calls(100),
    Step::Snapshot,
    calls(100),
    Step::Snapshot,
    calls(100),
    Step::Snapshot,
    Step::ChangeScenario(Scenario::DENY),
    calls(100),
    Step::Snapshot,
    calls(100),
    Step::Snapshot,
    calls(100),
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

fn memory(record: &RunRecord) -> Judgement {
    record.calls_returned_else_skip()?;
    let windows = windows(record);
    let (good, others) = windows.split_at(windows.len().min(WINDOWS));
    let (failing, denied) = others.split_at(others.len().min(WINDOWS));
    if denied.len() < 2 {
        return Err(NotPassed::skipped("the calls were not made"));
    }
    let mut seen = Vec::new();
    for (windows, what) in [(good, "good"), (failing, "failing"), (denied, "denied")] {
        let calls = calls_in(windows);
        if let Some(heaps) = leaked(windows, |snapshot| u64::from(snapshot.heaps)) {
            return Err(NotPassed::failed(format!(
                "{heaps} heaps were not destroyed in {calls} {what} calls"
            )));
        }
        if let Some(growth) = memory_leaked(windows, LEAK_PER_CALL, MEMORY_NOISE) {
            return Err(NotPassed::failed(format!(
                "private memory grew by {growth} KiB over {calls} {what} calls, and did not stop growing"
            )));
        }
        if let Some(bytes) = heap_leaked(windows, heap_limit(windows)) {
            return Err(NotPassed::failed(format!(
                "each of {calls} {what} calls left {bytes} bytes allocated or more"
            )));
        }
        let growth = total_memory_growth(windows);
        seen.push(format!("{growth} KiB over {calls} {what} calls"));
    }
    Ok(format!("private memory grew by {}", seen.join(", ")))
}

/// The growth of what malloc has given, in bytes a call, from which on it is a leak of the plugin.
fn heap_limit(windows: &[Window<'_>]) -> u32 {
    let gnutls = windows.iter().any(|window| uses_gnutls(window.after));
    HEAP_LEAK_PER_CALL + if gnutls { KEPT_BY_GNUTLS } else { 0 }
}

/// Whether TLS is done by GnuTLS. It is also loaded, and not used, by libcurl with OpenSSL: for RTMP.
fn uses_gnutls(snapshot: &Snapshot) -> bool {
    let loaded = |name: &str| snapshot.libraries.iter().any(|it| it.starts_with(name));
    loaded("libgnutls.so") && (!loaded("libssl.so") || loaded("libcurl-gnutls.so"))
}

/// A crash is judged here, not by host/alive: some runtimes give up without a thread.
fn no_threads(record: &RunRecord) -> Judgement {
    record.loaded()?;
    if let Some(end) = record.early_end_before_last_call() {
        return Err(NotPassed::failed(end));
    }
    few_descriptors(record)
}

/// A child that does not return is judged here, not by time/deadline.
fn after_fork(record: &RunRecord) -> Judgement {
    record.calls_returned_else_skip()?;
    record.loaded()?;
    let calls = record.finished_steps().filter(|(step, _)| step.calls());
    let mut seen = Vec::new();
    for (phase, (step, report)) in calls.enumerate() {
        let Some(call) = report.calls.first() else {
            let error = report.error.as_deref().unwrap_or("the call was not made");
            return Err(NotPassed::failed(format!("{step}: {error}")));
        };
        let returned = format!("{step} returned {}", answer_name(call.value));
        if phase == 0 && call.value != SUCCESS {
            return Err(NotPassed::skipped(format!(
                "{returned}: see answer/entitled"
            )));
        }
        if call.value != SUCCESS || call.seconds > record.deadline_seconds() {
            let what = format!("{returned} after {:.2} s", call.seconds);
            return Err(NotPassed::failed(what));
        }
        if record.transcript.requests_in(phase) == 0 {
            return Err(NotPassed::skipped(format!(
                "{step} sent no request: see answer/asks-every-time"
            )));
        }
        seen.push(returned);
    }
    match seen.as_slice() {
        [_, child, _] => Ok(child.clone()),
        _ => Err(NotPassed::skipped("the calls were not made")),
    }
}

/// The checks end the process where they find damage.
fn heap(record: &RunRecord) -> Judgement {
    if let Some(error) = record.load_error() {
        return Err(NotPassed::skipped(format!(
            "it does not load with the checks of the heap: {error}"
        )));
    }
    // Another end after the calls is judged by load/unload.
    let aborted =
        matches!(&record.observation.end, End::Killed { signal, .. } if signal == "SIGABRT");
    if let Some(end) = record
        .early_end()
        .filter(|_| aborted || record.early_end_before_last_call().is_some())
    {
        let message = record.observation.stderr.text.lines().last();
        let message = message.map_or_else(String::new, |message| format!(" ({message})"));
        return Err(NotPassed::failed(format!("{end}{message}")));
    }
    match record.calls().count() {
        0 => Err(NotPassed::skipped("no call was made")),
        calls => Ok(format!("alive after {calls} calls")),
    }
}

fn few_descriptors(record: &RunRecord) -> Judgement {
    record.calls_returned()?;
    record.loaded()?;
    let mut answers = Vec::new();
    for (step, report) in record.finished_steps() {
        for call in &report.calls {
            if ![SUCCESS, UNAVAILABLE].contains(&call.value) {
                return Err(NotPassed::failed(format!(
                    "{step} returned {}",
                    answer_name(call.value)
                )));
            }
            answers.push(call.value);
        }
    }
    if answers.len() < 2 {
        return Err(NotPassed::skipped("the calls were not made"));
    }
    Ok(summarise(&answers))
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
        _ => {
            // A close does not meet a write in every call.
            let calls = record.calls().count() as u64;
            let wanted: u64 = record.script.iter().map(Step::max_calls).sum();
            if calls < wanted / 2 {
                return Err(NotPassed::skipped(format!(
                    "there was time for {calls} of {wanted} calls; give it more with --budget, such as --budget 10m"
                )));
            }
            Ok(format!("alive after {calls} calls"))
        }
    }
}
