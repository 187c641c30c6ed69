//! Setting values with a syntax of their own: durations, sizes and pinned keys.

use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, Unexpected};

/// A duration from 1 ms to 1 h, such as `"5s"`, `"1.5 s"`, `"250 ms"`, `"2 min"` or `"2m"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span(pub(super) Duration);

/// A number of bytes above zero, such as `"64 KiB"`, `"1 MiB"` or `"512 B"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size(pub(super) usize);

/// The SHA-256 of a public key (SubjectPublicKeyInfo), as `"sha256/<base64>"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pin(pub(crate) [u8; 32]);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(
            deserializer,
            span,
            "a time from 1 ms to an hour with its unit: ms, s, min or m, as in \"5s\"",
        )
        .map(Self)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(
            deserializer,
            size,
            "a size above zero with its unit: B, KiB or MiB, as in \"64 KiB\"",
        )
        .map(Self)
    }
}

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer, pin, "\"sha256/\" and 44 characters of base64").map(Self)
    }
}

fn parsed<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    parse: fn(&str) -> Option<T>,
    expected: &'static str,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| D::Error::invalid_value(Unexpected::Str(&text), &expected))
}

fn span(text: &str) -> Option<Duration> {
    let (number, unit) = split(text);
    let unit_ms = match unit {
        "ms" => 1.0,
        "s" => 1_000.0,
        "min" | "m" => 60_000.0,
        _ => return None,
    };
    let ms = number.parse::<f64>().ok()? * unit_ms;
    // The limit of an hour keeps later additions in range.
    (ms.is_finite() && (1.0..=3_600_000.0).contains(&ms))
        .then(|| Duration::from_secs_f64(ms / 1_000.0))
}

fn size(text: &str) -> Option<usize> {
    let (number, unit) = split(text);
    let unit = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        _ => return None,
    };
    let size = number.parse::<usize>().ok()?.checked_mul(unit)?;
    (size > 0).then_some(size)
}

/// The number and the unit of a text such as "5 s", without the space between them.
fn split(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim_start())
}

fn pin(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix("sha256/")?.strip_suffix('=')?;
    if digits.len() != 43 {
        return None;
    }
    let mut bytes = [0_u8; 33];
    for (place, digit) in digits.bytes().chain([b'A']).enumerate() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        // Each base64 digit has six bits, so four digits make three bytes.
        let bit = place * 6;
        let pair = u16::from(value) << (10 - bit % 8);
        bytes[bit / 8] |= (pair >> 8) as u8;
        if let Some(next) = bytes.get_mut(bit / 8 + 1) {
            *next |= (pair & 0xff) as u8;
        }
    }
    // The last digit has two unused bits. If they could be set, one key would have several texts.
    if bytes[32] != 0 {
        return None;
    }
    bytes[..32].try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit_and_are_in_range() {
        assert_eq!(span("5s"), Some(Duration::from_secs(5)));
        assert_eq!(span("1.5 s"), Some(Duration::from_millis(1500)));
        assert_eq!(span("250 ms"), Some(Duration::from_millis(250)));
        for minutes in ["2min", "2 min", "2m", "2 m", "2.0m"] {
            assert_eq!(span(minutes), Some(Duration::from_secs(120)), "{minutes}");
        }
        for wrong in [
            "5", "s", "", "-1s", "0s", "5 sec", "1e3s", "NaN s", "2 h", "90min", "90m", "2 M",
        ] {
            assert_eq!(span(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sizes_need_a_unit_and_fit() {
        assert_eq!(size("64 KiB"), Some(65_536));
        assert_eq!(size("1MiB"), Some(1_048_576));
        assert_eq!(size("512 B"), Some(512));
        for wrong in [
            "64",
            "64 kb",
            "64 KB",
            "0 B",
            "1.5 KiB",
            "99999999999999999999 B",
        ] {
            assert_eq!(size(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn pins_are_complete_digests() {
        // The digest of the empty string, as `openssl dgst -sha256 -binary | base64` writes it.
        let empty = "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        let digest = pin(empty).unwrap();
        assert_eq!(digest[..4], [0xe3, 0xb0, 0xc4, 0x42]);
        assert_eq!(digest[28..], [0x78, 0x52, 0xb8, 0x55]);
        for wrong in [
            &empty[1..],
            &empty[..50],
            &empty.replace("FU=", "FV="),
            &empty.replace('+', "-"),
        ] {
            assert_eq!(pin(wrong), None, "{wrong}");
        }
    }
}
