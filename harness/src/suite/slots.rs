//! Room for runs that several examinations share.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// So many units of room; a run takes some of them while it goes on. Clones share the room.
#[derive(Clone, Debug)]
pub struct Slots {
    shared: Arc<Shared>,
    all: usize,
}

#[derive(Debug)]
struct Shared {
    free: Mutex<usize>,
    given_back: Condvar,
}

impl Slots {
    /// Room for so many runs of the smallest kind.
    pub fn new(all: usize) -> Self {
        let all = all.max(1);
        Self {
            shared: Arc::new(Shared {
                free: Mutex::new(all),
                given_back: Condvar::new(),
            }),
            all,
        }
    }

    /// Takes the room of one run of which `at_once` fill the whole room, and waits for it. It is given back when the
    /// value is dropped.
    pub(super) fn take(&self, at_once: usize) -> Slot<'_> {
        let units = (self.all / at_once.max(1)).clamp(1, self.all);
        let free = lock(&self.shared.free);
        let waited = self
            .shared
            .given_back
            .wait_while(free, |free| *free < units);
        *waited.unwrap_or_else(PoisonError::into_inner) -= units;
        Slot { slots: self, units }
    }
}

fn lock(free: &Mutex<usize>) -> std::sync::MutexGuard<'_, usize> {
    free.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The room of one run.
pub(super) struct Slot<'a> {
    slots: &'a Slots,
    units: usize,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *lock(&self.slots.shared.free) += self.units;
        self.slots.shared.given_back.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn no_more_runs_than_there_is_room_for_go_on_at_once() {
        let slots = Slots::new(8);
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    let _slot = slots.take(4);
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::yield_now();
                    running.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert!((1..=4).contains(&most.into_inner()));
    }

    #[test]
    fn more_at_once_than_there_are_units_take_one_each() {
        let slots = Slots::new(2);
        let _one = slots.take(100);
        let _other = slots.take(100);
        assert_eq!(*lock(&slots.shared.free), 0);
    }
}
