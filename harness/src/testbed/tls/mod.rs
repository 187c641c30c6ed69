//! The https port: handshakes, certificates that must not be trusted, and answers that
//! are not TLS.

mod fault;
mod hello;
mod record;

use std::io;

use rustls::AlertDescription;
use rustls::server::ClientHello;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::{LazyConfigAcceptor, StartHandshake};

use super::Tls;
use super::authority::CertificateSubject;
use super::error::SetupError;
use super::pipe::{HTTP_1_1, HTTP_2, Pipe, reset};
use super::scenario_state::ScenarioState;
use super::transcript::{Event, Handshake, Offers};

/// The content type of a handshake record (RFC 8446, section 5.1).
const HANDSHAKE_RECORD: u8 = 0x16;

/// The response of a web server to TLS on its http port.
const BAD_REQUEST: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\
    Content-Length: 50\r\nConnection: close\r\n\r\n\
    <html><body><h1>400 Bad Request</h1></body></html>";

/// Performs the handshake of the scenario. Returns a pipe if the client completed it.
pub(crate) async fn handshake(
    stream: TcpStream,
    tls: Tls,
    connection: usize,
    state: &ScenarioState,
) -> Option<Pipe> {
    let record = |name, offers, outcome| {
        state.recorder.record(Event::Handshake {
            connection,
            name,
            offers,
            outcome,
        });
    };
    let recording = hello::Recording::new(stream);
    let acceptor = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), recording);
    let (start, hello) = match acceptor.await {
        Ok(start) => {
            let (stream, hello) = start.io.into_parts();
            (StartHandshake::from_parts(start.accepted, stream), hello)
        }
        Err(error) => {
            let offers = Offers::default();
            record(None, offers, Handshake::Refused(refusal(&error)));
            return None;
        }
    };
    let name = start.client_hello().server_name().map(str::to_owned);
    let offers = Offers {
        versions: hello.versions(),
        protocols: protocols(&start.client_hello()),
    };
    let record = |name, outcome| record(name, offers.clone(), outcome);
    let knows_only_http_2 = knows_only_http_2(&start.client_hello());
    let (tls, held) = match tls {
        Tls::Silent => {
            record(name.clone(), Handshake::FaultInjected);
            state
                .recorder
                .fault(connection, "its ClientHello was not answered");
            let held = state.hold_peer();
            tokio::select! {
                () = closed(&start.io) => return None,
                scenario = state.released(|scenario| scenario.tls == Tls::Silent) => {
                    (scenario.tls, Some(held))
                }
            }
        }
        tls => (tls, None),
    };
    if let Some(fault) = fault::of(tls) {
        let outcome = fault::inject(fault, start, &hello.random, &name, connection, state).await;
        match outcome {
            Ok(outcome) => record(name, outcome),
            Err(error) => state.recorder.note(connection, error.to_string()),
        }
        return None;
    }
    if tls == Tls::RevokedStapled {
        state.recorder.record(Event::Staple {
            connection,
            requested: hello.asks_for_staple,
        });
    }
    let config = match subject(&name, &start.io)
        .and_then(|subject| state.tls_config(tls, knows_only_http_2, &subject))
    {
        Ok(config) => config,
        Err(error) => {
            state.recorder.note(connection, error.to_string());
            return None;
        }
    };
    match start.into_stream(config).await {
        Ok(stream) => {
            let version = stream.get_ref().1.protocol_version();
            let version = version
                .and_then(|version| version.as_str())
                .unwrap_or("TLS");
            let version = version.replace("v1_", " 1.");
            let pipe = Pipe::tls(stream);
            let outcome = match pipe.agreed_on_http_2() {
                true => Handshake::CompletedForHttp2(version),
                false => Handshake::Completed(version),
            };
            record(name, outcome);
            Some(match held {
                Some(held) => pipe.of_held(held),
                None => pipe,
            })
        }
        Err(error) => {
            record(name, Handshake::Refused(refusal(&error)));
            None
        }
    }
}

