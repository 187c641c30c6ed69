//! The algorithms that signatures are made with: ring's, and ECDSA with the curves and digests that ring has not.

use const_oid::db::rfc5912;
use der::asn1::{ObjectIdentifier, UintRef};
use der::{Decode, Encode, Reader, SliceReader};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use rustls::pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use webpki::ring as strong;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::fault::{Fault, name_of};
use super::signed::Hash;

/// RSA keys with fewer bits can be factored, with enough money.
const SAFE_BITS: usize = 2048;
/// The sizes of RSA keys that ring takes.
const SUPPORTED_BITS: std::ops::RangeInclusive<usize> = 1024..=8192;

/// A curve of NIST.
#[derive(Clone, Copy, Debug)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

/// How a signature is verified with a public key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scheme {
    Ring(&'static dyn VerificationAlgorithm),
    Ecdsa(Curve, Hash),
}

impl Scheme {
    /// The scheme of a signature by this key, which is made of a digest of that kind.
    ///
    /// # Errors
    /// It is not supported.
    pub(super) fn of(
        key: &SubjectPublicKeyInfoOwned,
        algorithm: &AlgorithmIdentifierOwned,
        hash: Hash,
    ) -> Result<Self, Fault> {
        match key.algorithm.oid {
            rfc5912::RSA_ENCRYPTION => rsa(key, algorithm, hash),
            rfc5912::ID_EC_PUBLIC_KEY => ecdsa(key, hash),
            other => Err(Fault::NotSupported(format!(
                "keys of the kind {}",
                name_of(other)
            ))),
        }
    }

    /// Verifies a signature over a message.
    ///
    /// # Errors
    /// The signature is another one, or the key or the signature is malformed.
    pub(super) fn verify(
        self,
        key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let valid = match self {
            Self::Ring(algorithm) => UnparsedPublicKey::new(algorithm, key)
                .verify(message, signature)
                .is_ok(),
            Self::Ecdsa(curve, hash) => {
                let digest = hash.digest(message);
                match curve {
                    Curve::P256 => p256(key, &digest, signature),
                    Curve::P384 => p384(key, &digest, signature),
                    Curve::P521 => p521(key, &digest, signature),
                }
                .is_ok()
            }
        };
        valid.then_some(()).ok_or(InvalidSignature)
    }
}

fn p256(key: &[u8], digest: &[u8], signature: &[u8]) -> p256::ecdsa::signature::Result<()> {
    let signature = p256::ecdsa::Signature::from_der(signature)?;
    p256::ecdsa::VerifyingKey::from_sec1_bytes(key)?.verify_prehash(digest, &signature)
}

fn p384(key: &[u8], digest: &[u8], signature: &[u8]) -> p384::ecdsa::signature::Result<()> {
    let signature = p384::ecdsa::Signature::from_der(signature)?;
    p384::ecdsa::VerifyingKey::from_sec1_bytes(key)?.verify_prehash(digest, &signature)
}

fn p521(key: &[u8], digest: &[u8], signature: &[u8]) -> p521::ecdsa::signature::Result<()> {
    let signature = p521::ecdsa::Signature::from_der(signature)?;
    p521::ecdsa::VerifyingKey::from_sec1_bytes(key)?.verify_prehash(digest, &signature)
}

