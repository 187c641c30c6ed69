//! The key of an authority, whose signatures every client can read.

use std::ops::Deref;

use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PublicKeyData, SignatureAlgorithm,
    SigningKey,
};

/// How often a signature is made again. One in 128 is short.
const ATTEMPTS: usize = 16;

/// The tag of an integer in DER.
const INTEGER: u8 = 2;

/// A key whose signatures with ECDSA are two numbers of full length.
///
/// Wine 8 does not accept a shorter number (crypt32: `CNG_PrepareSignatureECC`), so that one certificate in 128 would be
/// invalid there, and nothing would work in a run or in all of them.
pub(super) struct AuthorityKey(KeyPair);

impl AuthorityKey {
    pub(super) fn generate() -> Result<Self, rcgen::Error> {
        KeyPair::generate().map(Self)
    }
}

impl From<KeyPair> for AuthorityKey {
    fn from(key: KeyPair) -> Self {
        Self(key)
    }
}

impl Deref for AuthorityKey {
    type Target = KeyPair;

    fn deref(&self) -> &KeyPair {
        &self.0
    }
}

impl PublicKeyData for AuthorityKey {
    fn der_bytes(&self) -> &[u8] {
        self.0.der_bytes()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.0.algorithm()
    }
}

impl SigningKey for AuthorityKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let algorithm = self.0.algorithm();
        let length = if algorithm == &PKCS_ECDSA_P256_SHA256 {
            32
        } else if algorithm == &PKCS_ECDSA_P384_SHA384 {
            48
        } else {
            0
        };
        let mut signature = self.0.sign(message)?;
        for _ in 0..ATTEMPTS {
            if length == 0 || is_full(&signature, length) {
                break;
            }
            signature = self.0.sign(message)?;
        }
        Ok(signature)
    }
}

/// Whether both numbers of a signature (RFC 3279, section 2.2.3) have at least that many bytes.
fn is_full(signature: &[u8], length: u8) -> bool {
    // Both lengths are less than 128, and so one byte.
    let Some([_, _, INTEGER, first, rest @ ..]) = signature.get(..) else {
        return false;
    };
    let Some([INTEGER, second, ..]) = rest.get(usize::from(*first)..) else {
        return false;
    };
    *first >= length && *second >= length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_number_is_noticed() {
        let signature = |first: usize, second: usize| {
            let number = |length: usize| {
                let mut number = vec![INTEGER, u8::try_from(length).unwrap()];
                number.resize(2 + length, 1);
                number
            };
            [vec![0x30, 0], number(first), number(second)].concat()
        };
        assert!(is_full(&signature(32, 33), 32));
        assert!(!is_full(&signature(31, 33), 32));
        assert!(!is_full(&signature(32, 31), 32));
        assert!(!is_full(&[], 32));
    }

    #[test]
    fn signatures_are_full() {
        let key = AuthorityKey::generate().unwrap();
        for number in 0..1000_u32 {
            let signature = key.sign(&number.to_be_bytes()).unwrap();
            assert!(is_full(&signature, 32), "{signature:02x?}");
        }
    }
}
