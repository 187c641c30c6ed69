//! Responses to concurrent requests that are sent at the same moment.
//!
//! A plugin that shares a buffer between its threads mixes up responses only if it reads several of them at the same
//! time. So each waits until there are as many as a host makes calls at once, or until no more arrive.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// How many responses are sent together.
const TOGETHER: usize = 8;

/// How long one waits for others. A plugin that makes one request at a time waits as long for each.
const PATIENCE: Duration = Duration::from_millis(30);

/// The responses that wait for others.
#[derive(Default)]
pub(super) struct HeldResponses {
    count: Mutex<usize>,
    /// Counts how often those that waited were sent.
    sent: watch::Sender<u64>,
}

impl HeldResponses {
    /// Waits until the response can be sent.
    pub(super) async fn wait(&self) {
        let mut sent = self.sent.subscribe();
        sent.mark_unchanged();
        if self.add() == TOGETHER || timeout(PATIENCE, sent.changed()).await.is_err() {
            self.release();
        }
    }

    /// Counts one more, and returns how many there are.
    fn add(&self) -> usize {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        *count += 1;
        *count
    }

    fn release(&self) {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner) = 0;
        self.sent.send_modify(|sent| *sent += 1);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn a_response_waits_for_others_and_not_for_ever() {
        let held = HeldResponses::default();
        let started = Instant::now();
        held.wait().await;
        assert!(started.elapsed() >= PATIENCE);
        let waits = std::array::from_fn::<_, TOGETHER, _>(|_| held.wait());
        let [a, b, c, d, e, f, g, h] = waits;
        let started = Instant::now();
        tokio::join!(a, b, c, d, e, f, g, h);
        assert!(started.elapsed() < Duration::from_secs(10));
        assert_eq!(*held.sent.borrow(), 2, "all were sent together");
    }
}
