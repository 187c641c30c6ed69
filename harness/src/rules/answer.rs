//! What the plugin answers in worlds where everything works, or nothing does.

use super::every;
use super::fault::{self, Answered, broke_off_in_call, why_no_request};
use super::rule::{
    Examination, Examined, FAILED, Judgement, Level, Place, Rule, Run, SUCCESS, UNAVAILABLE,
    answer_name,
};
use super::scripts::ONE_CALL;
use crate::worker::script::{On, Step};
use crate::world::{Link, Tcp, World};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "answer/entitled",
        level: Level::Must,
        title: "Where the server allows, the answer is SUCCESS.",
        clause: "ENTITLEMENT_SUCCESS: the device is allowed to connect to the server.",
        expected: "ENTITLEMENT_SUCCESS within the deadline.",
        cure: "See in the transcript what was asked and answered; if the operator's protocol is another one, name it with --protocol.",
        examination: run(World::ALLOW, ONE_CALL, judge_yes),
    },
    Rule {
        id: "answer/not-entitled",
        level: Level::Must,
        title: "Where the server denies, the answer is FAILED.",
        clause: "ENTITLEMENT_FAILED: the device is not allowed to connect to the server.",
        expected: "ENTITLEMENT_FAILED within the deadline.",
        cure: "Map the operator's no, and nothing else, to ENTITLEMENT_FAILED.",
        examination: run(World::DENY, ONE_CALL, |examined| {
            judge_answers(examined, &[FAILED])
        }),
    },
    Rule {
        id: "answer/asks-server",
        level: Level::Must,
        title: "The server is asked before each SUCCESS and each FAILED.",
        clause: "The function must connect to the server to perform any required validation, then return.",
        expected: "A request between the call and its SUCCESS or FAILED.",
        cure: "Ask in every call; keep no answer from an earlier one.",
        examination: run(World::ALLOW, ASKS, asks_server),
    },
    Rule {
        id: "answer/asks-every-time",
        level: Level::Must,
        title: "When the server changes its mind, so does the plugin, in one process.",
        clause: "The Internet Sharing service will check entitlement every time an attempt is made to enable Internet sharing.",
        expected: "ENTITLEMENT_SUCCESS, then ENTITLEMENT_FAILED.",
        cure: "Keep no answer between calls, neither in memory nor in a file.",
        examination: run(World::ALLOW, ALLOW_THEN_DENY, |examined| {
            judge_answers(examined, &[SUCCESS, FAILED])
        }),
    },
    Rule {
        id: "answer/recovers",
        level: Level::Must,
        title: "After a call that found no server, the next one finds it, in one process.",
        clause: "The check is made at every attempt to enable; one without a network must not spoil the rest.",
        expected: "ENTITLEMENT_UNAVAILABLE, then ENTITLEMENT_SUCCESS.",
        cure: "Build the client anew in each call, or see that an error does not stay in it.",
        examination: run(
            World {
                tcp: Tcp::Refuses,
                ..World::ALLOW
            },
            REFUSED_THEN_ALLOW,
            |examined| judge_answers(examined, &[UNAVAILABLE, SUCCESS]),
        ),
    },
    Rule {
        id: "answer/in-range",
        level: Level::Must,
        title: "No call in any world returns anything but the three values.",
        clause: "Return one of the following ICS_ENTITLEMENT_RESULT enumeration values.",
        expected: "0, 1 or 2 from every call.",
        cure: "Map every path to one of the three enumerators.",
        examination: Examination::Every(every::in_range),
    },
    Rule {
        id: "answer/offline",
        level: Level::Must,
        title: "With no interface up, the answer is UNAVAILABLE.",
        clause: "ENTITLEMENT_UNAVAILABLE: the device could not contact the server or acquire a connection to verify entitlement.",
        expected: "ENTITLEMENT_UNAVAILABLE within the deadline.",
        cure: "Map every error of the network to ENTITLEMENT_UNAVAILABLE.",
        examination: run(
            World {
                link: Link::Down,
                ..World::ALLOW
            },
            ONE_CALL,
            |examined| fault::judge(examined, fault::Reach::Nothing, Answered::No),
        ),
    },
];

/// Each call has a phase of its own, so that requests can be told apart by call.
const ASKS: &[Step] = &[
    Step::Load { on: On::Main },
    Step::Call {
        on: On::Main,
        times: 1,
    },
    Step::Shift(World::ALLOW),
    Step::Call {
        on: On::Main,
        times: 1,
    },
    Step::Shift(World::DENY),
    Step::Call {
        on: On::Main,
        times: 1,
    },
    Step::Shift(World::DENY),
    Step::Call {
        on: On::Main,
        times: 1,
    },
    Step::Unload { on: On::Main },
];

