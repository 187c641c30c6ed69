//! The events of a run, in order: DNS questions, connections, handshakes, requests and
//! responses.

use std::net::SocketAddr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::excerpt::Excerpt;
use super::excerpt::{MASKED_IDENTITY, has_credential_parameter};
pub use super::tally::Exposed;
use super::tally::{Counts, Tally};

/// The events of one run.
///
/// Of a run with very many events it keeps the first and the last, with a note about the number left out between
/// them. What its methods count is exact all the same: judges use these, and not the entries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcript {
    /// In the order in which they happened.
    pub entries: Vec<TranscriptEntry>,
    /// Connection attempts that the kernel counted in the plugin's network, answered or not.
    /// `None` where there is no network of the plugin's own to count in.
    pub attempts: Option<u64>,
    /// How many entries were left out. A judge who looks for something among the entries and does not find it has seen
    /// nothing if there are any.
    pub left_out: usize,
    /// When the time of the entries begins, by the clock that all processes of the system share.
    pub began: Option<f64>,
    tally: Tally,
}

/// One event and its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TranscriptEntry {
    /// Seconds since the scenario was set up.
    #[serde(with = "seconds")]
    #[schemars(with = "f64")]
    pub at: Duration,
    /// How many times the scenario had been changed before.
    pub phase: usize,
    /// What happened, with identities and credentials masked.
    pub event: Event,
    /// The same without a mask, for people who asked for it. Judges never see it.
    #[serde(skip)]
    pub revealed: Option<Box<Event>>,
}

/// An event on the test network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A DNS question and its answer.
    Question {
        /// The name in the question.
        name: String,
        /// The record type, such as `AAAA`.
        kind: String,
        /// `udp` or `tcp`.
        transport: String,
        /// Whether the answer was delayed until the name server was no longer silent.
        late: bool,
        /// The answer, such as `203.0.113.10` or `NXDOMAIN` or `nothing`.
        answer: String,
    },
    /// A connection was accepted.
    Connection {
        /// The number of the connection in this run, from 1.
        connection: usize,
        /// The address and port that the plugin connected to.
        to: String,
        /// Whether that is the https port.
        secure: bool,
    },
    /// A TLS handshake was completed or failed.
    Handshake {
        connection: usize,
        /// The server name that the plugin requested (SNI).
        name: Option<String>,
        /// What the ClientHello offers.
        #[serde(default)]
        offers: Offers,
        outcome: Handshake,
    },
    /// The server has an OCSP response to staple to its handshake.
    Staple {
        connection: usize,
        /// Whether the ClientHello asks for one (`status_request`). It is sent only then.
        requested: bool,
    },
    /// A complete request arrived.
    Request {
        connection: usize,
        /// Whether it came over TLS.
        secure: bool,
        /// The request line's method.
        method: String,
        /// The Host header.
        host: String,
        /// The request line's target, with identities masked.
        target: String,
        /// Whether it came in HTTP/2.
        #[serde(default)]
        http_2: bool,
        /// The size of the body in bytes.
        body: usize,
        /// The header fields, one a line.
        #[serde(default)]
        head: Excerpt,
        /// The beginning of the body.
        #[serde(default)]
        content: Excerpt,
        /// A digest of the target, the header fields and the body, without anything masked: two requests with the same
        /// digest are the same.
        #[serde(default)]
        digest: String,
    },
    /// A connection ended with an incomplete request.
    Fragment {
        connection: usize,
        /// Whether it came over TLS.
        secure: bool,
        /// How many bytes of HTTP arrived, after decryption.
        bytes: usize,
    },
    /// A connection ended without a byte of a request. Over TLS, the handshake had been completed.
    Unused {
        connection: usize,
        /// Whether it was over TLS.
        secure: bool,
    },
    /// The scenario injected its fault into a connection without reading a request: it was reset,
    /// closed, or answered with bytes that are not TLS. A fault in the response to a request is a [`Event::Reply`].
    Fault {
        connection: usize,
        /// What was done, as text.
        what: String,
    },
    /// The response to a request.
    Reply {
        connection: usize,
        /// Such as `200 application/json, 20 bytes` or `headers without end`.
        what: String,
        /// Its meaning, if it is undamaged and the plugin may accept it.
        meaning: Option<Meaning>,
        /// The beginning of its head.
        #[serde(default)]
        head: Excerpt,
        /// The beginning of its body.
        #[serde(default)]
        body: Excerpt,
    },
    /// The plugin tried a port at which the test bed does not listen, and the kernel refused it.
    UnservedPort {
        /// The address and port that the plugin tried.
        #[schemars(with = "String")]
        to: SocketAddr,
        transport: Transport,
    },
    /// Additional information, for people only.
    Note { connection: usize, what: String },
}

