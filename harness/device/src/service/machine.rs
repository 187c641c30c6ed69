//! The service itself: what each event does.

use std::mem;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::check::Check;
use super::clients::Clients;
use super::session::{Session, Terms};
use super::{
    CheckId, Client, ConfigurationFault, Connection, Effect, Event, Link, Mapping, Moment,
    NotStarted, Refusal, Stopped, Via,
};
use crate::csp::{HotSpot, MIN_WIFI_KEY, MIN_WIFI_SSID};
use crate::message::Notice;

/// The Internet Sharing service of one device.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Service {
    pub(super) now: Moment,
    /// The settings as the last document left them.
    pub(super) stored: HotSpot,
    /// `PeerlessTimeout` as it was when the service started.
    pub(super) peerless_timeout: Duration,
    /// `PublicConnectionTimeout` as it was when the device started.
    pub(super) connection_timeout: Duration,
    pub(super) screen: Screen,
    /// Whether the screen was ever shown: only the first enabling needs a reboot.
    pub(super) shown_before: bool,
    pub(super) settings_open: bool,
    pub(super) connections: Vec<Connection>,
    pub(super) check: Option<Check>,
    pub(super) last_check: CheckId,
    pub(super) stage: Stage,
    /// The terms of the last sharing that differed from the settings at its end:
    /// the next start adopts the settings.
    pub(super) outdated: Option<Box<Terms>>,
    pub(super) wake: Option<Moment>,
}

/// Whether Settings has the Internet sharing screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Screen {
    #[default]
    Absent,
    /// It will have it after a reboot.
    AfterReboot,
    Present,
}

/// What survives a restart, besides the settings and the connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Whether Settings has the screen.
    pub screen: Screen,
    /// Whether it ever had it.
    pub shown_before: bool,
    /// The last check that was asked for.
    pub last_check: CheckId,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Stage {
    Off,
    /// The user turned it on and the plugin is being asked.
    Enabling,
    Sharing(Box<Session>),
}

impl Service {
    /// The service of a device that is turned off. `stored` is what the documents
    /// have set; `in_effect` differs from it where a change waits for a restart.
    pub fn new(
        stored: HotSpot,
        in_effect: &HotSpot,
        snapshot: Snapshot,
        connections: Vec<Connection>,
    ) -> Self {
        Self {
            now: Moment::default(),
            peerless_timeout: in_effect.peerless_timeout,
            connection_timeout: in_effect.public_connection_timeout,
            stored,
            screen: snapshot.screen,
            shown_before: snapshot.shown_before,
            settings_open: false,
            connections,
            check: None,
            last_check: snapshot.last_check,
            stage: Stage::Off,
            outdated: None,
            wake: None,
        }
    }

    /// Handles an event at `now` and appends the effects. A moment before the last
    /// one counts as the last one.
    pub fn handle(&mut self, now: Moment, event: Event, effects: &mut Vec<Effect>) {
        self.now = self.now.max(now);
        self.fire_timers(effects);
        match event {
            Event::DocumentApplied(settings) => self.take_settings(*settings, effects),
            Event::UserTurnsOn => self.turn_on(effects),
            Event::UserTurnsOff => self.end(Stopped::TurnedOff, NotStarted::TurnedOff, effects),
            Event::SettingsOpened => self.settings_open = true,
            Event::SettingsClosed => self.settings_open = false,
            Event::ConfigureSharing { ssid, key } => self.configure(ssid, key, effects),
            Event::CheckAnswered { check, answer } => self.take_answer(check, answer, effects),
            Event::ClientJoins { client, via } => self.join(Client { id: client, via }, effects),
            Event::ClientLeaves { client } => {
                if let Stage::Sharing(session) = &mut self.stage {
                    session.clients.remove(client);
                }
            }
            Event::ConnectionAdded(name) => {
                if self.connections.iter().all(|one| one.name != name) {
                    self.set_link(name, Link::Down, effects);
                }
            }
            Event::ConnectionRemoved(name) => self.connections.retain(|one| one.name != name),
            Event::ConnectionUp(name) => self.set_link(name, Link::Up, effects),
            Event::ConnectionDown(name) => self.set_link(name, Link::Down, effects),
            Event::SimChanged => {
                self.abandon_check(effects);
                self.end(Stopped::SimChanged, NotStarted::SimChanged, effects);
            }
            Event::Restarted(restart) => self.restart(restart, effects),
            Event::Woken => {}
        }
        self.watch();
        self.plan_wake(effects);
    }

