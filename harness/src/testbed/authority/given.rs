//! An authority that the user gives: the laboratory's, which a test build of the plugin trusts.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{Issuer, KeyPair, PublicKeyData};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::certificate::X509Certificate;
use x509_parser::parse_x509_certificate;
use x509_parser::time::ASN1Time;

use super::signing_key::AuthorityKey;
use super::{CertificateSubject, leaf};
use crate::testbed::Tls;
use crate::testbed::error::SetupError;

/// Why a given authority cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaError {
    /// A file cannot be read.
    #[error("cannot read {path}", path = path.display())]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    /// It is no PEM certificate.
    #[error("{path}: expected an X.509 certificate in PEM, found {found}", path = path.display())]
    NoCertificate { path: PathBuf, found: String },
    /// It is no private key that can be used.
    #[error("{path}: expected a private key as PKCS #8 in PEM (ECDSA P-256 or P-384, Ed25519, or RSA from 2,048 bits), found {found}", path = path.display())]
    NoKey { path: PathBuf, found: String },
    /// The key belongs to another certificate.
    #[error("the private key in {key} does not belong to the certificate in {certificate}", key = key.display(), certificate = certificate.display())]
    Mismatch { certificate: PathBuf, key: PathBuf },
    /// Clients would not accept what it signs.
    #[error("{path}: {reason}", path = path.display())]
    Unusable { path: PathBuf, reason: String },
    /// The authority itself cannot be set up.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

/// Reads a certificate and its key, and checks that clients that trust the certificate accept what the key signs.
pub(super) fn read(
    certificate_file: &Path,
    key_file: &Path,
) -> Result<(CertificateDer<'static>, Issuer<'static, AuthorityKey>), CaError> {
    let text = read_file(certificate_file)?;
    let no_certificate = |found: String| CaError::NoCertificate {
        path: certificate_file.to_owned(),
        found,
    };
    let certificate = CertificateDer::from_pem_slice(&text)
        .map_err(|error| no_certificate(found(&text, &error)))?;
    let (_, parsed) = parse_x509_certificate(&certificate)
        .map_err(|error| no_certificate(format!("one that cannot be parsed ({error})")))?;
    check(&parsed).map_err(|reason| CaError::Unusable {
        path: certificate_file.to_owned(),
        reason,
    })?;
    let key = read_key(key_file)?;
    if parsed.public_key().raw != key.subject_public_key_info() {
        return Err(CaError::Mismatch {
            certificate: certificate_file.to_owned(),
            key: key_file.to_owned(),
        });
    }
    let issuer = Issuer::from_ca_cert_der(&certificate, AuthorityKey::from(key))
        .map_err(SetupError::from)?;
    if !names_it(&issuer, &parsed)? {
        return Err(CaError::Unusable {
            path: certificate_file.to_owned(),
            reason: "its subject is encoded in a way that the test bed cannot repeat; expected attributes with one value each, as UTF8String or PrintableString".to_owned(),
        });
    }
    Ok((certificate.clone(), issuer))
}

fn read_file(path: &Path) -> Result<Vec<u8>, CaError> {
    fs::read(path).map_err(|source| CaError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

fn read_key(path: &Path) -> Result<KeyPair, CaError> {
    let text = read_file(path)?;
    let no_key = |found: String| CaError::NoKey {
        path: path.to_owned(),
        found,
    };
    if String::from_utf8_lossy(&text).contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") {
        return Err(no_key(
            "an encrypted one; decrypt it with `openssl pkcs8 -in FILE -out KEY`".to_owned(),
        ));
    }
    let convert = "convert it with `openssl pkcs8 -topk8 -nocrypt -in FILE -out KEY`";
    match PrivateKeyDer::from_pem_slice(&text).map_err(|error| no_key(found(&text, &error)))? {
        PrivateKeyDer::Pkcs8(der) => KeyPair::try_from(&der)
            .map_err(|error| no_key(format!("one that cannot be used ({error})"))),
        PrivateKeyDer::Pkcs1(_) => Err(no_key(format!("a key as PKCS #1; {convert}"))),
        PrivateKeyDer::Sec1(_) => Err(no_key(format!("a key as SEC 1; {convert}"))),
        _ => Err(no_key("a key of another format".to_owned())),
    }
}

/// What a file contains instead of what was expected.
fn found(text: &[u8], error: &rustls::pki_types::pem::Error) -> String {
    let text = String::from_utf8_lossy(text);
    let begin = text.lines().find(|line| line.starts_with("-----BEGIN "));
    match begin {
        _ if text.trim().is_empty() => "an empty file".to_owned(),
        Some(line) => format!("`{line}` ({error})"),
        None => "no line `-----BEGIN …-----`".to_owned(),
    }
}

/// Why clients would not accept what it signs.
fn check(certificate: &X509Certificate<'_>) -> Result<(), String> {
    let constraints = certificate
        .basic_constraints()
        .map_err(|error| format!("its basicConstraints cannot be read ({error})"))?;
    let Some(constraints) = constraints.filter(|constraints| constraints.value.ca) else {
        return Err(
            "it is not the certificate of an authority; expected basicConstraints with CA:TRUE"
                .to_owned(),
        );
    };
    if let Some(length) = constraints.value.path_len_constraint
        && length == 0
    {
        return Err("its pathLenConstraint is 0, but some rules need an intermediate authority below it; make it without, or with at least 2".to_owned());
    }
    let usage = certificate
        .key_usage()
        .map_err(|error| format!("its keyUsage cannot be read ({error})"))?;
    if usage.is_some_and(|usage| !usage.value.key_cert_sign()) {
        return Err("its keyUsage does not contain keyCertSign".to_owned());
    }
    let (validity, now) = (certificate.validity(), ASN1Time::now());
    if now > validity.not_after {
        return Err(format!("it expired on {}", validity.not_after));
    }
    if now < validity.not_before {
        return Err(format!("it is valid only from {}", validity.not_before));
    }
    Ok(())
}

/// Whether what it signs names it as it names itself, which verification compares.
fn names_it(
    issuer: &Issuer<'_, AuthorityKey>,
    certificate: &X509Certificate<'_>,
) -> Result<bool, SetupError> {
    let subject = CertificateSubject::Name("localhost".to_owned());
    let signed = leaf::params(Tls::Valid, &subject)?.signed_by(issuer.key(), issuer)?;
    let (_, signed) =
        parse_x509_certificate(signed.der()).map_err(|_| rcgen::Error::CouldNotParseCertificate)?;
    Ok(signed.issuer().as_raw() == certificate.subject().as_raw())
}
