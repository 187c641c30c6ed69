//! The transcript as text: one line for each entry, in columns.

use std::fmt;

use ics_device::printable::Printable;

use super::transcript::{Event, Handshake, Meaning, Transcript, TranscriptEntry};

impl fmt::Display for Transcript {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut phase = 0;
        for entry in &self.entries {
            if entry.phase != phase {
                phase = entry.phase;
                writeln!(formatter, "           -- the scenario was changed --")?;
            }
            writeln!(formatter, "{entry}")?;
        }
        match self.attempts {
            Some(1) => writeln!(formatter, "           1 connection attempt in all"),
            Some(attempts) => {
                writeln!(
                    formatter,
                    "           {attempts} connection attempts in all"
                )
            }
            None => Ok(()),
        }
    }
}

impl fmt::Display for TranscriptEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.at.as_secs_f64();
        // Most of an event is sent by the plugin, and may contain control characters.
        write!(formatter, "{seconds:8.3} s {}", Printable(&self.event))
    }
}

impl Event {
    /// The name of its layer: `dns`, `tcp`, `udp`, `tls` or `http`, and else `plan` or `note`.
    pub fn layer(&self) -> &'static str {
        match self {
            Self::Question { .. } => "dns",
            Self::Connection { .. } => "tcp",
            Self::UnservedPort { transport, .. } => transport.name(),
            Self::Handshake { .. } | Self::Staple { .. } => "tls",
            Self::Request { .. }
            | Self::Fragment { .. }
            | Self::Unused { .. }
            | Self::Reply { .. } => "http",
            Self::Fault { .. } => "plan",
            Self::Note { .. } => "note",
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layer = self.layer();
        match self.number() {
            Some(number) => write!(formatter, "{layer:4} #{number:<3} ")?,
            None => write!(formatter, "{layer:4}      ")?,
        }
        match self {
            Self::Question {
                name,
                kind,
                transport,
                late,
                answer,
            } => {
                let late = if *late { ", late" } else { "" };
                write!(formatter, "{kind} {name} over {transport}{late}: {answer}")
            }
            Self::Connection { to, .. } => write!(formatter, "connected to {to}"),
            Self::UnservedPort { to, .. } => {
                write!(formatter, "refused {to}, which the profile does not serve")
            }
            Self::Handshake { name, outcome, .. } => {
                let name = name.as_deref().unwrap_or("no name");
                write!(formatter, "handshake for {name}: {outcome}")
            }
            Self::Request {
                secure,
                method,
                host,
                target,
                http_2,
                body,
                content,
                ..
            } => {
                let version = if *http_2 { " in HTTP/2" } else { "" };
                let cleartext = if *secure { "" } else { " in cleartext" };
                write!(
                    formatter,
                    "{method} {target} for {host}{version}{cleartext}"
                )?;
                match body {
                    0 => Ok(()),
                    bytes => write!(formatter, ", {bytes} bytes{content}"),
                }
            }
            Self::Reply {
                what,
                meaning,
                body,
                ..
            } => {
                write!(formatter, "answered {what}")?;
                match meaning {
                    Some(Meaning::Allow) => formatter.write_str(" (allow)")?,
                    Some(Meaning::Deny) => formatter.write_str(" (deny)")?,
                    Some(Meaning::Continue) => {
                        formatter.write_str(" (a step before the question)")?
                    }
                    None => {}
                }
                write!(formatter, "{body}")
            }
            Self::Staple { requested, .. } => formatter.write_str(match requested {
                true => "asks for an OCSP response, which says that the certificate was revoked",
                false => "does not ask for an OCSP response, so none is sent",
            }),
            Self::Fragment { secure, bytes, .. } => {
                let cleartext = if *secure { "" } else { " in cleartext" };
                write!(
                    formatter,
                    "{bytes} bytes of an incomplete request{cleartext}"
                )
            }
            Self::Unused { secure, .. } => {
                let handshake = if *secure {
                    " after a completed handshake"
                } else {
                    ""
                };
                write!(formatter, "closed without a request{handshake}")
            }
            Self::Fault { what, .. } | Self::Note { what, .. } => formatter.write_str(what),
        }
    }
}

impl Event {
    /// The number of its connection; notes about the whole scenario have none.
    pub(crate) fn number(&self) -> Option<usize> {
        match self {
            Self::Question { .. }
            | Self::UnservedPort { .. }
            | Self::Note { connection: 0, .. } => None,
            Self::Connection { connection, .. }
            | Self::Handshake { connection, .. }
            | Self::Staple { connection, .. }
            | Self::Request { connection, .. }
            | Self::Fragment { connection, .. }
            | Self::Unused { connection, .. }
            | Self::Fault { connection, .. }
            | Self::Reply { connection, .. }
            | Self::Note { connection, .. } => Some(*connection),
        }
    }
}

impl fmt::Display for Handshake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Completed(version) => write!(formatter, "completed, {version}"),
            Self::CompletedForHttp2(version) => {
                write!(formatter, "completed, {version}, for HTTP/2")
            }
            Self::Refused(why) => write!(formatter, "refused, {why}"),
            Self::FaultInjected => formatter.write_str("broken by the scenario"),
            Self::FaultAccepted(what) => write!(formatter, "the plugin accepted {what}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::transcript::{Offers, Transport};
    use super::*;

    #[test]
    fn a_transcript_reads_in_columns() {
        let events = [
            Event::Question {
                name: "a.example".to_owned(),
                kind: "A".to_owned(),
                transport: "udp".to_owned(),
                late: false,
                answer: "203.0.113.10".to_owned(),
            },
            Event::Handshake {
                connection: 1,
                name: Some("a.example".to_owned()),
                offers: Offers::default(),
                outcome: Handshake::Refused("alert: unknown ca".to_owned()),
            },
            Event::Fragment {
                connection: 1,
                secure: false,
                bytes: 10,
            },
            Event::Fault {
                connection: 2,
                what: "reset once accepted".to_owned(),
            },
            Event::UnservedPort {
                to: ([10, 64, 0, 7], 8443).into(),
                transport: Transport::Tcp,
            },
            Event::Note {
                connection: 0,
                what: "1 connections were still open at the end".to_owned(),
            },
        ];
        let entries = events
            .into_iter()
            .enumerate()
            .map(|(number, event)| TranscriptEntry {
                at: Duration::from_millis(number as u64 * 1500),
                phase: usize::from(number == 5),
                event,
                revealed: None,
            });
        let transcript = Transcript::of(entries.collect(), Some(2));
        insta::assert_snapshot!(format!("---\n{transcript}"), @r"
        ---
           0.000 s dns       A a.example over udp: 203.0.113.10
           1.500 s tls  #1   handshake for a.example: refused, alert: unknown ca
           3.000 s http #1   10 bytes of an incomplete request in cleartext
           4.500 s plan #2   reset once accepted
           6.000 s tcp       refused 10.64.0.7:8443, which the profile does not serve
                   -- the scenario was changed --
           7.500 s note      1 connections were still open at the end
                   2 connection attempts in all
        ");
    }
}
