//! Hides identities of subscribers and what authorises a request, in everything that a report shows.
//!
//! Values are found by what they look like (the digits of a subscriber's or a device's number, credentials in a URL, what
//! follows `Bearer`) and by the names of members, parameters, attributes, elements and header fields: the usual ones, and
//! those that a profile lists.

use super::excerpt::{Excerpt, MASKED_IDENTITY, is_credential_field, mask_identities};
use super::transcript::{Event, TranscriptEntry};

/// What stands in the place of a value.
pub(crate) const MASKED: &str = "<masked>";

/// Names of values that authorise or identify. A longer name that ends with one of these after a `_`, `-` or `.`, or with
/// its first letter in upper case, is another one of the kind, such as `access_token`, `deviceImei`.
const NAMES: [&str; 28] = [
    "apikey",
    "api_key",
    "assertion",
    "authorization",
    "cookie",
    "credential",
    "credentials",
    "eap_id",
    "eid",
    "gpsi",
    "iccid",
    "imei",
    "imeisv",
    "imsi",
    "jwt",
    "msisdn",
    "nai",
    "otp",
    "password",
    "passwd",
    "phone_number",
    "secret",
    "session_id",
    "sessionid",
    "subscriber_id",
    "supi",
    "terminal_id",
    "token",
];

/// The schemes of credentials in the text of a header field (RFC 6750, RFC 7617).
const SCHEMES: [&str; 2] = ["Bearer ", "Basic "];

/// What is hidden.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Masking {
    /// The names that the profile lists, in lower case, with `_` for `-`.
    names: Vec<String>,
    /// Nothing is hidden from people; judges see the same as ever.
    reveal: bool,
}

impl Masking {
    /// The usual names and these.
    pub fn new(names: &[String], reveal: bool) -> Self {
        Self {
            names: names.iter().map(|name| plain(name)).collect(),
            reveal,
        }
    }

    /// A text of a report.
    pub fn text(&self, text: &str) -> String {
        match self.reveal {
            true => text.to_owned(),
            false => self.mask(text),
        }
    }

    /// What is recorded of an event: what judges see, and with [`Masking::reveal`] the event itself.
    pub(super) fn recorded(&self, mut event: Event) -> (Event, Option<Box<Event>>) {
        let revealed = self.reveal.then(|| Box::new(event.clone()));
        match &mut event {
            Event::Request {
                target,
                head,
                content,
                ..
            } => {
                *target = self.mask(target);
                self.head(head);
                self.excerpt(content);
            }
            Event::Reply {
                what, head, body, ..
            } => {
                *what = self.mask(what);
                self.head(head);
                self.excerpt(body);
            }
            Event::Fault { what, .. } | Event::Note { what, .. } => *what = self.mask(what),
            Event::Question { .. }
            | Event::Connection { .. }
            | Event::Handshake { .. }
            | Event::Staple { .. }
            | Event::Fragment { .. }
            | Event::Unused { .. }
            | Event::UnservedPort { .. } => {}
        }
        (event, revealed)
    }

    fn excerpt(&self, excerpt: &mut Excerpt) {
        excerpt.text = self.mask(&excerpt.text);
    }

    /// The lines of a head, each with the name of a field and its value.
    fn head(&self, head: &mut Excerpt) {
        let lines = head.text.split_inclusive('\n').map(|line| {
            let Some((name, value)) = line.split_once(':') else {
                return self.mask(line);
            };
            let end = &value[value.trim_end().len()..];
            match !value.trim().is_empty() && (is_credential_field(name) || self.hides(name)) {
                true => format!("{name}: {}{end}", masked_value(value.trim())),
                false => format!("{name}:{}", self.mask(value)),
            }
        });
        head.text = lines.collect();
    }

    fn mask(&self, text: &str) -> String {
        // Numbers first: that some digits were there is more than that something was.
        let text = mask_identities(text);
        let text = mask_schemes(&text);
        let text = mask_url_credentials(&text);
        self.mask_named(&text)
    }

    /// Whether values of that name are hidden.
    fn hides(&self, name: &str) -> bool {
        let name = plain(name);
        let usual = NAMES.iter().copied();
        let own = self.names.iter().map(String::as_str);
        usual.chain(own).any(|known| {
            let before = name.strip_suffix(known);
            before.is_some_and(|before| before.is_empty() || before.ends_with(['_', '.']))
        })
    }

