//! Every order of events of a small device, explored.
//!
//! Two or three clients, two connections that come and go, three documents, and
//! time in a few steps a minute with intervals and time-outs of a minute: few
//! enough states to visit all, and every timer can fire before, with and after
//! every other.

use std::time::Duration;

use stateright::{Checker, Model, Property};

use super::bed::{applied, joins, leaves, settings};
use super::oracle::{Broken, Oracle};
use crate::csp::HotSpot;
use crate::service::machine::Stage;
use crate::service::{
    Answer, CheckId, Connection, Event, Link, Moment, Restart, Service, Snapshot, Via,
};

/// Every state is moved to this moment, so that time alone makes no new states.
const NOW: Moment = Moment::seconds(10_000);

struct Device {
    documents: Vec<HotSpot>,
    clients: u32,
    /// How far time goes at once.
    step: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    service: Service,
    oracle: Oracle,
    broken: Option<Broken>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Action {
    Event(Event),
    Pass,
}

impl State {
    /// Moves all moments so that it is `NOW`, and names the running check 1.
    fn normalise(&mut self, now: Moment) {
        let shift = |at: Moment| Moment(at.0 + NOW.0 - now.0);
        let service = &mut self.service;
        service.now = NOW;
        service.wake = service.wake.map(shift);
        if let Some(check) = &mut service.check {
            check.id = CheckId(1);
            check.asked = shift(check.asked);
            check.until = shift(check.until);
        }
        service.last_check = CheckId(1);
        if let Stage::Sharing(session) = &mut service.stage {
            session.check_due = session.check_due.map(shift);
            session.peerless = session.peerless.map(shift);
            session.unconnected = session.unconnected.map(shift);
        }
        self.oracle.shift(shift);
        self.oracle.check = self.oracle.check.map(|(_, asked)| (CheckId(1), asked));
    }
}

impl Model for Device {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let connection = |name: &str, link| Connection {
            name: name.to_owned(),
            link,
        };
        let connections = vec![connection("A", Link::Up), connection("B", Link::Down)];
        // The time-outs of the documents are in effect from the start: those of a
        // new device are minutes long and would only add states.
        let new = HotSpot {
            peerless_timeout: self.documents[0].peerless_timeout,
            public_connection_timeout: self.documents[0].public_connection_timeout,
            ..HotSpot::default()
        };
        let service = Service::new(new.clone(), &new, Snapshot::default(), connections.clone());
        let mut state = State {
            service,
            oracle: Oracle::new(new, connections),
            broken: None,
        };
        state.normalise(Moment::default());
        vec![state]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.broken.is_some() {
            return;
        }
        if state.service.wake.is_some_and(|at| at <= NOW) {
            actions.push(Action::Event(Event::Woken));
            return;
        }
        let documents = self.documents.iter().cloned().map(applied);
        let mut events: Vec<_> = documents.collect();
        events.extend([
            Event::UserTurnsOn,
            Event::UserTurnsOff,
            Event::SettingsOpened,
            Event::SettingsClosed,
            Event::SimChanged,
            Event::Restarted(Restart::Service),
            Event::Restarted(Restart::Device),
        ]);
        for client in 1..=self.clients {
            events.extend([
                joins(client, Via::WiFi),
                joins(client, Via::Bluetooth),
                leaves(client),
            ]);
        }
        for name in ["A", "B"] {
            events.push(Event::ConnectionUp(name.to_owned()));
            events.push(Event::ConnectionDown(name.to_owned()));
            events.push(Event::ConnectionRemoved(name.to_owned()));
        }
        if let Some((check, _)) = state.oracle.check {
            let answers = [Answer::Success, Answer::Failed, Answer::Unavailable];
            let answered = |answer| Event::CheckAnswered { check, answer };
            events.extend(answers.map(answered));
        }
        actions.extend(events.into_iter().map(Action::Event));
        actions.push(Action::Pass);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        let (now, event) = match action {
            Action::Event(event) => (NOW, event),
            Action::Pass => (NOW.after(self.step), Event::Woken),
        };
        let mut effects = Vec::new();
        state.service.handle(now, event.clone(), &mut effects);
        state.broken = state.oracle.see(now, &event, &effects).err();
        if state.oracle.sharing.is_some() != state.service.is_sharing() {
            state.broken = Some("the effects do not match what the service does");
        }
        state.normalise(now);
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("no invariant is broken", |_, state: &State| {
                state.broken.is_none()
            }),
            Property::sometimes("all clients share", |device, state: &State| {
                state.service.clients().len() == device.clients as usize
            }),
            Property::sometimes("a periodic check runs", |_, state: &State| {
                state.service.is_sharing() && state.service.check.is_some()
            }),
            Property::sometimes("a connection is suspended", |_, state: &State| {
                let mut all = state.service.connections().iter();
                all.any(|one| one.link == Link::Suspended)
            }),
            Property::sometimes("a change waits for a restart", |_, state: &State| {
                !state.service.waiting().is_empty()
            }),
        ]
    }
}

/// Visits every state of a device with that many clients, with time in steps of
/// that many seconds.
fn explore(clients: u32, step: u64) {
    let documents = vec![
        settings(&[
            ("Enabled", "true"),
            ("EntitlementDll", "a.dll"),
            ("EntitlementInterval", "60"),
            ("MaxUsers", &clients.to_string()),
            ("MaxBluetoothUsers", "1"),
            ("PeerlessTimeout", "1"),
            ("PublicConnectionTimeout", "1"),
        ]),
        settings(&[
            ("Enabled", "true"),
            ("EntitlementRequired", "false"),
            ("EntitlementInterval", "60"),
            ("TetheringNAIConnection", "B"),
            ("MaxUsers", "1"),
            ("PeerlessTimeout", "2"),
            ("PublicConnectionTimeout", "2"),
        ]),
        settings(&[
            ("Enabled", "false"),
            ("EntitlementInterval", "60"),
            ("PeerlessTimeout", "1"),
            ("PublicConnectionTimeout", "1"),
        ]),
    ];
    let device = Device {
        documents,
        clients,
        step: Duration::from_secs(step),
    };
    let checker = device.checker().threads(2).spawn_bfs().join();
    checker.assert_properties();
    println!(
        "explored {} states, {} of them different, to a depth of {}",
        checker.state_count(),
        checker.unique_state_count(),
        checker.max_depth(),
    );
}

#[test]
fn every_order_of_events_of_a_small_device_keeps_the_invariants() {
    explore(2, 30);
}

#[test]
#[ignore = "takes minutes; run it when the service changes"]
fn every_order_of_events_of_a_larger_device_keeps_the_invariants() {
    explore(3, 20);
}
