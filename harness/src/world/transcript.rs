//! What happened in a world, in order: DNS questions, connections, handshakes,
//! requests, and what was sent back.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The events of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Transcript {
    /// In the order in which they happened.
    pub entries: Vec<Entry>,
    /// Connection attempts that the kernel counted in the plugin's network, answered or not.
    /// `None` where there is no network of the plugin's own to count in.
    pub attempts: Option<u64>,
}

/// One event and when it happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Since the world was set up.
    pub at: Duration,
    /// How many times the world had been shifted before.
    pub phase: usize,
    /// What happened.
    pub event: Event,
}

/// What can happen in a world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A DNS question and what was answered, in words.
    Question {
        /// The name asked for.
        name: String,
        /// The record type, such as `AAAA`.
        kind: String,
        /// `udp` or `tcp`.
        transport: String,
        /// The answer, such as `203.0.113.10` or `NXDOMAIN` or `nothing`.
        answer: String,
    },
    /// A connection was accepted.
    Connection {
        /// Counts connections in this run from 1.
        connection: usize,
        /// The address and port that the plugin connected to.
        to: String,
        /// Whether that is the port for https.
        secure: bool,
    },
    /// A TLS handshake ended, well or not.
    Handshake {
        /// The connection.
        connection: usize,
        /// The server name that the plugin asked for.
        name: Option<String>,
        /// What came of it.
        outcome: Handshake,
    },
    /// A request arrived whole.
    Request {
        /// The connection.
        connection: usize,
        /// Whether it came over TLS.
        secure: bool,
        /// The request line's method.
        method: String,
        /// The Host header.
        host: String,
        /// The request line's target.
        target: String,
        /// Bytes of body.
        body: usize,
    },
    /// What was sent back, in words, and what it meant.
    Reply {
        /// The connection.
        connection: usize,
        /// Such as `200 application/json, 20 bytes` or `headers without end`.
        what: String,
        /// What it says, where it says it undamaged.
        meaning: Option<Meaning>,
    },
    /// Something else worth telling: a close, a reset, a byte that should not be there.
    Note {
        /// The connection.
        connection: usize,
        /// In words.
        what: String,
    },
}

/// What came of a TLS handshake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Handshake {
    /// Completed, with this protocol version.
    Completed(String),
    /// The plugin refused, with this alert or close.
    Refused(String),
    /// The world broke it, as it was meant to.
    Spoiled,
}

/// What an undamaged answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// Yes.
    Allow,
    /// No.
    Deny,
}

impl Transcript {
    /// How many DNS questions were asked.
    pub fn questions(&self) -> usize {
        self.count(|event| matches!(event, Event::Question { .. }))
    }

    /// How many connections were accepted.
    pub fn connections(&self) -> usize {
        self.count(|event| matches!(event, Event::Connection { .. }))
    }

    /// How many TLS handshakes were begun.
    pub fn handshakes(&self) -> usize {
        self.count(|event| matches!(event, Event::Handshake { .. }))
    }

    /// How many TLS handshakes were refused by the plugin.
    pub fn refused_handshakes(&self) -> usize {
        self.count(|event| {
            matches!(
                event,
                Event::Handshake {
                    outcome: Handshake::Refused(_),
                    ..
                }
            )
        })
    }

    /// How many requests arrived.
    pub fn requests(&self) -> usize {
        self.count(|event| matches!(event, Event::Request { .. }))
    }

    /// How many requests arrived in clear.
    pub fn clear_requests(&self) -> usize {
        self.count(|event| matches!(event, Event::Request { secure: false, .. }))
    }

    /// How many undamaged answers with that meaning were sent after so many shifts of the world.
    pub fn answers_in(&self, phase: usize, wanted: Meaning) -> usize {
        self.entries
            .iter()
            .filter(|entry| entry.phase == phase)
            .filter(|entry| {
                matches!(entry.event, Event::Reply { meaning: Some(meaning), .. } if meaning == wanted)
            })
            .count()
    }

    /// How many undamaged answers with that meaning were sent.
    pub fn answers(&self, wanted: Meaning) -> usize {
        self.count(|event| matches!(event, Event::Reply { meaning: Some(meaning), .. } if *meaning == wanted))
    }

    fn count(&self, which: impl Fn(&Event) -> bool) -> usize {
        self.entries
            .iter()
            .filter(|entry| which(&entry.event))
            .count()
    }
}