    /// Hides the values of names: `"name": value`, `name=value`, `name='value'`, `<name>value</name>`, and
    /// `name="token" value="…"`, which is how some XML documents have names as values.
    fn mask_named(&self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut rest = text;
        // Whether the next attribute with the name `value` belongs to a hidden name.
        let mut hidden_parameter = false;
        while let Some(at) = rest.find(is_of_name) {
            let (before, from) = rest.split_at(at);
            masked += before;
            let quoted = before.ends_with('"');
            let element = before.ends_with('<');
            if before.contains(['<', '>']) && !element {
                hidden_parameter = false;
            }
            let end = from.find(|letter| !is_of_name(letter));
            let (name, after) = from.split_at(end.unwrap_or(from.len()));
            masked += name;
            rest = after;
            let value_at = match after.as_bytes() {
                [b'"', ..] if quoted => {
                    let colon = after[1..].trim_start();
                    let value = colon.strip_prefix(':').map(str::trim_start);
                    value.map(|value| after.len() - value.len())
                }
                [b'=', ..] => Some(1),
                [b'>', ..] if element => Some(1),
                _ => None,
            };
            let Some(value_at) = value_at else { continue };
            let (separator, from) = after.split_at(value_at);
            let (open, value, _) = value_of(from, separator == ">");
            let is_attribute = separator == "=" && !open.is_empty();
            let hidden = self.hides(name) || (hidden_parameter && is_attribute && name == "value");
            if is_attribute && name.eq_ignore_ascii_case("name") {
                hidden_parameter = self.hides(value);
            }
            if hidden && !value.is_empty() {
                masked += separator;
                masked += open;
                masked += &masked_value(value);
                rest = &from[open.len() + value.len()..];
            }
        }
        masked + rest
    }
}

impl TranscriptEntry {
    /// The entry as a report shows it. Judges see the names of hosts as they are, and people without the digits of an
    /// identity.
    pub(crate) fn for_people(self) -> Self {
        let mut event = match self.revealed {
            Some(event) => {
                return Self {
                    event: *event,
                    revealed: None,
                    ..self
                };
            }
            None => self.event,
        };
        match &mut event {
            Event::Question { name, .. }
            | Event::Handshake {
                name: Some(name), ..
            } => {
                *name = mask_identities(name);
            }
            Event::Request { host, .. } => *host = mask_identities(host),
            _ => {}
        }
        Self {
            event,
            revealed: None,
            ..self
        }
    }
}

/// The beginning of a value, the value, and what follows it. In an element it ends with the next tag.
fn value_of(from: &str, in_element: bool) -> (&str, &str, &str) {
    let quote = from
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''));
    let (open, rest) = match quote {
        Some(quote) if !in_element => from.split_at(quote.len_utf8()),
        _ => ("", from),
    };
    let end = match (quote, in_element) {
        (_, true) => rest.find('<'),
        (Some(quote), false) => end_of_quoted(rest, quote),
        (None, false) => end_of_bare(rest),
    };
    let (value, after) = rest.split_at(end.unwrap_or(rest.len()));
    (open, value, after)
}

/// Where a value without quotes ends. Digits that were masked are a part of it.
fn end_of_bare(text: &str) -> Option<usize> {
    let ends = |letter: char| letter.is_whitespace() || "&,;#\"'`>}])".contains(letter);
    let end = text.find(ends)?;
    match text[..end].rfind('<') {
        Some(begin) if text[begin..].contains(MASKED_IDENTITY) => {
            let masked = text[begin..]
                .find('>')
                .map_or(end, |close| begin + close + 1);
            Some(masked + text[masked..].find(ends).unwrap_or(text.len() - masked))
        }
        _ => Some(end),
    }
}

/// Where a quoted text ends, which may have escaped quotes.
fn end_of_quoted(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices()
        .find(|(_, letter)| {
            let ends = *letter == quote && !escaped;
            escaped = *letter == '\\' && !escaped;
            ends
        })
        .map(|(at, _)| at)
}

/// Digits that are masked already say more.
fn masked_value(value: &str) -> String {
    match value.contains(MASKED_IDENTITY) || value == MASKED {
        true => value.to_owned(),
        false => MASKED.to_owned(),
    }
}

fn is_of_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.')
}

/// A name in lower case, its words separated by `_`.
fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut small = false;
    for letter in name.trim().chars() {
        if small && letter.is_ascii_uppercase() {
            plain.push('_');
        }
        small = letter.is_ascii_lowercase();
        plain.push(match letter {
            '-' => '_',
            other => other.to_ascii_lowercase(),
        });
    }
    plain
}

/// Hides what follows `Bearer` and the like.
fn mask_schemes(text: &str) -> String {
    let mut masked = text.to_owned();
    for scheme in SCHEMES {
        let mut from = 0;
        while let Some(found) = find_ignoring_case(&masked[from..], scheme) {
            let start = from + found + scheme.len();
            let end = masked[start..]
                .find(|letter: char| {
                    letter.is_whitespace() || matches!(letter, '"' | '\'' | '`' | ',')
                })
                .map_or(masked.len(), |end| start + end);
            let word = &masked[start..end];
            // A word of a sentence has only small letters.
            let is_credential = word.len() >= 6
                && !word.contains('<')
                && !word
                    .trim_end_matches(['.', ':', ';', ')'])
                    .chars()
                    .all(|it| it.is_ascii_lowercase());
            let value = match is_credential {
                true => MASKED.to_owned(),
                false => masked[start..end].to_owned(),
            };
            masked.replace_range(start..end, &value);
            from = start + value.len();
        }
    }
    masked
}

