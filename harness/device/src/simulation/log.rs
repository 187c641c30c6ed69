//! The log of a simulation: for people, for machines and for the drawing.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::Clock;
use super::log_text::{
    of_answer, of_asking, of_configuration, of_document, of_link, of_not_found, of_not_started,
    of_refusal, of_stopped, of_too_few, of_via, of_waiting, of_whereabouts, of_withheld,
};
use crate::csp::cellular::Whereabouts;
use crate::document::Counts;
use crate::document::names::quoted;
use crate::service::{
    Answer, Client, ConfigurationFault, Link, Moment, NotStarted, Purpose, Refusal, Restart,
    Stopped, Waiting,
};

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogEntry {
    #[serde(serialize_with = "clock")]
    pub at: Moment,
    pub actor: Actor,
    pub text: String,
    #[serde(flatten)]
    pub record: Record,
}

/// Machine-readable output has the same clock as the text.
fn clock<S: Serializer>(at: &Moment, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Clock(*at))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// The user of the device.
    User,
    /// A device that shares the connection.
    Client,
    /// The operator's server, or the way to it.
    Server,
    Network,
    /// The operator, who provisions the device.
    Operator,
    /// The Internet Sharing service.
    Service,
    Plugin,
    /// What the user is shown.
    Message,
    /// An expectation of the timeline.
    Timeline,
}

impl Actor {
    /// The name in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Client => "client",
            Self::Server => "server",
            Self::Network => "network",
            Self::Operator => "operator",
            Self::Service => "service",
            Self::Plugin => "plugin",
            Self::Message => "message",
            Self::Timeline => "timeline",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Record {
    /// The user turned Internet sharing on.
    TurnedOn,
    /// The user turned it off.
    TurnedOff,
    /// A document was applied or refused.
    Document {
        document: String,
        /// Whether it was applied.
        applied: bool,
        /// How many errors, warnings and notes it has.
        #[serde(flatten)]
        found: Counts,
        /// What it changed, as `HotSpot/MaxUsers: 5 → 3`.
        changes: Vec<String>,
    },
    /// The server changed.
    Server {
        scenario: String,
    },
    /// A connection changed; it is gone if `link` is empty.
    Connection {
        connection: String,
        link: Option<Link>,
    },
    /// A connection does not come up, or goes down.
    Withheld {
        connection: String,
        because: Withheld,
    },
    /// The device came into another network.
    Roams {
        to: Whereabouts,
    },
    /// HotSpot names connections that the service cannot use.
    NotFound {
        /// Those that do not exist.
        connections: Vec<String>,
        /// Those that are disabled.
        disabled: Vec<String>,
    },
    /// The device or the service restarted.
    Restarted {
        what: Restart,
    },
    /// The device was turned on.
    Started,
    /// Another SIM or another operator.
    SimChanged,
    SettingsOpened,
    SettingsClosed,
    /// The Internet sharing screen came to Settings or went.
    Screen {
        /// Whether it is there.
        present: bool,
    },
    /// The user set the shared Wi-Fi network. The key is not logged.
    NetworkNamed {
        name: String,
    },
    /// The Wi-Fi network was accepted, or not.
    Configured {
        fault: Option<ConfigurationFault>,
    },
    /// Changes are stored and take effect later.
    Waits {
        /// What waits for what.
        nodes: Vec<Waiting>,
    },
    /// Changes that waited took effect.
    TookEffect {
        nodes: Vec<&'static str>,
    },
    /// The plugin is called.
    Asked {
        check: u64,
        purpose: Purpose,
        /// `EntitlementDll`.
        library: String,
        /// The scenario that it meets.
        scenario: String,
    },
    /// The plugin answered, or failed to.
    Answered {
        check: u64,
        /// The answer that counts for the service.
        answer: Answer,
        /// How long the call took.
        #[serde(serialize_with = "as_seconds")]
        seconds: Duration,
        /// Why the answer is not what the plugin returned.
        reason: Option<String>,
    },
    /// A check is no longer wanted.
    Abandoned {
        check: u64,
    },
    /// Sharing did not start.
    NotStarted {
        because: NotStarted,
    },
    Sharing {
        over: Vec<String>,
    },
    Stopped {
        because: Stopped,
    },
    /// A client was admitted.
    Admitted {
        client: Client,
    },
    /// A client was refused.
    Refused {
        client: Client,
        because: Refusal,
    },
    /// A client was disconnected.
    Disconnected {
        client: Client,
        because: Refusal,
    },
    /// A client disconnected by itself.
    Left {
        client: Client,
    },
    /// Fewer clients were connected than should have left.
    TooFew {
        /// How many should have left; empty for all.
        wanted: Option<usize>,
        left: usize,
    },
    /// A message to the user.
    Message {
        /// One item a line.
        lines: Vec<String>,
        /// Why the string of MOHelpMessage is missing, if it is set.
        missing: Option<String>,
    },
    /// The result of an expectation of the timeline.
    Expected {
        met: bool,
    },
}

/// What keeps a connection from coming up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Withheld {
    /// Its entry is disabled.
    Disabled,
    /// Its entry's Roaming does not allow it where the device is.
    Roaming,
}

