//! The certificate verifier, which can accept one defect.

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

/// The defect of a certificate that is accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum AcceptedDefect {
    #[default]
    Nothing,
    /// It has expired.
    Expired,
    /// It is for another name.
    WrongName,
    /// It is self-signed.
    SelfSigned,
    /// Its issuer is not a trusted root.
    UnknownIssuer,
}

pub(super) fn config(
    server: &Server,
    accepted_defect: AcceptedDefect,
) -> Result<ClientConfig, Unavailable> {
    let mut roots = RootCertStore::empty();
    for file in &server.ca {
        let file = fs::read(file)?;
        for certificate in CertificateDer::pem_slice_iter(&file) {
            roots.add(certificate.map_err(|error| Unavailable::because(error.to_string()))?)?;
        }
    }
    let provider = Arc::new(ring::default_provider());
    let verifier = LenientVerifier {
        inner: verifier(roots, &provider)?,
        provider: Arc::clone(&provider),
        accepted_defect,
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

/// A verifier that verifies, and then accepts one defect.
#[derive(Debug)]
struct LenientVerifier {
    inner: Arc<WebPkiServerVerifier>,
    provider: Arc<CryptoProvider>,
    accepted_defect: AcceptedDefect,
}

impl LenientVerifier {
    fn accepts(&self, error: &Error, presented: &Presented<'_>) -> bool {
        use CertificateError::{
            Expired, ExpiredContext, NotValidForName, NotValidForNameContext, UnknownIssuer,
        };
        let Error::InvalidCertificate(error) = error else {
            return false;
        };
        match (self.accepted_defect, error) {
            (AcceptedDefect::Expired, Expired | ExpiredContext { .. })
            | (AcceptedDefect::WrongName, NotValidForName | NotValidForNameContext { .. }) => true,
            (AcceptedDefect::SelfSigned, UnknownIssuer) => self.is_self_signed(presented),
            (AcceptedDefect::UnknownIssuer, UnknownIssuer) => !self.is_self_signed(presented),
            _ => false,
        }
    }

    /// Whether the certificate would be valid if it were itself a trusted root.
    fn is_self_signed(&self, presented: &Presented<'_>) -> bool {
        let mut roots = RootCertStore::empty();
        roots
            .add(presented.certificate.clone().into_owned())
            .is_ok()
            && verifier(roots, &self.provider).is_ok_and(|verifier| {
                verifier
                    .verify_server_cert(
                        presented.certificate,
                        &[],
                        presented.name,
                        &[],
                        presented.now,
                    )
                    .is_ok()
            })
    }
}

/// The arguments of a verification.
struct Presented<'a> {
    certificate: &'a CertificateDer<'a>,
    name: &'a ServerName<'a>,
    now: UnixTime,
}

impl ServerCertVerifier for LenientVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let presented = Presented {
            certificate,
            name,
            now,
        };
        match self
            .inner
            .verify_server_cert(certificate, intermediates, name, ocsp_response, now)
        {
            Err(error) if self.accepts(&error, &presented) => Ok(ServerCertVerified::assertion()),
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
