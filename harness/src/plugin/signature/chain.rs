//! Whether a certificate leads to a trusted root, and is for signing code or for time stamps.

use std::time::SystemTime;

use der::asn1::ObjectIdentifier;
use der::{Any, Decode, DecodeOwned, Encode, SliceReader, Tag};
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage, VerifiedPath, anchor_from_trusted_cert};
use x509_cert::Certificate;
use x509_cert::ext::pkix::{self, BasicConstraints, ExtendedKeyUsage};
use x509_cert::name::Name;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::algorithms::{LEGACY, STRONG, weakness};
use super::fault::{Fault, name_of};

/// What a certificate has to be for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    Code,
    TimeStamps,
}

impl Purpose {
    /// The extended key usage (RFC 5280, section 4.2.1.12).
    fn id(self) -> &'static ObjectIdentifier {
        match self {
            Self::Code => &const_oid::db::rfc5280::ID_KP_CODE_SIGNING,
            Self::TimeStamps => &const_oid::db::rfc5280::ID_KP_TIME_STAMPING,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Code => "signing code",
            Self::TimeStamps => "time stamps",
        }
    }

    fn is_missing(self) -> Fault {
        Fault::Wrong(format!("its certificate is not for {}", self.name()))
    }

    /// A certificate without any usage is for all, which RFC 3161 (section 2.3) does not accept of an authority for time
    /// stamps.
    fn check(self, certificate: &Certificate) -> Result<(), Fault> {
        let usages = certificate.tbs_certificate.get::<ExtendedKeyUsage>();
        let is_for = match (usages, self) {
            (Ok(Some((_, usages))), _) => usages.0.contains(self.id()),
            (Ok(None), Self::Code) => true,
            (Ok(None), Self::TimeStamps) | (Err(_), _) => false,
        };
        match is_for {
            true => Ok(()),
            false => Err(self.is_missing()),
        }
    }
}

/// Verifies the path from a certificate to one of the roots, at that time. Returns what on it is weak.
///
/// # Errors
/// There is no such path, or whether there is one cannot be told.
pub(super) fn verify(
    certificate: &Certificate,
    others: &[Certificate],
    roots: &[CertificateDer<'static>],
    at: SystemTime,
    purpose: Purpose,
) -> Result<Vec<String>, Fault> {
    let der = |certificate: &Certificate| certificate.to_der().ok().map(CertificateDer::from);
    let signer = der(certificate).ok_or("the certificate cannot be written")?;
    purpose.check(certificate)?;
    let (roots, no_roots): (Vec<_>, Vec<_>) = roots.iter().partition(|root| is_root(root));
    if roots.contains(&&signer) {
        return valid_at(certificate, at).map(|()| Vec::new());
    }
    // As OpenSSL does, a path has to end with a certificate that issued itself.
    let has_others = !no_roots.is_empty();
    let known = no_roots.iter();
    let known = known.filter_map(|it| Certificate::from_der(it).ok());
    let below: Vec<_> = others.iter().cloned().chain(known).collect();
    let (anchors, unfit) = anchors(certificate, &below, &roots, at);
    let others: Vec<_> = below.iter().filter_map(der).collect();
    let at = at
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_err(|_| "the time is before 1970")?;
    let parsed = EndEntityCert::try_from(&signer).map_err(|error| explain(&error, purpose))?;
    let verify = |algorithms| {
        parsed.verify_for_usage(
            algorithms,
            &anchors,
            &others,
            UnixTime::since_unix_epoch(at),
            KeyUsage::required_if_present(purpose.id().as_bytes()),
            None,
            Some(&issued_by_authorities),
        )
    };
    // A path of which nothing is weak is preferred.
    let all = [LEGACY, STRONG].concat();
    let path = verify(STRONG)
        .or_else(|_| verify(&all))
        .map_err(|error| match error {
            webpki::Error::UnknownIssuer if !unfit.is_empty() => Fault::Wrong(unfit.join("; ")),
            webpki::Error::UnknownIssuer if has_others => Fault::Wrong(format!(
                "{UNKNOWN_ISSUER}; one of those that are trusted is no root, since another one issued it"
            )),
            // It issued itself, and is none of the roots.
            webpki::Error::CaUsedAsEndEntity if is_self_issued(certificate) => {
                Fault::from(UNKNOWN_ISSUER)
            }
            error => explain(&error, purpose),
        })?;
    Ok(weaknesses(certificate, &path))
}

/// The roots that may have issued one of these certificates, and why others that are named as issuers are none at that time.
/// webpki knows only the name and the key of a root.
fn anchors<'roots>(
    certificate: &Certificate,
    others: &[Certificate],
    roots: &[&'roots CertificateDer<'static>],
    at: SystemTime,
) -> (Vec<TrustAnchor<'roots>>, Vec<String>) {
    let issued = std::iter::once(certificate).chain(others);
    let issuers: Vec<Any> = issued
        .filter_map(|it| Any::encode_from(&it.tbs_certificate.issuer).ok())
        .collect();
    let (mut fit, mut unfit) = (Vec::new(), Vec::new());
    for root in roots {
        let Ok(anchor) = anchor_from_trusted_cert(root) else {
            continue;
        };
        // Of the many roots of a system only these are read whole.
        if !issuers.iter().any(|it| it.value() == &*anchor.subject) {
            continue;
        }
        match Certificate::from_der(root).map(|root| unfitness(&root, at)) {
            Ok(None) => fit.push(anchor),
            Ok(Some(why)) => unfit.push(why),
            Err(_) => unfit.push("the root that it names cannot be read".to_owned()),
        }
    }
    (fit, unfit)
}

