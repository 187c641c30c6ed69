//! The beginning of a request or a response as it is kept in the transcript: bounded. The recorder masks it.

use std::fmt;
use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::wire::Piece;

/// The most that is kept of a head or a body, in bytes.
const LIMIT: usize = 2048;

/// The most that is printed, in characters.
const PRINTED: usize = 72;

/// Header fields whose values are credentials.
const CREDENTIALS: [&str; 4] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
];

/// Parameters of a query or a form, members of JSON and header fields whose values are credentials. Names that end with
/// one of these after a `_` or `-` are others of the kind, such as `access_token`.
const CREDENTIAL_PARAMETERS: [&str; 6] = [
    "token", "password", "secret", "api_key", "api-key", "apikey",
];

/// The numbers of digits of subscriber and device identities: MSISDN, IMSI, IMEI.
const IDENTITY_DIGITS: std::ops::RangeInclusive<usize> = 10..=16;

/// How long a word with an identity in it is at most, such as `imsi001010123456789`; a longer one is a random token.
const LONGEST_NAMED_IDENTITY: usize = 24;

/// What stands at the end of a masked identity.
pub(crate) const MASKED_IDENTITY: &str = " digits>";

/// How far a number may be from the present time to be taken for a time and not for an identity, in seconds.
const TIME_RANGE: u64 = 400 * 24 * 60 * 60;

/// The beginning of a head or a body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Excerpt {
    /// At most 2 KiB. Credentials and numbers that may identify a subscriber are masked; bytes that are not UTF-8 are
    /// replaced.
    pub text: String,
    /// The size of the whole, in bytes, as far as it was known when this was recorded.
    pub bytes: usize,
}

impl Excerpt {
    /// The beginning of a body.
    pub(crate) fn of(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(&body[..body.len().min(LIMIT)]);
        Self {
            text: text.into_owned(),
            bytes: body.len(),
        }
    }

    /// The beginning of a head: its lines, each with the name of a field and its value.
    pub(crate) fn of_head(lines: impl Iterator<Item = (impl AsRef<str>, String)>) -> Self {
        let mut text = String::new();
        let mut bytes = 0;
        for (name, value) in lines {
            let name = name.as_ref();
            bytes += name.len() + value.len() + ": \r\n".len();
            if text.len() + name.len() + value.len() < LIMIT {
                text += &format!("{name}: {value}\n");
            }
        }
        Self { text, bytes }
    }

    /// The beginnings of the head and of the body of a response that is sent in these pieces.
    pub(crate) fn of_response(pieces: &[Piece]) -> (Self, Self) {
        const BLANK: &[u8] = b"\r\n\r\n";
        let mut bytes = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Segment(part) | Piece::Bytes(part) | Piece::Drip(part) => {
                    bytes.extend_from_slice(&part[..part.len().min(2 * LIMIT)]);
                }
                Piece::Spaces(_) | Piece::Endless(_) => break,
            }
        }
        let mut head = 0;
        while let Some(at) = bytes[head..]
            .windows(BLANK.len())
            .position(|window| window == BLANK)
        {
            let interim = bytes[head..].starts_with(b"HTTP/1.1 1");
            head += at + BLANK.len();
            if !interim {
                break;
            }
        }
        if head == 0 && bytes.starts_with(b"HTTP/") {
            head = bytes.len();
        }
        (Self::of(&bytes[..head]), Self::of(&bytes[head..]))
    }

    /// Whether something in it may identify a subscriber or a device.
    pub fn has_identity(&self) -> bool {
        self.text.contains(MASKED_IDENTITY)
    }

    /// Whether a form, or the JSON, of a request's body contains a credential.
    pub fn has_credential_parameter(&self) -> bool {
        let text = self.text.trim_start();
        if text.starts_with('{') {
            // An excerpt may be cut, so it is searched and not parsed.
            let mut quoted = text.split('"').skip(1).step_by(2);
            return quoted
                .any(|name| is_credential(name) && text.contains(&format!("\"{name}\":")));
        }
        has_credential_parameter(text)
    }

    /// Whether it contains a credential, for the head of a request.
    pub fn has_credential(&self) -> bool {
        self.text
            .lines()
            .filter_map(|line| line.split_once(':'))
            .any(|(name, _)| is_credential_field(name))
    }
}

/// Whether `name=value&…`, of a query or a form, contains a credential.
pub(crate) fn has_credential_parameter(pairs: &str) -> bool {
    let mut pairs = pairs.split('&').filter_map(|pair| pair.split_once('='));
    pairs.any(|(name, value)| is_credential(name) && !value.trim().is_empty())
}

pub(super) fn is_credential_field(name: &str) -> bool {
    CREDENTIALS.contains(&name.to_ascii_lowercase().as_str()) || is_credential(name)
}

fn is_credential(name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase();
    CREDENTIAL_PARAMETERS.iter().any(|credential| {
        let before = name.strip_suffix(credential);
        before.is_some_and(|before| before.is_empty() || before.ends_with(['_', '-']))
    })
}

impl fmt::Display for Excerpt {
    /// The first characters, in quotes; nothing for an empty one.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text.is_empty() {
            return Ok(());
        }
        let shown: String = self.text.chars().take(PRINTED).collect();
        let rest = match shown.len() < self.text.len() {
            true => "…",
            false => "",
        };
        write!(formatter, ": `{}{rest}`", shown.trim_end())
    }
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs())
}

