//! Exact counts of what happened in a run, however many entries of it the transcript keeps.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use super::transcript::{Event, Handshake, Meaning, TranscriptEntry, Transport};

/// How many refused addresses are counted separately: a port scan has more.
const MAX_REFUSED: usize = 64;

/// How many phases are counted separately. Later ones are counted as the last of them; no script has as many.
const MAX_PHASES: usize = 4096;

/// The counts of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// By the number of changes of the scenario before.
    phases: Vec<Counts>,
    /// Connection attempts to ports that are not served.
    refused: BTreeMap<SocketAddr, usize>,
    /// The first request without TLS that contains a credential or what may be an identity.
    exposed: Option<Exposed>,
    /// Connections with hosts that the plugin does not ask.
    with_other_hosts: u64,
}

/// A request without TLS that contains a credential or what may be an identity of the subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    /// The Host header.
    pub host: String,
    /// What it is and where it stands, as text.
    pub what: &'static str,
}

/// What happened between two changes of the scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) questions: usize,
    /// Of the questions, those whose answer was held back until the scenario changed.
    pub(crate) late_answers: usize,
    pub(crate) connections: usize,
    /// Of the connections, those to the https port.
    pub(crate) secure_connections: usize,
    pub(crate) handshakes: usize,
    pub(crate) refused_handshakes: usize,
    pub(crate) requests: usize,
    /// Of the requests, those without TLS.
    pub(crate) cleartext_requests: usize,
    /// Of the requests, those in HTTP/2.
    pub(crate) http_2_requests: usize,
    /// Of the requests, those whose host is an IP address.
    pub(crate) requests_to_addresses: usize,
    pub(crate) fragments: usize,
    /// Connections over TLS that ended without a byte of a request.
    pub(crate) unused_handshakes: usize,
    pub(crate) faults: usize,
    /// Undamaged responses that mean allow.
    pub(crate) allowed: usize,
    /// Undamaged responses that mean deny.
    pub(crate) denied: usize,
    /// Usual responses of steps before the deciding one.
    pub(crate) continued: usize,
}

impl Tally {
    /// Counts an entry.
    pub(crate) fn add(&mut self, entry: &TranscriptEntry) {
        let phase = entry.phase.min(MAX_PHASES - 1);
        if self.phases.len() <= phase {
            self.phases.resize(phase + 1, Counts::default());
        }
        self.phases[phase].add(&entry.event);
        if self.exposed.is_none() {
            self.exposed = exposed(&entry.event);
        }
        if let Event::UnservedPort {
            to,
            transport: Transport::Tcp,
        } = entry.event
            && (self.refused.len() < MAX_REFUSED || self.refused.contains_key(&to))
        {
            *self.refused.entry(to).or_default() += 1;
        }
    }

    /// Counts an entry of traffic with a host that the plugin does not ask. An identity is exposed to whatever host.
    pub(crate) fn add_of_other_hosts(&mut self, entry: &TranscriptEntry) {
        if self.exposed.is_none() {
            self.exposed = exposed(&entry.event);
        }
        self.with_other_hosts += u64::from(matches!(entry.event, Event::Connection { .. }));
    }

    /// Counts a connection with a host that the plugin does not ask, of which nothing is recorded.
    pub(crate) fn add_connection_with_other_host(&mut self) {
        self.with_other_hosts += 1;
    }

    pub(crate) fn connections_with_other_hosts(&self) -> u64 {
        self.with_other_hosts
    }

    /// The sum of one count over all phases.
    pub(crate) fn sum(&self, count: impl Fn(&Counts) -> usize) -> usize {
        self.phases.iter().map(count).sum()
    }

    /// The counts of one phase.
    pub(crate) fn phase(&self, phase: usize) -> Counts {
        self.phases.get(phase).copied().unwrap_or_default()
    }

    /// The first request without TLS that contains a credential or what may be an identity.
    pub(crate) fn exposed(&self) -> Option<&Exposed> {
        self.exposed.as_ref()
    }

    /// Connection attempts to ports that are not served, by address.
    pub(crate) fn refused(&self) -> impl Iterator<Item = (SocketAddr, usize)> {
        self.refused.iter().map(|(to, count)| (*to, *count))
    }
}

impl Counts {
    fn add(&mut self, event: &Event) {
        match event {
            Event::Question { late, .. } => {
                self.questions += 1;
                self.late_answers += usize::from(*late);
            }
            Event::Connection { secure, .. } => {
                self.connections += 1;
                self.secure_connections += usize::from(*secure);
            }
            Event::Handshake { outcome, .. } => {
                self.handshakes += 1;
                self.refused_handshakes += usize::from(matches!(outcome, Handshake::Refused(_)));
            }
            Event::Request {
                secure,
                host,
                http_2,
                ..
            } => {
                self.requests += 1;
                self.cleartext_requests += usize::from(!secure);
                self.http_2_requests += usize::from(*http_2);
                self.requests_to_addresses += usize::from(is_address(host));
            }
            Event::Fragment { .. } => self.fragments += 1,
            Event::Unused { secure, .. } => self.unused_handshakes += usize::from(*secure),
            Event::Fault { .. } => self.faults += 1,
            Event::Reply { meaning, .. } => match meaning {
                Some(Meaning::Allow) => self.allowed += 1,
                Some(Meaning::Deny) => self.denied += 1,
                Some(Meaning::Continue) => self.continued += 1,
                None => {}
            },
            Event::Staple { .. } | Event::UnservedPort { .. } | Event::Note { .. } => {}
        }
    }
}

fn exposed(event: &Event) -> Option<Exposed> {
    match event {
        Event::Request {
            secure: false,
            host,
            ..
        } => Some(Exposed {
            host: host.clone(),
            what: event.identity()?,
        }),
        _ => None,
    }
}

/// Whether a Host header names an IP address.
fn is_address(host: &str) -> bool {
    host.parse::<SocketAddr>().is_ok()
        || host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>()
            .is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn a_host_is_an_address_with_or_without_a_port() {
        for host in ["10.64.0.7", "10.64.0.7:8443", "[2001:db8::10]", "[::1]:443"] {
            assert!(is_address(host), "{host}");
        }
        for host in ["", "localhost", "a.example:443", "10.64.0.7.example"] {
            assert!(!is_address(host), "{host}");
        }
    }
}
