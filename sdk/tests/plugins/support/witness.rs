//! A server and proxy on loopback that remembers who came to it and for what.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::server::Server;

/// One request: where it came from, and its first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Visit {
    pub(crate) from: IpAddr,
    pub(crate) line: String,
}

/// Says `yes` to every request in clear, and connects through to where CONNECT asks for.
pub(crate) struct Witness {
    server: Server,
    visits: Arc<Mutex<Vec<Visit>>>,
}

impl Witness {
    /// A new one, that saw nothing yet.
    pub(crate) fn new() -> Self {
        let visits = Arc::default();
        let seen = Arc::clone(&visits);
        let server = Server::start(move |stream| attend(stream, Arc::clone(&seen)));
        Self { server, visits }
    }

    /// The port on loopback.
    pub(crate) fn port(&self) -> u16 {
        self.server.port()
    }

    /// What was seen so far.
    pub(crate) fn visits(&self) -> Vec<Visit> {
        self.visits.lock().unwrap().clone()
    }
}

async fn attend(mut stream: TcpStream, visits: Arc<Mutex<Vec<Visit>>>) {
    let from = stream.peer_addr().unwrap().ip();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            // Clients that hang up are what is being tested.
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let line = head.lines().next().unwrap().to_owned();
    let target = line
        .strip_prefix("CONNECT ")
        .and_then(|rest| rest.split(' ').next())
        .map(str::to_owned);
    visits.lock().unwrap().push(Visit { from, line });
    if let Some(target) = target {
        let mut server = TcpStream::connect(target).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
    } else {
        let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 3\r\n\r\nyes";
        let _ = stream.write_all(answer.as_bytes()).await;
    }
}
