//! How long a call takes, and what waiting costs.

use super::every;
use super::fault::why_no_request;
use super::rule::{Examination, Examined, Judgement, Level, Place, Rule, Run};
use super::scripts::ONE_CALL;
use crate::world::{Http, World};

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
        title: "The longest call in any world ends before the deadline.",
        clause: "The Internet Sharing service waits for the answer, and so does the user who turned sharing on.",
        expected: "Every call back before the profile's deadline.",
        cure: "Put everything, from name resolution to the last byte, under one deadline of a few seconds.",
        examination: Examination::Every(every::deadline),
    },
    Rule {
        id: "time/idle",
        level: Level::Should,
        title: "Waiting for the server costs no more than a tenth of a core.",
        clause: "The device runs on a battery while the plugin waits.",
        expected: "At most 10 % of one core while nothing arrives, and 150 ms for what is no waiting.",
        cure: "Block in poll, epoll or select until something arrives; do not spin and do not poll in short sleeps.",
        examination: Examination::Run(Run {
            world: World {
                http: Http::Silent,
                ..World::ALLOW
            },
            script: ONE_CALL,
            place: Place::Usual,
            judge: idle,
        }),
    },
];

fn idle(examined: &Examined<'_>) -> Judgement {
    let Some(call) = examined.calls().next() else {
        return Judgement::skipped("the call did not come back: see http/silent");
    };
    if examined.observation.transcript.requests() == 0 {
        return Judgement::skipped(why_no_request(examined));
    }
    if call.seconds < SHORTEST_WAIT {
        return Judgement::skipped(format!(
            "the call came back after {:.2} s, so it did not wait",
            call.seconds
        ));
    }
    let share = 100.0 * call.cpu / call.seconds;
    let seen = format!(
        "{:.0} ms of processor time in {:.2} s, {share:.1} % of a core",
        call.cpu * 1000.0,
        call.seconds
    );
    if call.cpu > FIXED_COST + IDLE_SHARE * call.seconds {
        Judgement::broken(seen)
    } else {
        Judgement::holds(seen)
    }
}