/// What a ClientHello offers; nothing, if none was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Offers {
    /// The versions, such as `TLS 1.3`, in the client's order (RFC 8446, section 4.2.1).
    pub versions: Vec<String>,
    /// The protocols, such as `h2`, in the client's order (ALPN, RFC 7301).
    pub protocols: Vec<String>,
}

impl Event {
    /// What in a request is a credential or may be an identity of the subscriber, as text.
    pub fn identity(&self) -> Option<&'static str> {
        let Self::Request {
            head,
            content,
            target,
            ..
        } = self
        else {
            return None;
        };
        if head.has_credential() {
            Some("a credential in its header fields")
        } else if has_credential_parameter(target.split_once('?').map_or("", |(_, query)| query)) {
            Some("a credential in its URL")
        } else if content.has_credential_parameter() {
            Some("a credential in its body")
        } else if head.has_identity() {
            Some("a number that may be an identity in its header fields")
        } else if target.contains(MASKED_IDENTITY) {
            Some("a number that may be an identity in its URL")
        } else if content.has_identity() {
            Some("a number that may be an identity in its body")
        } else {
            None
        }
    }
}

/// A transport protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    Tcp,
    Udp,
}

impl Transport {
    /// Its name in transcripts.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// The outcome of a TLS handshake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Handshake {
    /// Completed, with this protocol version.
    Completed(String),
    /// Completed, with this protocol version, for HTTP/2.
    CompletedForHttp2(String),
    /// The plugin refused, with this alert or close.
    Refused(String),
    /// The scenario injected its fault.
    FaultInjected,
    /// The plugin accepted what the scenario should make it refuse, which is this. The server then ended the handshake.
    FaultAccepted(String),
}

/// The meaning of an undamaged response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    Allow,
    Deny,
    /// The usual response of a step before the deciding one.
    Continue,
}

impl Transcript {
    /// The transcript of these entries, all of them.
    pub fn of(entries: Vec<TranscriptEntry>, attempts: Option<u64>) -> Self {
        let mut tally = Tally::default();
        entries.iter().for_each(|entry| tally.add(entry));
        Self {
            entries,
            attempts,
            left_out: 0,
            began: None,
            tally,
        }
    }

    /// A transcript with only some of the entries that were counted.
    pub(crate) fn counted(
        entries: Vec<TranscriptEntry>,
        attempts: Option<u64>,
        left_out: usize,
        began: Option<f64>,
        tally: Tally,
    ) -> Self {
        Self {
            entries,
            attempts,
            left_out,
            began,
            tally,
        }
    }

    /// The transcript as it is shown to people.
    #[must_use]
    pub fn for_people(&self) -> Self {
        let entries = self.entries.iter().cloned();
        Self {
            entries: entries.map(TranscriptEntry::for_people).collect(),
            ..self.clone()
        }
    }

    /// How many DNS questions were asked.
    pub fn questions(&self) -> usize {
        self.tally.sum(|counts| counts.questions)
    }

    /// How many DNS questions got their answer only when the scenario changed.
    pub fn late_answers(&self) -> usize {
        self.tally.sum(|counts| counts.late_answers)
    }

    /// The first request without TLS that contains a credential or what may be an identity of the subscriber.
    pub fn exposed_identity(&self) -> Option<&Exposed> {
        self.tally.exposed()
    }

    /// How many connections were accepted.
    pub fn connections(&self) -> usize {
        self.tally.sum(|counts| counts.connections)
    }

    /// How many connections to the https port were accepted.
    pub fn secure_connections(&self) -> usize {
        self.tally.sum(|counts| counts.secure_connections)
    }

