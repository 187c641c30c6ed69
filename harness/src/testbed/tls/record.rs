//! TLS records, written by hand (RFC 2246 and RFC 8446, sections 6 and 7).

use rustls::CipherSuite;
use rustls::pki_types::CertificateDer;

/// The content types of an alert and of a handshake message.
pub(super) const ALERT: u8 = 21;
pub(super) const HANDSHAKE: u8 = 22;

/// Descriptions of alerts.
pub(super) const HANDSHAKE_FAILURE: u8 = 40;
pub(super) const INTERNAL_ERROR: u8 = 80;

/// The cipher suites of TLS 1.0 in which the server signs nothing, since the client encrypts with its key.
pub(super) const RSA_SUITES: [CipherSuite; 2] = [
    CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_AES_256_CBC_SHA,
];

const TLS_1_0: [u8; 2] = [3, 1];
const TLS_1_2: [u8; 2] = [3, 3];

/// The handshake messages that a server sends.
const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;
const SERVER_HELLO_DONE: u8 = 14;

/// A fatal alert.
pub(super) fn alert(description: u8) -> Vec<u8> {
    const FATAL: u8 = 2;
    record(ALERT, TLS_1_2, &[FATAL, description])
}

/// What a server sends in TLS 1.0: ServerHello, Certificate and ServerHelloDone.
pub(super) fn old_flight(suite: CipherSuite, chain: &[CertificateDer<'_>]) -> Vec<u8> {
    let mut hello = TLS_1_0.to_vec();
    // The random value. Nothing is encrypted with it: the server goes no further.
    hello.extend_from_slice(&[0x5a; 32]);
    // No session identifier.
    hello.push(0);
    hello.extend_from_slice(&u16::from(suite).to_be_bytes());
    // No compression.
    hello.push(0);
    // Clients refuse servers without secure renegotiation (RFC 5746), so old ones were updated to send this.
    hello.extend_from_slice(&[0, 5, 0xff, 1, 0, 1, 0]);
    let certificates: Vec<u8> = chain.iter().flat_map(|each| with_length(each)).collect();
    [
        message(SERVER_HELLO, &hello),
        message(CERTIFICATE, &with_length(&certificates)),
        message(SERVER_HELLO_DONE, &[]),
    ]
    .iter()
    .flat_map(|message| record(HANDSHAKE, TLS_1_0, message))
    .collect()
}

fn message(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind], with_length(content).as_slice()].concat()
}

/// The content after its length in three bytes.
fn with_length(content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    [&length[length.len() - 3..], content].concat()
}

fn record(kind: u8, version: [u8; 2], content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    [&[kind], &version[..], &length[length.len() - 2..], content].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_the_contents() {
        assert_eq!(alert(HANDSHAKE_FAILURE), [21, 3, 3, 0, 2, 2, 40]);
        assert_eq!(message(14, &[]), [14, 0, 0, 0]);
        let flight = old_flight(RSA_SUITES[0], &[vec![7; 300].into()]);
        assert_eq!(flight[..9], [22, 3, 1, 0, 49, 2, 0, 0, 45]);
        let certificate = &flight[54..];
        assert_eq!(certificate[..5], [22, 3, 1, 1, 54]);
        assert_eq!(certificate[5..15], [11, 0, 1, 50, 0, 1, 47, 0, 1, 44]);
        assert_eq!(flight[flight.len() - 4..], [14, 0, 0, 0]);
    }
}
