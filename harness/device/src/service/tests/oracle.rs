//! A second opinion on the service.
//!
//! The oracle sees events and effects only, keeps its own records, and reports when
//! an invariant is broken. It shares the names of things with the service, and
//! none of its code.

use std::time::Duration;

use crate::csp::HotSpot;
use crate::service::{
    Answer, CHECK_LIMIT, CheckId, Client, Connection, Effect, Event, Link, Moment, Refusal,
    Restart, Stopped, Via,
};

/// What the oracle knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Oracle {
    stored: HotSpot,
    peerless_timeout: Duration,
    connection_timeout: Duration,
    connections: Vec<Connection>,
    /// The running check and when it was asked.
    pub(super) check: Option<(CheckId, Moment)>,
    /// When the check was asked that this event had given up.
    given_up: Option<Moment>,
    /// Whether the user wants to share and has not got an answer yet.
    attempt: Option<Attempt>,
    /// The SUCCESS that is newer than the last attempt.
    success: Option<Success>,
    pub(super) sharing: Option<Sharing>,
}

/// The user turned sharing on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Attempt {
    /// Whether a check was required then.
    needs_check: bool,
}

/// An answer that lets sharing go on for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Success {
    asked: Moment,
    answered: Moment,
    /// What was set when it came.
    interval: Duration,
}

/// What the oracle knows of the time of sharing that is going on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Sharing {
    checked: bool,
    max_users: u8,
    /// What was mapped at its start: these, or nothing for whatever there is.
    mapped: Option<Vec<String>>,
    /// The connection for tethering, which is then the only one that is shared.
    exclusive: Option<String>,
    pub(super) clients: Vec<Client>,
    /// Since when there is no client.
    alone: Option<Moment>,
    /// Since when no shared connection is up.
    cut_off: Option<Moment>,
}

/// The invariant that was broken.
pub(super) type Broken = &'static str;

impl Oracle {
    pub(super) fn new(settings: HotSpot, connections: Vec<Connection>) -> Self {
        Self {
            peerless_timeout: settings.peerless_timeout,
            connection_timeout: settings.public_connection_timeout,
            stored: settings,
            connections,
            check: None,
            given_up: None,
            attempt: None,
            success: None,
            sharing: None,
        }
    }

    /// Checks an event and its effects.
    pub(super) fn see(
        &mut self,
        now: Moment,
        event: &Event,
        effects: &[Effect],
    ) -> Result<(), Broken> {
        // Timers fire before the event, so its own effects cannot be distinguished from
        // theirs where both stop sharing; each invariant allows for that.
        let was_sharing = self.sharing.is_some();
        let asked_before = self.check;
        let limits = (self.peerless_timeout, self.connection_timeout);
        self.note_event(now, event);
        for effect in effects {
            self.judge_stop(now, event, effect, limits)?;
            self.note_effect(now, effect)?;
        }
        self.given_up = None;
        self.note_clients_and_links(now, event);
        self.judge_event(was_sharing, asked_before, event, effects)?;
        self.judge_state(now)
    }

    /// Moves every moment, so that states of different times can be compared.
    pub(super) fn shift(&mut self, shift: impl Fn(Moment) -> Moment) {
        self.check = self.check.map(|(id, asked)| (id, shift(asked)));
        self.success = self.success.map(|one| Success {
            asked: shift(one.asked),
            answered: shift(one.answered),
            ..one
        });
        if let Some(sharing) = &mut self.sharing {
            sharing.alone = sharing.alone.map(&shift);
            sharing.cut_off = sharing.cut_off.map(&shift);
        }
    }