fn find_ignoring_case(text: &str, wanted: &str) -> Option<usize> {
    let windows = text.as_bytes().windows(wanted.len());
    let mut places = windows.enumerate();
    places
        .find(|(_, window)| window.eq_ignore_ascii_case(wanted.as_bytes()))
        .map(|(at, _)| at)
}

/// Hides `user:password` in `https://user:password@host` (RFC 3986, section 3.2.1).
fn mask_url_credentials(text: &str) -> String {
    const BEGIN: &str = "://";
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(BEGIN) {
        let (before, from) = rest.split_at(at + BEGIN.len());
        masked += before;
        let end = from.find(|letter: char| {
            letter.is_whitespace()
                || matches!(letter, '/' | '?' | '#' | '"' | '\'' | '`' | '<' | '>')
        });
        let (authority, after) = from.split_at(end.unwrap_or(from.len()));
        match authority.rsplit_once('@') {
            Some((_, host)) => masked += &format!("{MASKED}@{host}"),
            None => masked += authority,
        }
        rest = after;
    }
    masked + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(text: &str) -> String {
        Masking::new(&["customer-no".to_owned()], false).text(text)
    }

    #[test]
    fn values_are_hidden_by_their_names_wherever_they_stand() {
        for (text, masked) in [
            (
                r#"{"access_token": "a\"b.c", "n": 1}"#,
                r#"{"access_token": "<masked>", "n": 1}"#,
            ),
            (
                r#"{"deviceImei":"x1","status":"ok"}"#,
                r#"{"deviceImei":"<masked>","status":"ok"}"#,
            ),
            (r#"{"token":"cut he"#, r#"{"token":"<masked>"#),
            (r#"{"otp":1234,"n":2}"#, r#"{"otp":<masked>,"n":2}"#),
            ("/v1?a=1&token=xyz&b=2", "/v1?a=1&token=<masked>&b=2"),
            (
                "grant_type=x&client_secret=s%20t",
                "grant_type=x&client_secret=<masked>",
            ),
            (
                "<token>abc</token><a>b</a>",
                "<token><masked></token><a>b</a>",
            ),
            (
                r#"<parm name="token" value="abc"/><parm name="validity" value="9"/>"#,
                r#"<parm name="token" value="<masked>"/><parm name="validity" value="9"/>"#,
            ),
            (r#"{"customer_no":"K-7"}"#, r#"{"customer_no":"<masked>"}"#),
            ("?customerNo=K-7", "?customerNo=<masked>"),
        ] {
            assert_eq!(mask(text), masked);
        }
    }

    #[test]
    fn other_values_are_shown() {
        for text in [
            r#"{"status":"token","tokens":2,"eids":1}"#,
            "/token?grant_type=client_credentials",
            "a token is expected, Basic authentication",
            "https://host.example/a@b",
            "token=",
            r#"{"error":"invalid_token"}"#,
        ] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn credentials_are_hidden_by_their_form() {
        assert_eq!(
            mask("to https://user:pa%40ss@host.example/x, with bearer eyJhbGciOi.x.y"),
            "to https://<masked>@host.example/x, with bearer <masked>"
        );
        // The number of the digits says more.
        assert_eq!(mask("imsi=001010123456789"), "imsi=<15 digits>");
        assert_eq!(mask("msisdn=+12065550100&a=1"), "msisdn=+<11 digits>&a=1");
    }

    #[test]
    fn fields_of_a_head_are_hidden_and_its_lines_stay() {
        let mut head = Excerpt {
            text: "HTTP/1.1 200 OK\r\nSet-Cookie: id=7\r\nX-Customer-No: 1\r\nLocation: /a?token=x\r\n\r\n"
                .to_owned(),
            bytes: 0,
        };
        Masking::new(&["customer-no".to_owned()], false).head(&mut head);
        assert_eq!(
            head.text,
            "HTTP/1.1 200 OK\r\nSet-Cookie: <masked>\r\nX-Customer-No: <masked>\r\nLocation: /a?token=<masked>\r\n\r\n"
        );
    }

    #[test]
    fn what_is_revealed_is_not_what_judges_see() {
        let event = Event::Note {
            connection: 0,
            what: "token=x".to_owned(),
        };
        let (seen, revealed) = Masking::new(&[], true).recorded(event.clone());
        assert_ne!(seen, event);
        assert_eq!(revealed.as_deref(), Some(&event));
        let (seen, revealed) = Masking::default().recorded(event);
        assert!(revealed.is_none() && !seen.to_string().contains("=x"));
    }
}
