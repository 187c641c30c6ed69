//! How long a call takes, and how much processor time waiting uses.

use super::all_runs;
use super::fault::why_no_request;
use super::judgement::{Judgement, NotPassed};
use super::precondition::Precondition;
use super::rule::{Examination, Level, Rule};
use crate::run::RunRecord;
use crate::run::scripts::ONE_CALL;
use crate::testbed::{Http, Scenario, WireFault};

/// The share of one core that waiting may use, from 0 to 1.
const IDLE_SHARE: f64 = 0.10;
/// The processor time that a call may use besides waiting, in seconds: it loads root certificates and makes a TLS handshake.
const FIXED_COST: f64 = 0.15;
/// A call shorter than this, in seconds, did not wait.
const SHORTEST_WAIT: f64 = 0.5;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "time/deadline",
        level: Level::Must,
        title: "The longest call in any scenario ends before the deadline.",
        clause: "The Internet Sharing service waits for the answer, and so does the user who turned sharing on.",
        expected: "Every call returns before the profile's deadline.",
        help: "Put everything, from name resolution to the last byte, under one deadline of a few seconds.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(all_runs::deadline),
    },
    Rule {
        id: "time/idle",
        level: Level::Should,
        title: "Waiting for the server uses at most a tenth of one processor core.",
        clause: "The device runs on a battery while the plugin waits.",
        expected: "At most 10 % of one core while nothing arrives, plus 150 ms of processor time for everything else.",
        help: "Block in poll, epoll or select until something arrives; do not spin, and do not poll with short sleeps.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::run(
            Scenario {
                http: Http::Broken(WireFault::Silent),
                ..Scenario::ALLOW
            },
            ONE_CALL,
            idle,
        ),
    },
];

fn idle(record: &RunRecord) -> Judgement {
    let Some(call) = record.calls().next() else {
        return Err(NotPassed::skipped(
            "the call did not return: see http/silent",
        ));
    };
    if record.transcript.requests() == 0 {
        return Err(NotPassed::skipped(why_no_request(record)));
    }
    if call.seconds < SHORTEST_WAIT {
        return Err(NotPassed::skipped(format!(
            "the call returned after {:.2} s, so it did not wait",
            call.seconds
        )));
    }
    let share = 100.0 * call.cpu / call.seconds;
    let seen = format!(
        "{:.0} ms of processor time in {:.2} s, {share:.1} % of a core",
        call.cpu * 1000.0,
        call.seconds
    );
    if call.cpu > FIXED_COST + IDLE_SHARE * call.seconds {
        Err(NotPassed::failed(seen))
    } else {
        Ok(seen)
    }
}