    fn note_event(&mut self, now: Moment, event: &Event) {
        match event {
            Event::UserTurnsOn if self.sharing.is_none() && self.attempt.is_none() => {
                self.success = None;
                let needs_check = self.stored.entitlement_required;
                self.attempt = Some(Attempt { needs_check });
            }
            Event::UserTurnsOff | Event::SimChanged => self.attempt = None,
            Event::CheckAnswered { check, answer } => {
                let wanted =
                    self.attempt.is_some() || self.sharing.as_ref().is_some_and(|one| one.checked);
                if let Some((_, asked)) = self.check.take_if(|(running, _)| running == check)
                    && *answer == Answer::Success
                    && wanted
                {
                    self.success = Some(Success {
                        asked,
                        answered: now,
                        interval: self.stored.entitlement_interval,
                    });
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
                self.attempt = None;
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
                let running = self.check.take();
                self.given_up = running.map(|(_, asked)| asked);
                return running
                    .is_some_and(|(running, _)| running == *check)
                    .then_some(())
                    .ok_or("a check is abandoned that does not run");
            }
            Effect::NotStarted(_) => {
                self.attempt = None;
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
            Effect::Refuse { client, because } => self.judge_refusal(*client, *because)?,
            Effect::Disconnect { client, .. } => {
                let limit = usize::from(self.stored.max_bluetooth_users);
                let sharing = self
                    .sharing
                    .as_mut()
                    .ok_or("disconnected without sharing")?;
                if over_bluetooth(&sharing.clients) <= limit {
                    return Err("a client is disconnected for which there is room");
                }
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
        let attempt = self
            .attempt
            .take()
            .ok_or("sharing starts that the user did not ask for")?;
        let checked = self.success.is_some();
        if attempt.needs_check && !checked {
            return Err("sharing starts without a SUCCESS newer than the attempt");
        }
        let mapped = mapped(&self.stored);
        let exists = |name: &&String| self.connections.iter().any(|one| one.name == **name);
        let exclusive = self.stored.tethering_nai.iter().find(exists).cloned();
        let shared = self.connections.iter().filter(|one| match &exclusive {
            Some(nai) => one.name == *nai,
            None => is_in(&mapped, &one.name),
        });
        if over.is_empty() || !shared.map(|one| &one.name).eq(over) {
            return Err("something is shared that is not there or not mapped, or not all of it is");
        }
        self.sharing = Some(Sharing {
            checked,
            max_users: self.stored.max_users,
            exclusive,
            mapped,
            clients: Vec::new(),
            alone: None,
            cut_off: None,
        });
        Ok(())
    }

    /// Sharing ends for a reason that is there, and by a time-out not before its
    /// time: `limits` are those that held before the event.
    fn judge_stop(
        &self,
        now: Moment,
        event: &Event,
        effect: &Effect,
        (peerless, connection): (Duration, Duration),
    ) -> Result<(), Broken> {
        let (Effect::StopSharing(because), Some(sharing)) = (effect, &self.sharing) else {
            return Ok(());
        };
        let for_long =
            |since: Option<Moment>, limit| since.is_some_and(|at| now.since(at) >= limit);
        let answers =
            |wanted| matches!(event, Event::CheckAnswered { answer, .. } if *answer == wanted);
        let is_true = match because {
            Stopped::NoClients => for_long(sharing.alone, peerless),
            Stopped::NoConnection => for_long(sharing.cut_off, connection),
            Stopped::TurnedOff => *event == Event::UserTurnsOff,
            Stopped::Disabled => !self.stored.enabled,
            Stopped::NotEntitled => sharing.checked && answers(Answer::Failed),
            Stopped::CheckUnavailable => {
                let too_late = for_long(self.given_up, CHECK_LIMIT);
                sharing.checked && (answers(Answer::Unavailable) || too_late)
            }
            Stopped::NoLibrary => sharing.checked && self.stored.entitlement_dll.is_none(),
            Stopped::SimChanged => *event == Event::SimChanged,
            Stopped::Restarted(what) => *event == Event::Restarted(*what),
        };
        is_true
            .then_some(())
            .ok_or("sharing ends before its time, or for another reason than is given")
    }

    fn judge_refusal(&self, client: Client, because: Refusal) -> Result<(), Broken> {
        let Some(sharing) = &self.sharing else {
            return (because == Refusal::NotSharing)
                .then_some(())
                .ok_or("a client is refused for a limit while nothing is shared");
        };
        let others: Vec<_> = sharing
            .clients
            .iter()
            .filter(|one| one.id != client.id)
            .copied()
            .collect();
        let is_true = match because {
            Refusal::NotSharing => false,
            Refusal::TooManyUsers => others.len() >= usize::from(sharing.max_users),
            Refusal::TooManyBluetoothUsers => {
                over_bluetooth(&others) >= usize::from(self.stored.max_bluetooth_users)
            }
        };
        is_true
            .then_some(())
            .ok_or("a client is refused for which there is room")
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
                None => is_in(&sharing.mapped, &one.name),
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
                if self.attempt.is_some() && self.check.is_none() && self.sharing.is_none() =>
            {
                Err("an attempt to enable does not ask")
            }
            Event::UserTurnsOff | Event::SimChanged | Event::Restarted(_)
                if was_sharing && !stopped =>
            {
                Err("sharing continues after it was ended")
            }
            Event::Restarted(_) | Event::SimChanged if self.check.is_some() => {
                Err("a check continues over a restart or another SIM")
            }
            _ => Ok(()),
        }
    }

    fn judge_state(&self, now: Moment) -> Result<(), Broken> {
        if let Some((_, asked)) = self.check
            && now.since(asked) >= CHECK_LIMIT
        {
            return Err("a check continues past its limit");
        }
        let Some(sharing) = &self.sharing else {
            return Ok(());
        };
        if !self.stored.enabled {
            return Err("sharing while Enabled is false");
        }
        if sharing.checked {
            let success = self.success.ok_or("sharing without a SUCCESS")?;
            // An answer that came late is followed by the next check at once, which
            // is the next thing that happens.
            let is_due = now >= success.asked.after(success.interval) && now > success.answered;
            if is_due && self.check.is_none() {
                return Err("sharing on an answer older than the interval, without a check");
            }
        }
        if sharing.clients.len() > usize::from(sharing.max_users) {
            return Err("more clients than MaxUsers");
        }
        let limit = usize::from(self.stored.max_bluetooth_users);
        if over_bluetooth(&sharing.clients) > limit {
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

/// The connections that these settings map; nothing for whatever there is.
fn mapped(settings: &HotSpot) -> Option<Vec<String>> {
    let named: Vec<_> = settings
        .dedicated
        .iter()
        .chain(&settings.tethering_nai)
        .cloned()
        .collect();
    (!named.is_empty()).then_some(named)
}

fn is_in(mapped: &Option<Vec<String>>, name: &String) -> bool {
    mapped.as_ref().is_none_or(|named| named.contains(name))
}

fn over_bluetooth(clients: &[Client]) -> usize {
    let bluetooth = |one: &&Client| one.via == Via::Bluetooth;
    clients.iter().filter(bluetooth).count()
}
