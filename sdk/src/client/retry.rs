//! Whether and when to ask again. Without the setting `[retry]` never.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use reqwest::header::RETRY_AFTER;

use super::ClientError;
use crate::config::Retry;

/// The retries of one request.
#[derive(Debug)]
pub(super) struct Retries {
    left: u32,
    pause: Duration,
}

impl Retries {
    pub(super) fn new(settings: &Retry) -> Self {
        Self {
            left: settings.times,
            pause: settings.pause(),
        }
    }

    /// How long to wait before asking again; `None` to leave it at this answer.
    ///
    /// Only what may have passed in a moment is asked again: no connection, and the statuses by
    /// which a server or the proxy before it says so.
    pub(super) fn pause(
        &mut self,
        answer: &Result<reqwest::Response, ClientError>,
        time_left: Duration,
    ) -> Option<Duration> {
        if self.left == 0 {
            return None;
        }
        let asked_for = match answer {
            Err(error) if error.is_connection() => None,
            Ok(answer) if matches!(answer.status().as_u16(), 502..=504) => answer
                .headers()
                .get(RETRY_AFTER)
                .and_then(|value| value.to_str().ok()),
            _ => return None,
        };
        self.left -= 1;
        let pause = jittered(self.pause).max(asked_for.map_or(Duration::ZERO, retry_after));
        self.pause *= 2;
        // A pause beyond the deadline would only make a late answer of an early one.
        (pause < time_left).then_some(pause)
    }
}

/// Between half and the whole of a span, so that devices that failed together part.
fn jittered(span: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish() as u32;
    span.mul_f64(0.5 + 0.5 * f64::from(random) / f64::from(u32::MAX))
}

/// The time that a server asks for. What can't be read asks for longer than any deadline.
fn retry_after(value: &str) -> Duration {
    value
        .trim()
        .parse()
        .map_or(Duration::MAX, Duration::from_secs)
}
