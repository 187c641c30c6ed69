//! The OCSP response that a server staples: what OpenSSL makes of it.

use std::fs;
use std::process::Command;
use std::sync::{Arc, Mutex};

use ics_harness::testbed::transcript::Event;
use ics_harness::testbed::{Scenario, Tls};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};

use crate::TestServers;
use crate::client::secure;
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
    drop(secure(&config(&received)).unwrap());
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

/// A client that keeps what it received and accepts it.
fn config(received: &Arc<Received>) -> Arc<ClientConfig> {
    let verifier: Arc<Received> = Arc::clone(received);
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Arc::new(config)
}

/// The certificate and the OCSP response of the last handshake.
#[derive(Debug, Default)]
struct Received(Mutex<(Vec<u8>, Vec<u8>)>);

impl ServerCertVerifier for Received {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        response: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.0.lock().unwrap() = (certificate.to_vec(), response.to_vec());
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}
