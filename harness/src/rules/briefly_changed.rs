//! What a call changes and changes back, as the host's other threads see it meanwhile.

use super::judgement::{Judgement, NotPassed};
use super::precondition::Precondition;
use super::rule::{Examination, Level, Rule};
use crate::run::{RunRecord, RunSpec};
use crate::testbed::{Http, Scenario, Tls, WireFault};
use crate::worker::script::{CALL, LOAD, Step, UNLOAD};

pub(super) const RULES: &[Rule] = &[Rule {
    id: "host/briefly-changed",
    level: Level::Should,
    title: "During a call, other threads of the host see the same working directory, umask, environment and signal actions as before.",
    clause: "The service has other threads: what a call changes for a moment is changed for all of them.",
    expected: "The same for another thread that looks at each system call with which the plugin opens a file, connects, sends, or could change one of these.",
    help: "Do not change it and change it back: use absolute paths or openat instead of chdir, the mode of open instead of umask, arguments instead of setenv, MSG_NOSIGNAL or pthread_sigmask on a thread of your own instead of ignoring SIGPIPE. With libcurl set CURLOPT_NOSIGNAL, without which it ignores SIGPIPE during each transfer. Start no program with system, which ignores SIGINT and SIGQUIT meanwhile.",
    needs: &[Precondition::ReachesPort],
    examination: Examination::Run(
        // A snapshot would show the watching thread.
        RunSpec::new(Scenario::ALLOW, WATCHED).unwatched(),
        briefly_changed,
    ),
}];

/// Calls that take different paths through a plugin. The second one is without what is done only once.
const WATCHED: &[Step] = &[
    Step::Watch,
    LOAD,
    CALL,
    CALL,
    Step::ChangeScenario(Scenario::DENY),
    CALL,
    Step::ChangeScenario(Scenario {
        http: Http::Broken(WireFault::Closed),
        ..Scenario::ALLOW
    }),
    CALL,
    Step::ChangeScenario(Scenario {
        tls: Tls::Expired,
        ..Scenario::ALLOW
    }),
    CALL,
    UNLOAD,
];

fn briefly_changed(record: &RunRecord) -> Judgement {
    let mut scenario = Scenario::ALLOW;
    let (mut calls, mut looks) = (0_usize, 0_u32);
    for (step, report) in record.finished_steps() {
        match (step, &report.error) {
            (Step::ChangeScenario(next), _) => scenario = *next,
            // Without the kernel's help a short change would be seen by chance.
            (Step::Watch, Some(error)) => return Err(NotPassed::skipped(error)),
            _ => {}
        }
        let Some(watched) = &report.watched else {
            continue;
        };
        calls += report.calls.len();
        looks += watched.looks;
        if let Some(first) = watched.changes.first() {
            let more = match watched.changes.len() - 1 {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            return Err(NotPassed::failed(format!(
                "during {step}, where {scenario}, {first}{more}"
            )));
        }
    }
    record.calls_returned_else_skip()?;
    record.loaded()?;
    if calls == 0 || looks == 0 {
        return Err(NotPassed::skipped("no call was watched"));
    }
    Ok(format!(
        "the same whenever another thread looked: {looks} times in {calls} calls"
    ))
}
