//! The body of a composed response, made from the allow response of the profile.

use serde_json::{Map, Value};

use super::{Body, gzip};
use crate::profile::member::{json_at, json_parent};
use crate::profile::{MemberPath, Responses};

/// The size of [`Body::Padded`].
const PADDED_SIZE: usize = 4096;

/// The size of [`Body::Huge`]. It is well above what a plugin may keep of it.
const HUGE_SIZE: usize = 96 << 20;

/// The number of bytes after the allow body of [`Body::LongSpaces`].
const LONG_PADDING: usize = 20_000;

/// Members of several types that no client knows.
pub(crate) const UNKNOWN: &str =
    r#""request-id":"5f2a","served":[1,2.5,null],"region":{"name":"north","primary":true}"#;

/// A member with characters of two, three and four bytes; U+0800 and U+FFFD are at the borders of what is valid.
const NON_ASCII: &str =
    "\"customer\":\"Andr\u{e9} \u{20ac} \u{800} \u{d55c} \u{fffd} \u{1f600} \u{10ffff}\"";

/// A member with each kind of escape.
const ESCAPES: &str = r#""customer":"Andr\u00e9 \uD83D\uDE00 \\ \/ \" \b\f\n\r\t""#;

/// A string that no body has, in place of an object that is written by hand.
const PLACEHOLDER: &str = "\u{1}the object with the deciding member\u{1}";

/// A byte that is never part of UTF-8.
const NOT_UTF8: u8 = 0xff;

/// What the response contains, before the framing.
pub(super) struct Content {
    pub(super) bytes: Vec<u8>,
    /// How many spaces follow, which are not kept in memory.
    pub(super) spaces: usize,
}

impl Content {
    pub(super) fn length(&self) -> usize {
        self.bytes.len() + self.spaces
    }
}

pub(super) fn content(body: Body, responses: &Responses) -> Content {
    let allow = &responses.allow.body;
    let bytes = match body {
        Body::Allow | Body::EndlessSpaces => allow.clone(),
        Body::Empty => Vec::new(),
        Body::Padded => padded(allow, PADDED_SIZE),
        Body::LongSpaces => padded(allow, allow.len() + LONG_PADDING),
        Body::Spaced => spaced(allow),
        Body::MembersAfter => with_members(allow, UNKNOWN.as_bytes(), false),
        Body::MembersBefore => with_members(allow, UNKNOWN.as_bytes(), true),
        Body::NonAscii => with_members(allow, NON_ASCII.as_bytes(), true),
        Body::Escaped => escaped(responses),
        Body::Gzip => gzip::gzip(allow),
        Body::GzipBomb => gzip::bomb(allow, HUGE_SIZE >> 20),
        Body::TrailingGarbage => [allow.trim_ascii_end(), b"]}<!-- cached -->".as_slice()].concat(),
        Body::TrailingDocument => [allow.trim_ascii_end(), b"\n{}\n"].concat(),
        Body::TrailingNul => [allow.trim_ascii_end(), b"\0"].concat(),
        Body::TextAfterNul => [allow.trim_ascii_end(), b"\0 was cached"].concat(),
        Body::InvalidUtf8 => with_invalid_utf8(responses),
        Body::InvalidMemberNever => with_invalid_member(allow, b"\xff"),
        Body::InvalidMemberContinuation => with_invalid_member(allow, b"\x80"),
        Body::InvalidMemberCut => with_invalid_member(allow, b"\xc3"),
        Body::InvalidMemberTwoFirstBytes => with_invalid_member(allow, b"\xc3\xc3"),
        Body::InvalidMemberOverlong => with_invalid_member(allow, b"\xc0\xaf"),
        Body::InvalidMemberOverlongNul => with_invalid_member(allow, b"\xf0\x80\x80\x80"),
        Body::InvalidMemberSurrogate => with_invalid_member(allow, b"\xed\xa0\x80"),
        Body::InvalidMemberTooLarge => with_invalid_member(allow, b"\xf4\x90\x80\x80"),
        Body::Huge => {
            return Content {
                bytes: allow.clone(),
                spaces: HUGE_SIZE.saturating_sub(allow.len()),
            };
        }
    };
    Content { bytes, spaces: 0 }
}

fn padded(body: &[u8], size: usize) -> Vec<u8> {
    let mut body = body.to_vec();
    body.resize(size.max(body.len()), b' ');
    body
}

/// The body with white space between its tokens, where it is JSON.
pub(crate) fn spaced(body: &[u8]) -> Vec<u8> {
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => {
            let pretty = serde_json::to_string_pretty(&value).unwrap_or_default();
            format!("\r\n\t{}\r\n", pretty.replace(": ", "  :\t")).into_bytes()
        }
        Err(_) => body.to_vec(),
    }
}

/// The body with other members, where it is a JSON object.
pub(crate) fn with_members(body: &[u8], unknown: &[u8], before: bool) -> Vec<u8> {
    let Ok(known) = serde_json::from_slice::<Map<String, Value>>(body) else {
        return body.to_vec();
    };
    let known = serde_json::to_string(&known).unwrap_or_default();
    // Text, since a map would sort them.
    let known = known.strip_prefix('{').unwrap_or(&known);
    // The last member may end with a brace of its own.
    let known = known.strip_suffix('}').unwrap_or(known);
    let (first, second) = match before {
        true => (unknown, known.as_bytes()),
        false => (known.as_bytes(), unknown),
    };
    [b"{", first, b",", second, b"}"].concat()
}

