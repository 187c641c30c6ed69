//! How long a call takes, and what waiting costs.

use super::every;
use super::fault::why_no_request;
use super::judgement::{Judged, NotHeld};
use super::rule::{Examination, Level, Rule};
use crate::run::RunRecord;
use crate::run::scripts::ONE_CALL;
use crate::testbed::{Http, Scenario, WireFault};

/// The part of a core that waiting may cost.
const IDLE_SHARE: f64 = 0.10;
/// What a call may cost besides waiting, in seconds: it loads roots and shakes hands.
const FIXED_COST: f64 = 0.15;
/// A call shorter than this did not wait, in seconds.
const SHORTEST_WAIT: f64 = 0.5;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "time/deadline",
        level: Level::Must,
        title: "The longest call in any scenario ends before the deadline.",
        clause: "The Internet Sharing service waits for the answer, and so does the user who turned sharing on.",
        expected: "Every call back before the profile's deadline.",
        help: "Put everything, from name resolution to the last byte, under one deadline of a few seconds.",
        examination: Examination::Every(every::deadline),
    },
    Rule {
        id: "time/idle",
        level: Level::Should,
        title: "Waiting for the server costs no more than a tenth of a core.",
        clause: "The device runs on a battery while the plugin waits.",
        expected: "At most 10 % of one core while nothing arrives, and 150 ms for what is no waiting.",
        help: "Block in poll, epoll or select until something arrives; do not spin and do not poll in short sleeps.",
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

fn idle(record: &RunRecord) -> Judged {
    let Some(call) = record.calls().next() else {
        return Err(NotHeld::skipped(
            "the call did not come back: see http/silent",
        ));
    };
    if record.transcript.requests() == 0 {
        return Err(NotHeld::skipped(why_no_request(record)));
    }
    if call.seconds < SHORTEST_WAIT {
        return Err(NotHeld::skipped(format!(
            "the call came back after {:.2} s, so it did not wait",
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
        Err(NotHeld::broken(seen))
    } else {
        Ok(seen)
    }
}
