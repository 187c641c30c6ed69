//! A second opinion on the service.
//!
//! The witness sees events and effects only, keeps its own books, and says when
//! an invariant is broken. It shares no code with the service.

use std::time::Duration;

use crate::device::csp::HotSpot;
use crate::device::service::{
    Answer, CHECK_LIMIT, CheckId, Client, Connection, Effect, Event, Link, Mapping, Moment,
    Restart, Via,
};

/// What the witness knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Witness {
    stored: HotSpot,
    peerless_timeout: Duration,
    connection_timeout: Duration,
    connections: Vec<Connection>,
    /// The running check and when it was asked.
    pub(super) check: Option<(CheckId, Moment)>,
    /// Whether the user wants to share and has not got an answer yet.
    attempting: bool,
    /// When the plugin was asked what it answered with SUCCESS, if that answer is
    /// newer than the last attempt, and the interval that was set when it came.
    success: Option<(Moment, Duration)>,
    pub(super) sharing: Option<Sharing>,
}

/// What the witness knows of the time of sharing that is going on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Sharing {
    checked: bool,
    max_users: u8,
    over: Mapping,
    exclusive: Option<String>,
    pub(super) clients: Vec<Client>,
    /// Since when there is no client.
    alone: Option<Moment>,
    /// Since when no shared connection is up.
    cut_off: Option<Moment>,
}

/// The invariant that was broken.
pub(super) type Broken = &'static str;

impl Witness {
    pub(super) fn new(settings: HotSpot, connections: Vec<Connection>) -> Self {
        Self {
            peerless_timeout: settings.peerless_timeout,
            connection_timeout: settings.public_connection_timeout,
            stored: settings,
            connections,
            check: None,
            attempting: false,
            success: None,
            sharing: None,
        }
    }

    /// Takes in what happened and what came of it.
    pub(super) fn see(
        &mut self,
        now: Moment,
        event: &Event,
        effects: &[Effect],
    ) -> Result<(), Broken> {
        // Timers fire before the event, so its own effects cannot be told from
        // theirs where both stop sharing; each invariant allows for that.
        let was_sharing = self.sharing.is_some();
        let asked_before = self.check;
        self.note_event(event);
        for effect in effects {
            self.note_effect(now, effect)?;
        }
        self.note_clients_and_links(now, event);
        self.judge_event(was_sharing, asked_before, event, effects)?;
        self.judge_state(now)
    }

    /// Moves every moment, so that states of different times can be compared.
    pub(super) fn shift(&mut self, shift: impl Fn(Moment) -> Moment) {
        self.check = self.check.map(|(id, asked)| (id, shift(asked)));
        self.success = self
            .success
            .map(|(asked, interval)| (shift(asked), interval));
        if let Some(sharing) = &mut self.sharing {
            sharing.alone = sharing.alone.map(&shift);
            sharing.cut_off = sharing.cut_off.map(&shift);
        }
    }

    fn note_event(&mut self, event: &Event) {
        match event {
            Event::UserTurnsOn if self.sharing.is_none() && !self.attempting => {
                self.success = None;
                self.attempting = true;
            }
            Event::UserTurnsOff | Event::SimChanged => self.attempting = false,
            Event::CheckAnswered { check, answer } => {
                let wanted =
                    self.attempting || self.sharing.as_ref().is_some_and(|one| one.checked);
                if let Some((_, asked)) = self.check.take_if(|(running, _)| running == check)
                    && *answer == Answer::Success
                    && wanted
                {
                    self.success = Some((asked, self.stored.entitlement_interval));
                }
            }
            Event::DocumentApplied(settings) => self.stored = (**settings).clone(),
            Event::ConnectionAdded(name)
                if self.connections.iter().all(|one| one.name != *name) =>
            {
                self.set(name, Link::Down);
            }
            Event::ConnectionRemoved(name) => self.connections.retain(|one| one.name != *name),
            Event::ConnectionUp(name) => self.set(name, Link::Up),
            Event::ConnectionDown(name) => self.set(name, Link::Down),
            Event::Restarted(restart) => {
                self.attempting = false;
                self.peerless_timeout = self.stored.peerless_timeout;
                if *restart == Restart::Device {
                    self.connection_timeout = self.stored.public_connection_timeout;
                    for one in &mut self.connections {
                        one.link = Link::Down;
                    }
                }
            }
            _ => {}
        }
    }

