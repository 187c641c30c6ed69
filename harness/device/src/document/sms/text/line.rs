//! What a line of a log says.

use crate::document::Span;

/// One line. Texts come with the place in the source where they begin.
pub(super) enum Line<'a> {
    Empty,
    /// Words that say nothing of the message.
    Other,
    /// The length that a modem announces for the next line.
    Announced(usize, Span),
    Labelled(Label, &'a str, usize),
    /// A request to a gateway, with the header and the data in its URL.
    Query {
        header: (&'a str, usize),
        data: (&'a str, usize),
    },
    /// Digits: the whole line, each of its quoted strings, or long runs among words.
    Digits(Vec<(&'a str, usize)>),
}

/// What a labelled line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    Header,
    Data,
    Coding,
    Number,
}

const LABELS: &[(&str, Label)] = &[
    ("udh", Label::Header),
    ("user data header", Label::Header),
    ("data", Label::Data),
    ("ud", Label::Data),
    ("user data", Label::Data),
    ("text", Label::Data),
    ("message", Label::Data),
    ("payload", Label::Data),
    ("body", Label::Data),
    ("binary", Label::Data),
    ("pdu", Label::Data),
    ("dcs", Label::Coding),
    ("coding", Label::Coding),
    ("from", Label::Number),
    ("sender", Label::Number),
    ("originator", Label::Number),
    ("to", Label::Number),
    ("recipient", Label::Number),
];

impl<'a> Line<'a> {
    /// The line that begins at `at`.
    pub(super) fn of(line: &'a str, at: usize) -> Self {
        let is_blank = |one: char| one.is_whitespace() || one == '\u{feff}';
        let begin = line.len() - line.trim_start_matches(is_blank).len();
        let (mut text, mut at) = (line.trim_matches(is_blank), at + begin);
        if let Some(rest) = text.strip_prefix('>') {
            // The prompt of a modem.
            let rest = rest.trim_start();
            at += text.len() - rest.len();
            text = rest;
        }
        if text.is_empty() {
            return Self::Empty;
        }
        if let Some(line) = modem(text, at) {
            return line;
        }
        if let Some(query) = query(text, at) {
            return query;
        }
        if let Some((name, value)) = text.split_once([':', '='])
            && let Some(label) = label(name)
        {
            let value_at = at + name.len() + 1 + (value.len() - value.trim_start().len());
            return Self::Labelled(label, value.trim(), value_at);
        }
        let name = text.split_once([':', '=']).map_or("", |(name, _)| name);
        let chunks = match text.contains('"') {
            true => quoted(text, at),
            false if is_word(name) => Vec::new(),
            false => vec![(text, at)],
        };
        let digits = chunks
            .iter()
            .copied()
            .filter(|(text, _)| is_mostly_digits(text));
        let digits: Vec<_> = digits.collect();
        if !digits.is_empty() {
            return Self::Digits(digits);
        }
        match runs(text, at) {
            none if none.is_empty() => Self::Other,
            runs => Self::Digits(runs),
        }
    }
}

/// The fewest digits that are taken for octets among words: those of the shortest header with a port.
const SHORTEST_RUN: usize = 14;

fn label(name: &str) -> Option<Label> {
    let known = |one: &&(&str, Label)| name.trim().eq_ignore_ascii_case(one.0);
    Some(LABELS.iter().find(known)?.1)
}

/// A name that cannot be octets.
fn is_word(name: &str) -> bool {
    name.starts_with(|one: char| one.is_alphabetic())
        && name.contains(|one: char| one.is_alphabetic() && !one.is_ascii_hexdigit())
}

/// Whether what is no digit in it is a slip, and not a word or a time.
fn is_mostly_digits(text: &str) -> bool {
    let others = text
        .chars()
        .filter(|one| one.is_alphanumeric() && !one.is_ascii_hexdigit());
    let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
    // `0x` before each octet is as many others as there are octets.
    digits > 0
        && others.count() * 2 <= digits
        && !is_time(text)
        && !text.split_whitespace().any(is_only_word)
}

/// Three letters or more, one of which is no digit.
fn is_only_word(token: &str) -> bool {
    token.chars().filter(|one| one.is_alphabetic()).count() >= 3
        && !token.contains(|one: char| one.is_ascii_digit())
        && is_word(token)
}

/// A date or a time: digits and few octets, such as `2026-11-27 10:00:01`.
fn is_time(text: &str) -> bool {
    let is_part = |one: char| one.is_ascii_digit() || matches!(one, '-' | ':' | '.' | ' ' | '/');
    text.len() <= 24
        && text.matches(':').count() == 2
        && text.chars().all(is_part)
        && text.contains(['-', '/'])
}

/// Long runs of digits among words.
fn runs(text: &str, at: usize) -> Vec<(&str, usize)> {
    let mut begin = 0;
    let mut runs = Vec::new();
    for piece in text.split_inclusive(|one: char| !one.is_ascii_hexdigit()) {
        let run = piece.trim_end_matches(|one: char| !one.is_ascii_hexdigit());
        if run.len() >= SHORTEST_RUN {
            runs.push((run, at + begin));
        }
        begin += piece.len();
    }
    runs
}

/// The words of a modem.
fn modem(text: &str, at: usize) -> Option<Line<'static>> {
    let upper = text.to_ascii_uppercase();
    if upper.starts_with("AT+CMGS=")
        || upper.starts_with("AT+CMGW=")
        || upper.starts_with("+CMT:")
        || upper.starts_with("+CMGR:")
        || upper.starts_with("+CMGL:")
    {
        let (_, last) = text.rsplit_once([',', '=', ':', ' ']).unwrap_or(("", text));
        let length = last.trim().parse().ok();
        let end = at + text.len();
        return Some(length.map_or(Line::Other, |length| {
            Line::Announced(length, Span::new(end - last.len(), end))
        }));
    }
    let is_word = matches!(upper.as_str(), "OK" | "ERROR" | "AT");
    (is_word || upper.starts_with("AT+") || upper.starts_with('+')).then_some(Line::Other)
}

/// The parameters `udh` and `text` of a URL.
fn query(text: &str, at: usize) -> Option<Line<'_>> {
    let parameter = |wanted: &[&str]| {
        let mut begin = 0;
        for piece in text.split_inclusive(['?', '&', ' ']) {
            let start = begin;
            begin += piece.len();
            let piece = piece.trim_end_matches(['?', '&', ' ']);
            if let Some((name, value)) = piece.split_once('=')
                && wanted.iter().any(|one| name.eq_ignore_ascii_case(one))
            {
                return Some((value, at + start + name.len() + 1));
            }
        }
        None
    };
    let header = parameter(&["udh"])?;
    let data = parameter(&["text", "data", "ud"])?;
    let is_encoded = header.0.starts_with('%');
    is_encoded.then_some(Line::Query { header, data })
}

/// The strings in quotation marks.
fn quoted(text: &str, at: usize) -> Vec<(&str, usize)> {
    let mut begin = at;
    let mut strings = Vec::new();
    for (index, piece) in text.split('"').enumerate() {
        if index % 2 == 1 && !piece.trim().is_empty() {
            strings.push((piece, begin));
        }
        begin += piece.len() + 1;
    }
    strings
}