const ALLOW_THEN_DENY: &[Step] = &[
    Step::Load { on: On::Main },
    Step::Call {
        on: On::Main,
        times: 1,
    },
    Step::Shift(World::DENY),
    Step::Call {
        on: On::Main,
        times: 1,
    },
    Step::Unload { on: On::Main },
];

const REFUSED_THEN_ALLOW: &[Step] = &[
    Step::Load { on: On::Main },
    Step::Call {
        on: On::Main,
        times: 1,
    },
    Step::Shift(World::ALLOW),
    Step::Call {
        on: On::Main,
        times: 1,
    },
    Step::Unload { on: On::Main },
];

const fn run(
    world: World,
    script: &'static [Step],
    judge: fn(&Examined<'_>) -> Judgement,
) -> Examination {
    Examination::Run(Run {
        world,
        script,
        place: Place::Usual,
        judge,
    })
}

/// Holds when every call said SUCCESS in time.
pub(super) fn judge_yes(examined: &Examined<'_>) -> Judgement {
    let calls = examined.calls().count().max(1);
    judge_answers(examined, &vec![SUCCESS; calls])
}

/// Holds when the calls gave these answers, in this order, in time.
pub(super) fn judge_answers(examined: &Examined<'_>, expected: &[i32]) -> Judgement {
    if let Some(broken) = broke_off_in_call(examined) {
        return Judgement::broken(broken);
    }
    if let Some(reason) = examined.unloadable() {
        return Judgement::skipped(reason);
    }
    let answers: Vec<i32> = examined.calls().map(|call| call.value).collect();
    if answers != expected {
        if let Some(reason) = untrusted(examined) {
            return Judgement::skipped(reason);
        }
        return Judgement::broken(tell(&answers));
    }
    let asks = expected.iter().any(|answer| *answer != UNAVAILABLE);
    if asks && examined.observation.transcript.requests() == 0 {
        return Judgement::skipped("the server was never asked: see answer/asks-server");
    }
    let longest = examined
        .calls()
        .map(|call| call.seconds)
        .fold(0.0, f64::max);
    if longest > examined.limits.deadline {
        return Judgement::broken(format!(
            "the right answer, but only after {longest:.1} s; the deadline is {} s",
            examined.limits.deadline
        ));
    }
    Judgement::holds(format!("{}, at most {longest:.3} s", tell(&answers)))
}

/// Why a yes cannot be had from this plugin here, if that is so: it refuses
/// the world's certificate, as a plugin with compiled-in roots must.
pub(super) fn untrusted(examined: &Examined<'_>) -> Option<String> {
    let transcript = &examined.observation.transcript;
    let refused = transcript.refused_handshakes() > 0 && transcript.requests() == 0;
    let unavailable = examined.calls().all(|call| call.value == UNAVAILABLE);
    (refused && unavailable).then(|| why_no_request(examined))
}

/// The answers in words, equal neighbours counted.
pub(super) fn tell(answers: &[i32]) -> String {
    if answers.is_empty() {
        return "no answer".to_owned();
    }
    answers
        .chunk_by(|left, right| left == right)
        .map(|run| match run.len() {
            1 => answer_name(run[0]),
            many => format!("{many} × {}", answer_name(run[0])),
        })
        .collect::<Vec<_>>()
        .join(", then ")
}

fn asks_server(examined: &Examined<'_>) -> Judgement {
    if let Some(broken) = broke_off_in_call(examined) {
        return Judgement::broken(broken);
    }
    if let Some(reason) = examined.unloadable() {
        return Judgement::skipped(reason);
    }
    if let Some(reason) = untrusted(examined) {
        return Judgement::skipped(reason);
    }
    for (phase, call) in examined.calls().enumerate() {
        if call.value != UNAVAILABLE && examined.observation.transcript.requests_in(phase) == 0 {
            return Judgement::broken(format!(
                "call {} returned {} and sent no request",
                phase + 1,
                answer_name(call.value)
            ));
        }
    }
    let answers: Vec<i32> = examined.calls().map(|call| call.value).collect();
    if answers.iter().all(|answer| *answer == UNAVAILABLE) {
        return Judgement::skipped("the plugin never said SUCCESS or FAILED: see answer/entitled");
    }
    Judgement::holds(format!("a request in each call; {}", tell(&answers)))
}