/// Why a root cannot issue certificates at that time, if it cannot.
fn unfitness(root: &Certificate, at: SystemTime) -> Option<String> {
    let what = match valid_at(root, at) {
        Err(Fault::Wrong(reason)) if reason == NOT_YET => "was not valid yet",
        Err(_) => "had expired",
        Ok(()) if may_issue(root) => return None,
        Ok(()) => "may not issue certificates",
    };
    let subject = &root.tbs_certificate.subject;
    Some(format!("the root {subject} {what}"))
}

/// Whether a certificate may issue others, as far as it says so (RFC 5280, sections 4.2.1.3 and 4.2.1.9). One of the first
/// version of X.509 cannot say it.
fn may_issue(certificate: &Certificate) -> bool {
    let certificate = &certificate.tbs_certificate;
    let is_authority = match certificate.get::<BasicConstraints>() {
        Ok(found) => found.is_none_or(|(_, constraints)| constraints.ca),
        Err(_) => false,
    };
    let signs_certificates = match certificate.get::<pkix::KeyUsage>() {
        Ok(found) => found.is_none_or(|(_, usage)| usage.key_cert_sign()),
        Err(_) => false,
    };
    is_authority && signs_certificates
}

/// webpki does not look at the key usage.
fn issued_by_authorities(path: &VerifiedPath<'_>) -> Result<(), webpki::Error> {
    let mut between = path.intermediate_certificates();
    let may = between.all(|it| Certificate::from_der(&it.der()).is_ok_and(|it| may_issue(&it)));
    match may {
        true => Ok(()),
        false => Err(webpki::Error::EndEntityUsedAsCa),
    }
}

/// Whether a certificate issued itself.
fn is_root(certificate: &CertificateDer<'_>) -> bool {
    match EndEntityCert::try_from(certificate) {
        Ok(it) => it.issuer() == it.subject(),
        // It is of the first version of X.509, or has an extension that webpki does not know.
        Err(_) => Certificate::from_der(certificate).is_ok_and(|it| is_self_issued(&it)),
    }
}

fn is_self_issued(certificate: &Certificate) -> bool {
    certificate.tbs_certificate.issuer == certificate.tbs_certificate.subject
}

fn valid_at(certificate: &Certificate, at: SystemTime) -> Result<(), Fault> {
    let validity = &certificate.tbs_certificate.validity;
    if at < validity.not_before.to_system_time() {
        return Err(Fault::from(NOT_YET));
    }
    if at > validity.not_after.to_system_time() {
        return Err(Fault::from(EXPIRED));
    }
    Ok(())
}

/// What is weak on a path, but for the key of its first certificate, which signs no certificate.
fn weaknesses(certificate: &Certificate, path: &VerifiedPath<'_>) -> Vec<String> {
    let between: Vec<_> = path
        .intermediate_certificates()
        .filter_map(|it| Certificate::from_der(&it.der()).ok())
        .collect();
    let issued = std::iter::once(certificate).chain(&between);
    let issued = issued.filter(|it| is_sha1(it.signature_algorithm.oid));
    let issued = issued.map(|it| {
        let subject = &it.tbs_certificate.subject;
        format!("the certificate of {subject} is signed with SHA-1, which is weak")
    });
    let anchor = path.anchor();
    let root = read::<SubjectPublicKeyInfoOwned>(&anchor.subject_public_key_info)
        .zip(read::<Name>(&anchor.subject));
    let root = root.as_ref().map(|(key, name)| (name, key));
    let keys = between.iter().map(|it| {
        let it = &it.tbs_certificate;
        (&it.subject, &it.subject_public_key_info)
    });
    let keys = keys.chain(root).filter_map(|(name, key)| {
        let weakness = weakness(key)?;
        Some(format!("the key of {name}: {weakness}"))
    });
    issued.chain(keys).collect()
}

/// What is in a sequence with these contents.
fn read<T: DecodeOwned>(contents: &[u8]) -> Option<T> {
    let sequence = Any::new(Tag::Sequence, contents).ok()?;
    T::from_der(&sequence.to_der().ok()?).ok()
}

fn is_sha1(id: ObjectIdentifier) -> bool {
    [
        const_oid::db::rfc5912::SHA_1_WITH_RSA_ENCRYPTION,
        ECDSA_WITH_SHA_1,
        SHA_1_WITH_RSA_OIW,
    ]
    .contains(&id)
}

