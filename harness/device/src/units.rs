//! Units as people write them: one grammar for the command line and for files.

use std::time::Duration;

/// What [`parse_duration`] reads, for a message that asks for it.
pub const DURATION: &str = "a number and a unit, such as `30s`, `1500ms`, `5m`, `2h` or `1d`";

/// Reads `1500ms`, `30s`, `1.5s`, `5m` or `5min`, `2h`, `1d`: to the millisecond,
/// for nothing here is measured in less.
///
/// # Errors
/// What was expected: [`DURATION`].
pub fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    millis(text).map(Duration::from_millis).ok_or(DURATION)
}

fn millis(text: &str) -> Option<u64> {
    let is_number = |one: char| one.is_ascii_digit() || one == '.';
    let (number, unit) = text.split_at(text.find(|one| !is_number(one))?);
    let unit: u64 = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" | "min" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        "d" => 24 * 60 * 60 * 1000,
        _ => return None,
    };
    let (whole, part) = match number.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (number, None),
    };
    let whole = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    let Some(part) = part else {
        return Some(whole);
    };
    // Exact, where a floating-point number would not be.
    let scale = 10_u64.checked_pow(part.len().try_into().ok()?)?;
    let part = part.parse::<u64>().ok()?.checked_mul(unit)?;
    whole.checked_add(part.is_multiple_of(scale).then(|| part / scale)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, millis) in [
            ("1500ms", 1500),
            ("30s", 30_000),
            ("1.5s", 1500),
            ("0.001s", 1),
            ("1.25m", 75_000),
            ("2m", 120_000),
            ("2min", 120_000),
            ("2h", 7_200_000),
            ("0.5d", 43_200_000),
            ("0s", 0),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)));
        }
        for wrong in [
            "",
            "5",
            "s",
            "5 s",
            "-5s",
            "+5s",
            ".5s",
            "5.s",
            "1.5.2s",
            "5sec",
            "0.5ms",
            "0.0001s",
            "99999999999999999999s",
            "18446744073709551615d",
            "1.00000000000000000000s",
        ] {
            assert_eq!(parse_duration(wrong), Err(DURATION), "{wrong:?}");
        }
    }
}
