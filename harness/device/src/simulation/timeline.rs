//! Reads a timeline, a TOML file, and reports every fault with its place.

use super::Clock;
use super::action::{Action, Expectation, TimelineEvent};
use super::command::{self, Resources};
use super::connections::{connections, introduced};
use super::date::Date;
use super::server::ServerState;
use super::table::{Fields, parse};
use crate::document::names::quoted;
use crate::document::push::Imsi;
use crate::document::{Diagnostic, Diagnostics, Located, Span};
use crate::message::LangId;
use crate::service::{Connection, Moment};
use crate::units::parse_duration;

const DAY: u64 = 24 * 60 * 60 * 1000;

/// What happens to a device, from a beginning to an end.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// The state of a device and its environment at the beginning.
    pub start: Start,
    pub end: Moment,
    /// The date of the first day, if it has one.
    pub date: Option<Date>,
    /// The events, in order of time.
    pub events: Vec<TimelineEvent>,
}

/// The state of a device and its environment at the beginning.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    pub at: Moment,
    /// The connections of Connection Manager that no document provisions.
    pub connections: Vec<Connection>,
    /// The operator's server.
    pub server: ServerState,
    pub language: LangId,
    /// The number of the SIM, by which a push can be proven.
    pub imsi: Option<Imsi>,
}

impl Timeline {
    /// Reads a timeline, whose events are commands that name these resources;
    /// `document` is the one that the device has at the beginning.
    ///
    /// # Errors
    /// Every fault, with its place.
    pub fn read(
        text: &str,
        resources: &Resources<'_>,
        document: &[u8],
    ) -> Result<Self, Diagnostics> {
        let mut faults = Diagnostics::new();
        let root = parse(text, &mut faults);
        // A missing field of the root table is reported at the file's beginning.
        let mut fields = Fields::new(root.get_ref(), Span::point(0));
        let begin = fields.moment("begin", &mut faults);
        let begin = begin.map_or(Moment::default(), |moment| moment.value);
        let mut end = fields.moment("end", &mut faults);
        let date = fields.date("date", &mut faults);
        if let Some(wrong) = end.take_if(|end| end.value < begin) {
            let found = "this is before the beginning";
            let expected = format!("a time from {} on", Clock(begin));
            faults.push(Diagnostic::error(wrong.at, found).expected(expected));
        }
        let start = Start {
            at: begin,
            connections: connections(&mut fields, &mut faults),
            server: fields
                .text("server", &mut faults)
                .and_then(|name| server(name, resources, &mut faults))
                .unwrap_or_else(|| resources.servers.initial()),
            language: language(fields.text("language", &mut faults), &mut faults),
            imsi: imsi(fields.text("imsi", &mut faults), &mut faults),
        };
        let mut events = Vec::new();
        for event in fields.tables("event", &mut faults) {
            events.extend(read_event(event, text, begin, end, resources, &mut faults));
        }
        of_many(&mut fields, &mut faults);
        fields.finish("a timeline", &mut faults);
        events.sort_by_key(|(one, _)| one.at);
        introduced(&events, &start.connections, document, &mut faults);
        if faults.refuse() {
            return Err(faults);
        }
        let events: Vec<_> = events.into_iter().map(|(one, _)| one).collect();
        let last = events.last().map_or(begin, |one| one.at);
        let midnight = Moment((last.0 / DAY + 1) * DAY);
        Ok(Self {
            start,
            date,
            end: end.map_or(midnight, |end| end.value),
            events,
        })
    }
}

/// Reports what is for the load of many devices, which is another simulation.
fn of_many(fields: &mut Fields<'_>, faults: &mut Diagnostics) {
    let Some(at) = fields.place("habits") else {
        return;
    };
    let found = "these are the habits of many devices, and a timeline is of one";
    let fault = Diagnostic::error(at, found).expected("events");
    faults.push(fault.help("simulate the load of many devices, with `--devices`"));
    // They are known, so no more is said of them.
    fields.table("habits", faults);
    fields.tables("outage", faults);
}

fn language(tag: Option<Located<&str>>, faults: &mut Diagnostics) -> LangId {
    let Some(tag) = tag else {
        return LangId::ENGLISH_US;
    };
    LangId::from_tag(tag.value).unwrap_or_else(|| {
        let found = format!("the language {} is not known here", quoted(tag.value));
        faults.push(Diagnostic::error(tag.at, found).expected("a tag such as `en-US` or `de-DE`"));
        LangId::ENGLISH_US
    })
}

fn imsi(digits: Option<Located<&str>>, faults: &mut Diagnostics) -> Option<Imsi> {
    let digits = digits?;
    let imsi = Imsi::new(digits.value);
    if imsi.is_none() {
        let found = format!("`imsi` is {}", quoted(digits.value));
        faults.push(Diagnostic::error(digits.at, found).expected("6 to 15 digits, as a text"));
    }
    imsi
}