    fn note_effect(&mut self, now: Moment, effect: &Effect) -> Result<(), Broken> {
        match effect {
            Effect::AskPlugin { check, library, .. } => {
                if self.check.is_some() {
                    return Err("two checks at once");
                }
                if self.stored.entitlement_dll.as_ref() != Some(library) {
                    return Err("another library than EntitlementDll is asked");
                }
                self.check = Some((*check, now));
            }
            Effect::AbandonCheck(check) => {
                let running = self.check.take().map(|(running, _)| running);
                return (running == Some(*check))
                    .then_some(())
                    .ok_or("a check is abandoned that does not run");
            }
            Effect::NotStarted(_) => {
                self.attempting = false;
                self.success = None;
            }
            Effect::StartSharing { over } => self.start(over)?,
            Effect::StopSharing(_) => {
                self.success = None;
                if self.sharing.take().is_none() {
                    return Err("sharing stops that did not start");
                }
            }
            Effect::Admit(client) => {
                let sharing = self
                    .sharing
                    .as_mut()
                    .ok_or("a client joins what is not shared")?;
                sharing.clients.retain(|one| one.id != client.id);
                sharing.clients.push(*client);
            }
            Effect::Disconnect { client, .. } => {
                let sharing = self
                    .sharing
                    .as_mut()
                    .ok_or("disconnected without sharing")?;
                sharing.clients.retain(|one| one.id != client.id);
            }
            Effect::WakeAt(at) if *at < now => return Err("a wake in the past"),
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, over: &[String]) -> Result<(), Broken> {
        if self.sharing.is_some() {
            return Err("sharing starts twice");
        }
        if !self.attempting {
            return Err("sharing starts that the user did not ask for");
        }
        self.attempting = false;
        // Whether the attempt needed a check was settled when it began; an answer
        // newer than the attempt shows that it did.
        let checked = self.success.is_some();
        if !checked && self.stored.entitlement_required {
            return Err("sharing starts without a SUCCESS newer than the attempt");
        }
        let mapping = Mapping::new(&self.stored);
        let exists = |name: &String| self.connections.iter().any(|one| one.name == *name);
        if over.is_empty() || !over.iter().all(|name| mapping.maps(name) && exists(name)) {
            return Err("something is shared that is not there or not mapped");
        }
        self.sharing = Some(Sharing {
            checked,
            max_users: self.stored.max_users,
            exclusive: over.iter().find(|name| mapping.is_nai(name)).cloned(),
            over: mapping,
            clients: Vec::new(),
            alone: None,
            cut_off: None,
        });
        Ok(())
    }

    fn note_clients_and_links(&mut self, now: Moment, event: &Event) {
        let Some(sharing) = &mut self.sharing else {
            return;
        };
        if let Event::ClientLeaves { client } = event {
            sharing.clients.retain(|one| one.id != *client);
        }
        let is_up = |one: &Connection| {
            let shared = match &sharing.exclusive {
                Some(nai) => one.name == *nai,
                None => sharing.over.maps(&one.name),
            };
            shared && one.link == Link::Up
        };
        let connected = self.connections.iter().any(is_up);
        sharing.cut_off = (!connected).then(|| sharing.cut_off.unwrap_or(now));
        let alone = sharing.clients.is_empty();
        sharing.alone = alone.then(|| sharing.alone.unwrap_or(now));
    }

    fn judge_event(
        &self,
        was_sharing: bool,
        asked_before: Option<(CheckId, Moment)>,
        event: &Event,
        effects: &[Effect],
    ) -> Result<(), Broken> {
        let stopped = effects
            .iter()
            .any(|one| matches!(one, Effect::StopSharing(_)));
        match event {
            Event::CheckAnswered { check, answer }
                if was_sharing
                    && *answer != Answer::Success
                    && asked_before.is_some_and(|(running, _)| running == *check)
                    && self.sharing.as_ref().is_some_and(|sharing| sharing.checked) =>
            {
                Err("a failed periodic check does not end sharing")
            }
            Event::UserTurnsOn
                if self.attempting && self.check.is_none() && self.sharing.is_none() =>
            {
                Err("an attempt to enable does not ask")
            }
            Event::UserTurnsOff | Event::SimChanged | Event::Restarted(_)
                if was_sharing && !stopped =>
            {
                Err("sharing goes on after it was ended")
            }
            Event::Restarted(_) | Event::SimChanged if self.check.is_some() => {
                Err("a check goes on over a restart or another SIM")
            }
            _ => Ok(()),
        }
    }

    fn judge_state(&self, now: Moment) -> Result<(), Broken> {
        if let Some((_, asked)) = self.check
            && now.since(asked) >= CHECK_LIMIT
        {
            return Err("a check goes on past its limit");
        }
        let Some(sharing) = &self.sharing else {
            return Ok(());
        };
        if !self.stored.enabled {
            return Err("sharing while Enabled is false");
        }
        if sharing.checked {
            let (asked, interval) = self.success.ok_or("sharing without a SUCCESS")?;
            if now.since(asked) >= interval.max(CHECK_LIMIT) + CHECK_LIMIT {
                return Err("sharing on an answer older than the interval");
            }
        }
        if sharing.clients.len() > usize::from(sharing.max_users) {
            return Err("more clients than MaxUsers");
        }
        let bluetooth = |one: &&Client| one.via == Via::Bluetooth;
        let over_bluetooth = sharing.clients.iter().filter(bluetooth).count();
        if over_bluetooth > usize::from(self.stored.max_bluetooth_users) {
            return Err("more clients than MaxBluetoothUsers");
        }
        let for_long =
            |since: Option<Moment>, limit| since.is_some_and(|at| now.since(at) >= limit);
        if for_long(sharing.alone, self.peerless_timeout) {
            return Err("sharing on without clients past PeerlessTimeout");
        }
        if for_long(sharing.cut_off, self.connection_timeout) {
            return Err("sharing on without connection past PublicConnectionTimeout");
        }
        Ok(())
    }

    fn set(&mut self, name: &str, link: Link) {
        match self.connections.iter_mut().find(|one| one.name == name) {
            Some(one) => one.link = link,
            None => self.connections.push(Connection {
                name: name.to_owned(),
                link,
            }),
        }
    }
}
