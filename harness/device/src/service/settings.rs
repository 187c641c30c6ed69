//! When stored settings take effect.

use super::machine::Stage;
use super::{Effect, Link, NotStarted, Refusal, Restart, Screen, Service, Stopped, Wait, Waiting};
use crate::csp::{HotSpot, hotspot};

impl Service {
    /// The stored settings that are not in effect yet.
    pub fn waiting(&self) -> Vec<Waiting> {
        let mut waiting = Vec::new();
        let mut note = |waits: bool, node, until| {
            if waits {
                waiting.push(Waiting { node, until });
            }
        };
        let stored = &self.stored;
        note(
            self.screen == Screen::AfterReboot,
            hotspot::ENABLED,
            Wait::Reboot,
        );
        if let Stage::Sharing(session) = &self.stage {
            for node in session.terms.other_than(stored) {
                note(true, node, Wait::SharingRestart);
            }
        }
        note(
            stored.peerless_timeout != self.peerless_timeout,
            hotspot::PEERLESS_TIMEOUT,
            Wait::ServiceStart,
        );
        note(
            stored.public_connection_timeout != self.connection_timeout,
            hotspot::PUBLIC_CONNECTION_TIMEOUT,
            Wait::Reboot,
        );
        waiting
    }

    pub(super) fn take_settings(&mut self, settings: HotSpot, effects: &mut Vec<Effect>) {
        let waited = self.waiting();
        self.stored = settings;
        match (self.stored.enabled, self.screen) {
            (true, Screen::Absent) if self.settings_open && !self.shown_before => {
                self.screen = Screen::AfterReboot;
            }
            (true, Screen::Absent) => self.add_screen(effects),
            (false, Screen::AfterReboot) => self.screen = Screen::Absent,
            (false, Screen::Present) => {
                self.end(Stopped::Disabled, NotStarted::Disabled, effects);
                self.screen = Screen::Absent;
                effects.push(Effect::RemoveScreen);
            }
            (true, Screen::AfterReboot | Screen::Present) | (false, Screen::Absent) => {}
        }
        if let Stage::Sharing(session) = &mut self.stage {
            let limit = usize::from(self.stored.max_bluetooth_users);
            let gone = session.clients.trim_bluetooth(limit);
            effects.extend(gone.into_iter().map(|client| Effect::Disconnect {
                client,
                because: Refusal::TooManyBluetoothUsers,
            }));
        }
        let waits = self.waiting();
        if !waits.is_empty() && waits != waited {
            effects.push(Effect::Waits(waits));
        }
    }

    pub(super) fn add_screen(&mut self, effects: &mut Vec<Effect>) {
        self.screen = Screen::Present;
        self.shown_before = true;
        effects.push(Effect::AddScreen);
    }

    pub(super) fn restart(&mut self, restart: Restart, effects: &mut Vec<Effect>) {
        self.abandon_check(effects);
        self.end(
            Stopped::Restarted(restart),
            NotStarted::Restarted(restart),
            effects,
        );
        let waited = self.waiting();
        self.peerless_timeout = self.stored.peerless_timeout;
        if restart == Restart::Device {
            self.connection_timeout = self.stored.public_connection_timeout;
            self.settings_open = false;
            for one in &mut self.connections {
                one.link = Link::Down;
            }
            if self.screen == Screen::AfterReboot {
                self.add_screen(effects);
            }
        }
        let waits = self.waiting();
        let took: Vec<_> = waited
            .into_iter()
            .filter(|one| !waits.contains(one))
            .map(|one| one.node)
            .collect();
        if !took.is_empty() {
            effects.push(Effect::TookEffect(took));
        }
    }
}