    /// How many TLS handshakes were begun.
    pub fn handshakes(&self) -> usize {
        self.tally.sum(|counts| counts.handshakes)
    }

    /// How many TLS handshakes were begun after `phase` changes of the scenario.
    pub fn handshakes_in(&self, phase: usize) -> usize {
        self.tally.phase(phase).handshakes
    }

    /// How many TLS handshakes were refused by the plugin.
    pub fn refused_handshakes(&self) -> usize {
        self.tally.sum(|counts| counts.refused_handshakes)
    }

    /// How many TLS handshakes the plugin completed, and then closed the connection without a byte of a request:
    /// one that compares the server's key with its own does.
    pub fn unused_handshakes(&self) -> usize {
        self.tally.sum(|counts| counts.unused_handshakes)
    }

    /// How many requests arrived.
    pub fn requests(&self) -> usize {
        self.tally.sum(|counts| counts.requests)
    }

    /// How many requests arrived in HTTP/2.
    pub fn http_2_requests(&self) -> usize {
        self.tally.sum(|counts| counts.http_2_requests)
    }

    /// How many requests arrived after `phase` changes of the scenario.
    pub fn requests_in(&self, phase: usize) -> usize {
        self.tally.phase(phase).requests
    }

    /// How many connections ended with an incomplete request and no complete one.
    pub fn fragments(&self) -> usize {
        self.tally.sum(|counts| counts.fragments)
    }

    /// How many connections got the scenario's fault before a request was read.
    pub fn faults_met(&self) -> usize {
        self.tally.sum(|counts| counts.faults)
    }

    /// How many requests arrived over cleartext HTTP.
    pub fn cleartext_requests(&self) -> usize {
        self.tally.sum(|counts| counts.cleartext_requests)
    }

    /// How many undamaged responses with that meaning were sent after `phase` changes of the scenario.
    pub fn answers_in(&self, phase: usize, wanted: Meaning) -> usize {
        answers(&self.tally.phase(phase), wanted)
    }

    /// How many undamaged responses with that meaning were sent.
    pub fn answers(&self, wanted: Meaning) -> usize {
        self.tally.sum(|counts| answers(counts, wanted))
    }

    /// The addresses and ports that the plugin tried to connect to and that the test bed does not serve, each with
    /// the number of attempts. Empty where there is no network of the plugin's own.
    pub fn unserved(&self) -> Vec<(SocketAddr, usize)> {
        self.tally.refused().collect()
    }

    /// Whether the plugin asks its server by an IP address: it sends no DNS question, and requests that do not name
    /// their host or, in a network of its own, none because the port that it tries is not served. Faults of DNS do
    /// not affect it.
    pub fn asks_an_address(&self) -> bool {
        let by_address = self.tally.sum(|counts| counts.requests_to_addresses);
        self.questions() == 0
            && by_address == self.requests()
            && (by_address > 0 || self.tally.refused().next().is_some())
    }
}

fn answers(counts: &Counts, wanted: Meaning) -> usize {
    match wanted {
        Meaning::Allow => counts.allowed,
        Meaning::Deny => counts.denied,
        Meaning::Continue => counts.continued,
    }
}

/// Serialises a time as a number of seconds, as all times in a report.
mod seconds {
    use std::time::Duration;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(time.as_secs_f64())
    }

    pub(super) fn deserialize<'from, D: Deserializer<'from>>(
        from: D,
    ) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_and_come_back_as_they_were() {
        let entry = TranscriptEntry {
            at: Duration::from_nanos(1_250_000_001),
            phase: 0,
            revealed: None,
            event: Event::Fragment {
                connection: 1,
                secure: true,
                bytes: 10,
            },
        };
        let json = serde_json::to_value(&entry).unwrap();
        assert_eq!(json["at"], 1.250_000_001);
        assert_eq!(
            serde_json::from_value::<TranscriptEntry>(json).unwrap(),
            entry
        );
        let before = r#"{"at":-1.0,"phase":0,"event":{"fault":{"connection":1,"what":""}}}"#;
        assert!(serde_json::from_str::<TranscriptEntry>(before).is_err());
    }
}
