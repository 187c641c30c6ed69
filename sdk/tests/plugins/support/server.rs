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
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PublicKeyData};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

/// What is answered to a path.
pub(crate) type Answer = fn(&str) -> Response<Full<Bytes>>;

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
        let mut ca = CertificateParams::new([]).unwrap();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let leaf = leaf.signed_by(&key, &ca).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
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
                let Ok(stream) = acceptor.accept(stream).await else {
                    return;
                };
                let service = service_fn(|request: Request<Incoming>| {
                    seen.fetch_add(1, Ordering::Relaxed);
                    let path = request.uri().path().to_owned();
                    async move { Ok::<_, Infallible>(answer(&path)) }
                });
                // Clients that hang up are what is being tested.
                let _ = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            }
        });
        server.ca = ca.pem();
        server.key = key.subject_public_key_info();
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

    fn start<F: Future<Output = ()> + Send + 'static>(
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

/// The allow answer.
pub(crate) fn allow(_: &str) -> Response<Full<Bytes>> {
    json(r#"{"status":"allowed"}"#)
}

/// A JSON answer.
pub(crate) fn json(text: &'static str) -> Response<Full<Bytes>> {
    Response::builder()
        .header("content-type", "application/json")
        .body(Full::from(text))
        .unwrap()
}
