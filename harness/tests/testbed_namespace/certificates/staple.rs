//! The OCSP response that a server staples: what OpenSSL makes of it.

use std::fs;
use std::process::Command;
use std::sync::Arc;

use ics_harness::testbed::transcript::Event;
use ics_harness::testbed::{Scenario, Tls};

use crate::TestServers;
use crate::client::{Received, recording, secure};
use crate::runner::{Claim, has};

pub(super) const CLAIM: Claim = (
    "certificates_a_staple_is_signed_and_says_revoked",
    signed_and_revoked,
);

fn signed_and_revoked(test: &TestServers) {
    let received = Arc::new(Received::default());
    let network = test.network(Scenario {
        tls: Tls::RevokedStapled,
        ..Scenario::ALLOW
    });
    drop(secure(&recording(&received)).unwrap());
    let transcript = network.finish();
    let asked = |event: &Event| matches!(event, Event::Staple { requested, .. } if *requested);
    let mut entries = transcript.entries.iter();
    assert!(entries.any(|entry| asked(&entry.event)), "{transcript}");
    let (certificate, response) = received.0.lock().unwrap().clone();
    assert!(!response.is_empty());
    if !has("openssl", CLAIM.0) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    let ca = file("ca.pem", test.servers.authority().ca_pem().as_bytes());
    let pem = pem::encode(&pem::Pem::new("CERTIFICATE", certificate));
    let leaf = file("leaf.pem", pem.as_bytes());
    let response = file("response.der", &response);
    let output = Command::new("openssl")
        .args(["ocsp", "-sha1", "-issuer"])
        .arg(&ca)
        .arg("-CAfile")
        .arg(&ca)
        .arg("-cert")
        .arg(&leaf)
        .arg("-respin")
        .arg(&response)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(text.contains("Response verify OK"), "{text}");
    assert!(text.contains("leaf.pem: revoked"), "{text}");
    assert!(text.contains("Reason: keyCompromise"), "{text}");
}
