//! Which of several hosts a plugin asks, as far as the control run shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use super::control::{Question, without_port};
use crate::testbed::OtherHosts;
use crate::testbed::transcript::{Event, Transcript};

/// How many hosts are considered. A plugin that uses more is examined as if it used one.
const MAX_HOSTS: usize = 4;

/// A host that the plugin may ask, and the others then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub question: Question,
    pub other_hosts: OtherHosts,
}

/// What is known of one connection.
#[derive(Debug, Default)]
struct Connection {
    to: Option<IpAddr>,
    /// In the handshake and in requests.
    names: BTreeSet<String>,
    /// Method, host and path of each request.
    requests: Vec<Question>,
}

/// The candidates of a control run, the most probable first. None if the plugin uses one host, or if what happened is
/// not known in full.
pub fn candidates(transcript: &Transcript) -> Vec<Candidate> {
    if transcript.left_out > 0 {
        return Vec::new();
    }
    let connections = connections(transcript);
    // The last one first: usually a plugin decides by the last response.
    let mut questions: Vec<Question> = Vec::new();
    for question in Question::all_of(transcript).into_iter().rev() {
        let known = |other: &Question| other.host_name() == question.host_name();
        if !questions.iter().any(known) {
            questions.push(question);
        }
    }
    if questions.len() > MAX_HOSTS {
        return Vec::new();
    }
    let all = questions.into_iter().map(|question| Candidate {
        other_hosts: other_hosts(&connections, &question),
        question,
    });
    all.filter(|candidate| !candidate.other_hosts.is_empty())
        .collect()
}

fn connections(transcript: &Transcript) -> Vec<Connection> {
    let mut connections: BTreeMap<usize, Connection> = BTreeMap::new();
    for entry in &transcript.entries {
        match &entry.event {
            Event::Connection { connection, to, .. } => {
                let to = to.parse::<SocketAddr>().ok();
                connections.entry(*connection).or_default().to = to.map(|to| to.ip());
            }
            Event::Handshake {
                connection,
                name: Some(name),
                ..
            } => {
                let names = &mut connections.entry(*connection).or_default().names;
                names.insert(name.to_ascii_lowercase());
            }
            Event::Request {
                connection,
                secure,
                method,
                host,
                target,
                ..
            } => {
                let it = connections.entry(*connection).or_default();
                it.names.insert(without_port(host).to_ascii_lowercase());
                it.requests
                    .push(Question::new(method, host, target, *secure));
            }
            _ => {}
        }
    }
    connections.into_values().collect()
}

/// The hosts that received a request and are not the server of that question. One that gets the same request is a
/// second server for the same question: whether the plugin turns to it after a fault of the first is its choice.
fn other_hosts(connections: &[Connection], question: &Question) -> OtherHosts {
    let asks = |connection: &&Connection| {
        connection
            .requests
            .iter()
            .any(|request| request.method == question.method && request.path == question.path)
    };
    let (mut names, mut addresses) = (BTreeSet::new(), BTreeSet::new());
    for connection in connections.iter().filter(asks) {
        names.extend(&connection.names);
        addresses.extend(connection.to);
    }
    let mut others = OtherHosts::default();
    for connection in connections {
        let is_other = |name: &&String| !names.contains(name);
        if connection.requests.is_empty() || !connection.names.iter().all(|name| is_other(&name)) {
            continue;
        }
        // A name that was resolved has the server's address in the control run.
        let own = connection.to.filter(|to| !OtherHosts::are_names_at(*to));
        match own {
            Some(address) if !addresses.contains(&address) => {
                others.addresses.insert(address);
            }
            Some(_) => {}
            None => others.names.extend(connection.names.iter().cloned()),
        }
    }
    others
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testbed::transcript::{Excerpt, Meaning, TranscriptEntry};

    const SERVER: &str = "203.0.113.10:443";

    /// A connection that sends one request and gets the allow response.
    fn exchange(number: usize, to: &str, method: &str, host: &str, target: &str) -> Vec<Event> {
        vec![
            Event::Connection {
                connection: number,
                to: to.to_owned(),
                secure: true,
            },
            Event::Request {
                connection: number,
                secure: true,
                method: method.to_owned(),
                host: host.to_owned(),
                target: target.to_owned(),
                http_2: false,
                body: 0,
                head: Excerpt::default(),
                content: Excerpt::default(),
                digest: String::new(),
            },
            Event::Reply {
                connection: number,
                what: String::new(),
                head: Excerpt::default(),
                body: Excerpt::default(),
                meaning: Some(Meaning::Allow),
            },
        ]
    }

    fn of(exchanges: &[Vec<Event>]) -> Vec<Candidate> {
        let entries = exchanges.concat().into_iter().map(|event| TranscriptEntry {
            at: Duration::ZERO,
            phase: 0,
            event,
            revealed: None,
        });
        candidates(&Transcript::of(entries.collect(), None))
    }

    #[test]
    fn one_host_has_no_others() {
        let head = exchange(1, SERVER, "HEAD", "operator.example", "/");
        let question = exchange(2, SERVER, "GET", "operator.example", "/check");
        assert_eq!(of(&[head, question]), []);
    }

    #[test]
    fn the_last_host_is_the_first_candidate() {
        let probe = exchange(1, SERVER, "GET", "Probe.example:80", "/generate_204");
        let question = exchange(2, SERVER, "GET", "operator.example", "/check?a=1");
        let candidates = of(&[probe, question]);
        let names: Vec<_> = candidates
            .iter()
            .map(|candidate| candidate.question.host_name())
            .collect();
        assert_eq!(names, ["operator.example", "probe.example"]);
        let others = &candidates[0].other_hosts;
        assert_eq!(others.names, BTreeSet::from(["probe.example".to_owned()]));
        assert_eq!(others.addresses, BTreeSet::new());
    }

    #[test]
    fn a_probe_by_address_is_known_by_its_address() {
        let probe = exchange(1, "192.0.2.7:80", "GET", "192.0.2.7", "/");
        let question = exchange(2, SERVER, "GET", "operator.example", "/check");
        let others = &of(&[probe, question])[0].other_hosts;
        assert_eq!(others.names, BTreeSet::new());
        assert_eq!(
            others.addresses,
            BTreeSet::from(["192.0.2.7".parse().unwrap()])
        );
    }

    /// If the first fails, the plugin may ask the second: it must not be served as if nothing was wrong.
    #[test]
    fn a_second_server_for_the_same_question_is_no_other_host() {
        let first = exchange(1, SERVER, "GET", "a.operator.example", "/check");
        let second = exchange(2, SERVER, "GET", "b.operator.example", "/check");
        assert_eq!(of(&[first, second]), []);
    }

    #[test]
    fn a_host_without_a_request_is_not_known() {
        let question = exchange(2, SERVER, "GET", "operator.example", "/check");
        let connected = exchange(1, SERVER, "GET", "probe.example", "/")[..1].to_vec();
        assert_eq!(of(&[connected, question]), []);
    }
}
