//! When the user of one device wants to share.

use rand_pcg::Pcg64Mcg;

use super::Habits;
use super::distribution::{DAY, varied};
use super::random::chance;

/// One wish to share: from when on, and for how long, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Session {
    pub(super) at: u64,
    pub(super) lasts: u64,
}

/// The plans of one user, day by day.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// The times of day that the user has, if they are the same each day but for variation.
    own: Vec<u64>,
    /// The sessions of one day, in order of time.
    pub(super) sessions: Vec<Session>,
}

impl Plan {
    /// Begins with another user, whose plans have nothing of the last one's.
    pub(super) fn begin(&mut self, habits: &Habits, random: &mut Pcg64Mcg) {
        self.own.clear();
        if habits.varies.is_some() {
            let most = habits.sessions.ceil() as usize;
            let times = (0..most).map(|_| habits.on.sample(random));
            self.own.extend(times);
        }
    }

    /// Plans a day, which begins at `midnight`.
    pub(super) fn day(&mut self, midnight: u64, habits: &Habits, random: &mut Pcg64Mcg) {
        self.sessions.clear();
        let whole = habits.sessions.floor();
        let more = usize::from(chance(habits.sessions - whole, random));
        for index in 0..whole as usize + more {
            let time = match (habits.varies, self.own.get(index)) {
                (Some(deviation), Some(own)) => varied(*own, deviation, random),
                _ => habits.on.sample(random),
            };
            debug_assert!(time < DAY, "a time of day");
            self.sessions.push(Session {
                at: midnight + time,
                lasts: habits.lasts.sample(random),
            });
        }
        self.sessions.sort_unstable();
    }
}
