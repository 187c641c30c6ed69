//! An HTTP server and proxy on loopback that records the requests it gets.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::server::Server;

/// A request: its source address and its request line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordedRequest {
    pub(crate) from: IpAddr,
    pub(crate) line: String,
}

/// Answers `yes` to every cleartext request, and opens the tunnel that CONNECT asks for.
pub(crate) struct RecordingProxy {
    server: Server,
    requests: Arc<Mutex<Vec<RecordedRequest>>>,
}

impl RecordingProxy {
    /// Starts the server.
    pub(crate) fn new() -> Self {
        let requests = Arc::default();
        let seen = Arc::clone(&requests);
        let server = Server::start(move |stream| serve(stream, Arc::clone(&seen)));
        Self { server, requests }
    }

    /// The port on loopback.
    pub(crate) fn port(&self) -> u16 {
        self.server.port()
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, requests: Arc<Mutex<Vec<RecordedRequest>>>) {
    let from = stream.peer_addr().unwrap().ip();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            // Some tests expect the client to close the connection.
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let line = head.lines().next().unwrap().to_owned();
    let target = line
        .strip_prefix("CONNECT ")
        .and_then(|rest| rest.split(' ').next())
        .map(str::to_owned);
    requests
        .lock()
        .unwrap()
        .push(RecordedRequest { from, line });
    if let Some(target) = target {
        let mut server = TcpStream::connect(target).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
    } else {
        let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 3\r\n\r\nyes";
        let _ = stream.write_all(answer.as_bytes()).await;
    }
}
