//! TLS records, written by hand (RFC 2246 and RFC 8446, sections 6 and 7).

use rustls::CipherSuite;
use rustls::pki_types::CertificateDer;

use crate::testbed::error::SetupError;

/// The content types of an alert and of a handshake message.
pub(super) const ALERT: u8 = 21;
pub(super) const HANDSHAKE: u8 = 22;

/// Descriptions of alerts.
pub(super) const HANDSHAKE_FAILURE: u8 = 40;
pub(super) const INTERNAL_ERROR: u8 = 80;

/// The cipher suites of the server with TLS 1.0, in the order of its preference. In the first two it signs its key
/// exchange; in the others the client encrypts with the certificate's key.
pub(super) const OLD_SUITES: [CipherSuite; 4] = [
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_AES_256_CBC_SHA,
];

/// The random value of the server. Nothing is encrypted with it: the server goes no further.
const SERVER_RANDOM: [u8; 32] = [0x5a; 32];

const TLS_1_0: [u8; 2] = [3, 1];
const TLS_1_2: [u8; 2] = [3, 3];

/// The handshake messages that a server sends.
const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;
const SERVER_KEY_EXCHANGE: u8 = 12;
const SERVER_HELLO_DONE: u8 = 14;

/// A fatal alert.
pub(super) fn alert(description: u8) -> Vec<u8> {
    const FATAL: u8 = 2;
    record(ALERT, TLS_1_2, &[FATAL, description])
}

/// Signs in the manner of TLS 1.0.
pub(super) type Sign<'a> = &'a dyn Fn(&[u8]) -> Result<Vec<u8>, SetupError>;

/// What a server sends in TLS 1.0, from ServerHello to ServerHelloDone.
pub(super) fn old_flight(
    suite: CipherSuite,
    chain: &[CertificateDer<'_>],
    client_random: &[u8],
    key_share: &[u8],
    sign: Sign<'_>,
) -> Result<Vec<u8>, SetupError> {
    let mut hello = TLS_1_0.to_vec();
    hello.extend_from_slice(&SERVER_RANDOM);
    // No session identifier.
    hello.push(0);
    hello.extend_from_slice(&u16::from(suite).to_be_bytes());
    // No compression.
    hello.push(0);
    // Clients refuse servers without secure renegotiation (RFC 5746), so old ones were updated to send this.
    hello.extend_from_slice(&[0, 5, 0xff, 1, 0, 1, 0]);
    let certificates: Vec<u8> = chain.iter().flat_map(|each| with_length(each)).collect();
    let mut messages = vec![
        message(SERVER_HELLO, &hello),
        message(CERTIFICATE, &with_length(&certificates)),
    ];
    if suite.as_str().is_some_and(|name| name.contains("ECDHE")) {
        let exchange = key_exchange(client_random, key_share, sign)?;
        messages.push(message(SERVER_KEY_EXCHANGE, &exchange));
    }
    messages.push(message(SERVER_HELLO_DONE, &[]));
    let records = messages.iter();
    Ok(records
        .flat_map(|message| record(HANDSHAKE, TLS_1_0, message))
        .collect())
}

/// A key exchange on the curve P-256 (RFC 8422, section 5.4).
fn key_exchange(
    client_random: &[u8],
    key_share: &[u8],
    sign: Sign<'_>,
) -> Result<Vec<u8>, SetupError> {
    const NAMED_CURVE: u8 = 3;
    const SECP256R1: [u8; 2] = [0, 23];
    let mut exchange = vec![NAMED_CURVE];
    exchange.extend_from_slice(&SECP256R1);
    exchange.extend(u8::try_from(key_share.len()));
    exchange.extend_from_slice(key_share);
    let signature = sign(&[client_random, &SERVER_RANDOM, &exchange].concat())?;
    let length = signature.len().to_be_bytes();
    exchange.extend_from_slice(&length[length.len() - 2..]);
    exchange.extend_from_slice(&signature);
    Ok(exchange)
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
        let certificate = [vec![7; 300].into()];
        let flight = |suite| {
            old_flight(suite, &certificate, &[1; 32], &[4; 65], &|_| {
                Ok(vec![9; 256])
            })
            .unwrap()
        };
        let signed = flight(OLD_SUITES[0]);
        let flight = flight(OLD_SUITES[2]);
        // Type, length, curve, point, and the signature after its length.
        assert_eq!(signed.len() - flight.len(), 5 + 4 + 3 + 1 + 65 + 2 + 256);
        assert_eq!(flight[..9], [22, 3, 1, 0, 49, 2, 0, 0, 45]);
        let certificate = &flight[54..];
        assert_eq!(certificate[..5], [22, 3, 1, 1, 54]);
        assert_eq!(certificate[5..15], [11, 0, 1, 50, 0, 1, 47, 0, 1, 44]);
        assert_eq!(flight[flight.len() - 4..], [14, 0, 0, 0]);
    }
}
