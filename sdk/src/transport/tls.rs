//! The TLS configuration: trusted roots, pinned keys and the client certificate.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};

use super::ClientError;
use crate::config::{Pin, Roots, Settings};

/// The TLS configuration that the settings ask for.
pub(super) fn config(
    settings: &Settings,
    folder: &Path,
    ca: &[u8],
) -> Result<ClientConfig, ClientError> {
    let provider = Arc::new(super::crypto::provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| ClientError::setting("ca", error.to_string()))?;
    let roots = roots(settings, folder, ca)?;
    let builder = match verifier(settings, roots, &provider)? {
        Trust::Roots(roots) => builder.with_root_certificates(roots),
        Trust::Verifier(verifier) => builder
            .dangerous()
            .with_custom_certificate_verifier(verifier),
    };
    let mut config = match (&settings.client_certificate, &settings.client_key) {
        (None, None) => builder.with_no_client_auth(),
        (Some(chain), Some(key)) => {
            let chain = certificates(
                "client_certificate",
                &read("client_certificate", &folder.join(chain))?,
            )?;
            let key = PrivateKeyDer::from_pem_slice(&read("client_key", &folder.join(key))?)
                .map_err(|error| ClientError::setting("client_key", error.to_string()))?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| ClientError::setting("client_certificate", error.to_string()))?
        }
        (Some(_), None) => {
            return Err(ClientError::setting(
                "client_key",
                "it is missing; `client_certificate` needs it",
            ));
        }
        (None, Some(_)) => {
            return Err(ClientError::setting(
                "client_certificate",
                "it is missing; `client_key` needs it",
            ));
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // Only one server is contacted; the default cache has room for 32.
    config.resumption = Resumption::in_memory_sessions(8);
    Ok(config)
}

enum Trust {
    Roots(RootCertStore),
    Verifier(Arc<dyn ServerCertVerifier>),
}

fn verifier(
    settings: &Settings,
    roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> Result<Trust, ClientError> {
    let platform = settings.roots == Roots::Platform;
    if roots.is_empty() && !platform && !settings.allow_http {
        let message =
            "no root is trusted: name root certificates, or build with the feature `webpki-roots`";
        return Err(ClientError::setting("ca", message));
    }
    if settings.pinned_keys.is_empty() && !platform {
        return Ok(Trust::Roots(roots));
    }
    let inner: Arc<dyn ServerCertVerifier> = if platform {
        platform_verifier(roots, provider)?
    } else {
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .build()
            .map_err(|error| ClientError::setting("ca", error.to_string()))?
    };
    if settings.pinned_keys.is_empty() {
        return Ok(Trust::Verifier(inner));
    }
    Ok(Trust::Verifier(Arc::new(Pinned {
        inner,
        keys: settings.pinned_keys.clone(),
    })))
}

#[cfg(feature = "platform-roots")]
fn platform_verifier(
    roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, ClientError> {
    if !roots.is_empty() {
        let message = "\"platform\" cannot be combined with `ca` or compiled-in roots";
        return Err(ClientError::setting("roots", message));
    }
    let verifier = rustls_platform_verifier::Verifier::new(Arc::clone(provider))
        .map_err(|error| ClientError::setting("roots", error.to_string()))?;
    Ok(Arc::new(verifier))
}

#[cfg(not(feature = "platform-roots"))]
fn platform_verifier(
    _: RootCertStore,
    _: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, ClientError> {
    let message = "\"platform\" needs the feature `platform-roots` of the SDK";
    Err(ClientError::setting("roots", message))
}

fn roots(settings: &Settings, folder: &Path, ca: &[u8]) -> Result<RootCertStore, ClientError> {
    let mut roots = RootCertStore::empty();
    if settings.roots == Roots::Webpki {
        #[cfg(feature = "webpki-roots")]
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        #[cfg(not(feature = "webpki-roots"))]
        return Err(ClientError::setting(
            "roots",
            "\"webpki\" needs the feature `webpki-roots` of the SDK",
        ));
    }
    let mut add = |bytes: &[u8], origin: &str| {
        for certificate in certificates("ca", bytes)? {
            roots.add(certificate).map_err(|error| {
                ClientError::setting("ca", format!("{origin}: not a root certificate: {error}"))
            })?;
        }
        Ok::<_, ClientError>(())
    };
    if !ca.is_empty() {
        add(ca, "the compiled-in roots")?;
    }
    for file in &settings.ca {
        add(
            &read("ca", &folder.join(file))?,
            &file.display().to_string(),
        )?;
    }
    Ok(roots)
}

fn read(name: &'static str, path: &Path) -> Result<Vec<u8>, ClientError> {
    std::fs::read(path)
        .map_err(|error| ClientError::setting(name, format!("{}: {error}", path.display())))
}

/// The certificates of a PEM file, or the single one of a DER file.
fn certificates(
    name: &'static str,
    bytes: &[u8],
) -> Result<Vec<CertificateDer<'static>>, ClientError> {
    // A DER certificate starts with the tag of a SEQUENCE, which is not a PEM character.
    if bytes.first() == Some(&0x30) {
        return Ok(vec![CertificateDer::from(bytes.to_vec())]);
    }
    let found = CertificateDer::pem_slice_iter(bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| ClientError::setting(name, format!("not PEM: {error}")))?;
    if found.is_empty() {
        return Err(ClientError::setting(
            name,
            "expected a certificate in PEM or DER, found none",
        ));
    }
    Ok(found)
}

/// A verifier that, after the usual verification, requires one of the pinned keys.
#[derive(Debug)]
struct Pinned {
    inner: Arc<dyn ServerCertVerifier>,
    keys: Vec<Pin>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.inner.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        )?;
        let certificate = webpki::EndEntityCert::try_from(end_entity)
            .map_err(|_| rustls::Error::from(CertificateError::BadEncoding))?;
        let key = certificate.subject_public_key_info();
        let digest = ring::digest::digest(&ring::digest::SHA256, &key);
        if self.keys.iter().any(|pin| pin.0 == *digest.as_ref()) {
            Ok(verified)
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

#[cfg(feature = "webpki-roots")]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Document;

    fn trusted(text: &str) -> usize {
        let settings = Document::of(text).settings().unwrap();
        roots(&settings, Path::new(""), b"").unwrap().len()
    }

    #[test]
    fn the_feature_adds_all_of_mozillas_roots() {
        let all = webpki_roots::TLS_SERVER_ROOTS.len();
        assert!(all > 100, "{all}");
        assert_eq!(trusted("roots = \"webpki\""), all);
        assert_eq!(trusted(""), all);
        assert_eq!(trusted("roots = \"settings\""), 0);
    }
}
