//! The devices of a load ask when the service itself asks.

use super::super::device::{Check, Observer, simulate};
use super::super::plan::Plan;
use super::*;
use crate::csp::{HotSpot, NodePath, Settings, hotspot};
use crate::service::{ClientId, Connection, Effect, Event, Link, Moment, Service, Snapshot, Via};

/// What one device of a load does.
#[derive(Default)]
struct Trace {
    checks: Vec<Check>,
    /// When the user turns sharing on, or off.
    actions: Vec<(u64, bool)>,
}

impl Observer for Trace {
    fn asks(&mut self, check: &Check, requested: u64) {
        assert!((check.asked..=check.answered).contains(&requested));
        self.checks.push(*check);
    }

    fn user(&mut self, at: u64, turns_on: bool) {
        self.actions.push((at, turns_on));
    }
}

/// The service, which is given the same actions and the same answers.
struct Driver {
    service: Service,
    wake: Option<Moment>,
    /// The answer that is on its way.
    answer: Option<(Moment, Event)>,
    asked: Vec<u64>,
}

impl Driver {
    fn new(settings: HotSpot) -> Self {
        let connection = Connection {
            name: "Internet".to_owned(),
            link: Link::Up,
        };
        let new = HotSpot::default();
        let service = Service::new(new, &settings, Snapshot::default(), vec![connection]);
        let mut driver = Self {
            service,
            wake: None,
            answer: None,
            asked: Vec::new(),
        };
        let applied = Event::DocumentApplied(Box::new(settings));
        driver.send(Moment::default(), applied, &[]);
        driver
    }

    fn send(&mut self, at: Moment, event: Event, checks: &[Check]) {
        let mut effects = Vec::new();
        self.service.handle(at, event, &mut effects);
        let mut starts = false;
        for effect in effects {
            match effect {
                Effect::WakeAt(at) => self.wake = Some(at),
                Effect::NoWake => self.wake = None,
                Effect::AskPlugin { check, until, .. } => {
                    let scripted = checks.get(self.asked.len());
                    self.asked.push(at.0);
                    self.answer = scripted.and_then(|one| {
                        let answer = one.answer;
                        let event = Event::CheckAnswered { check, answer };
                        // No answer comes after the service has given up.
                        let at = Moment(one.answered);
                        (at < until).then_some((at, event))
                    });
                }
                Effect::AbandonCheck(_) => self.answer = None,
                Effect::StartSharing { .. } => starts = true,
                _ => {}
            }
        }
        // As long as it shares, a client is connected.
        if starts {
            let joins = Event::ClientJoins {
                client: ClientId(1),
                via: Via::WiFi,
            };
            self.send(at, joins, checks);
        }
    }

    /// Lets time pass up to a moment, with the answers and timers of that moment.
    fn pass(&mut self, until: Moment, checks: &[Check]) {
        loop {
            let answer = self.answer.as_ref().map(|(at, _)| *at);
            let Some(at) = self.wake.into_iter().chain(answer).min() else {
                return;
            };
            if at > until {
                return;
            }
            let event = match self
                .answer
                .take_if(|(at, _)| self.wake.is_none_or(|wake| wake > *at))
            {
                Some((_, event)) => event,
                None => {
                    self.wake = None;
                    Event::Woken
                }
            };
            self.send(at, event, checks);
        }
    }
}

fn settings(interval: u64) -> HotSpot {
    let mut settings = Settings::default();
    let interval = interval.to_string();
    for (node, value) in [
        ("Enabled", "true"),
        ("EntitlementDll", "a.dll"),
        ("EntitlementInterval", &interval),
    ] {
        settings.set(&NodePath::node(hotspot::NAME, node), value);
    }
    HotSpot::read(&settings).expect("good settings")
}

/// Compares the checks of these devices, and returns how many there were with each answer.
fn compare(text: &str, interval: u64, days: u32) -> [usize; 3] {
    let settings = settings(interval);
    let mut load = load(text, 300, interval);
    load.terms = Terms::new(&settings).expect("a device that asks");
    load.days = days;
    let mut counts = [0; 3];
    for number in 0..load.devices {
        let mut trace = Trace::default();
        simulate(&load, number, &mut Plan::default(), &mut trace);
        let mut driver = Driver::new(settings.clone());
        for (at, turns_on) in &trace.actions {
            let at = Moment(*at);
            driver.pass(at, &trace.checks);
            let event = if *turns_on {
                Event::UserTurnsOn
            } else {
                Event::UserTurnsOff
            };
            driver.send(at, event, &trace.checks);
        }
        driver.pass(Moment(load.end()), &trace.checks);
        let asked: Vec<_> = trace.checks.iter().map(|check| check.asked).collect();
        assert_eq!(driver.asked, asked, "device {number}: {:#?}", trace.actions);
        for check in &trace.checks {
            counts[check.answer as usize] += 1;
        }
    }
    counts
}

#[test]
fn the_service_asks_at_the_same_moments() {
    let text = r#"
[habits]
sessions = 4.5
on = { normal = { mean = "14:00", deviation = "4h" } }
lasts = { log-normal = { median = "30m", factor = 4.0 } }
retry = { share = 0.6, after = { exponential = { mean = "1m" } } }
takes = { exponential = { mean = "20s" } }
denied = 0.1
jitter = "30s"
[[outage]]
from = "13:00"
to = "15:30"
takes = { uniform = { from = "1s", to = "90s" } }
ask-again = { share = 0.8, after = { exponential = { mean = "20s" } } }
[[outage]]
from = "day 2 18:00"
to = "day 2 18:20"
"#;
    // From an interval that is shorter than most checks take to one that is longer than all sessions.
    for (interval, least) in [(5, 10_000), (60, 10_000), (1800, 1000), (86_400, 1000)] {
        let counts = compare(text, interval, 3);
        assert!(counts.iter().all(|count| *count > 200), "{counts:?}");
        assert!(counts[0] > least, "{counts:?}");
    }
}

/// A user who is impatient turns sharing off and on while the check runs, and so joins it.
#[test]
fn a_check_that_runs_is_joined() {
    let text = r#"
[habits]
sessions = 48
on = { uniform = { from = "12:00", to = "12:30" } }
lasts = { uniform = { from = "1s", to = "20s" } }
takes = { uniform = { from = "10s", to = "70s" } }
"#;
    compare(text, 15, 2);
}
