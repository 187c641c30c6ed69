//! What happens when: a TOML file, read with every fault and its place.

use super::Clock;
use super::action::{Action, Crowd, Expectation, Happening, LinkChange, Paper};
use super::connections::{connections, introduced};
use super::server::{ServerState, ServerStates};
use super::table::{Fields, parse};
use crate::document::names::{nearest, one_of, quoted};
use crate::document::{Diagnostic, Diagnostics, Located, Span};
use crate::message::LangId;
use crate::service::{Connection, Moment, Restart, Via};
use crate::units::parse_duration;

const DAY: u64 = 24 * 60 * 60 * 1000;

/// A device's day, or year.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// How things are at the beginning.
    pub start: Start,
    /// When it ends.
    pub end: Moment,
    /// What happens, in order.
    pub happenings: Vec<Happening>,
}

/// How things are at the beginning.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// When that is.
    pub at: Moment,
    /// The connections of Connection Manager that no document provisions.
    pub connections: Vec<Connection>,
    /// The operator's server and the way to it.
    pub server: ServerState,
    /// The user's language.
    pub language: LangId,
}

/// Everything that can stand behind `what`.
const WHATS: [&str; 15] = [
    "turn on",
    "turn off",
    "join",
    "leave",
    "server",
    "connection",
    "apply",
    "reboot",
    "restart service",
    "new sim",
    "new operator",
    "open settings",
    "close settings",
    "wifi",
    "expect",
];

impl Timeline {
    /// Reads a timeline. `load` gets the documents that it names, `servers` the
    /// states of the operator's server; `document` is the one that the device has
    /// at the beginning.
    ///
    /// # Errors
    /// Every fault, with its place.
    pub fn read(
        text: &str,
        load: &dyn Fn(&str) -> std::io::Result<Vec<u8>>,
        servers: &dyn ServerStates,
        document: &[u8],
    ) -> Result<Self, Diagnostics> {
        let mut faults = Diagnostics::new();
        let root = parse(text, &mut faults);
        // A missing field of the file as a whole is told at its beginning.
        let mut fields = Fields::new(root.get_ref(), Span::point(0));
        let begin = fields.moment("begin", &mut faults);
        let begin = begin.map_or(Moment::default(), |moment| moment.value);
        let mut end = fields.moment("end", &mut faults);
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
                .and_then(|name| server(name, servers, &mut faults))
                .unwrap_or_else(|| servers.initial()),
            language: language(fields.text("language", &mut faults), &mut faults),
        };
        let sources = Sources { load, servers };
        let mut happenings = Vec::new();
        for event in fields.tables("event", &mut faults) {
            let name = event.place("name");
            let one = happening(event, begin, end, &sources, &mut faults);
            happenings.extend(one.map(|one| (one, name)));
        }
        fields.finish("a timeline", &mut faults);
        happenings.sort_by_key(|(one, _)| one.at);
        introduced(&happenings, &start.connections, document, &mut faults);
        if faults.refuse() {
            return Err(faults);
        }
        let happenings: Vec<_> = happenings.into_iter().map(|(one, _)| one).collect();
        let last = happenings.last().map_or(begin, |one| one.at);
        let midnight = Moment((last.0 / DAY + 1) * DAY);
        Ok(Self {
            start,
            end: end.map_or(midnight, |end| end.value),
            happenings,
        })
    }
}

/// Where events get from what they only name.
struct Sources<'a> {
    load: &'a dyn Fn(&str) -> std::io::Result<Vec<u8>>,
    servers: &'a dyn ServerStates,
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

fn server(
    name: Located<&str>,
    servers: &dyn ServerStates,
    faults: &mut Diagnostics,
) -> Option<ServerState> {
    match servers.find(name.value) {
        Ok(state) => Some(state),
        Err(unknown) => {
            let found = format!("no scenario is called {}", quoted(name.value));
            let mut fault = Diagnostic::error(name.at, found).expected(unknown.expected);
            if let Some(help) = unknown.help {
                fault = fault.cure(help);
            }
            faults.push(fault);
            None
        }
    }
}

