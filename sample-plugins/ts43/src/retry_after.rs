//! The header field `Retry-After` (RFC 9110, section 10.2.3).

use std::time::{Duration, SystemTime};

/// How long the server asks to wait: a number of seconds, or a date. `None` if it is neither.
pub(crate) fn pause(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // What does not fit into the number is longer than any deadline.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    // A date that has passed asks for no wait.
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two seconds before the date that RFC 9110 has as its example.
    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_775)
    }

    #[test]
    fn seconds_and_the_three_forms_of_a_date_are_read() {
        for value in [
            "2",
            " 2 ",
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(pause(value, now()), Some(Duration::from_secs(2)), "{value}");
        }
    }

    #[test]
    fn a_date_in_the_past_asks_for_no_wait() {
        let past = pause("Thu, 01 Jan 1970 00:00:00 GMT", now());
        assert_eq!(past, Some(Duration::ZERO));
    }

    #[test]
    fn what_is_neither_is_no_wait_at_all() {
        for value in ["", "-1", "+1", "1.5", "soon", "06 Nov 1994"] {
            assert_eq!(pause(value, now()), None, "{value}");
        }
    }

    #[test]
    fn a_number_of_any_length_is_a_long_wait() {
        let long = pause("99999999999999999999999", now());
        assert_eq!(long, Some(Duration::from_secs(u64::MAX)));
    }
}
