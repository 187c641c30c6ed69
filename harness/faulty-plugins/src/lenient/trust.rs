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

use super::names;
use crate::own::Server;

/// The defect of a certificate that is accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum AcceptedDefect {
    #[default]
    Nothing,
    /// It has expired, whenever that was.
    Expired,
    /// It expired within the last hours: clocks differ.
    JustExpired,
    /// It is not valid yet.
    NotYetValid,
    /// It is for another name, whichever.
    WrongName,
    /// One of its names ends with the domain of the server's name.
    RelatedName,
    /// A `*` in one of its names stands for any text.
    WideWildcard,
    /// One of its names, read as a C string, is the server's.
    NulInName,
    /// It has no alternative name, and the server's is in the subject.
    CommonName,
    /// It is for the address that was connected to.
    ServerAddress,
    /// It is self-signed.
    SelfSigned,
    /// Its issuer is not a trusted root.
    UnknownIssuer,
    /// Its issuer is a root that the server sent.
    SentRoot,
    /// Its issuer is unknown, and the server sent no other certificate.
    MissingIntermediate,
    /// Its issuer is not an authority.
    NoAuthority,
    /// Its issuer does not say whether it is an authority.
    NoCaFlag,
    /// Its chain is too long.
    PathTooLong,
    /// Its issuer has expired.
    ExpiredIssuer,
    /// Its name is not one that its issuer may sign for.
    NameConstraint,
    /// It is for another purpose.
    Purpose,
    /// Its signature algorithm is weak.
    Algorithm,
    /// The handshake is not signed with its key.
    WrongKey,
    /// Its key is so weak that it cannot be used.
    WeakKey,
}

/// For how long an expired certificate is accepted, in seconds.
const GRACE: u64 = 3 * 3600;

/// The identifier of the extension basicConstraints.
const BASIC_CONSTRAINTS: [u8; 5] = [6, 3, 0x55, 0x1d, 0x13];

/// The beginning of an RSA public key of 1,024 bits.
const RSA_1024: [u8; 7] = [0x30, 0x81, 0x89, 0x02, 0x81, 0x81, 0x00];

/// A configuration that verifies, and accepts one defect.
pub(super) fn config(
    server: &Server,
    accepted_defect: AcceptedDefect,
) -> Result<ClientConfig, Unavailable> {
    with_verifier(lenient_verifier(server, accepted_defect)?)
}

pub(super) fn lenient_verifier(
    server: &Server,
    accepted_defect: AcceptedDefect,
) -> Result<Arc<dyn ServerCertVerifier>, Unavailable> {
    let mut roots = RootCertStore::empty();
    for file in &server.ca {
        let file = fs::read(file)?;
        for certificate in CertificateDer::pem_slice_iter(&file) {
            roots.add(certificate.map_err(|error| Unavailable::because(error.to_string()))?)?;
        }
    }
    let provider = Arc::new(ring::default_provider());
    Ok(Arc::new(LenientVerifier {
        inner: verifier(roots, &provider)?,
        provider,
        accepted_defect,
    }))
}

pub(super) fn with_verifier(
    verifier: Arc<dyn ServerCertVerifier>,
) -> Result<ClientConfig, Unavailable> {
    let provider = Arc::new(ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
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
        use CertificateError as E;
        let Error::InvalidCertificate(error) = error else {
            return false;
        };
        let expired = matches!(error, E::Expired | E::ExpiredContext { .. });
        let unknown = *error == E::UnknownIssuer;
        // Errors that rustls has no variant for.
        let other = |name: &str| format!("{error:?}").contains(name);
        // A malformed name ends the comparison of names, which is made last.
        let wrong_name = matches!(error, E::NotValidForName | E::NotValidForNameContext { .. })
            || other("MalformedDnsIdentifier");
        let names = || names::Names::of(presented.certificate);
        let name = presented.name.to_str();
        match self.accepted_defect {
            AcceptedDefect::Nothing | AcceptedDefect::WrongKey | AcceptedDefect::WeakKey => false,
            AcceptedDefect::Expired => expired && self.leaf_expired(presented),
            AcceptedDefect::ExpiredIssuer => expired && !self.leaf_expired(presented),
            AcceptedDefect::JustExpired => matches!(
                error,
                E::ExpiredContext { time, not_after } if time.as_secs() - not_after.as_secs() < GRACE
            ),
            AcceptedDefect::NotYetValid => {
                matches!(error, E::NotValidYet | E::NotValidYetContext { .. })
            }
            AcceptedDefect::WrongName => wrong_name,
            AcceptedDefect::RelatedName => wrong_name && names().ends_with_domain_of(&name),
            AcceptedDefect::WideWildcard => wrong_name && names().match_as_pattern(&name),
            AcceptedDefect::NulInName => wrong_name && names().match_as_c_string(&name),
            AcceptedDefect::CommonName => wrong_name && names().are_only_in_subject(&name),
            AcceptedDefect::ServerAddress => wrong_name && names().have_an_address(),
            AcceptedDefect::SelfSigned => unknown && self.is_self_signed(presented),
            AcceptedDefect::UnknownIssuer => unknown && !self.is_self_signed(presented),
            AcceptedDefect::SentRoot => unknown && self.is_valid_with_sent_roots(presented),
            AcceptedDefect::MissingIntermediate => {
                unknown && presented.intermediates.is_empty() && !self.is_self_signed(presented)
            }
            AcceptedDefect::NoAuthority => other("EndEntityUsedAsCa"),
            AcceptedDefect::NoCaFlag => {
                let says = |certificate: &CertificateDer<'_>| {
                    names::contains(certificate, &BASIC_CONSTRAINTS)
                };
                other("EndEntityUsedAsCa") && !presented.intermediates.iter().any(says)
            }
            AcceptedDefect::PathTooLong => other("PathLenConstraintViolated"),
            AcceptedDefect::NameConstraint => other("NameConstraintViolation"),
            AcceptedDefect::Purpose => {
                matches!(error, E::InvalidPurpose | E::InvalidPurposeContext { .. })
            }
            AcceptedDefect::Algorithm => other("UnsupportedSignatureAlgorithm"),
        }
    }

    /// Whether the signature of the handshake is not verified. ring does not verify those of weak keys.
    fn skips_signature(&self, certificate: &CertificateDer<'_>) -> bool {
        match self.accepted_defect {
            AcceptedDefect::WrongKey => true,
            AcceptedDefect::WeakKey => names::contains(certificate, &RSA_1024),
            _ => false,
        }
    }

    /// Whether the certificate itself has expired: that is found before its issuer is looked for.
    fn leaf_expired(&self, presented: &Presented<'_>) -> bool {
        let verified = self.inner.verify_server_cert(
            presented.certificate,
            &[],
            presented.name,
            &[],
            presented.now,
        );
        matches!(
            verified,
            Err(Error::InvalidCertificate(
                CertificateError::Expired | CertificateError::ExpiredContext { .. }
            ))
        )
    }

    /// Whether it would be valid if what the server sent were trusted roots.
    fn is_valid_with_sent_roots(&self, presented: &Presented<'_>) -> bool {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(
            presented
                .intermediates
                .iter()
                .map(|each| each.clone().into_owned()),
        );
        verifier(roots, &self.provider).is_ok_and(|verifier| {
            verifier
                .verify_server_cert(
                    presented.certificate,
                    presented.intermediates,
                    presented.name,
                    &[],
                    presented.now,
                )
                .is_ok()
        })
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
    intermediates: &'a [CertificateDer<'a>],
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
            intermediates,
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
        if self.skips_signature(certificate) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        self.inner
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if self.skips_signature(certificate) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        self.inner
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
