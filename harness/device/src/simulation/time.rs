//! Times of day and durations, as people write them.

use std::fmt;
use std::time::Duration;

use crate::service::Moment;

const DAY: u64 = 24 * 60 * 60 * 1000;
const DAY_SECONDS: u64 = DAY / 1000;
/// Up to here a duration is shown in hours.
const TWO_DAYS: u64 = 2 * DAY_SECONDS;

/// A moment as a clock shows it: `10:00:30`, with the day from the second on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock(pub Moment);

impl Clock {
    /// The day, counted from 1.
    pub fn day(self) -> u64 {
        self.0.0 / DAY + 1
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.0 % DAY / 1000;
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let text = match self.day() {
            1 => format!("{hours:02}:{minutes:02}:{seconds:02}"),
            day => format!("day {day} {hours:02}:{minutes:02}:{seconds:02}"),
        };
        f.pad(&text)
    }
}

/// Reads `10:00`, `10:00:30` or `day 3 10:00`; `24:00` is the end of a day.
///
/// # Errors
/// What was expected.
pub fn parse_moment(text: &str) -> Result<Moment, String> {
    read_moment(text)
        .ok_or_else(|| "a time such as `10:00`, `10:00:30` or `day 2 10:00`".to_owned())
}

fn read_moment(text: &str) -> Option<Moment> {
    let (day, clock) = match text.strip_prefix("day ") {
        Some(rest) => {
            let (day, clock) = rest.split_once(' ')?;
            (number(day, 1..=100_000)?, clock)
        }
        None => (1, text),
    };
    let mut parts = clock.split(':');
    let hours = two_digits(parts.next()?, 24)?;
    let minutes = two_digits(parts.next()?, 59)?;
    let seconds = parts.next().map_or(Some(0), |text| two_digits(text, 59))?;
    let in_day = (hours * 60 + minutes) * 60 + seconds;
    let fits = parts.next().is_none() && in_day <= 24 * 60 * 60;
    fits.then(|| Moment((day - 1) * DAY + in_day * 1000))
}

fn two_digits(text: &str, most: u64) -> Option<u64> {
    (text.len() == 2).then(|| number(text, 0..=most)).flatten()
}

fn number(text: &str, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let value = text.parse().ok().filter(|_| digits)?;
    range.contains(&value).then_some(value)
}

/// A duration for people: `350 ms`, `2.5 s`, `5 min`, `2 h 30 min`.
pub fn format_duration(span: Duration) -> String {
    // From a minute on, full seconds are precise enough.
    let seconds = match span.as_secs() {
        60.. => (span + Duration::from_millis(500)).as_secs(),
        seconds => seconds,
    };
    match seconds {
        0 => format!("{} ms", span.as_millis()),
        1..60 => {
            let text = format!("{:.1}", span.as_secs_f64());
            format!("{} s", text.strip_suffix(".0").unwrap_or(&text))
        }
        60..3600 if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        TWO_DAYS.. if seconds % DAY_SECONDS < 3600 => format!("{} days", seconds / DAY_SECONDS),
        TWO_DAYS.. => format!(
            "{} days {} h",
            seconds / DAY_SECONDS,
            seconds % DAY_SECONDS / 3600
        ),
        _ if seconds % 3600 < 60 => format!("{} h", seconds / 3600),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_shown_the_same() {
        for (text, shown) in [
            ("00:00", "00:00:00"),
            ("10:05:09", "10:05:09"),
            ("day 1 23:59", "23:59:00"),
            ("day 366 06:00", "day 366 06:00:00"),
            ("24:00", "day 2 00:00:00"),
        ] {
            let moment = parse_moment(text).expect(text);
            assert_eq!(Clock(moment).to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "10",
            "1:00",
            "25:00",
            "24:01",
            "10:60",
            "10:00:60",
            "day 0 10:00",
            "day 2",
            "tomorrow",
            "+1:00",
            "10:00:00:00",
        ] {
            assert!(parse_moment(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn durations_are_shown_briefly() {
        for (millis, words) in [
            (12, "12 ms"),
            (2500, "2.5 s"),
            (5000, "5 s"),
            (300_000, "5 min"),
            (90_000, "1 min 30 s"),
            (DAY, "24 h"),
            (9_000_000, "2 h 30 min"),
            (5_399_980, "1 h 30 min"),
            (47 * 3_600_000, "47 h"),
            (99 * DAY, "99 days"),
            (99 * DAY + 7_200_000, "99 days 2 h"),
        ] {
            assert_eq!(format_duration(Duration::from_millis(millis)), words);
        }
    }
}