fn happening(
    mut fields: Fields<'_>,
    begin: Moment,
    end: Option<Located<Moment>>,
    sources: &Sources<'_>,
    faults: &mut Diagnostics,
) -> Option<Happening> {
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
                Diagnostic::error(text.at, found)
                    .expected("a stretch of time such as `1d` or `30m`"),
            );
        }
        span
    });
    let what = fields.needed_text("what", "\"turn on\"", faults)?;
    let action = action(what, &mut fields, sources, faults);
    if WHATS.contains(&what.value) {
        fields.finish(&format!("`{}`", what.value), faults);
    }
    Some(Happening {
        at: at?.value,
        every,
        action: action?,
    })
}

fn action(
    what: Located<&str>,
    fields: &mut Fields<'_>,
    sources: &Sources<'_>,
    faults: &mut Diagnostics,
) -> Option<Action> {
    Some(match what.value {
        "turn on" => Action::TurnOn,
        "turn off" => Action::TurnOff,
        "join" => Action::Join {
            count: fields
                .count("count", "", faults)
                .map_or(1, |count| count.value),
            via: via(fields, faults).unwrap_or(Via::WiFi),
        },
        "leave" => Action::Leave {
            count: crowd(fields, faults),
            via: via(fields, faults),
        },
        "server" => Action::Server(server(
            fields.needed_text("scenario", "\"deny\"", faults)?,
            sources.servers,
            faults,
        )?),
        "connection" => Action::Connection {
            name: fields
                .needed_text("name", "\"Internet\"", faults)?
                .value
                .to_owned(),
            change: link_change(fields, faults)?,
        },
        "apply" => Action::Apply(paper(fields, sources.load, faults)?),
        "reboot" => Action::Restart(Restart::Device),
        "restart service" => Action::Restart(Restart::Service),
        "new sim" => Action::NewSim,
        "new operator" => Action::NewOperator,
        "open settings" => Action::OpenSettings,
        "close settings" => Action::CloseSettings,
        "wifi" => Action::Configure {
            ssid: fields
                .needed_text("name", "\"My network\"", faults)?
                .value
                .to_owned(),
            key: fields
                .needed_text("key", "\"12345678\"", faults)?
                .value
                .to_owned(),
        },
        "expect" => expectation(fields, faults)?,
        other => {
            let mut fault =
                Diagnostic::error(what.at, format!("nothing is called {}", quoted(other)))
                    .expected(one_of(WHATS));
            if let Some(meant) = nearest(other, WHATS) {
                fault = fault.cure(format!("write `{meant}`"));
            }
            faults.push(fault);
            return None;
        }
    })
}

fn via(fields: &mut Fields<'_>, faults: &mut Diagnostics) -> Option<Via> {
    let text = fields.text("by", faults)?;
    match text.value {
        "wifi" => Some(Via::WiFi),
        "bluetooth" => Some(Via::Bluetooth),
        other => {
            let found = format!("`by` is {}", quoted(other));
            faults.push(Diagnostic::error(text.at, found).expected("`wifi` or `bluetooth`"));
            None
        }
    }
}

fn crowd(fields: &mut Fields<'_>, faults: &mut Diagnostics) -> Crowd {
    if fields.says("count", "all") {
        return Crowd::All;
    }
    let count = fields.count("count", ", or `\"all\"`", faults);
    Crowd::Some(count.map_or(1, |count| count.value))
}

fn link_change(fields: &mut Fields<'_>, faults: &mut Diagnostics) -> Option<LinkChange> {
    let text = fields.needed_text("is", "\"up\"", faults)?;
    match text.value {
        "up" => Some(LinkChange::Up),
        "down" => Some(LinkChange::Down),
        "gone" => Some(LinkChange::Gone),
        other => {
            let found = format!("`is` is {}", quoted(other));
            faults.push(Diagnostic::error(text.at, found).expected("`up`, `down` or `gone`"));
            None
        }
    }
}

