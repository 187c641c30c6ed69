//! One device: its user's plans, and the service's checks.
//!
//! It is the part of [`Service`](crate::service::Service) that decides when the plugin is asked,
//! for a device that has a connection, and a client as long as it shares. Times are milliseconds
//! from the midnight at which the simulation begins.

use super::Habits;
use super::distribution::DAY;
use super::plan::Plan;
use super::random::{Random, chance, unit};
use super::run::Load;
use crate::service::{Answer, CHECK_LIMIT};

/// What a simulated device does.
pub(super) trait Observer {
    /// The service asks the plugin at `asked`, whose request reaches the server at `requested`
    /// and which returns at `answered`.
    fn asks(&mut self, check: &Check, requested: u64);

    /// The user turns sharing on or off, which may be of no effect.
    fn user(&mut self, _at: u64, _turns_on: bool) {}
}

/// A check that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) asked: u64,
    pub(super) answered: u64,
    pub(super) answer: Answer,
    /// The outage that it met, by its index.
    outage: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Off,
    Enabling,
    Sharing,
}

/// A user's wish to share, which ends at a time.
#[derive(Clone, Copy, Debug)]
struct Wish {
    until: u64,
    /// How many further attempts the user makes at most.
    attempts: u64,
    retry: Option<u64>,
    ask_again: Option<u64>,
    /// The last outage that the user met, by its index.
    outage: Option<usize>,
}

/// What comes next. Of one moment, the service's timer precedes an answer, and an answer what the
/// user does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Due,
    Answered,
    Off,
    Retry,
    AskAgain,
}

struct Device<'a, O> {
    load: &'a Load,
    habits: &'a Habits,
    random: Random,
    /// Whether the plugin answers FAILED.
    denied: bool,
    stage: Stage,
    check: Option<Check>,
    due: Option<u64>,
    wish: Option<Wish>,
    events: u64,
    observer: &'a mut O,
}

/// Simulates a device to the end of the load and returns how many events there were. `plan` is
/// room for its plans, which a caller uses again.
pub(super) fn simulate(
    load: &Load,
    number: u64,
    plan: &mut Plan,
    observer: &mut impl Observer,
) -> u64 {
    let habits = &load.habits;
    let mut random = Random::of_device(load.seed, number);
    if !chance(habits.users, &mut random.plans) {
        return 0;
    }
    let denied = chance(habits.denied, &mut random.plans);
    plan.begin(habits, &mut random.plans);
    let mut device = Device {
        load,
        habits,
        random,
        denied,
        stage: Stage::Off,
        check: None,
        due: None,
        wish: None,
        events: 0,
        observer,
    };
    for day in 0..=u64::from(load.days) {
        plan.day(day * DAY, habits, &mut device.random.plans);
        for session in &plan.sessions {
            device.pass(session.at);
            device.begin(session.at, session.at.saturating_add(session.lasts));
        }
    }
    device.pass(load.end());
    device.events
}

