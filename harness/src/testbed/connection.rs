//! Serves one connection from its first packet to its last: TCP, then TLS, then HTTP.

use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::pipe::{Pipe, reset};
use super::scenario_state::ScenarioState;
use super::{Http, Tcp, Tls, WireFault, http, tls};

/// Which port of the profile a client connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    Http,
    Https,
}

/// Serves one connection until it ends or all connections are closed.
pub(crate) async fn serve(stream: TcpStream, port: Port, state: Arc<ScenarioState>) {
    let mut close_signal = state.close_signal();
    let to = match stream.local_addr() {
        // A dual-stack socket reports an IPv4 address as an IPv4-mapped one.
        Ok(address) => (address.ip().to_canonical(), address.port()),
        Err(_) => return,
    };
    let connection = state.recorder.connection(
        std::net::SocketAddr::from(to).to_string(),
        port == Port::Https,
    );
    // There should be no delays other than the scenario's.
    let _ = stream.set_nodelay(true);
    let scenario = state.scenario();
    match scenario.tcp {
        Tcp::Resets => {
            state.recorder.fault(connection, "reset once accepted");
            return reset(&stream);
        }
        Tcp::Closes => return state.recorder.fault(connection, "closed once accepted"),
        Tcp::OpenThenDead => {
            state
                .recorder
                .fault(connection, "every packet after the first is dropped");
            // No end of the connection can be seen: it stays open until the scenario changes or ends.
            return state.hold_open(stream);
        }
        Tcp::Accepts | Tcp::Refuses | Tcp::Silent | Tcp::Unreachable => {}
    }
    let plaintext_on_https = port == Port::Https && state.tls() == Tls::Plaintext;
    let opened = async {
        match port {
            Port::Http => Some(Pipe::cleartext(stream)),
            Port::Https if plaintext_on_https => tls::plaintext(stream, connection, &state).await,
            Port::Https => tls::handshake(stream, state.tls(), connection, &state).await,
        }
    };
    let pipe = tokio::select! {
        pipe = opened => pipe,
        _ = close_signal.changed() => None,
    };
    let Some(pipe) = pipe else {
        return;
    };
    if scenario.http == Http::Broken(WireFault::CloseWhileWriting) && !plaintext_on_https {
        tokio::select! {
            () = close_while_writing(pipe, connection, &state) => {}
            _ = close_signal.changed() => {}
        }
    } else {
        http::serve(pipe, plaintext_on_https, connection, &state, close_signal).await;
    }
}

/// Ends the connection before the request has been read: first a FIN, then a
/// reset, after which the next write of the client fails.
async fn close_while_writing(pipe: Pipe, connection: usize, state: &ScenarioState) {
    // In cleartext the request has begun when its first byte has arrived. In TLS it
    // follows the handshake, which has just ended.
    if !pipe.is_secure() && !matches!(pipe.tcp().peek(&mut [0]).await, Ok(1)) {
        return state.recorder.note(connection, "ended without a request");
    }
    state
        .recorder
        .fault(connection, "closed and reset before the request was read");
    let mut stream = pipe.into_tcp();
    let _ = stream.shutdown().await;
    reset(&stream);
}