    /// Whether Internet sharing is on.
    pub fn is_sharing(&self) -> bool {
        matches!(self.stage, Stage::Sharing(_))
    }

    /// Whether a check runs that decides whether sharing starts.
    pub fn is_enabling(&self) -> bool {
        self.stage == Stage::Enabling
    }

    /// The connected clients, in the order in which they joined.
    pub fn clients(&self) -> &[Client] {
        match &self.stage {
            Stage::Sharing(session) => session.clients.as_slice(),
            Stage::Off | Stage::Enabling => &[],
        }
    }

    /// Whether Settings has the Internet sharing screen.
    pub fn screen(&self) -> Screen {
        self.screen
    }

    /// The connections of Connection Manager that the service sees: the mapped
    /// ones, by the policy that was in effect when sharing started.
    pub fn enumerate(&self) -> Vec<&Connection> {
        let stored;
        let mapping = match &self.stage {
            Stage::Sharing(session) => &session.terms.mapping,
            Stage::Off | Stage::Enabling => {
                stored = Mapping::new(&self.stored);
                &stored
            }
        };
        self.connections
            .iter()
            .filter(|one| mapping.maps(&one.name))
            .collect()
    }

    /// All connections of Connection Manager.
    pub fn connections(&self) -> &[Connection] {
        &self.connections
    }

    /// The connections that DedicatedConnections and TetheringNAIConnection name and
    /// that do not exist.
    pub fn missing_connections(&self) -> Vec<String> {
        let mapping = Mapping::new(&self.stored);
        let exists = |name: &&str| self.connections.iter().any(|one| one.name == *name);
        let missing = mapping.names().filter(|name| !exists(name));
        missing.map(str::to_owned).collect()
    }