impl<O: Observer> Device<'_, O> {
    /// Lets time pass up to a moment, whose own answers and timers come before what else happens
    /// then.
    fn pass(&mut self, until: u64) {
        while let Some((at, next)) = self.next().filter(|(at, _)| *at <= until) {
            self.events += 1;
            match next {
                Next::Due => {
                    self.due = None;
                    self.ask(at);
                }
                Next::Answered => self.conclude(at),
                Next::Off => {
                    self.wish = None;
                    self.stage = Stage::Off;
                    self.due = None;
                    self.observer.user(at, false);
                }
                Next::Retry => {
                    if let Some(wish) = &mut self.wish {
                        wish.retry = None;
                    }
                    self.turn_on(at);
                }
                Next::AskAgain => self.ask_again(at),
            }
        }
    }

    fn next(&self) -> Option<(u64, Next)> {
        let wish = self.wish.as_ref();
        let all = [
            (self.due, Next::Due),
            (self.check.map(|check| check.answered), Next::Answered),
            (wish.map(|wish| wish.until), Next::Off),
            (wish.and_then(|wish| wish.retry), Next::Retry),
            (wish.and_then(|wish| wish.ask_again), Next::AskAgain),
        ];
        let set = all.into_iter().filter_map(|(at, next)| Some((at?, next)));
        set.min()
    }

    /// The user begins a session. One that has begun already goes on as long as the longer one.
    fn begin(&mut self, at: u64, until: u64) {
        self.events += 1;
        let before = self.wish.map_or(until, |wish| wish.until);
        self.wish = Some(Wish {
            until: until.max(before),
            attempts: self.habits.retry.most,
            retry: None,
            ask_again: self.wish.and_then(|wish| wish.ask_again),
            outage: self.wish.and_then(|wish| wish.outage),
        });
        self.turn_on(at);
    }

    fn turn_on(&mut self, at: u64) {
        self.observer.user(at, true);
        if self.stage == Stage::Off {
            self.stage = Stage::Enabling;
            // An attempt joins a check that an earlier one has left running.
            if self.check.is_none() {
                self.ask(at);
            }
        }
    }

    /// The end of an outage is known. An attempt that still waits for the answer is waited for.
    fn ask_again(&mut self, at: u64) {
        let waits = self.check.filter(|_| self.stage == Stage::Enabling);
        if let Some(wish) = &mut self.wish {
            wish.ask_again = waits.map(|check| check.answered);
        }
        if waits.is_none() {
            self.turn_on(at);
        }
    }

    fn ask(&mut self, at: u64) {
        const LIMIT: u64 = CHECK_LIMIT.as_millis() as u64;
        let random = &mut self.random.events;
        let wait = match self.habits.jitter {
            0 => 0,
            jitter => (unit(random) * jitter as f64) as u64,
        };
        let requested = at + wait;
        let outage = self.load.outage_at(requested);
        let (takes, answer) = match outage {
            Some(index) => (&self.load.outages[index].takes, Answer::Unavailable),
            None if self.denied => (&self.habits.takes, Answer::Failed),
            None => (&self.habits.takes, Answer::Success),
        };
        let took = wait.saturating_add(takes.sample(random));
        let check = Check {
            asked: at,
            answered: at + took.min(LIMIT),
            answer: if took < LIMIT {
                answer
            } else {
                Answer::Unavailable
            },
            outage,
        };
        self.observer.asks(&check, requested);
        self.check = Some(check);
    }

    fn conclude(&mut self, at: u64) {
        let Some(check) = self.check.take() else {
            return;
        };
        match (self.stage, check.answer) {
            (Stage::Off, _) => {}
            (Stage::Enabling | Stage::Sharing, Answer::Success) => {
                self.stage = Stage::Sharing;
                self.due = Some((check.asked.saturating_add(self.load.interval())).max(at));
                if let Some(wish) = &mut self.wish {
                    wish.attempts = self.habits.retry.most;
                }
            }
            (Stage::Enabling | Stage::Sharing, Answer::Failed | Answer::Unavailable) => {
                self.stage = Stage::Off;
                self.react(at, check.outage);
            }
        }
    }

    /// The user sees that sharing did not start, or that it was stopped.
    fn react(&mut self, at: u64, outage: Option<usize>) {
        let (habits, random) = (self.habits, &mut self.random.events);
        let Some(wish) = &mut self.wish else { return };
        let retry = &habits.retry;
        wish.retry = None;
        if wish.attempts > 0 && chance(retry.share, random) {
            wish.attempts -= 1;
            wish.retry = Some(at.saturating_add(retry.after.sample(random)));
        }
        if let Some(index) = outage.filter(|_| outage != wish.outage) {
            wish.outage = outage;
            let outage = &self.load.outages[index];
            if chance(outage.ask_again.share, random) {
                let after = outage.ask_again.after.sample(random);
                let again = (DAY + outage.to.0).saturating_add(after);
                wish.ask_again = Some(again.max(at));
            }
        }
    }
}
