//! What templates sign. ring signs already for the test bed's certificates; the JWT crates bring cryptography of their own.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use ring::{hmac, rand::SecureRandom};

/// The HMAC-SHA-256 of a text, in hexadecimal digits.
pub(super) fn hmac_sha256(key: &[u8], text: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hex(hmac::sign(&key, text).as_ref())
}

/// Random bytes, in hexadecimal digits.
pub(super) fn random_hex(bytes: usize) -> Result<String, String> {
    let mut random = vec![0; bytes];
    SystemRandom::new()
        .fill(&mut random)
        .map_err(|_| "the system has no random numbers".to_owned())?;
    Ok(hex(&random))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A JWS in its compact form (RFC 7515), signed with the private key of a PEM file (PKCS #8), or with a secret.
///
/// The algorithm is EdDSA, ES256 or RS256, as the key is; with a file that is no PEM, HS256 with its bytes as the secret.
/// `claimed` is what the header says instead: the signature stays that of the key.
pub(super) fn jws(
    claims: &str,
    key: &[u8],
    key_id: Option<&str>,
    claimed: Option<&str>,
) -> Result<String, String> {
    let key = Key::read(key)?;
    let algorithm = claimed.unwrap_or(key.algorithm());
    let mut header = serde_json::json!({ "alg": algorithm, "typ": "JWT" });
    if let Some(key_id) = key_id {
        header["kid"] = key_id.into();
    }
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!(
        "{}.{}",
        encode(header.to_string().as_bytes()),
        encode(claims.as_bytes())
    );
    let signature = key.sign(signed.as_bytes())?;
    Ok(format!("{signed}.{}", encode(&signature)))
}

enum Key {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
    Rsa(Box<RsaKeyPair>),
    Secret(Vec<u8>),
}

impl Key {
    fn read(file: &[u8]) -> Result<Self, String> {
        if !file.starts_with(b"-----BEGIN") {
            return Ok(Self::Secret(file.trim_ascii_end().to_vec()));
        }
        let pem = pem::parse(file).map_err(|error| format!("it is no PEM file: {error}"))?;
        let der = pem.contents();
        if let Ok(key) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
            return Ok(Self::Ed25519(key));
        }
        let random = SystemRandom::new();
        if let Ok(key) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &random) {
            return Ok(Self::P256(key));
        }
        RsaKeyPair::from_pkcs8(der)
            .map(|key| Self::Rsa(Box::new(key)))
            .map_err(|_| {
                "it holds no private key in PKCS #8 of the kind Ed25519, P-256 or RSA".to_owned()
            })
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "EdDSA",
            Self::P256(_) => "ES256",
            Self::Rsa(_) => "RS256",
            Self::Secret(_) => "HS256",
        }
    }

    fn sign(&self, text: &[u8]) -> Result<Vec<u8>, String> {
        let random = SystemRandom::new();
        let failed = |_| "the key cannot sign".to_owned();
        match self {
            Self::Ed25519(key) => Ok(key.sign(text).as_ref().to_vec()),
            Self::P256(key) => Ok(key.sign(&random, text).map_err(failed)?.as_ref().to_vec()),
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, text, &mut signature)
                    .map_err(failed)?;
                Ok(signature)
            }
            Self::Secret(secret) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
                Ok(hmac::sign(&key, text).as_ref().to_vec())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn the_hmac_is_that_of_the_rfc() {
        assert_eq!(
            hmac_sha256(b"Jefe", b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn each_kind_of_key_signs_what_its_public_key_verifies() {
        use ring::signature::{
            ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey, VerificationAlgorithm,
        };
        let check = |kind: &'static rcgen::SignatureAlgorithm,
                     name: &str,
                     algorithm: &'static dyn VerificationAlgorithm| {
            let key = rcgen::KeyPair::generate_for(kind).unwrap();
            let jws = jws(
                r#"{"a":1}"#,
                key.serialize_pem().as_bytes(),
                Some("k1"),
                None,
            )
            .unwrap();
            let (signed, signature) = jws.rsplit_once('.').unwrap();
            let (header, claims) = signed.split_once('.').unwrap();
            let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
            let header: serde_json::Value = serde_json::from_slice(&decode(header)).unwrap();
            assert_eq!(
                (&header["alg"], &header["kid"]),
                (&name.into(), &"k1".into())
            );
            assert_eq!(decode(claims), br#"{"a":1}"#);
            UnparsedPublicKey::new(algorithm, key.public_key_raw())
                .verify(signed.as_bytes(), &decode(signature))
                .unwrap();
        };
        check(&rcgen::PKCS_ED25519, "EdDSA", &ED25519);
        check(
            &rcgen::PKCS_ECDSA_P256_SHA256,
            "ES256",
            &ECDSA_P256_SHA256_FIXED,
        );
        let secret = jws("{}", b"secret\n", None, None).unwrap();
        assert!(secret.starts_with(&BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256""#)[..18]));
        assert!(jws("{}", b"-----BEGIN X-----", None, None).is_err());
    }
    #[test]
    fn a_token_can_claim_another_algorithm_than_that_of_its_signature() {
        let [true_header, false_header] = [None, Some("none")].map(|claimed| {
            let jws = jws("{}", b"secret", None, claimed).unwrap();
            let header = jws.split('.').next().unwrap().to_owned();
            let signed = jws.rsplit_once('.').unwrap();
            let key = hmac::Key::new(hmac::HMAC_SHA256, b"secret");
            let signature = BASE64_URL_SAFE_NO_PAD.decode(signed.1).unwrap();
            hmac::verify(&key, signed.0.as_bytes(), &signature).unwrap();
            String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
        });
        assert_eq!(true_header, r#"{"alg":"HS256","typ":"JWT"}"#);
        assert_eq!(false_header, r#"{"alg":"none","typ":"JWT"}"#);
    }
}
