//! Random orders of events keep the invariants.

use std::time::Duration;

use proptest::prelude::*;

use super::bed::{applied, joins, leaves, settings};
use super::oracle::{Broken, Oracle};
use crate::csp::HotSpot;
use crate::service::{
    Answer, CheckId, Connection, Effect, Event, Link, Moment, Restart, Service, Snapshot, Via,
};

/// One step of a random life.
#[derive(Clone, Debug)]
enum Step {
    Event(Event),
    /// The running check is answered, if one runs.
    Answer(Answer),
    /// Time passes; wakes are kept.
    Pass(Duration),
}

fn any_name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["A", "B", "NAI"]).prop_map(str::to_owned)
}

fn any_via() -> impl Strategy<Value = Via> {
    prop::sample::select(vec![Via::WiFi, Via::Bluetooth])
}

prop_compose! {
    fn any_settings()(
        enabled in prop::bool::weighted(0.9),
        required in prop::option::of(prop::bool::weighted(0.8)),
        library in prop::option::weighted(0.9, prop::sample::select(vec!["a.dll", "b.dll", ""])),
        users in 1..=8_u8,
        bluetooth in 1..=7_u8,
        interval in 1..2000_u32,
        peerless in 1..=120_u8,
        connection in 1..=60_u8,
        dedicated in prop::option::weighted(0.3, prop::sample::select(vec!["A", "A;B", "C"])),
        nai in prop::option::weighted(0.2, Just("NAI")),
    ) -> HotSpot {
        let numbers = [
            ("MaxUsers", users.into()),
            ("MaxBluetoothUsers", bluetooth.into()),
            ("EntitlementInterval", interval),
            ("PeerlessTimeout", peerless.into()),
            ("PublicConnectionTimeout", connection.into()),
        ]
        .map(|(node, value): (_, u32)| (node, value.to_string()));
        let as_text = |value| if value { "true" } else { "false" };
        let mut nodes = vec![("Enabled", as_text(enabled))];
        nodes.extend(required.map(|value| ("EntitlementRequired", as_text(value))));
        nodes.extend(library.map(|path| ("EntitlementDll", path)));
        nodes.extend(dedicated.map(|names| ("DedicatedConnections", names)));
        nodes.extend(nai.map(|name| ("TetheringNAIConnection", name)));
        nodes.extend(numbers.iter().map(|(node, value)| (*node, value.as_str())));
        settings(&nodes)
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let event = prop_oneof![
        2 => any_settings().prop_map(applied),
        8 => Just(Event::UserTurnsOn),
        1 => Just(Event::UserTurnsOff),
        1 => Just(Event::SettingsOpened),
        1 => Just(Event::SettingsClosed),
        6 => (0..12_u32, any_via()).prop_map(|(client, via)| joins(client, via)),
        3 => (0..12_u32).prop_map(leaves),
        1 => any_name().prop_map(Event::ConnectionAdded),
        1 => any_name().prop_map(Event::ConnectionRemoved),
        3 => any_name().prop_map(Event::ConnectionUp),
        2 => any_name().prop_map(Event::ConnectionDown),
        1 => Just(Event::SimChanged),
        1 => prop::sample::select(vec![Restart::Service, Restart::Device])
            .prop_map(Event::Restarted),
        1 => any::<u64>().prop_map(|id| Event::CheckAnswered {
            check: CheckId(id),
            answer: Answer::Success,
        }),
        1 => Just(Event::Woken),
    ];
    let answer = prop_oneof![
        6 => Just(Answer::Success),
        1 => Just(Answer::Failed),
        1 => Just(Answer::Unavailable),
    ];
    prop_oneof![
        6 => event.prop_map(Step::Event),
        4 => answer.prop_map(Step::Answer),
        2 => (0..100_000_u64).prop_map(|time| Step::Pass(Duration::from_millis(time))),
        1 => (0..8000_u64).prop_map(|time| Step::Pass(Duration::from_secs(time))),
    ]
}

/// A service, its oracle, and the time.
struct Life {
    service: Service,
    oracle: Oracle,
    now: Moment,
    wake: Option<Moment>,
    /// How often sharing started.
    started: u32,
}

impl Life {
    fn new() -> Self {
        let connections = vec![Connection {
            name: "A".to_owned(),
            link: Link::Up,
        }];
        let new = HotSpot::default();
        Self {
            service: Service::new(new.clone(), &new, Snapshot::default(), connections.clone()),
            oracle: Oracle::new(new, connections),
            now: Moment::default(),
            wake: None,
            started: 0,
        }
    }

    fn event(&mut self, event: Event) -> Result<(), Broken> {
        self.wake_until(self.now)?;
        self.send(event)
    }

    /// Wakes the service whenever it asked for it, up to `end`.
    fn wake_until(&mut self, end: Moment) -> Result<(), Broken> {
        while let Some(at) = self.wake.filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.wake = None;
            self.send(Event::Woken)?;
        }
        self.now = end;
        Ok(())
    }

    fn send(&mut self, event: Event) -> Result<(), Broken> {
        let mut effects = Vec::new();
        self.service.handle(self.now, event.clone(), &mut effects);
        for effect in &effects {
            match effect {
                Effect::WakeAt(at) => self.wake = Some(*at),
                Effect::NoWake => self.wake = None,
                Effect::StartSharing { .. } => self.started += 1,
                _ => {}
            }
        }
        self.oracle.see(self.now, &event, &effects)?;
        let sharing = self.oracle.sharing.is_some();
        let clients = self
            .oracle
            .sharing
            .as_ref()
            .map_or(0, |one| one.clients.len());
        if self.service.is_sharing() != sharing || self.service.clients().len() != clients {
            return Err("the effects do not match what the service reports of itself");
        }
        if self.wake != self.service.wake {
            return Err("the driver waits for another wake than the service does");
        }
        Ok(())
    }

    fn step(&mut self, step: Step) -> Result<(), Broken> {
        match step {
            Step::Event(event) => self.event(event),
            Step::Answer(answer) => match self.oracle.check {
                Some((check, _)) => self.event(Event::CheckAnswered { check, answer }),
                None => Ok(()),
            },
            Step::Pass(time) => self.wake_until(self.now.after(time)),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_events_breaks_an_invariant(
        first in any_settings(),
        steps in prop::collection::vec(any_step(), 1..150),
    ) {
        let mut life = Life::new();
        let result = life.event(applied(first));
        prop_assert_eq!(result, Ok(()));
        for (number, step) in steps.into_iter().enumerate() {
            let shown = format!("step {number}: {step:?}");
            let result = life.step(step);
            prop_assert_eq!(result, Ok(()), "{}", shown);
        }
    }
}

/// The random runs are a useful test only if the device shares in most of them.
#[test]
fn random_runs_share_often() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let runs = (any_settings(), prop::collection::vec(any_step(), 150));
    let mut started = 0;
    for _ in 0..50 {
        let (first, steps) = runs.new_tree(&mut runner).unwrap().current();
        let mut life = Life::new();
        life.event(applied(first)).unwrap();
        for step in steps {
            life.step(step).unwrap();
        }
        started += life.started;
    }
    assert!(started > 100, "sharing started {started} times in 50 runs");
}