/// The protocols that a client offers by ALPN, as text.
fn protocols(hello: &ClientHello<'_>) -> Vec<String> {
    let offered = hello.alpn().into_iter().flatten();
    offered
        .map(|name| name.escape_ascii().to_string())
        .collect()
}

/// Whether a client offers HTTP/2 and no other version of HTTP. It gets its way, since everything else shows nothing of it.
fn knows_only_http_2(hello: &ClientHello<'_>) -> bool {
    let offered: Vec<&[u8]> = hello.alpn().into_iter().flatten().collect();
    offered.contains(&HTTP_2) && !offered.contains(&HTTP_1_1)
}

/// The subject of the certificate for a client that requested that name, or none.
fn subject(name: &Option<String>, stream: &TcpStream) -> Result<CertificateSubject, SetupError> {
    Ok(match name {
        Some(name) => CertificateSubject::Name(name.clone()),
        None => {
            let address = stream.local_addr().map_err(SetupError::step(
                "find the address that a client connected to",
            ))?;
            CertificateSubject::Address(address.ip().to_canonical())
        }
    })
}

/// Serves cleartext HTTP where TLS is expected. Returns a pipe if the client does not send a TLS handshake.
pub(crate) async fn plaintext(
    mut stream: TcpStream,
    connection: usize,
    state: &ScenarioState,
) -> Option<Pipe> {
    let mut first = [0];
    if !matches!(stream.peek(&mut first).await, Ok(1)) {
        return None;
    }
    if first[0] != HANDSHAKE_RECORD {
        return Some(Pipe::cleartext(stream));
    }
    state.recorder.record(Event::Handshake {
        connection,
        name: None,
        offers: Offers::default(),
        outcome: Handshake::FaultInjected,
    });
    // Such a server reads the ClientHello as the beginning of a request.
    let mut begin = [0; 4096];
    let _ = stream.read(&mut begin).await;
    state.recorder.fault(
        connection,
        "its ClientHello was answered with 400 in cleartext, then a close and a reset",
    );
    let _ = stream.write_all(BAD_REQUEST).await;
    let _ = stream.shutdown().await;
    // The client's alert, if it sends one, then fails with a closed pipe.
    reset(&stream);
    None
}

/// Waits until the client closes the connection, if it sends nothing more before.
async fn closed(stream: &TcpStream) {
    if let Ok(1..) = stream.peek(&mut [0]).await {
        std::future::pending().await
    }
}

/// Why a client did not complete the handshake, as text.
pub(crate) fn refusal(error: &io::Error) -> String {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match (inner, error.kind()) {
        (Some(rustls::Error::AlertReceived(alert)), _) => format!("alert: {}", alert_name(*alert)),
        (Some(other), _) => other.to_string(),
        (None, io::ErrorKind::UnexpectedEof) => "closed without an alert".to_owned(),
        (None, io::ErrorKind::ConnectionReset) => "reset without an alert".to_owned(),
        (None, _) => error.to_string(),
    }
}

/// The name of an alert in RFC 8446, section 6, in lower case with spaces.
fn alert_name(alert: AlertDescription) -> String {
    let mut text = String::new();
    let mut small = false;
    for letter in format!("{alert:?}").chars() {
        if small && letter.is_uppercase() {
            text.push(' ');
        }
        small = letter.is_lowercase();
        text.extend(letter.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{AlertDescription, BAD_REQUEST, alert_name};

    #[test]
    fn alerts_have_names() {
        assert_eq!(alert_name(AlertDescription::UnknownCA), "unknown ca");
        assert_eq!(
            alert_name(AlertDescription::CertificateExpired),
            "certificate expired"
        );
    }

    #[test]
    fn the_bad_request_is_as_long_as_it_says() {
        let text = std::str::from_utf8(BAD_REQUEST).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())));
    }
}
