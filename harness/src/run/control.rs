//! What the control run, in which everything works and the server allows, shows of how a plugin asks.

use std::net::IpAddr;

use crate::profile::path_fits;
use crate::testbed::OtherHosts;
use crate::testbed::transcript::{Event, Meaning, Transcript};

/// What the control run showed of a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Control {
    /// The request that the plugin decided on, if it sent one.
    pub question: Option<Question>,
    /// Hosts that it sends requests to and does not ask. The faults of a scenario do not apply to them.
    pub other_hosts: OtherHosts,
    /// The value that the first call returned.
    pub answer: Option<i32>,
    /// Whether it asks in HTTP/2 although the server prefers HTTP/1.1, so that what exists only there cannot be sent.
    pub speaks_only_http_2: bool,
    /// How many requests each of its calls took, to hosts that it asks and to others.
    pub requests_for_each_call: usize,
}

/// The request that carries the question whether sharing is permitted. A plugin may send others before it, such as a
/// connectivity probe to another host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub method: String,
    /// The Host header, in lower case.
    pub host: String,
    /// The path without the query, which may differ from call to call. Where the profile says that a part of it differs, too,
    /// as the profile has it: `/lines/{line}/check`.
    pub path: String,
    /// Whether it was sent over TLS.
    pub secure: bool,
}

impl Question {
    /// The question of a transcript: the last request that received the allow response in full.
    ///
    /// A response to HEAD has no body, and so no decision. A plugin that asks over TLS does not decide by what it
    /// sends or receives without TLS afterwards.
    pub fn of(transcript: &Transcript) -> Option<Self> {
        let mut last: Option<Self> = None;
        for question in Self::all_of(transcript) {
            if question.secure || !is_secure(last.as_ref()) {
                last = Some(question);
            }
        }
        last
    }

    /// The requests of a transcript that received the allow response in full and may be the question, in the order of
    /// the responses.
    pub(super) fn all_of(transcript: &Transcript) -> Vec<Self> {
        let mut open: Vec<(usize, Self)> = Vec::new();
        let mut all = Vec::new();
        for entry in &transcript.entries {
            match &entry.event {
                Event::Request {
                    connection,
                    secure,
                    method,
                    host,
                    target,
                    ..
                } => {
                    open.retain(|(other, _)| other != connection);
                    open.push((*connection, Self::new(method, host, target, *secure)));
                }
                Event::Reply {
                    connection,
                    meaning: Some(Meaning::Allow),
                    ..
                } => {
                    let asked = open.iter().find(|(other, _)| other == connection);
                    if let Some((_, question)) = asked
                        && question.method != "HEAD"
                    {
                        all.push(question.clone());
                    }
                }
                // Where entries were left out, the next response may be to a request among them.
                Event::Note { connection: 0, .. } if transcript.left_out > 0 => open.clear(),
                _ => {}
            }
        }
        all
    }

    pub(super) fn new(method: &str, host: &str, target: &str, secure: bool) -> Self {
        Self {
            method: method.to_owned(),
            host: host.to_ascii_lowercase(),
            path: path(target).to_owned(),
            secure,
        }
    }

    /// Whether a request with these parts is the question.
    pub fn is(&self, method: &str, host: &str, target: &str) -> bool {
        self.method == method && self.is_for(host, target)
    }

    /// Whether a request, with whatever method and to whatever port, is for the same resource.
    pub fn is_for(&self, host: &str, target: &str) -> bool {
        without_port(&self.host).eq_ignore_ascii_case(without_port(host))
            && path_fits(&self.path, path(target))
    }

    /// The same question with the path of the profile's deciding step, if it has one.
    #[must_use]
    pub fn with_path(self, path: Option<&str>) -> Self {
        Self {
            path: path.map_or(self.path, str::to_owned),
            ..self
        }
    }

    /// Whether its host is an IP address, so that no name is resolved.
    pub fn asks_an_address(&self) -> bool {
        let host = self.host_name();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host.parse::<IpAddr>().is_ok()
    }

    /// The host without the port, as a client sends it in SNI.
    pub fn host_name(&self) -> &str {
        without_port(&self.host)
    }
}

/// The host of a Host header, which may name a port.
pub(crate) fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_secure(question: Option<&Question>) -> bool {
    question.is_some_and(|question| question.secure)
}

/// The target of a request without its query.
fn path(target: &str) -> &str {
    target.split(['?', '#']).next().unwrap_or(target)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testbed::transcript::{Excerpt, TranscriptEntry};

    fn transcript(events: Vec<Event>) -> Transcript {
        Transcript::of(
            events
                .into_iter()
                .map(|event| TranscriptEntry {
                    at: Duration::ZERO,
                    phase: 0,
                    event,
                    revealed: None,
                })
                .collect(),
            None,
        )
    }

    fn request(connection: usize, method: &str, host: &str, target: &str) -> Event {
        Event::Request {
            connection,
            secure: true,
            method: method.to_owned(),
            host: host.to_owned(),
            target: target.to_owned(),
            http_2: false,
            body: 0,
            head: Excerpt::default(),
            content: Excerpt::default(),
            digest: String::new(),
        }
    }

    fn allowed(connection: usize) -> Event {
        Event::Reply {
            connection,
            what: String::new(),
            head: Excerpt::default(),
            body: Excerpt::default(),
            meaning: Some(Meaning::Allow),
        }
    }

    #[test]
    fn the_question_is_the_last_request_that_was_allowed() {
        let transcript = transcript(vec![
            request(1, "GET", "probe.example", "/generate_204"),
            allowed(1),
            request(2, "HEAD", "operator.example", "/check"),
            allowed(2),
            request(2, "GET", "Operator.example:443", "/check?n=1"),
            allowed(2),
            request(2, "HEAD", "operator.example", "/bye"),
            allowed(2),
        ]);
        let question = Question::of(&transcript).unwrap();
        assert!(question.is("GET", "operator.example:443", "/check?n=2"));
        assert!(!question.is("HEAD", "operator.example:443", "/check"));
        assert_eq!(question.host_name(), "operator.example");
    }

    #[test]
    fn a_part_of_the_path_may_differ_from_call_to_call() {
        let asked = Question::new("GET", "operator.example", "/lines/7/check?a=1", true);
        assert!(!asked.is("GET", "operator.example", "/lines/8/check"));
        let asked = asked.with_path(Some("/lines/{line}/check"));
        assert!(asked.is("GET", "operator.example", "/lines/8/check?a=2"));
        assert!(!asked.is("GET", "operator.example", "/lines/8/other"));
    }

    #[test]
    fn a_transcript_without_an_allow_response_has_no_question() {
        let events = vec![request(1, "GET", "operator.example", "/")];
        assert_eq!(Question::of(&transcript(events)), None);
    }
}
