//! The matrix of bad certificates and handshakes, and of TLS libraries with their defaults: what each of them makes
//! of each fault is what the table expects. A fault that no library refuses would be none.

mod clients;
mod staple;

use std::fs;

use ics_harness::testbed::transcript::{Event, Handshake, Transcript};
use ics_harness::testbed::{Http, Scenario, Tls, WireFault};

use self::clients::{Client, clients};
use crate::TestServers;
use crate::runner::{Claim, print_line};
use crate::tls::BAD_CERTIFICATES;

pub(crate) const CLAIMS: &[Claim] = &[
    (
        "certificates_are_judged_by_each_library_as_the_table_says",
        matrix,
    ),
    staple::CLAIM,
];

const GNUTLS: &str = "GnuTLS";
const GO: &str = "Go";
const OPENSSL: &str = "OpenSSL";
const RUSTLS: &str = "rustls";

/// What a library accepts by default, although a careful client refuses it, and why. No rule about that is a must; where
/// a common library has no option to refuse it, the rule is advice.
const ACCEPTED: &[(&str, &str, &str)] = &[
    (
        OPENSSL,
        "CommonNameOnly",
        "it uses the common name where there is no alternative name, unless X509_CHECK_FLAG_NEVER_CHECK_SUBJECT is set",
    ),
    (
        GNUTLS,
        "CommonNameOnly",
        "it uses the common name where there is no alternative name",
    ),
    (
        GNUTLS,
        "WeakKey",
        "its profile LOW, which is the default, permits RSA keys of 1,024 bits",
    ),
    (
        GO,
        "WeakKey",
        "it permits RSA keys of 1,024 bits, and has no option against it",
    ),
    (
        GO,
        "NoCloseNotify",
        "it takes the end of the TCP connection between two records for the end of the stream, and has no option against it",
    ),
    (GNUTLS, "OldVersion", "its priority NORMAL contains TLS 1.0"),
    (
        OPENSSL,
        "RevokedStapled",
        "it does not ask for an OCSP response, so none is sent",
    ),
    (
        RUSTLS,
        "RevokedStapled",
        "it asks for an OCSP response, and does not look at it",
    ),
    (
        GO,
        "RevokedStapled",
        "it asks for an OCSP response, and leaves it to VerifyConnection to look at it",
    ),
];

/// One row of the matrix.
struct Row {
    name: String,
    scenario: Scenario,
}

fn rows() -> Vec<Row> {
    let tls = BAD_CERTIFICATES.iter().map(|(tls, _)| *tls);
    let handshakes = [
        Tls::Plaintext,
        Tls::Garbage,
        Tls::Alert,
        Tls::Cut,
        Tls::OldVersion,
        Tls::WeakCipher,
        Tls::RevokedStapled,
    ];
    let valid = [Tls::Valid];
    let mut rows: Vec<Row> = valid
        .into_iter()
        .chain(tls)
        .chain(handshakes)
        .map(|tls| Row {
            name: format!("{tls:?}"),
            scenario: Scenario {
                tls,
                ..Scenario::ALLOW
            },
        })
        .collect();
    rows.push(Row {
        name: "NoCloseNotify".to_owned(),
        scenario: Scenario {
            http: Http::Broken(WireFault::NoCloseNotify),
            ..Scenario::ALLOW
        },
    });
    rows
}

fn matrix(test: &TestServers) {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    fs::write(&ca, test.servers.authority().ca_pem()).unwrap();
    let clients = clients(folder.path(), &ca);
    let mut head = format!("{:<22}", "fault");
    for client in &clients {
        head.push_str(&format!("{:<12}", client.name()));
    }
    print_line(&head);
    let mut wrong = Vec::new();
    for row in rows() {
        let mut line = format!("{:<22}", row.name);
        for client in &clients {
            let accepted = accepts(test, &row, client);
            let known = ACCEPTED
                .iter()
                .find(|(name, fault, _)| *name == client.name() && *fault == row.name);
            let expected = known.is_some() || row.scenario == Scenario::ALLOW;
            if accepted != expected {
                wrong.push(format!(
                    "{} by {}: accepted: {accepted}",
                    row.name,
                    client.name()
                ));
            }
            let cell = match (accepted, known) {
                (false, _) => "refused",
                (true, None) => "accepted",
                (true, Some(_)) => "accepted*",
            };
            line.push_str(&format!("{cell:<12}"));
        }
        print_line(line.trim_end());
    }
    for (client, fault, reason) in ACCEPTED {
        print_line(&format!("* {fault} by {client}: {reason}"));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whether a client sends a request, or whatever the fault would have it do.
fn accepts(test: &TestServers, row: &Row, client: &Client) -> bool {
    let network = test.network(row.scenario);
    let succeeded = client.ask(test);
    let transcript = network.finish();
    if matches!(row.scenario.http, Http::Broken(_)) {
        assert_eq!(transcript.requests(), 1, "{}: {transcript}", client.name());
        return succeeded;
    }
    transcript.requests() + transcript.fragments() > 0 || accepted_fault(&transcript)
}

fn accepted_fault(transcript: &Transcript) -> bool {
    transcript.entries.iter().any(|entry| {
        matches!(
            entry.event,
            Event::Handshake {
                outcome: Handshake::FaultAccepted(_),
                ..
            }
        )
    })
}
