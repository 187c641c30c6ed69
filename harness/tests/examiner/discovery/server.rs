//! A server outside of every test bed, as an operator's test server is: on loopback, in cleartext or with TLS.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The name in the server's certificate.
pub(super) const NAME: &str = "test.operator.example";

/// Only a peer that is broken waits so long.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A request that was received.
#[derive(Clone, Debug)]
pub(super) struct Received {
    /// Method and target.
    pub(super) line: String,
    pub(super) host: String,
    pub(super) authorization: Option<String>,
}

/// What is responded: a status and JSON.
pub(super) type Respond = fn(&Received) -> (u16, String);

/// It ends when it is dropped.
pub(super) struct Server {
    port: u16,
    received: Arc<Mutex<Vec<Received>>>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn cleartext(respond: Respond) -> Self {
        Self::start(respond, None)
    }

    /// With TLS, and the PEM certificate that it is trusted by.
    pub(super) fn secure(respond: Respond) -> (Self, String) {
        let (config, pem) = certified();
        (Self::start(respond, Some(Arc::new(config))), pem)
    }

    fn start(respond: Respond, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let received = Arc::<Mutex<Vec<Received>>>::default();
        let ends = Arc::<AtomicBool>::default();
        let (log, stop) = (Arc::clone(&received), Arc::clone(&ends));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let (log, tls) = (Arc::clone(&log), tls.clone());
                // A client that left or refuses the handshake is its own matter.
                let _ = stream.map(|stream| {
                    std::thread::spawn(move || serve(stream, tls, respond, &log));
                });
            }
        });
        Self {
            port,
            received,
            ends,
            thread: Some(thread),
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What was received so far.
    pub(super) fn received(&self) -> Vec<Received> {
        self.received
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        // Wakes the thread.
        let woken = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        if let (Ok(_), Some(thread)) = (woken, self.thread.take()) {
            let _ = thread.join();
        }
    }
}

/// A configuration for [`NAME`], and the authority's certificate.
fn certified() -> (ServerConfig, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let authority = CertifiedIssuer::self_signed(params, key).expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec![NAME.to_owned()]).expect("a name");
    let certificate = params.signed_by(&key, &authority).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("its versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("its own key");
    (config, authority.pem())
}

/// Responds to the one request of a connection.
fn serve(
    stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    respond: Respond,
    log: &Mutex<Vec<Received>>,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(TIMEOUT))?;
    match tls {
        None => answer(stream, respond, log),
        Some(config) => {
            let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
            answer(StreamOwned::new(connection, stream), respond, log)
        }
    }
}

fn answer(
    stream: impl Read + Write,
    respond: Respond,
    log: &Mutex<Vec<Received>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let field = |name: &str| {
        head.iter().skip(1).find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field
                .eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        })
    };
    let length = field("content-length").map_or(0, |length| length.parse().unwrap_or(0));
    std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink())?;
    let line = head.first().map(String::as_str).unwrap_or_default();
    let received = Received {
        line: line.trim_end_matches(" HTTP/1.1").to_owned(),
        host: field("host").unwrap_or_default(),
        authorization: field("authorization"),
    };
    let (status, body) = respond(&received);
    log.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(received);
    let length = body.len();
    let media_type = match body.starts_with('{') {
        true => "application/json",
        false => "text/plain",
    };
    let stream = reader.get_mut();
    write!(
        stream,
        "HTTP/1.1 {status} OK\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )?;
    stream.flush()
}
