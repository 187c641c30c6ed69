//! Clients that show what was received over the network.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, StreamOwned};

use ics_harness::testbed::authority::Authority;

/// The name that clients ask for.
pub(crate) const HOST: &str = "entitlement.operator.example";

/// The address that the test bed's name server answers.
pub(crate) const SERVER: &str = "203.0.113.10";

/// The allow answer of the protocol in these tests.
pub(crate) const ALLOWED: &str = r#"{"status":"allowed"}"#;

/// How long a client waits for a reply before it assumes that none will come.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_millis(700);

/// A request as a plugin would send it.
pub(crate) fn request() -> String {
    format!("GET /v1 HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
}

/// Connects without TLS, in the calling thread's network.
pub(crate) fn cleartext() -> TcpStream {
    let stream = TcpStream::connect((SERVER, 80)).unwrap();
    stream.set_read_timeout(Some(READ_TIMEOUT)).unwrap();
    stream
}

/// Connects with TLS, with or without verification of the certificate.
pub(crate) fn secure(
    config: &Arc<ClientConfig>,
) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let mut stream = TcpStream::connect((SERVER, 443))?;
    stream.set_read_timeout(Some(READ_TIMEOUT))?;
    let name = ServerName::try_from(HOST).unwrap();
    let mut client = ClientConnection::new(Arc::clone(config), name).unwrap();
    while client.is_handshaking() {
        client.complete_io(&mut stream)?;
    }
    Ok(StreamOwned::new(client, stream))
}

/// Sends a request and reads until the end, an error, or silence. Gives what
/// came and how it ended.
pub(crate) fn ask(stream: &mut (impl Read + Write)) -> (String, io::Result<()>) {
    if let Err(error) = stream.write_all(request().as_bytes()) {
        return (String::new(), Err(error));
    }
    read(stream, usize::MAX)
}

/// Reads until so many bytes, the end, an error, or silence.
pub(crate) fn read(stream: &mut impl Read, most: usize) -> (String, io::Result<()>) {
    let mut came = Vec::new();
    let mut buffer = [0; 4096];
    let end = loop {
        match stream.read(&mut buffer) {
            Ok(0) => break Ok(()),
            Ok(length) => came.extend_from_slice(&buffer[..length]),
            Err(error) => break Err(error),
        }
        if came.len() >= most {
            break Ok(());
        }
    };
    (String::from_utf8_lossy(&came).into_owned(), end)
}

/// A client that trusts only the test bed's authority.
pub(crate) fn careful(authority: &Authority) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(authority.ca_pem().as_bytes()).unwrap();
    roots.add(ca).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// A client that accepts every certificate.
pub(crate) fn careless() -> Arc<ClientConfig> {
    recording(&Arc::new(Received::default()))
}

/// The same, which keeps what it received.
pub(crate) fn recording(received: &Arc<Received>) -> Arc<ClientConfig> {
    let verifier: Arc<Received> = Arc::clone(received);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Arc::new(config)
}

/// The certificate and the OCSP response of the last handshake, which are accepted whatever they are.
#[derive(Debug, Default)]
pub(crate) struct Received(pub(crate) Mutex<(Vec<u8>, Vec<u8>)>);

impl ServerCertVerifier for Received {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        response: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.0.lock().unwrap() = (certificate.to_vec(), response.to_vec());
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        rustls::crypto::ring::default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// What curl printed, the HTTP status and curl's exit code.
pub(crate) fn curl(arguments: &[&str]) -> (String, u16, i32) {
    let output = Command::new("curl")
        .args([
            "--silent",
            "--max-time",
            "1.5",
            "--write-out",
            " %{http_code}",
        ])
        .args(arguments)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let (body, status) = text.rsplit_once(' ').unwrap();
    (
        body.to_owned(),
        status.parse().unwrap(),
        output.status.code().unwrap(),
    )
}
