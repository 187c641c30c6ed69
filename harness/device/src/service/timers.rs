//! The timers of the service.

use super::check::Outcome;
use super::machine::Stage;
use super::{Effect, Moment, Purpose, Service, Stopped};

/// The timers, in the order in which those of one moment fire: those that end
/// something precede the one that would ask the plugin needlessly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    CheckLimit,
    Peerless,
    Unconnected,
    CheckDue,
}

impl Service {
    /// Starts and stops the time-outs when clients and connections change.
    pub(super) fn watch(&mut self) {
        let Stage::Sharing(session) = &mut self.stage else {
            return;
        };
        let peerless = self.now.after(self.peerless_timeout);
        let unconnected = self.now.after(self.connection_timeout);
        session.peerless = session
            .clients
            .is_empty()
            .then(|| session.peerless.unwrap_or(peerless));
        session.unconnected = (!session.is_connected(&self.connections))
            .then(|| session.unconnected.unwrap_or(unconnected));
    }

    /// The timer that comes first.
    fn next_timer(&self) -> Option<(Moment, Timer)> {
        let limit = self.check.as_ref().map(|check| check.until);
        let mut timers = [(limit, Timer::CheckLimit); 4];
        if let Stage::Sharing(session) = &self.stage {
            timers[1] = (session.peerless, Timer::Peerless);
            timers[2] = (session.unconnected, Timer::Unconnected);
            timers[3] = (session.check_due, Timer::CheckDue);
        }
        let set = timers
            .into_iter()
            .filter_map(|(at, timer)| Some((at?, timer)));
        set.min()
    }

    /// Fires what is due, in order. Each timer that fires is cleared or moved past
    /// this moment, so this ends.
    pub(super) fn fire_timers(&mut self, effects: &mut Vec<Effect>) {
        while let Some((_, timer)) = self.next_timer().filter(|(at, _)| *at <= self.now) {
            match timer {
                Timer::CheckLimit => {
                    let asked = self.check.as_ref().map_or(self.now, |check| check.asked);
                    self.abandon_check(effects);
                    self.conclude(Outcome::Unavailable, asked, effects);
                }
                Timer::Peerless => self.stop(Stopped::NoClients, effects),
                Timer::Unconnected => self.stop(Stopped::NoConnection, effects),
                Timer::CheckDue => {
                    if let Stage::Sharing(session) = &mut self.stage {
                        session.check_due = None;
                    }
                    self.ask(Purpose::Periodic, effects);
                }
            }
        }
    }

    pub(super) fn plan_wake(&mut self, effects: &mut Vec<Effect>) {
        let next = self.next_timer().map(|(at, _)| at);
        if next != self.wake {
            self.wake = next;
            effects.push(next.map_or(Effect::NoWake, Effect::WakeAt));
        }
    }
}
