//! Whether a certificate leads to a trusted root, and is for signing code or for time stamps.

use std::time::SystemTime;

use der::Encode;
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::ring as algorithms;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_cert::Certificate;
use x509_cert::ext::pkix::ExtendedKeyUsage;

/// What a certificate has to be for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    Code,
    TimeStamps,
}

impl Purpose {
    /// The extended key usage (RFC 5280, section 4.2.1.12), as DER without its header. A certificate without any is for
    /// all, which RFC 3161 (section 2.3) does not accept of an authority for time stamps.
    fn usage(self) -> KeyUsage {
        match self {
            Self::Code => KeyUsage::required_if_present(&[0x2b, 6, 1, 5, 5, 7, 3, 3]),
            Self::TimeStamps => KeyUsage::required_if_present(&[0x2b, 6, 1, 5, 5, 7, 3, 8]),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Code => "signing code",
            Self::TimeStamps => "time stamps",
        }
    }
}

/// SHA-1 is not among them: a certificate that is signed with it could be forged.
const ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    algorithms::ECDSA_P256_SHA256,
    algorithms::ECDSA_P256_SHA384,
    algorithms::ECDSA_P384_SHA256,
    algorithms::ECDSA_P384_SHA384,
    algorithms::ED25519,
    algorithms::RSA_PKCS1_2048_8192_SHA256,
    algorithms::RSA_PKCS1_2048_8192_SHA384,
    algorithms::RSA_PKCS1_2048_8192_SHA512,
    algorithms::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    algorithms::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    algorithms::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
];

/// Verifies the path from a certificate to one of the roots, at that time.
pub(super) fn verify(
    certificate: &Certificate,
    others: &[Certificate],
    roots: &[CertificateDer<'static>],
    at: SystemTime,
    purpose: Purpose,
) -> Result<(), String> {
    if matches!(purpose, Purpose::TimeStamps) {
        let usages = certificate.tbs_certificate.get::<ExtendedKeyUsage>();
        if !usages.is_ok_and(|found| found.is_some()) {
            return Err(format!("its certificate is not for {}", purpose.name()));
        }
    }
    let der = |certificate: &Certificate| certificate.to_der().ok().map(CertificateDer::from);
    let signer = der(certificate).ok_or("the certificate cannot be written")?;
    let others: Vec<CertificateDer<'_>> = others.iter().filter_map(der).collect();
    let anchors: Vec<_> = roots
        .iter()
        .filter_map(|root| anchor_from_trusted_cert(root).ok())
        .collect();
    let at = at
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_err(|_| "the time is before 1970")?;
    let parsed = EndEntityCert::try_from(&signer).map_err(|error| explain(&error, purpose))?;
    parsed
        .verify_for_usage(
            ALGORITHMS,
            &anchors,
            &others,
            UnixTime::since_unix_epoch(at),
            purpose.usage(),
            None,
            None,
        )
        .map(drop)
        .map_err(|error| explain(&error, purpose))
}

fn explain(error: &webpki::Error, purpose: Purpose) -> String {
    use webpki::Error;
    match error {
        Error::UnknownIssuer => "no root that is trusted has issued its certificate".to_owned(),
        Error::CertExpired { .. } => {
            "its certificate had expired, and no trusted time stamp is older".to_owned()
        }
        Error::CertNotValidYet { .. } => "its certificate was not valid yet".to_owned(),
        Error::RequiredEkuNotFoundContext(_) => {
            format!("its certificate is not for {}", purpose.name())
        }
        other => format!("its certificate is not acceptable: {other}"),
    }
}
