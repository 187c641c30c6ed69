//! Calls from any thread, several at once, again and again.

use super::answer::{judge_yes, tell, untrusted};
use super::fault::broke_off_in_call;
use super::rule::{Examination, Examined, FAILED, Judgement, Level, Place, Rule, Run, SUCCESS};
use crate::worker::script::{On, Step};
use crate::world::transcript::Meaning;
use crate::world::{Http, World};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "threads/other-thread",
        level: Level::Must,
        title: "It works when one thread loads it and another calls it.",
        clause: "The service loads the DLL and then calls the function; nothing says that one thread does both.",
        expected: "ENTITLEMENT_SUCCESS.",
        cure: "Keep nothing that belongs to the thread on which the library was loaded.",
        examination: run(OTHER_THREAD, judge_yes),
    },
    Rule {
        id: "threads/at-once",
        level: Level::Must,
        title: "Calls at once do not disturb one another, and each gives the answer that it was given.",
        clause: "An attempt to enable and a periodic check may fall together.",
        expected: "8 × 4 calls with ENTITLEMENT_SUCCESS; then as many SUCCESS and FAILED as the server said.",
        cure: "Keep all that a call needs in the call, or lock what is shared.",
        examination: run(AT_ONCE, at_once),
    },
    Rule {
        id: "threads/small-stack",
        level: Level::Should,
        title: "It works on a thread with 256 KiB of stack.",
        clause: "The thread is the service's, and services keep stacks small.",
        expected: "ENTITLEMENT_SUCCESS.",
        cure: "Keep large buffers off the stack, or do the work on a thread of your own that ends before the call returns.",
        examination: run(SMALL_STACK, judge_yes),
    },
    Rule {
        id: "threads/many",
        level: Level::Should,
        title: "It works on 200 short-lived threads in turn.",
        clause: "A service takes a thread from a pool for each check; over the years they are many.",
        expected: "200 × ENTITLEMENT_SUCCESS.",
        cure: "Keep no thread-local state, or free it when the thread ends.",
        examination: run(MANY, judge_yes),
    },
];

/// Calls that are made at once, on all threads together.
const CROWD: usize = 8 * 4;

const OTHER_THREAD: &[Step] = &[
    Step::Begin {
        thread: 1,
        stack: None,
    },
    Step::Begin {
        thread: 2,
        stack: None,
    },
    Step::Load { on: On::Thread(1) },
    Step::Call {
        on: On::Thread(2),
        times: 1,
    },
    Step::End { thread: 2 },
    Step::Unload { on: On::Thread(1) },
    Step::End { thread: 1 },
];

const AT_ONCE: &[Step] = &[
    Step::Load { on: On::Main },
    Step::Together {
        threads: 8,
        calls: 4,
    },
    Step::Shift(World {
        http: Http::Alternate,
        ..World::ALLOW
    }),
    Step::Together {
        threads: 8,
        calls: 4,
    },
    Step::Unload { on: On::Main },
];

const SMALL_STACK: &[Step] = &[
    Step::Begin {
        thread: 1,
        stack: Some(256),
    },
    Step::Load { on: On::Main },
    Step::Call {
        on: On::Thread(1),
        times: 1,
    },
    Step::End { thread: 1 },
    Step::Unload { on: On::Main },
];

const MANY: &[Step] = &[
    Step::Load { on: On::Main },
    Step::InTurn { threads: 200 },
    Step::Unload { on: On::Main },
];

const fn run(script: &'static [Step], judge: fn(&Examined<'_>) -> Judgement) -> Examination {
    Examination::Run(Run {
        world: World::ALLOW,
        script,
        place: Place::Usual,
        judge,
    })
}

fn at_once(examined: &Examined<'_>) -> Judgement {
    if let Some(broken) = broke_off_in_call(examined) {
        return Judgement::broken(broken);
    }
    if let Some(reason) = examined.unloadable() {
        return Judgement::skipped(reason);
    }
    if let Some(reason) = untrusted(examined) {
        return Judgement::skipped(reason);
    }
    let mut crowds = examined
        .observation
        .steps
        .iter()
        .filter(|step| !step.calls.is_empty());
    let (Some(first), Some(second)) = (crowds.next(), crowds.next()) else {
        return Judgement::skipped("the calls were not made");
    };
    let answers = sorted(first.calls.iter().map(|call| call.value).collect());
    if answers != [SUCCESS; CROWD] {
        return Judgement::broken(format!("all allowed: {}", tell(&answers)));
    }
    let answers = sorted(second.calls.iter().map(|call| call.value).collect());
    let count = |wanted: i32| answers.iter().filter(|answer| **answer == wanted).count();
    let transcript = &examined.observation.transcript;
    let allowed = transcript.answers_in(1, Meaning::Allow);
    let denied = transcript.answers_in(1, Meaning::Deny);
    let seen = format!(
        "{allowed} calls allowed and {denied} denied by the server: {}",
        tell(&answers)
    );
    let each_its_own = (count(SUCCESS), count(FAILED)) == (allowed, denied);
    if each_its_own && answers.len() == CROWD && allowed + denied == CROWD {
        Judgement::holds(seen)
    } else {
        Judgement::broken(seen)
    }
}

fn sorted(mut answers: Vec<i32>) -> Vec<i32> {
    answers.sort_unstable();
    answers
}