fn rsa(
    key: &SubjectPublicKeyInfoOwned,
    algorithm: &AlgorithmIdentifierOwned,
    hash: Hash,
) -> Result<Scheme, Fault> {
    let bits = rsa_bits(key).ok_or("the signer's key is malformed")?;
    if !SUPPORTED_BITS.contains(&bits) {
        return Err(Fault::NotSupported(format!("RSA keys of {bits} bits")));
    }
    if algorithm.oid == rfc5912::ID_RSASSA_PSS {
        let pss: Option<(AlgorithmIdentifier, &'static dyn VerificationAlgorithm)> = match hash {
            Hash::Sha1 => None,
            Hash::Sha256 => Some((alg_id::RSA_PSS_SHA256, &signature::RSA_PSS_2048_8192_SHA256)),
            Hash::Sha384 => Some((alg_id::RSA_PSS_SHA384, &signature::RSA_PSS_2048_8192_SHA384)),
            Hash::Sha512 => Some((alg_id::RSA_PSS_SHA512, &signature::RSA_PSS_2048_8192_SHA512)),
        };
        // The usual parameters alone: the same digest for all, and a salt of its length.
        let parameters = contents(algorithm);
        return match pss {
            Some((usual, scheme))
                if bits >= SAFE_BITS && parameters.as_deref() == Some(&*usual) =>
            {
                Ok(Scheme::Ring(scheme))
            }
            _ => Err(Fault::NotSupported(format!(
                "RSASSA-PSS with {}, {bits} bits and these parameters",
                hash.name()
            ))),
        };
    }
    Ok(Scheme::Ring(match hash {
        Hash::Sha1 => &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        Hash::Sha384 if bits < SAFE_BITS => {
            return Err(Fault::NotSupported(format!(
                "RSA keys of {bits} bits with SHA-384"
            )));
        }
        Hash::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Hash::Sha512 => &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    }))
}

fn ecdsa(key: &SubjectPublicKeyInfoOwned, hash: Hash) -> Result<Scheme, Fault> {
    let parameters = key.algorithm.parameters.as_ref();
    let curve = parameters.and_then(|it| it.decode_as::<ObjectIdentifier>().ok());
    let Some(curve) = curve else {
        return Err(Fault::NotSupported(
            "ECDSA with a curve that has no name".to_owned(),
        ));
    };
    let curve = match curve {
        rfc5912::SECP_256_R_1 => Curve::P256,
        rfc5912::SECP_384_R_1 => Curve::P384,
        rfc5912::SECP_521_R_1 => Curve::P521,
        other => {
            return Err(Fault::NotSupported(format!(
                "ECDSA with the curve {}",
                name_of(other)
            )));
        }
    };
    Ok(match (curve, hash) {
        (Curve::P256, Hash::Sha256) => Scheme::Ring(&signature::ECDSA_P256_SHA256_ASN1),
        (Curve::P256, Hash::Sha384) => Scheme::Ring(&signature::ECDSA_P256_SHA384_ASN1),
        (Curve::P384, Hash::Sha256) => Scheme::Ring(&signature::ECDSA_P384_SHA256_ASN1),
        (Curve::P384, Hash::Sha384) => Scheme::Ring(&signature::ECDSA_P384_SHA384_ASN1),
        (curve, hash) => Scheme::Ecdsa(curve, hash),
    })
}

/// What is weak about a key, if it is.
pub(super) fn weakness(key: &SubjectPublicKeyInfoOwned) -> Option<String> {
    if key.algorithm.oid != rfc5912::RSA_ENCRYPTION {
        return None;
    }
    let bits = rsa_bits(key).filter(|bits| *bits < SAFE_BITS)?;
    Some(format!(
        "RSA with {bits} bits is weak: use {SAFE_BITS} or more"
    ))
}

/// The length of an RSA key (RFC 8017, appendix A.1.1).
fn rsa_bits(key: &SubjectPublicKeyInfoOwned) -> Option<usize> {
    let bytes = key.subject_public_key.as_bytes()?;
    let mut reader = SliceReader::new(bytes).ok()?;
    let modulus = reader
        .sequence(|fields| {
            let modulus = UintRef::decode(fields)?;
            let _exponent = UintRef::decode(fields)?;
            Ok(modulus.as_bytes().to_owned())
        })
        .ok()?;
    let zeros = modulus.first()?.leading_zeros() as usize;
    Some(8 * modulus.len() - zeros)
}

