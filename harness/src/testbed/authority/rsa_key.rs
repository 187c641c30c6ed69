//! RSA keys, and signatures with SHA-1: ring makes neither, and no client should accept the weak ones.
//!
//! The keys exist for one test bed and protect nothing.

use std::sync::{Arc, OnceLock};

use md5::{Digest, Md5};
use rcgen::{PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm};
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::sha2::Sha256;
use rsa::{Pkcs1v15Sign, PrivateKey};
use rustls::crypto::SecureRandom;
use rustls::pki_types::CertificateDer;
use rustls::sign::{Signer, SigningKey};
use rustls::{SignatureScheme, crypto};
use sha1::Sha1;

use crate::testbed::error::SetupError;

/// An RSA key.
pub(super) struct RsaKey {
    private: PrivateKey,
    /// As PKCS #1.
    public: Vec<u8>,
}

/// The key, which is made when it is first needed.
pub(super) fn get_or_make(
    place: &OnceLock<Arc<RsaKey>>,
    bits: usize,
) -> Result<Arc<RsaKey>, SetupError> {
    if let Some(key) = place.get() {
        return Ok(Arc::clone(key));
    }
    let key = RsaKey::new(bits)?;
    // If two threads make one, both use the first.
    Ok(Arc::clone(place.get_or_init(|| Arc::new(key))))
}

impl RsaKey {
    fn new(bits: usize) -> Result<Self, SetupError> {
        let provider = crypto::ring::default_provider();
        let mut random = Random(provider.secure_random);
        let failed = |error: &dyn std::fmt::Display| SetupError::Rsa(error.to_string());
        let private = PrivateKey::new(&mut random, bits).map_err(|error| failed(&error))?;
        let public = private.to_public_key().to_pkcs1_der();
        let public = public.map_err(|error| failed(&error))?.as_bytes().to_vec();
        Ok(Self { private, public })
    }
}

impl RsaKey {
    /// The signature of TLS before 1.2: over MD5 and SHA-1, without the name of an algorithm (RFC 4346, section 4.7).
    pub(super) fn sign_md5_sha1(&self, message: &[u8]) -> Result<Vec<u8>, SetupError> {
        let digest = [&Md5::digest(message)[..], &Sha1::digest(message)].concat();
        let signature = self.private.sign(Pkcs1v15Sign::new_unprefixed(), &digest);
        signature.map_err(|error| SetupError::Rsa(error.to_string()))
    }
}

impl PublicKeyData for RsaKey {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

/// The last bytes of the identifiers sha256WithRSAEncryption and sha1WithRSAEncryption (RFC 8017, appendix A.2.4),
/// of which only the last differs.
const SHA256_WITH_RSA: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
const SHA1_WITH_RSA: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5];

/// Signs certificates with SHA-1, for which rcgen has no algorithm: what it encodes names SHA-256, and
/// [`declare_sha1`] has to correct the certificate as this corrects what it signs.
pub(super) struct Sha1Signer(pub(super) Arc<RsaKey>);

impl PublicKeyData for Sha1Signer {
    fn der_bytes(&self) -> &[u8] {
        &self.0.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

impl rcgen::SigningKey for Sha1Signer {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature = self.0.private.pkcs1v15_sign::<Sha1>(&with_sha1(message));
        signature.map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

/// A certificate by [`Sha1Signer`] that names the algorithm that it is signed with.
pub(super) fn declare_sha1(certificate: &CertificateDer<'_>) -> CertificateDer<'static> {
    with_sha1(certificate).into()
}

fn with_sha1(der: &[u8]) -> Vec<u8> {
    let mut der = der.to_vec();
    for at in 0..der.len() {
        if der[at..].starts_with(&SHA256_WITH_RSA) {
            der[at..][..SHA1_WITH_RSA.len()].copy_from_slice(&SHA1_WITH_RSA);
        }
    }
    der
}

impl SigningKey for RsaKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let scheme = [
            SignatureScheme::RSA_PSS_SHA256,
            SignatureScheme::RSA_PKCS1_SHA256,
        ];
        let scheme = scheme.into_iter().find(|scheme| offered.contains(scheme))?;
        let key = self.private.clone();
        Some(Box::new(RsaSigner { key, scheme }))
    }

    fn algorithm(&self) -> rustls::SignatureAlgorithm {
        rustls::SignatureAlgorithm::RSA
    }
}

impl std::fmt::Debug for RsaKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("RsaKey")
    }
}

/// Signs handshakes.
#[derive(Debug)]
struct RsaSigner {
    key: PrivateKey,
    scheme: SignatureScheme,
}

impl Signer for RsaSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let signature = if self.scheme == SignatureScheme::RSA_PSS_SHA256 {
            self.key.pss_sign::<Sha256>(message)
        } else {
            self.key.pkcs1v15_sign::<Sha256>(message)
        };
        signature.map_err(|error| rustls::Error::General(error.to_string()))
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}

/// The random source of rustls, for key generation.
struct Random(&'static dyn SecureRandom);

impl TryRng for Random {
    type Error = rsa::errors::Error;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_ne_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_ne_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0.fill(bytes).map_err(|_| rsa::errors::Error::Rng)
    }
}

impl TryCryptoRng for Random {}
