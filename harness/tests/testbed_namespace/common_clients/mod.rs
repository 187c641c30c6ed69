//! HTTP clients of everyday use, in scenarios of each layer: each of them has to see what the scenario says, so that
//! this rests on more than clients of our own.

mod client;
mod table;

use self::client::Client;
use self::table::{Received, Row, rows};
use crate::TestServers;
use crate::client::HOST;
use crate::runner::{Claim, print_line};

pub(crate) const CLAIMS: &[Claim] = &[
    ("common_clients_curl_sees_each_scenario", curl),
    (
        "common_clients_python_requests_sees_each_scenario",
        requests,
    ),
    ("common_clients_node_fetch_sees_each_scenario", fetch),
];

fn curl(test: &TestServers) {
    if let Some(client) = Client::curl() {
        examine(&client, test, |row| row.curl);
    }
}

fn requests(test: &TestServers) {
    let Some(client) = Client::requests() else {
        return;
    };
    if client.compares_length() {
        examine(&client, test, |row| row.requests);
    } else {
        examine(&client, test, |row| {
            row.requests_before_urllib3_2.unwrap_or(row.requests)
        });
    }
}

fn fetch(test: &TestServers) {
    if let Some(client) = Client::fetch() {
        examine(&client, test, |row| row.fetch);
    }
}

/// Gets the URL in each scenario, and compares what the client saw, and what the server did.
fn examine(client: &Client, test: &TestServers, expected: impl Fn(&Row) -> table::Seen) {
    let mut wrong = Vec::new();
    for row in rows() {
        let network = test.network(row.scenario);
        // Where nothing is to be waited for, a slow machine must not look like a time-out.
        let seconds = if row.scenario.stalls() { 1 } else { 30 };
        let authority = test.servers.authority();
        let seen = client.get(&format!("https://{HOST}/v1"), seconds, authority);
        let transcript = network.finish();
        print_line(&format!(
            "{:<9} {:<32} {}",
            client.name,
            row.name,
            seen.lines().next().unwrap_or_default()
        ));
        let requests = transcript.requests();
        let received = match row.received {
            Received::Nothing => requests == 0,
            Received::Request => requests == 1,
            Received::RequestAndRedirected => requests == 1 + usize::from(client.follows_redirects),
            Received::RedirectedUntilLimit => (requests > 10) == client.follows_redirects,
        };
        let expected = expected(&row);
        if !seen.starts_with(expected.begins) || !seen.contains(expected.contains) || !received {
            wrong.push(format!(
                "{}: expected {expected:?} and {:?} at the server; {requests} requests; {seen}\n{transcript}",
                row.name, row.received
            ));
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", client.name, wrong.join("\n"));
}