/// An algorithm in DER without the header, as [`AlgorithmIdentifier`] has it.
fn contents(algorithm: &AlgorithmIdentifierOwned) -> Option<Vec<u8>> {
    let id = algorithm.oid.to_der().ok()?;
    let parameters = algorithm.parameters.to_der().ok()?;
    Some([id, parameters].concat())
}

/// A scheme of certificates, as webpki takes it.
#[derive(Debug)]
struct Algorithm {
    key: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
    scheme: Scheme,
}

impl SignatureVerificationAlgorithm for Algorithm {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        self.scheme.verify(public_key, message, signature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

const fn ecdsa_of(curve: Curve, hash: Hash) -> Algorithm {
    Algorithm {
        key: match curve {
            Curve::P256 => alg_id::ECDSA_P256,
            Curve::P384 => alg_id::ECDSA_P384,
            Curve::P521 => alg_id::ECDSA_P521,
        },
        signature: match hash {
            Hash::Sha1 => AlgorithmIdentifier::from_slice(ECDSA_SHA1),
            Hash::Sha256 => alg_id::ECDSA_SHA256,
            Hash::Sha384 => alg_id::ECDSA_SHA384,
            Hash::Sha512 => alg_id::ECDSA_SHA512,
        },
        scheme: Scheme::Ecdsa(curve, hash),
    }
}

const fn legacy_rsa(
    signature: AlgorithmIdentifier,
    algorithm: &'static dyn VerificationAlgorithm,
) -> Algorithm {
    Algorithm {
        key: alg_id::RSA_ENCRYPTION,
        signature,
        scheme: Scheme::Ring(algorithm),
    }
}

/// ecdsa-with-SHA1 (RFC 3279, section 2.2.3)
const ECDSA_SHA1: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x04\x01";
/// sha1WithRSAEncryption (RFC 3279, section 2.2.1)
const RSA_SHA1: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05\x00";
/// sha1WithRSASignature of the Open Systems Environment Implementors' Workshop, which older tools of Microsoft write.
const RSA_SHA1_OIW: &[u8] = b"\x06\x05\x2b\x0e\x03\x02\x1d\x05\x00";

/// What certificates are signed with that can be relied on.
pub(super) static STRONG: &[&dyn SignatureVerificationAlgorithm] = &[
    strong::RSA_PKCS1_2048_8192_SHA256,
    strong::RSA_PKCS1_2048_8192_SHA384,
    strong::RSA_PKCS1_2048_8192_SHA512,
    strong::RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS,
    strong::RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS,
    strong::RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS,
    strong::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    strong::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    strong::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
    strong::ECDSA_P256_SHA256,
    strong::ECDSA_P256_SHA384,
    &ecdsa_of(Curve::P256, Hash::Sha512),
    strong::ECDSA_P384_SHA256,
    strong::ECDSA_P384_SHA384,
    &ecdsa_of(Curve::P384, Hash::Sha512),
    &ecdsa_of(Curve::P521, Hash::Sha256),
    &ecdsa_of(Curve::P521, Hash::Sha384),
    &ecdsa_of(Curve::P521, Hash::Sha512),
    strong::ED25519,
];

/// What some are signed with that cannot be relied on any more: SHA-1, and RSA keys of less than 2048 bits. They come before
/// the others, since of those for the same identifiers the first is taken.
pub(super) static LEGACY: &[&dyn SignatureVerificationAlgorithm] = &[
    &legacy_rsa(
        alg_id::RSA_PKCS1_SHA256,
        &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    ),
    &legacy_rsa(
        alg_id::RSA_PKCS1_SHA512,
        &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    ),
    &legacy_rsa(
        AlgorithmIdentifier::from_slice(RSA_SHA1),
        &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
    ),
    &legacy_rsa(
        AlgorithmIdentifier::from_slice(RSA_SHA1_OIW),
        &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
    ),
    &ecdsa_of(Curve::P256, Hash::Sha1),
    &ecdsa_of(Curve::P384, Hash::Sha1),
    &ecdsa_of(Curve::P521, Hash::Sha1),
];