fn server(
    name: Located<&str>,
    resources: &Resources<'_>,
    faults: &mut Diagnostics,
) -> Option<ServerState> {
    let mut found = Vec::new();
    let state = command::server(name, resources.servers, &mut found);
    found.into_iter().for_each(|fault| faults.push(fault));
    state
}

/// One event, and where the first argument of its command stands.
fn read_event(
    mut fields: Fields<'_>,
    file: &str,
    begin: Moment,
    end: Option<Located<Moment>>,
    resources: &Resources<'_>,
    faults: &mut Diagnostics,
) -> Option<(TimelineEvent, Option<Span>)> {
    let at = fields.needed_moment("at", faults);
    if let Some(at) = at {
        let mut outside = |found: String, expected: String| {
            faults.push(Diagnostic::error(at.at, found).expected(expected));
        };
        if at.value < begin {
            let expected = format!("a time from {} on", Clock(begin));
            outside("this is before the beginning".to_owned(), expected);
        } else if let Some(end) = end.filter(|end| at.value > end.value) {
            let expected = format!("a time up to {}", Clock(end.value));
            outside("this is after the end".to_owned(), expected);
        }
    }
    let every = fields.text("every", faults).and_then(|text| {
        let span = parse_duration(text.value);
        let span = span.ok().filter(|span| !span.is_zero());
        if span.is_none() {
            let found = format!("`every` is {}", quoted(text.value));
            faults.push(
                Diagnostic::error(text.at, found).expected("an interval such as `1d` or `30m`"),
            );
        }
        span
    });
    let action = action(&mut fields, file, resources, faults);
    fields.finish("an event", faults);
    let (action, argument) = action?;
    let event = TimelineEvent {
        at: at?.value,
        every,
        action,
    };
    Some((event, argument))
}

/// The action of `do`, or the comparison of `expect`; exactly one of them.
fn action(
    fields: &mut Fields<'_>,
    file: &str,
    resources: &Resources<'_>,
    faults: &mut Diagnostics,
) -> Option<(Action, Option<Span>)> {
    let command = fields.text("do", faults);
    let expected = fields.table("expect", faults);
    if let Some(command) = command {
        if let Some(expected) = &expected {
            let found = "`do` and `expect` stand in one event";
            let fault = Diagnostic::error(expected.at(), found);
            faults.push(fault.expected("an event of its own for each"));
        }
        return perform(command, file, resources, faults);
    }
    if let Some(expected) = expected {
        return Some((expectation(expected, faults), None));
    }
    if fields.place("do").is_none() && fields.place("expect").is_none() {
        let fault = Diagnostic::error(fields.at(), "`do` is missing");
        faults.push(fault.expected("`do = \"join 3\"`, or `expect = { sharing = true }`"));
    }
    None
}

fn perform(
    command: Located<&str>,
    file: &str,
    resources: &Resources<'_>,
    faults: &mut Diagnostics,
) -> Option<(Action, Option<Span>)> {
    let place = |at: Span| within(file, command, at);
    match command::parse(command.value, resources) {
        Ok(command) => Some((command.action, command.argument.map(place))),
        Err(found) => {
            for fault in found {
                let at = place(fault.at);
                faults.push(Diagnostic { at, ..fault });
            }
            None
        }
    }
}

/// The place in the file of a part of a string's value. A string with escapes
/// is longer in the file than its value; then it is the whole string's.
fn within(file: &str, string: Located<&str>, part: Span) -> Span {
    let start = string.at.start as usize;
    let raw = file.get(start..string.at.end() as usize).unwrap_or("");
    let quotes = [1, 3].into_iter().find(|quotes| {
        let inner = raw
            .len()
            .checked_sub(*quotes)
            .and_then(|end| raw.get(*quotes..end));
        inner == Some(string.value)
    });
    match quotes {
        Some(quotes) => Span {
            start: string.at.start + quotes as u32 + part.start,
            len: part.len,
        },
        None => string.at,
    }
}

