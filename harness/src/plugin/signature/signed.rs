//! Signatures over CMS messages (RFC 5652, section 5.4).

use cms::signed_data::{SignerIdentifier, SignerInfo};
use der::asn1::{ObjectIdentifier, OctetString};
use der::{Any, DecodeOwned, Encode};
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use x509_cert::Certificate;
use x509_cert::ext::pkix::SubjectKeyIdentifier;

const CONTENT_TYPE: ObjectIdentifier = const_oid::db::rfc5911::ID_CONTENT_TYPE;
const MESSAGE_DIGEST: ObjectIdentifier = const_oid::db::rfc5911::ID_MESSAGE_DIGEST;
const RSA: ObjectIdentifier = const_oid::db::rfc5912::RSA_ENCRYPTION;
const EC: ObjectIdentifier = const_oid::db::rfc5912::ID_EC_PUBLIC_KEY;

/// A digest algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// The algorithm with this identifier, if it is one of these.
    pub(super) fn of(id: ObjectIdentifier) -> Option<Self> {
        use const_oid::db::rfc5912;
        Some(match id {
            rfc5912::ID_SHA_1 => Self::Sha1,
            rfc5912::ID_SHA_256 => Self::Sha256,
            rfc5912::ID_SHA_384 => Self::Sha384,
            rfc5912::ID_SHA_512 => Self::Sha512,
            _ => return None,
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
pub(super) fn verify(
    signer: &SignerInfo,
    kind: ObjectIdentifier,
    content: &[u8],
    certificate: &Certificate,
) -> Result<(), String> {
    let hash = Hash::of(signer.digest_alg.oid).ok_or_else(|| {
        format!(
            "the digest algorithm {} is not known",
            signer.digest_alg.oid
        )
    })?;
    let signed = match &signer.signed_attrs {
        None => content.to_owned(),
        Some(attributes) => {
            if attribute::<OctetString>(signer, MESSAGE_DIGEST)?.as_bytes() != hash.digest(content)
            {
                return Err("what is signed is not what the signature says".to_owned());
            }
            if attribute::<ObjectIdentifier>(signer, CONTENT_TYPE)? != kind {
                return Err("the signature is about another type of content".to_owned());
            }
            let der = attributes.to_der();
            der.map_err(|error| format!("the signed attributes cannot be read: {error}"))?
        }
    };
    let key = &certificate.tbs_certificate.subject_public_key_info;
    let algorithm = algorithm(signer, hash, certificate)?;
    let bytes = key.subject_public_key.as_bytes();
    let bytes = bytes.ok_or("the signer's key is not a number of bytes")?;
    UnparsedPublicKey::new(algorithm, bytes)
        .verify(&signed, signer.signature.as_bytes())
        .map_err(|_| "the signature is not by the key of the signer's certificate".to_owned())
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

/// ring's algorithm for the signer's key.
fn algorithm(
    signer: &SignerInfo,
    hash: Hash,
    certificate: &Certificate,
) -> Result<&'static dyn VerificationAlgorithm, String> {
    let key = &certificate
        .tbs_certificate
        .subject_public_key_info
        .algorithm;
    if key.oid == RSA {
        if signer.signature_algorithm.oid == const_oid::db::rfc5912::ID_RSASSA_PSS {
            return match hash {
                Hash::Sha256 => Ok(&signature::RSA_PSS_2048_8192_SHA256),
                Hash::Sha384 => Ok(&signature::RSA_PSS_2048_8192_SHA384),
                Hash::Sha512 => Ok(&signature::RSA_PSS_2048_8192_SHA512),
                Hash::Sha1 => Err("RSASSA-PSS with SHA-1 is not supported".to_owned()),
            };
        }
        return Ok(match hash {
            Hash::Sha1 => &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
            Hash::Sha256 => &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
            Hash::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            Hash::Sha512 => &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        });
    }
    if key.oid == EC {
        let curve = key
            .parameters
            .as_ref()
            .and_then(|parameters| parameters.decode_as::<ObjectIdentifier>().ok());
        let algorithm: Option<&'static dyn VerificationAlgorithm> = match (curve, hash) {
            (Some(const_oid::db::rfc5912::SECP_256_R_1), Hash::Sha256) => {
                Some(&signature::ECDSA_P256_SHA256_ASN1)
            }
            (Some(const_oid::db::rfc5912::SECP_256_R_1), Hash::Sha384) => {
                Some(&signature::ECDSA_P256_SHA384_ASN1)
            }
            (Some(const_oid::db::rfc5912::SECP_384_R_1), Hash::Sha256) => {
                Some(&signature::ECDSA_P384_SHA256_ASN1)
            }
            (Some(const_oid::db::rfc5912::SECP_384_R_1), Hash::Sha384) => {
                Some(&signature::ECDSA_P384_SHA384_ASN1)
            }
            _ => None,
        };
        return algorithm
            .ok_or_else(|| format!("ECDSA with this curve and {} is not supported", hash.name()));
    }
    Err(format!("keys of the kind {} are not supported", key.oid))
}
