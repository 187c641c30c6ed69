//! A device on the bench: a service, its clock, and an obedient driver.

use std::time::Duration;

use crate::csp::{HotSpot, NodePath, Settings, hotspot};
use crate::service::{
    Answer, CheckId, ClientId, Connection, Effect, Event, Link, Moment, Service, Snapshot, Via,
};

/// The one connection of a device, unless a test sets others.
pub(super) const INTERNET: &str = "Internet";

/// HotSpot's settings with these nodes set.
pub(super) fn settings(nodes: &[(&str, &str)]) -> HotSpot {
    let mut settings = Settings::default();
    for (node, value) in nodes {
        settings.set(&NodePath::node(hotspot::NAME, node), value);
    }
    HotSpot::read(&settings).unwrap()
}

/// The nodes of a device that may share once the plugin allows it, and `more`.
pub(super) fn entitled(more: &[(&str, &str)]) -> HotSpot {
    let mut nodes = vec![("Enabled", "true"), ("EntitlementDll", "a.dll")];
    nodes.extend(more);
    settings(&nodes)
}

pub(super) fn applied(settings: HotSpot) -> Event {
    Event::DocumentApplied(Box::new(settings))
}

pub(super) fn joins(client: u32, via: Via) -> Event {
    Event::ClientJoins {
        client: ClientId(client),
        via,
    }
}

pub(super) fn leaves(client: u32) -> Event {
    Event::ClientLeaves {
        client: ClientId(client),
    }
}

pub(super) struct Bed {
    pub(super) service: Service,
    pub(super) now: Moment,
    wake: Option<Moment>,
    check: Option<CheckId>,
}

impl Bed {
    /// A device with one connection, which is up, after a document with these
    /// settings was applied.
    pub(super) fn new(settings: HotSpot) -> Self {
        Self::with_connections(settings, &[(INTERNET, Link::Up)])
    }

    pub(super) fn with_connections(settings: HotSpot, connections: &[(&str, Link)]) -> Self {
        let connections = connections.iter().map(|(name, link)| Connection {
            name: (*name).to_owned(),
            link: *link,
        });
        let new = HotSpot::default();
        let mut bed = Self {
            service: Service::new(new, &settings, Snapshot::default(), connections.collect()),
            now: Moment::default(),
            wake: None,
            check: None,
        };
        bed.send(applied(settings));
        bed
    }

    /// The effects of the event, without wakes, which only the driver uses.
    pub(super) fn send(&mut self, event: Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.service.handle(self.now, event, &mut effects);
        effects.retain(|effect| match effect {
            Effect::WakeAt(at) => {
                self.wake = Some(*at);
                false
            }
            Effect::NoWake => {
                self.wake = None;
                false
            }
            Effect::AskPlugin { check, .. } => {
                self.check = Some(*check);
                true
            }
            _ => true,
        });
        effects
    }

    /// Lets time pass, waking the service whenever it asked for it.
    pub(super) fn pass(&mut self, time: Duration) -> Vec<Effect> {
        let end = self.now.after(time);
        let mut effects = Vec::new();
        while let Some(at) = self.wake.filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.wake = None;
            effects.extend(self.send(Event::Woken));
        }
        self.now = end;
        effects.extend(self.send(Event::Woken));
        effects
    }

    pub(super) fn minutes(&mut self, minutes: u64) -> Vec<Effect> {
        self.pass(Duration::from_secs(60 * minutes))
    }

    /// The plugin's answer to the last question.
    pub(super) fn answer(&mut self, answer: Answer) -> Vec<Effect> {
        let check = self.check.expect("the plugin was asked");
        self.send(Event::CheckAnswered { check, answer })
    }

    /// Turns sharing on, with the plugin's leave where it is asked.
    pub(super) fn share(&mut self) -> Vec<Effect> {
        let mut effects = self.send(Event::UserTurnsOn);
        if matches!(effects.last(), Some(Effect::AskPlugin { .. })) {
            effects.extend(self.answer(Answer::Success));
        }
        assert!(self.service.is_sharing(), "{effects:?}");
        effects
    }
}
