//! Whom it trusts, and what it forgives.

use std::fs;
use std::sync::Arc;

use ics_entitlement::Unavailable;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use crate::own::Server;

/// What is forgiven in a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Forgives {
    #[default]
    Nothing,
    /// That its time is over.
    Expired,
    /// That it is for another name.
    WrongName,
    /// That nobody but itself vouches for it.
    SelfSigned,
    /// That somebody unknown vouches for it.
    UnknownIssuer,
}

pub(super) fn config(server: &Server, forgives: Forgives) -> Result<ClientConfig, Unavailable> {
    let mut roots = RootCertStore::empty();
    for file in &server.ca {
        let file = fs::read(file)?;
        for certificate in CertificateDer::pem_slice_iter(&file) {
            roots.add(certificate.map_err(|error| Unavailable::because(error.to_string()))?)?;
        }
    }
    let provider = Arc::new(ring::default_provider());
    let verifier = Forgiving {
        inner: verifier(roots, &provider)?,
        provider: Arc::clone(&provider),
        forgives,
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn verifier(
    roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, Unavailable> {
    Ok(
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .build()?,
    )
}

/// A verifier that verifies, and then forgives.
#[derive(Debug)]
struct Forgiving {
    inner: Arc<WebPkiServerVerifier>,
    provider: Arc<CryptoProvider>,
    forgives: Forgives,
}

impl Forgiving {
    fn pardons(&self, error: &Error, shown: &Shown<'_>) -> bool {
        use CertificateError::{
            Expired, ExpiredContext, NotValidForName, NotValidForNameContext, UnknownIssuer,
        };
        let Error::InvalidCertificate(error) = error else {
            return false;
        };
        match (self.forgives, error) {
            (Forgives::Expired, Expired | ExpiredContext { .. })
            | (Forgives::WrongName, NotValidForName | NotValidForNameContext { .. }) => true,
            (Forgives::SelfSigned, UnknownIssuer) => self.vouches_for_itself(shown),
            (Forgives::UnknownIssuer, UnknownIssuer) => !self.vouches_for_itself(shown),
            _ => false,
        }
    }

    /// Whether the certificate would do if it were itself a root.
    fn vouches_for_itself(&self, shown: &Shown<'_>) -> bool {
        let mut roots = RootCertStore::empty();
        roots.add(shown.certificate.clone().into_owned()).is_ok()
            && verifier(roots, &self.provider).is_ok_and(|verifier| {
                verifier
                    .verify_server_cert(shown.certificate, &[], shown.name, &[], shown.now)
                    .is_ok()
            })
    }
}

/// What is to be verified.
struct Shown<'a> {
    certificate: &'a CertificateDer<'a>,
    name: &'a ServerName<'a>,
    now: UnixTime,
}

impl ServerCertVerifier for Forgiving {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = Shown {
            certificate,
            name,
            now,
        };
        match self
            .inner
            .verify_server_cert(certificate, intermediates, name, ocsp_response, now)
        {
            Err(error) if self.pardons(&error, &shown) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
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