    /// What has to survive a restart.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            screen: self.screen,
            shown_before: self.shown_before,
            last_check: self.last_check,
        }
    }

    /// Starts sharing, if there is something to share. `asked` is when the plugin
    /// was asked; nothing if no check is required.
    pub(super) fn start(&mut self, asked: Option<Moment>, effects: &mut Vec<Effect>) {
        let terms = Terms::new(&self.stored);
        let is_nai = |one: &Connection| terms.mapping.is_nai(&one.name);
        let exclusive = self.connections.iter().any(is_nai);
        let session = Session {
            terms,
            exclusive,
            checked: asked.is_some(),
            clients: Clients::default(),
            check_due: asked
                .map(|asked| asked.after(self.stored.entitlement_interval).max(self.now)),
            peerless: None,
            unconnected: None,
        };
        let over: Vec<_> = self
            .connections
            .iter()
            .filter(|one| session.shares(&one.name))
            .map(|one| one.name.clone())
            .collect();
        if over.is_empty() {
            return self.not_started(NotStarted::NoConnection, effects);
        }
        if exclusive {
            let mut suspended = Vec::new();
            for one in &mut self.connections {
                if one.link == Link::Up && !session.shares(&one.name) {
                    one.link = Link::Suspended;
                    suspended.push(one.name.clone());
                }
            }
            if !suspended.is_empty() {
                effects.push(Effect::Suspend(suspended));
            }
        }
        effects.push(Effect::StartSharing { over });
        if let Some(outdated) = self.outdated.take() {
            let took = outdated.other_than(&self.stored);
            if !took.is_empty() {
                effects.push(Effect::TookEffect(took));
            }
        }
        self.stage = Stage::Sharing(Box::new(session));
    }

    pub(super) fn not_started(&mut self, because: NotStarted, effects: &mut Vec<Effect>) {
        self.stage = Stage::Off;
        effects.push(Effect::NotStarted(because));
        let occasion = because.occasion();
        effects.extend(occasion.map(|occasion| Effect::Show(Notice::new(occasion, &self.stored))));
    }

    pub(super) fn stop(&mut self, because: Stopped, effects: &mut Vec<Effect>) {
        if let Stage::Sharing(session) = mem::replace(&mut self.stage, Stage::Off) {
            let outdated = !session.terms.other_than(&self.stored).is_empty();
            self.outdated = outdated.then(|| Box::new(session.terms));
        }
        effects.push(Effect::StopSharing(because));
        let mut resumed = Vec::new();
        for one in &mut self.connections {
            if one.link == Link::Suspended {
                one.link = Link::Up;
                resumed.push(one.name.clone());
            }
        }
        if !resumed.is_empty() {
            effects.push(Effect::Resume(resumed));
        }
        let occasion = because.occasion();
        effects.extend(occasion.map(|occasion| Effect::Show(Notice::new(occasion, &self.stored))));
    }

    /// Ends sharing or the attempt to start it.
    pub(super) fn end(
        &mut self,
        stopped: Stopped,
        not_started: NotStarted,
        effects: &mut Vec<Effect>,
    ) {
        match self.stage {
            Stage::Off => {}
            Stage::Enabling => self.not_started(not_started, effects),
            Stage::Sharing(_) => self.stop(stopped, effects),
        }
    }

    pub(super) fn configure(&self, ssid: String, key: String, effects: &mut Vec<Effect>) {
        let fault = if self.screen != Screen::Present {
            Some(ConfigurationFault::NotAvailable)
        } else if key.chars().count() < MIN_WIFI_KEY {
            Some(ConfigurationFault::KeyTooShort)
        } else if ssid.chars().count() < MIN_WIFI_SSID {
            Some(ConfigurationFault::SsidTooShort)
        } else {
            None
        };
        effects.push(match fault {
            Some(fault) => Effect::NotConfigured(fault),
            None => Effect::Configured { ssid, key },
        });
    }

    pub(super) fn join(&mut self, client: Client, effects: &mut Vec<Effect>) {
        let admitted = match &mut self.stage {
            Stage::Sharing(session) if session.clients.holds(client) => return,
            Stage::Sharing(session) => session.clients.admit(
                client,
                session.terms.max_users,
                usize::from(self.stored.max_bluetooth_users),
            ),
            Stage::Off | Stage::Enabling => Err(Refusal::NotSharing),
        };
        effects.push(match admitted {
            Ok(()) => Effect::Admit(client),
            Err(because) => Effect::Refuse { client, because },
        });
    }

    pub(super) fn set_link(&mut self, name: String, link: Link, effects: &mut Vec<Effect>) {
        let excluded = match &self.stage {
            Stage::Sharing(session) => session.exclusive && !session.shares(&name),
            Stage::Off | Stage::Enabling => false,
        };
        let link = if excluded && link == Link::Up {
            Link::Suspended
        } else {
            link
        };
        let newly = match self.connections.iter_mut().find(|one| one.name == name) {
            Some(one) => mem::replace(&mut one.link, link) != link,
            None => {
                self.connections.push(Connection {
                    name: name.clone(),
                    link,
                });
                true
            }
        };
        if newly && link == Link::Suspended {
            effects.push(Effect::Suspend(vec![name]));
        }
    }

    /// How many clients are connected over Bluetooth.
    pub fn bluetooth_clients(&self) -> usize {
        let bluetooth = |one: &&Client| one.via == Via::Bluetooth;
        self.clients().iter().filter(bluetooth).count()
    }
}
