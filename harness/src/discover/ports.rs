//! The ports of a profile that is made from what a plugin did: those that it tried.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use super::draft::Draft;
use crate::run::RunRecord;
use crate::testbed::transcript::{Event, Handshake};

/// The most ports that are served because the plugin tries them.
const MAX_PORTS: usize = 8;

impl Draft {
    /// Whether the plugin tried ports that are not served, which are served from now on.
    pub fn serve_new_ports(&mut self, record: &RunRecord) -> bool {
        let mut new = false;
        for (to, _) in record.transcript.unserved() {
            if self.https_ports.len() < MAX_PORTS && !self.https_ports.contains(&to.port()) {
                self.https_ports.push(to.port());
                new = true;
            }
        }
        // What is not TLS at such a port is HTTP in the clear.
        for port in ports_without_tls(record) {
            if self.https_ports.contains(&port) && !self.http_ports.contains(&port) {
                self.https_ports.retain(|other| *other != port);
                self.http_ports.push(port);
                new = true;
            }
        }
        new
    }

    /// Leaves out the ports that the plugin did not connect to, so that the main port is one that it uses.
    pub fn keep_used_ports(&mut self, record: &RunRecord) {
        let entries = record.transcript.entries.iter();
        let used: BTreeSet<u16> = entries
            .filter_map(|entry| match &entry.event {
                Event::Connection { to, .. } => port(to),
                _ => None,
            })
            .collect();
        for ports in [&mut self.https_ports, &mut self.http_ports] {
            if ports.iter().any(|port| used.contains(port)) {
                ports.retain(|port| used.contains(port));
            }
        }
    }
}

/// The https ports at which the plugin sent something else than TLS.
fn ports_without_tls(record: &RunRecord) -> BTreeSet<u16> {
    let entries = &record.transcript.entries;
    let of = |wanted: usize| {
        entries.iter().find_map(|entry| match &entry.event {
            Event::Connection {
                connection,
                to,
                secure: true,
            } if *connection == wanted => port(to),
            _ => None,
        })
    };
    let refused = entries.iter().filter_map(|entry| match &entry.event {
        Event::Handshake {
            connection,
            outcome: Handshake::Refused(reason),
            ..
        } if reason.contains("InvalidContentType") => of(*connection),
        _ => None,
    });
    refused.collect()
}

fn port(address: &str) -> Option<u16> {
    address
        .parse::<SocketAddr>()
        .ok()
        .map(|address| address.port())
}
