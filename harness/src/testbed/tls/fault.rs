//! Handshakes that no TLS library makes: what the server sends is written as it is, and what the client answers
//! says whether it accepted it.

use rustls::CipherSuite;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::StartHandshake;

use super::{alert_name, record, subject};
use crate::testbed::Tls;
use crate::testbed::error::SetupError;
use crate::testbed::pipe::drain;
use crate::testbed::scenario_state::ScenarioState;
use crate::testbed::transcript::Handshake;

/// The answer to a ClientHello for [`Fault::Garbage`]: its first byte is no content type.
const GARBAGE: [u8; 512] = [0xa5; 512];

/// The fault of a handshake that the server does not complete.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    Silent,
    Garbage,
    Alert,
    Cut,
    OldVersion,
    WeakCipher,
}

/// The fault of that state of TLS, unless the handshake is made by the TLS library.
pub(super) fn of(tls: Tls) -> Option<Fault> {
    Some(match tls {
        Tls::Silent => Fault::Silent,
        Tls::Garbage => Fault::Garbage,
        Tls::Alert => Fault::Alert,
        Tls::Cut => Fault::Cut,
        Tls::OldVersion => Fault::OldVersion,
        Tls::WeakCipher => Fault::WeakCipher,
        _ => return None,
    })
}

/// Answers a ClientHello with the fault, and waits until the client has closed the connection.
pub(super) async fn inject(
    fault: Fault,
    start: StartHandshake<TcpStream>,
    random: &[u8],
    name: &Option<String>,
    connection: usize,
    state: &ScenarioState,
) -> Result<Handshake, SetupError> {
    let plan = |what: &str| state.recorder.fault(connection, what);
    let suites = start.client_hello().cipher_suites().to_vec();
    let (answer, outcome) = match fault {
        Fault::Silent => {
            plan("its ClientHello was not answered");
            (Vec::new(), Handshake::FaultInjected)
        }
        Fault::Garbage => {
            plan("answered with bytes that are not a TLS record");
            (GARBAGE.to_vec(), Handshake::FaultInjected)
        }
        Fault::Alert => {
            plan("answered with the fatal alert internal error");
            (
                record::alert(record::INTERNAL_ERROR),
                Handshake::FaultInjected,
            )
        }
        Fault::WeakCipher => {
            plan("answered as a server that has only weak cipher suites");
            let outcome = match weak(&suites) {
                Some(offered) => Handshake::FaultAccepted(offered),
                None => Handshake::FaultInjected,
            };
            (record::alert(record::HANDSHAKE_FAILURE), outcome)
        }
        Fault::Cut => return cut(start, name, connection, state).await,
        Fault::OldVersion => return old_version(start, random, name, connection, state).await,
    };
    let mut stream = start.io;
    // The client may close the connection at any time.
    let _ = stream.write_all(&answer).await;
    if !matches!(fault, Fault::Silent) {
        let _ = stream.shutdown().await;
    }
    drain(&mut stream).await;
    Ok(outcome)
}

/// Sends the first half of the server's part of a handshake, then closes.
async fn cut(
    start: StartHandshake<TcpStream>,
    name: &Option<String>,
    connection: usize,
    state: &ScenarioState,
) -> Result<Handshake, SetupError> {
    let only_http_2 = super::knows_only_http_2(&start.client_hello());
    let config = state.tls_config(Tls::Cut, only_http_2, &subject(name, &start.io)?)?;
    let mut flight = Vec::new();
    match start.accepted.into_connection(config) {
        Ok(mut server) => while server.wants_write() && server.write_tls(&mut flight).is_ok() {},
        // The client offers nothing that the server accepts.
        Err((error, _)) => return Ok(Handshake::Refused(error.to_string())),
    }
    flight.truncate(flight.len() / 2);
    state.recorder.fault(
        connection,
        format!("closed after {} bytes of the handshake", flight.len()),
    );
    let mut stream = start.io;
    let _ = stream.write_all(&flight).await;
    let _ = stream.shutdown().await;
    drain(&mut stream).await;
    Ok(Handshake::FaultInjected)
}

