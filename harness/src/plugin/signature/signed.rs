//! Signatures over CMS messages (RFC 5652, section 5.4).

use cms::signed_data::{SignerIdentifier, SignerInfo};
use der::asn1::{ObjectIdentifier, OctetString};
use der::{Any, DecodeOwned, Encode};
use x509_cert::Certificate;
use x509_cert::ext::pkix::SubjectKeyIdentifier;

use super::algorithms::Scheme;
use super::fault::{Fault, name_of};

const CONTENT_TYPE: ObjectIdentifier = const_oid::db::rfc5911::ID_CONTENT_TYPE;
const MESSAGE_DIGEST: ObjectIdentifier = const_oid::db::rfc5911::ID_MESSAGE_DIGEST;

/// A digest algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// The algorithm with this identifier.
    ///
    /// # Errors
    /// It is not supported.
    pub(super) fn of(id: ObjectIdentifier) -> Result<Self, Fault> {
        use const_oid::db::rfc5912;
        Ok(match id {
            rfc5912::ID_SHA_1 => Self::Sha1,
            rfc5912::ID_SHA_256 => Self::Sha256,
            rfc5912::ID_SHA_384 => Self::Sha384,
            rfc5912::ID_SHA_512 => Self::Sha512,
            other => {
                return Err(Fault::NotSupported(format!(
                    "the digest algorithm {}",
                    name_of(other)
                )));
            }
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    /// Whether two files with the same digest can be made.
    pub(super) fn is_weak(self) -> bool {
        self == Self::Sha1
    }

    pub(super) fn algorithm(self) -> &'static ring::digest::Algorithm {
        match self {
            Self::Sha1 => &ring::digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &ring::digest::SHA256,
            Self::Sha384 => &ring::digest::SHA384,
            Self::Sha512 => &ring::digest::SHA512,
        }
    }

    pub(super) fn digest(self, bytes: &[u8]) -> Vec<u8> {
        let digest = ring::digest::digest(self.algorithm(), bytes);
        digest.as_ref().to_owned()
    }
}

/// The certificate that a signer names.
pub(super) fn certificate_of<'a>(
    signer: &SignerIdentifier,
    certificates: &'a [Certificate],
) -> Option<&'a Certificate> {
    certificates.iter().find(|certificate| {
        let certificate = &certificate.tbs_certificate;
        match signer {
            SignerIdentifier::IssuerAndSerialNumber(named) => {
                (&named.issuer, &named.serial_number)
                    == (&certificate.issuer, &certificate.serial_number)
            }
            SignerIdentifier::SubjectKeyIdentifier(named) => {
                let found = certificate.get::<SubjectKeyIdentifier>();
                found.is_ok_and(|found| found.is_some_and(|(_, found)| found == *named))
            }
        }
    })
}

/// Verifies that `content`, of the type `kind`, was signed by the certificate's key.
///
/// # Errors
/// It was not, or whether it was cannot be told.
pub(super) fn verify(
    signer: &SignerInfo,
    kind: ObjectIdentifier,
    content: &[u8],
    certificate: &Certificate,
) -> Result<(), Fault> {
    let hash = Hash::of(signer.digest_alg.oid)?;
    let signed = match &signer.signed_attrs {
        None => content.to_owned(),
        Some(attributes) => {
            if attribute::<OctetString>(signer, MESSAGE_DIGEST)?.as_bytes() != hash.digest(content)
            {
                return Err("what is signed is not what the signature says".into());
            }
            if attribute::<ObjectIdentifier>(signer, CONTENT_TYPE)? != kind {
                return Err("the signature is about another type of content".into());
            }
            let der = attributes.to_der();
            der.map_err(|error| format!("the signed attributes cannot be read: {error}"))?
        }
    };
    let key = &certificate.tbs_certificate.subject_public_key_info;
    let scheme = Scheme::of(key, &signer.signature_algorithm, hash)?;
    let bytes = key.subject_public_key.as_bytes();
    let bytes = bytes.ok_or("the signer's key is not a number of bytes")?;
    scheme
        .verify(bytes, &signed, signer.signature.as_bytes())
        .map_err(|_| "the signature is not by the key of the signer's certificate".into())
}

/// The only value of a signed attribute.
pub(super) fn attribute<T: DecodeOwned>(
    signer: &SignerInfo,
    id: ObjectIdentifier,
) -> Result<T, String> {
    let value = raw_attribute(signer, id)?.to_der();
    value
        .and_then(|der| T::from_der(&der))
        .map_err(|error| format!("the signed attribute {id} cannot be read: {error}"))
}

fn raw_attribute(signer: &SignerInfo, id: ObjectIdentifier) -> Result<&Any, String> {
    let attributes = signer.signed_attrs.iter().flat_map(|all| all.iter());
    let mut values = attributes
        .filter(|attribute| attribute.oid == id)
        .flat_map(|attribute| attribute.values.iter());
    let value = values.next();
    value.ok_or_else(|| format!("the signed attribute {id} is missing"))
}