fn as_seconds<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(span.as_secs_f64())
}

impl LogEntry {
    /// An entry with the default text of its record.
    pub(super) fn new(at: Moment, record: Record) -> Self {
        let (actor, text) = record.describe();
        Self {
            at,
            actor,
            text,
            record,
        }
    }

    /// An entry with another text.
    pub(super) fn with(at: Moment, actor: Actor, text: impl Into<String>, record: Record) -> Self {
        Self {
            at,
            actor,
            text: text.into(),
            record,
        }
    }
}

impl Record {
    fn describe(&self) -> (Actor, String) {
        let say = |actor, text: &str| (actor, text.to_owned());
        match self {
            Self::TurnedOn => say(Actor::User, "turns Internet sharing on"),
            Self::TurnedOff => say(Actor::User, "turns Internet sharing off"),
            Self::Document {
                document,
                applied,
                found,
                changes,
            } => (
                Actor::Operator,
                of_document(document, *applied, *found, changes.len()),
            ),
            Self::Server { scenario } => (Actor::Server, scenario.clone()),
            Self::Connection { connection, link } => (Actor::Network, of_link(connection, *link)),
            Self::Withheld {
                connection,
                because,
            } => (Actor::Network, of_withheld(connection, *because)),
            Self::Roams { to } => say(Actor::User, of_whereabouts(*to)),
            Self::NotFound {
                connections,
                disabled,
            } => (Actor::Service, of_not_found(connections, disabled)),
            Self::Restarted { what } => match what {
                Restart::Device => say(Actor::User, "restarts the device"),
                Restart::Service => say(Actor::Service, "restarts"),
            },
            Self::Started => say(Actor::User, "turns the device on"),
            Self::SimChanged => say(Actor::User, "inserts another SIM"),
            Self::SettingsOpened => say(Actor::User, "opens Settings"),
            Self::SettingsClosed => say(Actor::User, "closes Settings"),
            Self::Screen { present: true } => say(
                Actor::Service,
                "adds the Internet sharing screen to Settings",
            ),
            Self::Screen { present: false } => say(
                Actor::Service,
                "removes the Internet sharing screen from Settings",
            ),
            Self::NetworkNamed { name } => (
                Actor::User,
                format!("names the Wi-Fi network {}", quoted(name)),
            ),
            Self::Configured { fault } => say(Actor::Service, of_configuration(*fault)),
            Self::Waits { nodes } => {
                let waits = nodes.iter().map(of_waiting).collect::<Vec<_>>();
                (
                    Actor::Service,
                    format!("keeps for later: {}", waits.join(", ")),
                )
            }
            Self::TookEffect { nodes } => (
                Actor::Service,
                format!("uses from now on: {}", nodes.join(", ")),
            ),
            Self::Asked {
                check,
                purpose,
                library,
                scenario,
            } => (
                Actor::Service,
                of_asking(*check, *purpose, library, scenario),
            ),
            Self::Answered {
                answer,
                seconds,
                reason,
                ..
            } => (
                Actor::Plugin,
                of_answer(*answer, *seconds, reason.as_deref()),
            ),
            Self::Abandoned { check } => (Actor::Service, format!("no longer wants check {check}")),
            Self::NotStarted { because } => (
                Actor::Service,
                format!("does not share: {}", of_not_started(*because)),
            ),
            Self::Sharing { over } => (Actor::Service, format!("shares {}", over.join(" and "))),
            Self::Stopped { because } => (
                Actor::Service,
                format!("stops sharing: {}", of_stopped(*because)),
            ),
            Self::Admitted { client } => (
                Actor::Client,
                format!("{} joins over {}", client.id.0, of_via(client.via)),
            ),
            Self::Refused { client, because } => (
                Actor::Client,
                format!(
                    "{} is refused over {}: {}",
                    client.id.0,
                    of_via(client.via),
                    of_refusal(*because)
                ),
            ),
            Self::Disconnected { client, because } => (
                Actor::Client,
                format!("{} is disconnected: {}", client.id.0, of_refusal(*because)),
            ),
            Self::Left { client } => (Actor::Client, format!("{} leaves", client.id.0)),
            Self::TooFew { wanted, left } => (Actor::Client, of_too_few(*wanted, *left)),
            Self::Message { lines, .. } => (Actor::Message, lines.join(" ")),
            Self::Expected { met: true } => say(Actor::Timeline, "is met"),
            Self::Expected { met: false } => say(Actor::Timeline, "is not met"),
        }
    }
}