fn paper(
    fields: &mut Fields<'_>,
    load: &dyn Fn(&str) -> std::io::Result<Vec<u8>>,
    faults: &mut Diagnostics,
) -> Option<Paper> {
    let name = fields.needed_text("document", "\"hotspot.xml\"", faults)?;
    match load(name.value) {
        Ok(bytes) => Some(Paper {
            name: name.value.to_owned(),
            bytes,
        }),
        Err(error) => {
            let fault = match error.kind() {
                // Whoever loads it has looked into it.
                std::io::ErrorKind::Other => {
                    Diagnostic::error(name.at, format!("{} {error}", quoted(name.value)))
                        .expected("a document that is XML or WBXML")
                }
                _ => Diagnostic::error(
                    name.at,
                    format!("cannot read {}: {error}", quoted(name.value)),
                )
                .expected("a document's path, counted from the timeline's folder"),
            };
            faults.push(fault);
            None
        }
    }
}

fn expectation(fields: &mut Fields<'_>, faults: &mut Diagnostics) -> Option<Action> {
    let sharing = fields.flag("sharing", faults);
    let clients = fields.number("clients", faults);
    if sharing.is_none() && clients.is_none() {
        faults.push(
            Diagnostic::error(fields.at(), "this expects nothing")
                .expected("`sharing = true` or `clients = 3`, or both"),
        );
        return None;
    }
    Some(Action::Expect(Expectation { sharing, clients }))
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
        Timeline::read(text, &load, &servers, document).map_err(|faults| {
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
            what = "server"
            scenario = "connect/refused"
            [[event]]
            at = "10:00"
            what = "turn on"
            [[event]]
            at = "day 2 09:00"
            what = "leave"
            count = "all"
            every = "1d"
            [[event]]
            at = "10:00"
            what = "apply"
            document = "there.xml"
            "#,
        )
        .unwrap_or_else(|words| panic!("{words}"));
        let times: Vec<_> = timeline
            .happenings
            .iter()
            .map(|one| Clock(one.at).to_string())
            .collect();
        assert_eq!(
            times,
            ["10:00:00", "10:00:00", "11:00:00", "day 2 09:00:00"]
        );
        assert_eq!(timeline.happenings[0].action, Action::TurnOn);
        assert_eq!(Clock(timeline.start.at).to_string(), "08:00:00");
        assert_eq!(Clock(timeline.end).to_string(), "day 3 00:00:00");
        assert_eq!(timeline.start.connections[0].name, "Internet");
    }

    #[test]
    fn every_fault_is_told_in_one_pass_with_its_place() {
        let words = timeline(
            r#"begin = "09:00"
langauge = "de-DE"
[[event]]
at = "08:00"
what = "turn on"
[[event]]
at = "10.30"
what = "jion"
[[event]]
at = "11:00"
what = "server"
scenario = "http/50"
[[event]]
at = "12:00"
what = "join"
count = 0
by = "cable"
[[event]]
what = "apply"
document = "gone.xml"
"#,
        )
        .expect_err("it is full of faults");
        insta::assert_snapshot!(words);
    }

    #[test]
    fn slips_that_would_change_what_is_played_are_faults() {
        for (text, words) in [
            (
                "begin = \"12:00\"\nend = \"09:00\"",
                "a time from 12:00:00 on",
            ),
            (
                "[[event]]\nat = \"09:00\"\nwhat = \"leave\"\ncount = \"al\"",
                "or `\"all\"`",
            ),
            (
                "[[event]]\nat = \"09:00\"\nwhat = \"connection\"\nname = \"Interent\"\nis = \"down\"",
                "write `Internet`",
            ),
            (
                "[[event]]\nat = \"09:00\"\nwhat = \"connection\"\nname = \"MMS\"\nis = \"gone\"\n\
                 [[event]]\nat = \"10:00\"\nwhat = \"connection\"\nname = \"MMS\"\nis = \"up\"",
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
                format!(
                    "[[event]]\nat = \"{at}\"\nwhat = \"connection\"\nname = \"{name}\"\nis = \"{is}\"\n"
                )
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
    fn the_sample_of_every_kind_of_event_has_every_kind() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../sample-plugins/documents/every-event.toml"
        );
        let text = std::fs::read_to_string(path).expect("the sample");
        for what in WHATS {
            assert!(text.contains(&format!("what = \"{what}\"")), "{what}");
        }
    }
}
