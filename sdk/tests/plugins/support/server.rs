//! Test servers on loopback, for https with a certificate authority of their own.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PublicKeyData,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

/// Makes the response to a request.
pub(crate) type Answer = fn(&Request<Incoming>) -> Response<Full<Bytes>>;

/// A certificate authority.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// Creates an authority with a new key.
    pub(crate) fn new() -> Self {
        let mut ca = CertificateParams::new([]).unwrap();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap())
    }

    /// Issues a certificate for `name`, with a new key.
    pub(crate) fn issue(&self, name: &str) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new([name.to_owned()]).unwrap();
        (leaf.signed_by(&key, &self.0).unwrap(), key)
    }
}

/// A server that listens until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    ca: String,
    key: Vec<u8>,
    requests: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts an https server.
    pub(crate) fn https(answer: Answer) -> Self {
        Self::with_authority(&Authority::new(), answer, false)
    }

    /// Starts an https server with a certificate of `authority`. If `mutual`, clients need one too.
    pub(crate) fn with_authority(authority: &Authority, answer: Answer, mutual: bool) -> Self {
        let (leaf, key) = authority.issue("localhost");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if mutual {
            let mut roots = rustls::RootCertStore::empty();
            roots.add(authority.0.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let config = builder
            .with_single_cert(
                vec![leaf.der().clone()],
                PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let requests = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&requests);
        let mut server = Self::start(move |stream| {
            let acceptor = acceptor.clone();
            let seen = Arc::clone(&seen);
            async move {
                // Some tests expect the client to abort the handshake.
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve_http(stream, answer, seen).await;
                }
            }
        });
        server.ca = authority.0.pem();
        server.key = key.subject_public_key_info();
        server.requests = requests;
        server
    }

    /// Starts a cleartext HTTP server.
    pub(crate) fn http(answer: Answer) -> Self {
        let requests = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&requests);
        let mut server = Self::start(move |stream| serve_http(stream, answer, Arc::clone(&seen)));
        server.requests = requests;
        server
    }

    /// Starts a server that answers 400 in cleartext to any bytes, and closes the connection.
    pub(crate) fn bad_request() -> Self {
        Self::start(|mut stream| async move {
            let mut some = [0; 64];
            let _ = stream.read(&mut some).await;
            let _ = stream
                .write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
                .await;
            // The kernel sends a FIN, and then a RST because of unread bytes, so a later write of the
            // client fails with a broken pipe.
            let _ = stream.shutdown().await;
        })
    }

    /// Starts a server that accepts connections and sends nothing.
    pub(crate) fn silent() -> Self {
        Self::start(|mut stream| async move {
            let mut some = [0; 1024];
            while stream.read(&mut some).await.is_ok_and(|size| size > 0) {}
        })
    }

    /// Starts a server that calls `serve` for each connection.
    pub(crate) fn start<F: Future<Output = ()> + Send + 'static>(
        serve: impl Fn(tokio::net::TcpStream) -> F + Send + 'static,
    ) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (address, bound) = mpsc::channel();
        let connections = Arc::new(AtomicUsize::new(0));
        let accepted = Arc::clone(&connections);
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
                address.send(listener.local_addr().unwrap()).unwrap();
                let accept = async {
                    loop {
                        let (stream, _) = listener.accept().await.unwrap();
                        stream.set_nodelay(true).unwrap();
                        accepted.fetch_add(1, Ordering::Relaxed);
                        tokio::spawn(serve(stream));
                    }
                };
                tokio::select! {
                    () = accept => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            address: bound.recv().unwrap(),
            ca: String::new(),
            key: Vec::new(),
            requests: Arc::default(),
            connections,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// The port on loopback.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The authority's certificate, in PEM.
    pub(crate) fn ca(&self) -> &str {
        &self.ca
    }

    /// The server's public key (SubjectPublicKeyInfo).
    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    /// The number of connections accepted.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// The number of requests received.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has already been printed.
            let _ = thread.join();
        }
    }
}

async fn serve_http(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: Answer,
    seen: Arc<AtomicUsize>,
) {
    let service = service_fn(|request: Request<Incoming>| {
        seen.fetch_add(1, Ordering::Relaxed);
        let answer = answer(&request);
        async move { Ok::<_, Infallible>(answer) }
    });
    // Some tests expect the client to close the connection.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// The allow response.
pub(crate) fn allow(_: &Request<Incoming>) -> Response<Full<Bytes>> {
    json(r#"{"status":"allowed"}"#)
}

/// A JSON response.
pub(crate) fn json(text: &'static str) -> Response<Full<Bytes>> {
    Response::builder()
        .header("content-type", "application/json")
        .body(Full::from(text))
        .unwrap()
}

/// A response in plain text.
pub(crate) fn text(text: &'static str) -> Response<Full<Bytes>> {
    Response::builder()
        .header("content-type", "text/plain")
        .body(Full::from(text))
        .unwrap()
}