/// The body with a member whose text is not UTF-8, or with these bytes at its end where it is not a JSON object.
fn with_invalid_member(body: &[u8], invalid: &[u8]) -> Vec<u8> {
    let member = [br#""customer":"a"#, invalid, br#"z""#].concat();
    let with_member = with_members(body, &member, false);
    match with_member == body {
        true => [body, invalid].concat(),
        false => with_member,
    }
}

/// The body with the first character of the deciding name and value escaped, and an unknown member that needs escapes,
/// where it is JSON.
fn escaped(responses: &Responses) -> Vec<u8> {
    let body = &responses.allow.body;
    let with_escapes = || {
        let Some(MemberPath::Json(path)) = &responses.member else {
            return None;
        };
        let mut document: Value = serde_json::from_slice(body).ok()?;
        document.as_object()?;
        let (parent, member) = json_parent(&mut document, path)?;
        let mut text = String::new();
        for (name, value) in parent.as_object()? {
            let name = match name == member {
                true => first_escaped(name),
                false => Value::from(name.as_str()).to_string(),
            };
            let value = match value {
                Value::String(value) => first_escaped(value),
                other => other.to_string(),
            };
            text += &format!("{name}:{value},");
        }
        let text = format!("{{{text}{ESCAPES}}}");
        *parent = PLACEHOLDER.into();
        let placeholder = Value::from(PLACEHOLDER).to_string();
        Some(
            document
                .to_string()
                .replacen(&placeholder, &text, 1)
                .into_bytes(),
        )
    };
    with_escapes().unwrap_or_else(|| body.clone())
}

/// The text as JSON, with its first character as an escape of four hexadecimal digits.
fn first_escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    match text.as_bytes().first() {
        Some(first) if first.is_ascii_alphanumeric() => {
            format!("\"\\u{first:04x}{}", &quoted[2..])
        }
        _ => quoted,
    }
}

/// The allow body with a byte that is not UTF-8 before the end of the deciding value.
fn with_invalid_utf8(responses: &Responses) -> Vec<u8> {
    let mut body = responses.allow.body.trim_ascii_end().to_vec();
    let decides = responses.member.as_ref().and_then(|member| match member {
        MemberPath::Json(path) => {
            let document: Value = serde_json::from_slice(&body).ok()?;
            let value = serde_json::to_vec(json_at(&document, path)?).ok()?;
            let at = body
                .windows(value.len())
                .position(|window| window == value)?;
            Some(at + value.len() - usize::from(value.ends_with(b"\"")))
        }
        MemberPath::Xml(path) => Some(path.find(std::str::from_utf8(&body).ok()?)?.at.end),
    });
    body.insert(decides.unwrap_or(body.len()), NOT_UTF8);
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testbed::wire::render::tests::carrier;

    #[test]
    fn bodies_keep_the_allow_value() {
        let responses = carrier();
        let of = |body| {
            let bytes = content(body, &responses).bytes;
            String::from_utf8_lossy(&bytes).into_owned()
        };
        assert_eq!(of(Body::Padded).len(), PADDED_SIZE);
        assert_eq!(
            of(Body::TrailingGarbage),
            r#"{"status":"allowed"}]}<!-- cached -->"#
        );
        assert_eq!(of(Body::InvalidUtf8), "{\"status\":\"allowed\u{fffd}\"}");
        assert_eq!(
            of(Body::InvalidMemberNever),
            "{\"status\":\"allowed\",\"customer\":\"a\u{fffd}z\"}"
        );
        assert!(of(Body::Escaped).starts_with(r#"{"\u0073tatus":"\u0061llowed","customer":"#));
        assert_eq!(content(Body::Huge, &responses).spaces, 100_663_276);
        for body in [
            Body::Spaced,
            Body::MembersAfter,
            Body::MembersBefore,
            Body::NonAscii,
            Body::Escaped,
        ] {
            let value: Value = serde_json::from_str(&of(body)).unwrap();
            assert_eq!(value["status"], "allowed", "{body:?}");
        }
    }

    #[test]
    fn unknown_members_stand_beside_a_last_member_that_is_an_object() {
        let body = br#"{"a":{"b":{"status":1}}}"#;
        for before in [true, false] {
            let body = with_members(body, UNKNOWN.as_bytes(), before);
            let value: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(value["a"]["b"]["status"], 1);
            assert_eq!(value["request-id"], "5f2a");
        }
    }

    #[test]
    fn no_invalid_text_is_utf8() {
        let responses = carrier();
        for invalid in [
            Body::InvalidMemberNever,
            Body::InvalidMemberContinuation,
            Body::InvalidMemberCut,
            Body::InvalidMemberTwoFirstBytes,
            Body::InvalidMemberOverlong,
            Body::InvalidMemberOverlongNul,
            Body::InvalidMemberSurrogate,
            Body::InvalidMemberTooLarge,
        ] {
            let body = content(invalid, &responses).bytes;
            assert!(std::str::from_utf8(&body).is_err(), "{invalid:?}");
            let lossy = String::from_utf8_lossy(&body);
            let value: Value = serde_json::from_str(&lossy).unwrap();
            assert_eq!(value["status"], "allowed", "{invalid:?}");
        }
    }

    #[test]
    fn a_bomb_is_small_on_the_wire() {
        let bomb = content(Body::GzipBomb, &carrier());
        assert!(bomb.length() < 1 << 20, "{}", bomb.length());
    }
}
