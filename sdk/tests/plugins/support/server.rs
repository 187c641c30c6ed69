//! An https server on loopback with a certificate authority of its own.

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

/// What is answered to a request.
pub(crate) type Answer = fn(&Request<Incoming>) -> Response<Full<Bytes>>;

/// A certificate authority.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// A new one.
    pub(crate) fn new() -> Self {
        let mut ca = CertificateParams::new([]).unwrap();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate and its key.
    pub(crate) fn issue(&self, name: &str) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new([name.to_owned()]).unwrap();
        (leaf.signed_by(&key, &self.0).unwrap(), key)
    }
}

/// A server that lives as long as this.
pub(crate) struct Server {
    address: SocketAddr,
    ca: String,
    key: Vec<u8>,
    requests: Arc<AtomicUsize>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Speaks https and answers every request.
    pub(crate) fn https(answer: Answer) -> Self {
        Self::with_authority(&Authority::new(), answer, false)
    }

    /// Speaks https with a certificate of `authority`; with `mutual` to those alone that have one
    /// of it too.
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
                // Clients that think better of it are what is being tested.
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

    /// Speaks http in clear and answers every request.
    pub(crate) fn http(answer: Answer) -> Self {
        let requests = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&requests);
        let mut server = Self::start(move |stream| serve_http(stream, answer, Arc::clone(&seen)));
        server.requests = requests;
        server
    }

    /// Speaks http in clear: answers 400 to whatever comes and closes.
    pub(crate) fn bad_request() -> Self {
        Self::start(|mut stream| async move {
            let mut some = [0; 64];
            let _ = stream.read(&mut some).await;
            let _ = stream
                .write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
                .await;
            // An end, and then a reset, for bytes stay unread: what the client writes after
            // that meets a broken pipe.
            let _ = stream.shutdown().await;
        })
    }

    /// Takes connections and says nothing.
    pub(crate) fn silent() -> Self {
        Self::start(|mut stream| async move {
            let mut some = [0; 1024];
            while stream.read(&mut some).await.is_ok_and(|size| size > 0) {}
        })
    }

    /// Serves each connection as told.
    pub(super) fn start<F: Future<Output = ()> + Send + 'static>(
        serve: impl Fn(tokio::net::TcpStream) -> F + Send + 'static,
    ) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                let accept = async {
                    loop {
                        let (stream, _) = listener.accept().await.unwrap();
                        stream.set_nodelay(true).unwrap();
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
            address: told.recv().unwrap(),
            ca: String::new(),
            key: Vec::new(),
            requests: Arc::default(),
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// The port on loopback.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The root to trust, in PEM.
    pub(crate) fn ca(&self) -> &str {
        &self.ca
    }

    /// The server's public key (SubjectPublicKeyInfo).
    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    /// How many requests came.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been told by its own thread.
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
    // Clients that hang up are what is being tested.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// The allow answer.
pub(crate) fn allow(_: &Request<Incoming>) -> Response<Full<Bytes>> {
    json(r#"{"status":"allowed"}"#)
}

/// A JSON answer.
pub(crate) fn json(text: &'static str) -> Response<Full<Bytes>> {
    Response::builder()
        .header("content-type", "application/json")
        .body(Full::from(text))
        .unwrap()
}

/// An answer in plain text.
pub(crate) fn text(text: &'static str) -> Response<Full<Bytes>> {
    Response::builder()
        .header("content-type", "text/plain")
        .body(Full::from(text))
        .unwrap()
}