/// The text with each number that may be an identity replaced by the number of its digits.
///
/// A number that is the present time in seconds or in milliseconds stays.
pub(crate) fn mask_identities(text: &str) -> String {
    mask(text, now())
}

fn mask(text: &str, now: u64) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end = from
            .find(|letter: char| !letter.is_ascii_digit())
            .unwrap_or(from.len());
        let (digits, after) = from.split_at(end);
        masked += before;
        let at = text.len() - from.len();
        let is_identity = IDENTITY_DIGITS.contains(&digits.len())
            && !is_time(digits, now)
            && !is_in_random_word(text, at..at + digits.len());
        if is_identity {
            masked += &format!("<{} digits>", digits.len());
        } else {
            masked += digits;
        }
        rest = after;
    }
    masked + rest
}

/// Whether digits are a part of a long word that is random: a token, or a UUID or another number in hexadecimal digits.
fn is_in_random_word(text: &str, digits: Range<usize>) -> bool {
    let word = |is_part: fn(char) -> bool| {
        let before = text[..digits.start].trim_end_matches(is_part).len();
        let after = text[digits.end..].trim_start_matches(is_part).len();
        &text[before..text.len() - after]
    };
    let is_random = |word: &str| {
        word.len() > LONGEST_NAMED_IDENTITY
            && word.chars().any(|letter| letter.is_ascii_alphabetic())
    };
    is_random(word(|letter| letter.is_ascii_alphanumeric()))
        || is_random(word(|letter| letter.is_ascii_hexdigit() || letter == '-'))
}

fn is_time(digits: &str, now: u64) -> bool {
    let seconds = match (digits.len(), digits.parse::<u64>()) {
        (10, Ok(seconds)) => seconds,
        (13, Ok(milliseconds)) => milliseconds / 1000,
        (16, Ok(microseconds)) => microseconds / 1_000_000,
        _ => return false,
    };
    seconds.abs_diff(now) < TIME_RANGE
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_000_000;

    #[test]
    fn identities_are_masked_and_times_are_not() {
        assert_eq!(
            mask("/v1?imsi=001010123456789&t=1795000001&n=42", NOW),
            "/v1?imsi=<15 digits>&t=1795000001&n=42"
        );
        assert_eq!(
            mask("{\"msisdn\":\"+12065550100\"}", NOW),
            "{\"msisdn\":\"+<11 digits>\"}"
        );
        assert_eq!(mask("1795000000123", NOW), "1795000000123");
        assert_eq!(mask("99999999999999999999", NOW), "99999999999999999999");
    }

    #[test]
    fn digits_of_a_random_word_are_no_identity() {
        for random in [
            "/sessions/d62724a123456789012ec9c32b7bd729b92e3b6d/entitlement",
            "id=0f4ad202-cff4-448b-a7ff-123456789012",
            "token=aB3123456789012xYz09876QwErTy",
        ] {
            assert_eq!(mask(random, NOW), random);
        }
        for (named, masked) in [
            ("/imsi001010123456789", "/imsi<15 digits>"),
            (
                "/imsi-001010123456789-imei-350123451234560",
                "/imsi-<15 digits>-imei-<15 digits>",
            ),
            (
                "0001010123456789@nai.epc.mnc001.mcc001",
                "<16 digits>@nai.epc.mnc001.mcc001",
            ),
        ] {
            assert_eq!(mask(named, NOW), masked);
        }
    }

    #[test]
    fn a_head_has_a_credential_by_the_name_of_a_field() {
        for (name, is_credential) in [
            ("Authorization", true),
            ("X-Api-Key", true),
            ("accept", false),
        ] {
            let head = Excerpt::of_head([(name, "text/plain".to_owned())].into_iter());
            assert_eq!(head.has_credential(), is_credential, "{name}");
            assert!(!head.has_identity());
        }
    }

    #[test]
    fn a_parameter_is_a_credential_by_its_name() {
        for query in [
            "token=4f",
            "a=1&access_token=x",
            "x-api-key=1",
            "PASSWORD=p",
        ] {
            assert!(has_credential_parameter(query), "{query}");
        }
        for query in ["", "token", "token=", "tokens=1", "a=token=1", "app=token"] {
            assert!(!has_credential_parameter(query), "{query}");
        }
        let body = |text: &str| Excerpt::of(text.as_bytes()).has_credential_parameter();
        assert!(body(r#"{"refresh_token":"4f","#));
        assert!(body("grant_type=x&refresh_token=4f"));
        assert!(!body(r#"{"status":"token"}"#));
    }

    #[test]
    fn an_excerpt_is_bounded() {
        let excerpt = Excerpt::of(&vec![b'x'; 10_000]);
        assert_eq!((excerpt.text.len(), excerpt.bytes), (LIMIT, 10_000));
        assert!(excerpt.to_string().len() < 100);
    }

    #[test]
    fn a_response_is_divided_after_its_interim_responses() {
        let piece = |text: &str| Piece::Segment(text.as_bytes().to_vec());
        let pieces = [
            piece("HTTP/1.1 100 Continue\r\n\r\n"),
            piece("HTTP/1.1 200 OK\r\n\r\nbody"),
        ];
        let (head, body) = Excerpt::of_response(&pieces);
        assert!(head.text.ends_with("200 OK\r\n\r\n"), "{}", head.text);
        assert_eq!(body.text, "body");
    }
}