fn expectation(mut fields: Fields<'_>, faults: &mut Diagnostics) -> Action {
    let sharing = fields.flag("sharing", faults);
    let clients = fields.number("clients", faults);
    if fields.place("sharing").is_none() && fields.place("clients").is_none() {
        faults.push(
            Diagnostic::error(fields.at(), "this expects nothing")
                .expected("`sharing = true` or `clients = 3`, or both"),
        );
    }
    fields.finish("an expectation", faults);
    Action::Expect(Expectation { sharing, clients })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Colour, Rendered, Source};

    fn timeline(text: &str) -> Result<Timeline, String> {
        let load = |name: &str| match name {
            "there.xml" => Ok(b"<wap-provisioningdoc/>".to_vec()),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        };
        let servers = ["allow", "connect/refused", "http/500"].map(|name| ServerState {
            name: name.to_owned(),
            description: String::new(),
        });
        let document = include_bytes!("../../tests/vectors/cdma.xml");
        let resources = Resources {
            documents: &load,
            pushes: &load,
            folder: "the timeline's folder",
            servers: &servers,
        };
        Timeline::read(text, &resources, document).map_err(|faults| {
            let source = Source::new("day.toml", text.as_bytes());
            Rendered::new(&faults, &source, Colour::Never).to_string()
        })
    }

    #[test]
    fn a_day_has_events_in_their_order() {
        let timeline = timeline(
            r#"
            begin = 08:00:00
            [[event]]
            at = "11:00"
            do = "server connect/refused"
            [[event]]
            at = "10:00"
            do = "on"
            [[event]]
            at = "day 2 09:00"
            do = "leave all"
            every = "1d"
            [[event]]
            at = "10:00"
            do = "apply there.xml"
            "#,
        )
        .unwrap_or_else(|words| panic!("{words}"));
        let times: Vec<_> = timeline
            .events
            .iter()
            .map(|one| Clock(one.at).to_string())
            .collect();
        assert_eq!(
            times,
            ["10:00:00", "10:00:00", "11:00:00", "day 2 09:00:00"]
        );
        assert_eq!(timeline.events[0].action, Action::TurnOn);
        assert_eq!(Clock(timeline.start.at).to_string(), "08:00:00");
        assert_eq!(Clock(timeline.end).to_string(), "day 3 00:00:00");
        assert_eq!(timeline.start.connections[0].name, "Internet");
    }

    #[test]
    fn every_fault_is_reported_in_one_pass_with_its_place() {
        let words = timeline(
            r#"begin = "09:00"
langauge = "de-DE"
[[event]]
at = "08:00"
do = "on"
[[event]]
at = "10.30"
do = "jion 3"
[[event]]
at = "11:00"
do = "server http/50"
[[event]]
at = "12:00"
do = 'join 0 cable'
[[event]]
do = "apply gone.xml"
[[event]]
at = "13:00"
action = "join"
[[event]]
at = "13:00"
do = "wifi \"My network 12345678"
[[event]]
at = "13:00"
expect = { sharing = 1, client = 2 }
[[event]]
at = "13:00"
expect = {}
[[event]]
at = "13:00"
do = "on"
expect = { clients = 2 }
"#,
        )
        .expect_err("it is full of faults");
        insta::assert_snapshot!(words);
    }

    #[test]
    fn mistakes_that_would_change_the_simulation_are_faults() {
        for (text, words) in [
            (
                "begin = \"12:00\"\nend = \"09:00\"",
                "a time from 12:00:00 on",
            ),
            (
                "[[outage]]\n[habits]\nusers = 0.3",
                "simulate the load of many devices, with `--devices`",
            ),
            (
                "[[event]]\nat = \"09:00\"\ndo = \"leave al\"",
                "write `all`",
            ),
            (
                "[[event]]\nat = \"09:00\"\ndo = \"connection Interent down\"",
                "write `Internet`",
            ),
            (
                "[[event]]\nat = \"09:00\"\ndo = \"connection MMS gone\"\n\
                 [[event]]\nat = \"10:00\"\ndo = \"connection MMS up\"",
                "no connection is called `MMS` by then",
            ),
        ] {
            let told = timeline(text).expect_err(text);
            assert!(told.contains(words), "{told}");
        }
    }

    /// The document of these tests provisions TetheringNAIConn.
    #[test]
    fn a_connection_is_known_from_the_start_a_document_or_its_coming_up() {
        for name in ["Internet", "TetheringNAIConn", "MMS"] {
            let event = |at: &str, is: &str| {
                format!("[[event]]\nat = \"{at}\"\ndo = \"connection {name} {is}\"\n")
            };
            let first = if name == "MMS" {
                event("09:00", "up")
            } else {
                String::new()
            };
            let text = first + &event("09:01", "down") + &event("09:02", "gone");
            assert!(timeline(&text).is_ok(), "{:?}", timeline(&text));
            for again in ["down", "gone"] {
                let faults = timeline(&(text.clone() + &event("09:03", again)));
                let faults = faults.expect_err("it is gone");
                let words = format!("no connection is called `{name}` by then");
                assert!(faults.contains(&words), "{faults}");
            }
        }
    }

    #[test]
    fn the_sample_of_every_kind_of_event_has_every_command() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../sample-plugins/documents/every-event.toml"
        );
        let text = std::fs::read_to_string(path).expect("the sample");
        for verb in command::verbs() {
            let has = |begin: &str| text.contains(&format!("do = {begin}{verb}"));
            assert!(has("\"") || has("'"), "{verb}");
        }
        assert!(text.contains("expect = "));
    }
}
