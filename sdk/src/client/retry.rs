//! Whether and when to repeat a request. Without the setting `[retry]` it is never repeated.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::RETRY_AFTER;

use crate::config::Retry;
use crate::transport::ClientError;

/// The retries that one request has left.
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

    /// How long to wait before the next attempt; `None` if this answer is final.
    ///
    /// Only failures that are likely to be temporary are retried: no connection, and the statuses
    /// 502 to 504.
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
        // No attempt is possible after the deadline, so waiting would only delay the answer.
        (pause < time_left).then_some(pause)
    }
}

/// A random duration between half and the whole of `span`, so that devices that failed at the same
/// moment do not retry at the same moment.
fn jittered(span: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish() as u32;
    span.mul_f64(0.5 + 0.5 * f64::from(random) / f64::from(u32::MAX))
}

/// The pause that a `Retry-After` field asks for: seconds, or a date in the form that HTTP requires
/// of servers (`Sun, 06 Nov 1994 08:49:37 GMT`; RFC 9110, section 5.6.7). A value that cannot be
/// parsed is treated as longer than any deadline.
fn retry_after(value: &str) -> Duration {
    let value = value.trim();
    let seconds = value.parse().ok().map(Duration::from_secs);
    seconds
        .or_else(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
            Some(date(value)?.saturating_sub(now))
        })
        .unwrap_or(Duration::MAX)
}

/// An HTTP date from 1970 on, as the time since 1 January 1970.
fn date(value: &str) -> Option<Duration> {
    let mut parts = value.split_once(", ")?.1.split([' ', ':']);
    let number = |part: Option<&str>| part?.parse::<u64>().ok();
    let day = number(parts.next())?;
    let names = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let name = parts.next()?;
    let month = names.iter().position(|known| *known == name)? as u64 + 1;
    let year = number(parts.next())?;
    let [hour, minute, second] = [
        number(parts.next())?,
        number(parts.next())?,
        number(parts.next())?,
    ];
    if !(1970..=9999).contains(&year) || day > 31 || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // If years start in March, the leap day is the last of a year and months follow a pattern.
    let (years, months) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = years / 4 - years / 100 + years / 400;
    // 719,469 days lie between 1 March of the year 0 and 1 January 1970, counted from one.
    let days = (365 * years + leap_days + (153 * months + 2) / 5 + day).checked_sub(719_469)?;
    Some(Duration::from_secs(
        ((days * 24 + hour) * 60 + minute) * 60 + second,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_dates_are_parsed() {
        // From RFC 9110, and from `date -u -d … +%s`.
        let seconds = |text| date(text).map(|time| time.as_secs());
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(seconds("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(
            seconds("Tue, 29 Feb 2028 23:59:59 GMT"),
            Some(1_835_481_599)
        );
        for wrong in [
            "",
            "soon",
            "Sun, 06 Nov 1994",
            "Sun, 6 Foo 1994 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_unreadable_retry_after_exceeds_every_deadline() {
        assert_eq!(retry_after("3"), Duration::from_secs(3));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT"), Duration::ZERO);
        assert_eq!(retry_after("-1"), Duration::MAX);
    }

    #[test]
    fn jitter_stays_between_half_and_whole() {
        let span = Duration::from_millis(200);
        let spans: Vec<_> = (0..100).map(|_| jittered(span)).collect();
        assert!(spans.iter().all(|got| (span / 2..=span).contains(got)));
        assert!(spans.iter().any(|got| *got != spans[0]));
    }
}