const ECDSA_WITH_SHA_1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.1");
const SHA_1_WITH_RSA_OIW: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.29");
/// What a time stamp could have prevented.
pub(super) const EXPIRED: &str = "its certificate had expired, and no trusted time stamp is older";
const UNKNOWN_ISSUER: &str = "no root that is trusted has issued its certificate";
const NOT_YET: &str = "its certificate was not valid yet";

/// In words, since webpki names its variants alone.
fn explain(error: &webpki::Error, purpose: Purpose) -> Fault {
    use webpki::Error;
    let wrong = |reason: &str| Fault::Wrong(reason.to_owned());
    let not_supported = |what: &str| Fault::NotSupported(what.to_owned());
    match error {
        Error::UnknownIssuer => wrong(UNKNOWN_ISSUER),
        Error::CertExpired { .. } => wrong(EXPIRED),
        Error::CertNotValidYet { .. } => wrong(NOT_YET),
        Error::InvalidCertValidity => {
            wrong("its certificate, or one above it, ends before it begins")
        }
        Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => purpose.is_missing(),
        Error::InvalidSignatureForPublicKey => wrong(
            "its certificate, or one above it, is not signed by the key of the one that it names",
        ),
        Error::EndEntityUsedAsCa => {
            wrong("its certificate was issued by one that may not issue certificates")
        }
        Error::PathLenConstraintViolated => {
            wrong("there are more certificates below an authority than it allows")
        }
        Error::NameConstraintViolation => {
            wrong("an authority may not issue certificates for its name")
        }
        Error::CaUsedAsEndEntity => {
            not_supported("a certificate of an authority that is itself no root as the signer's")
        }
        Error::MaximumNameConstraintComparisonsExceeded
        | Error::MaximumPathBuildCallsExceeded
        | Error::MaximumPathDepthExceeded
        | Error::MaximumSignatureChecksExceeded => {
            not_supported("so many certificates between its own and the root")
        }
        Error::UnsupportedCertVersion => {
            not_supported("certificates of another version of X.509 than 3")
        }
        Error::UnsupportedCriticalExtension => {
            not_supported("a critical extension of its certificate, or of one above it")
        }
        Error::UnsupportedSignatureAlgorithmContext(context) => Fault::NotSupported(format!(
            "certificates that are signed with {}",
            algorithm(&context.signature_algorithm_id)
        )),
        Error::UnsupportedSignatureAlgorithmForPublicKeyContext(context) => {
            Fault::NotSupported(format!(
                "certificates that are signed with {} by a key of the kind {}",
                algorithm(&context.signature_algorithm_id),
                algorithm(&context.public_key_algorithm_id)
            ))
        }
        Error::BadDer
        | Error::BadDerTime
        | Error::TrailingData(_)
        | Error::ExtensionValueInvalid
        | Error::InvalidSerialNumber
        | Error::InvalidNetworkMaskConstraint
        | Error::MalformedExtensions
        | Error::MalformedNameConstraint
        | Error::MalformedDnsIdentifier
        | Error::SignatureAlgorithmMismatch => {
            wrong("its certificate, or one above it, is malformed")
        }
        // The others are about names of servers and about revocation, which are not asked for.
        _ => wrong("its certificate, or one above it, is not acceptable"),
    }
}

/// The name of an algorithm in DER without the header. A curve is named as well.
fn algorithm(contents: &[u8]) -> String {
    let mut names = Vec::new();
    if let Ok(mut reader) = SliceReader::new(contents) {
        while let Ok(id) = ObjectIdentifier::decode(&mut reader) {
            names.push(name_of(id));
        }
    }
    match names.is_empty() {
        true => "an algorithm that cannot be read".to_owned(),
        false => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use webpki::Error;

    use super::*;

    #[test]
    fn no_error_is_explained_by_its_name_in_the_library() {
        for error in [
            Error::BadDer,
            Error::CaUsedAsEndEntity,
            Error::EmptyEkuExtension,
            Error::EndEntityUsedAsCa,
            Error::InvalidCertValidity,
            Error::InvalidSignatureForPublicKey,
            Error::MaximumPathDepthExceeded,
            Error::NameConstraintViolation,
            Error::PathLenConstraintViolated,
            Error::SignatureAlgorithmMismatch,
            Error::UnknownIssuer,
            Error::UnknownRevocationStatus,
            Error::UnsupportedCertVersion,
            Error::UnsupportedCriticalExtension,
        ] {
            let (Fault::Wrong(words) | Fault::NotSupported(words)) = explain(&error, Purpose::Code);
            let name = format!("{error:?}");
            assert!(
                words.contains(' ') && !words.contains(&name),
                "{name}: {words}"
            );
        }
    }

    #[test]
    fn an_algorithm_is_named_with_its_curve() {
        let secp256k1 = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x0a";
        assert_eq!(
            algorithm(secp256k1),
            "id-ecPublicKey (1.2.840.10045.2.1), secp256k1 (1.3.132.0.10)"
        );
        assert_eq!(algorithm(b"\x30"), "an algorithm that cannot be read");
    }
}