/// Makes a handshake with TLS 1.0 up to the client's key exchange, which shows that it accepts that version.
async fn old_version(
    start: StartHandshake<TcpStream>,
    random: &[u8],
    name: &Option<String>,
    connection: usize,
    state: &ScenarioState,
) -> Result<Handshake, SetupError> {
    let offered = start.client_hello().cipher_suites().to_vec();
    let mut suites = record::OLD_SUITES.into_iter();
    let Some(suite) = suites.find(|suite| offered.contains(suite)) else {
        state
            .recorder
            .fault(connection, "offered no cipher suite of TLS 1.0");
        let mut stream = start.io;
        let _ = stream
            .write_all(&record::alert(record::HANDSHAKE_FAILURE))
            .await;
        let _ = stream.shutdown().await;
        drain(&mut stream).await;
        return Ok(Handshake::FaultInjected);
    };
    let authority = &state.shared.authority;
    let leaf = authority.leaf(Tls::OldVersion, &subject(name, &start.io)?)?;
    let flight = record::old_flight(
        suite,
        &leaf.cert,
        random,
        authority.key_share(),
        &|message| authority.sign_in_old_version(message),
    )?;
    state.recorder.fault(connection, "answered with TLS 1.0");
    let mut stream = start.io;
    let _ = stream.write_all(&flight).await;
    let outcome = match read_record(&mut stream).await {
        Some((record::HANDSHAKE, _)) => {
            Handshake::FaultAccepted("TLS 1.0: it sent its key exchange".to_owned())
        }
        Some((record::ALERT, content)) => {
            let alert = content.get(1).copied().unwrap_or_default();
            Handshake::Refused(format!("alert: {}", alert_name(alert.into())))
        }
        Some((kind, _)) => Handshake::Refused(format!("a record of the type {kind}")),
        None => Handshake::Refused("closed without an alert".to_owned()),
    };
    let _ = stream.shutdown().await;
    drain(&mut stream).await;
    Ok(outcome)
}

/// Reads one record: its content type and its content.
async fn read_record(stream: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    stream.read_exact(&mut head).await.ok()?;
    let mut content = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
    stream.read_exact(&mut content).await.ok()?;
    Some((head[0], content))
}

/// The weak cipher suites that a client offers.
fn weak(offered: &[CipherSuite]) -> Option<String> {
    /// Parts of the names of suites without encryption or authentication, with export keys, or with RC4.
    const PARTS: [&str; 4] = ["_WITH_NULL_", "_anon_", "_EXPORT_", "_WITH_RC4_"];
    let names = offered.iter().filter_map(|suite| suite.as_str());
    let weak: Vec<&str> = names
        .filter(|name| PARTS.iter().any(|part| name.contains(part)))
        .collect();
    match weak.as_slice() {
        [] => None,
        [one] => Some(format!("the cipher suite {one}")),
        [first, rest @ ..] => Some(format!(
            "{first} and {} more weak cipher suites",
            rest.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{CipherSuite, weak};

    #[test]
    fn only_weak_suites_are_weak() {
        let strong = [
            CipherSuite::TLS13_AES_128_GCM_SHA256,
            CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA,
            CipherSuite::TLS_EMPTY_RENEGOTIATION_INFO_SCSV,
        ];
        assert_eq!(weak(&strong), None);
        for suite in [
            CipherSuite::TLS_RSA_WITH_NULL_SHA,
            CipherSuite::TLS_ECDH_anon_WITH_AES_128_CBC_SHA,
            CipherSuite::TLS_RSA_WITH_RC4_128_SHA,
            CipherSuite::TLS_ECDHE_ECDSA_WITH_NULL_SHA,
        ] {
            let offered = [strong.as_slice(), &[suite]].concat();
            let name = weak(&offered).expect("a weak suite");
            assert!(name.contains(suite.as_str().expect("a name")), "{name}");
        }
    }
}
