//! Verification after the handshake, whose result is lost when the session is resumed.

use std::io::Read;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use ics_entitlement::Unavailable;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, HandshakeKind, SignatureScheme,
    StreamOwned,
};

use super::socket::Socket;
use super::{AcceptedDefect, Failure, Handshake, trust};
use crate::own::Server;

/// How long it waits for the session tickets after a handshake.
const TICKETS: Duration = Duration::from_millis(300);

/// What was wrong with the latest certificate, to be looked at after the handshake.
static LATEST: Mutex<Option<Error>> = Mutex::new(None);

/// A configuration that accepts each certificate for the moment, and keeps sessions between calls.
pub(super) fn config(server: &Server) -> Result<Arc<ClientConfig>, Unavailable> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(Arc::clone(config));
    }
    let inner = trust::lenient_verifier(server, AcceptedDefect::Nothing)?;
    let config = trust::with_verifier(Arc::new(LateVerifier { inner }))?;
    Ok(Arc::clone(CONFIG.get_or_init(|| Arc::new(config))))
}

/// Looks at the result, unless the session was resumed, for which there is none.
pub(super) fn verify(stream: &mut StreamOwned<ClientConnection, Socket>) -> Result<(), Failure> {
    let error = LATEST.lock().unwrap_or_else(PoisonError::into_inner).take();
    match error {
        Some(error) if stream.conn.handshake_kind() != Some(HandshakeKind::Resumed) => {
            // The session is kept when its tickets are read, which follow the handshake.
            stream.sock.until = stream.sock.until.min(Instant::now() + TICKETS);
            let _ = stream.read(&mut [0]);
            Err(Failure::Handshake(Handshake::Refused(error.to_string())))
        }
        _ => Ok(()),
    }
}

#[derive(Debug)]
struct LateVerifier {
    inner: Arc<dyn ServerCertVerifier>,
}

impl ServerCertVerifier for LateVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            self.inner
                .verify_server_cert(certificate, intermediates, name, ocsp_response, now);
        *LATEST.lock().unwrap_or_else(PoisonError::into_inner) = verified.err();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
