//! JWS in its compact form (RFC 7515) with Ed25519 (RFC 8037), and nothing else.
//!
//! A library for JSON Web Tokens supports a dozen algorithms and lets the token's header choose among them. Here there is
//! one, which the settings and not the header choose, so the mistakes that make tokens famous cannot be configured: `none`,
//! a public key used as a secret, a key out of the header. It also keeps the plugin small: ring verifies Ed25519 for TLS
//! already.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ics_entitlement::Unavailable;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// What precedes the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410).
const PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// An Ed25519 key of the operator.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct PublicKey([u8; 32]);

impl TryFrom<String> for PublicKey {
    type Error = &'static str;

    /// Reads a SubjectPublicKeyInfo in base64.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = BASE64_STANDARD.decode(text).unwrap_or_default();
        let key = bytes.strip_prefix(&PREFIX).map(<[u8; 32]>::try_from);
        match key {
            Some(Ok(key)) => Ok(Self(key)),
            _ => Err("expected an Ed25519 key as `openssl pkey -pubout` prints it, on one line"),
        }
    }
}

/// The protected header. Members that are not named here, such as `kid`, `jwk` or `jku`, change nothing: the key is that
/// of the settings. One that occurs twice is an error.
#[derive(Deserialize)]
struct Header {
    alg: String,
    /// Extensions that a recipient has to understand, and that this one does not.
    crit: Option<IgnoredAny>,
}

/// The payload of a token that this key has signed.
///
/// # Errors
/// If the token has another form, algorithm or signature.
pub(crate) fn verified(token: &str, key: &PublicKey) -> Result<Vec<u8>, Unavailable> {
    let no_token = || Unavailable::because("the answer is no JWS in compact form");
    let (signed, signature) = token.rsplit_once('.').ok_or_else(no_token)?;
    let (header, payload) = signed.split_once('.').ok_or_else(no_token)?;
    // A fourth part would be in the payload, and a point is not of its alphabet.
    let header = BASE64_URL_SAFE_NO_PAD.decode(header)?;
    // `from_slice` would not look at the text of other members.
    let header: Header = serde_json::from_str(str::from_utf8(&header)?)?;
    if header.alg != "EdDSA" || header.crit.is_some() {
        return Err(Unavailable::because(
            "the token is not signed by EdDSA alone",
        ));
    }
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature)?;
    UnparsedPublicKey::new(&ED25519, key.0)
        .verify(signed.as_bytes(), &signature)
        .map_err(|_| Unavailable::because("the signature is not the operator's"))?;
    Ok(BASE64_URL_SAFE_NO_PAD.decode(payload)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{Signer, test_key};

    const HEADER: &str = r#"{"alg":"EdDSA"}"#;
    const PAYLOAD: &str = r#"{"entitled":true}"#;

    fn verify(token: &str) -> Result<Vec<u8>, Unavailable> {
        verified(token, &test_key())
    }

    #[test]
    fn the_payload_of_a_signed_token_is_returned() {
        let signer = Signer::test();
        for header in [
            HEADER,
            r#"{"typ":"JWT","alg":"EdDSA","kid":"1","jwk":{"kty":"OKP"}}"#,
        ] {
            let payload = verify(&signer.token(header, PAYLOAD)).unwrap();
            assert_eq!(payload, PAYLOAD.as_bytes());
        }
    }

    #[test]
    fn the_example_of_rfc_8037_is_verified() {
        // Appendix A.4, and the public key of appendix A.2.
        let key = BASE64_URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        let key = PublicKey(key.unwrap().try_into().unwrap());
        let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
            hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        let payload = verified(token, &key).unwrap();
        assert_eq!(payload, b"Example of Ed25519 signing");
    }

    #[test]
    fn another_algorithm_is_refused_though_the_signature_is_right() {
        let signer = Signer::test();
        for header in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"HS256"}"#,
            r#"{"alg":"eddsa"}"#,
            r#"{"alg":"ES256","alg":"EdDSA"}"#,
            r#"{"alg":["EdDSA"]}"#,
            r#"{"alg":"EdDSA","crit":["b64"],"b64":false}"#,
            r#"{"typ":"JWT"}"#,
            "EdDSA",
            "",
        ] {
            assert!(verify(&signer.token(header, PAYLOAD)).is_err(), "{header}");
        }
    }

    #[test]
    fn a_token_without_signature_is_refused() {
        let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        for header in [HEADER, r#"{"alg":"none"}"#] {
            let token = format!("{}.{}.", encode(header), encode(PAYLOAD));
            assert!(verify(&token).is_err(), "{header}");
        }
    }

    #[test]
    fn another_key_is_refused_also_if_the_header_has_it() {
        let other = Signer::other();
        for header in [HEADER, r#"{"alg":"EdDSA","jwk":{"crv":"Ed25519"}}"#] {
            assert!(verify(&other.token(header, PAYLOAD)).is_err());
        }
    }

    #[test]
    fn a_token_of_which_anything_is_changed_is_refused() {
        let token = Signer::test().token(HEADER, PAYLOAD);
        for (at, character) in token.char_indices() {
            let instead = if character == 'A' { 'B' } else { 'A' };
            let mut changed = token.clone();
            changed.replace_range(at..=at, &instead.to_string());
            assert!(verify(&changed).is_err(), "{at}");
        }
    }

    #[test]
    fn another_form_is_refused() {
        let token = Signer::test().token(HEADER, PAYLOAD);
        let parts: Vec<&str> = token.split('.').collect();
        for changed in [
            String::new(),
            ".".to_owned(),
            "..".to_owned(),
            parts[..2].join("."),
            format!("{token}."),
            format!(".{token}"),
            format!("{token}="),
            format!("{token}.{}", parts[2]),
            format!("{}.{}", parts[0], token),
            token.replace('.', " . "),
            format!(r#"{{"payload":"{}"}}"#, parts[1]),
        ] {
            assert!(verify(&changed).is_err(), "{changed}");
        }
    }

    #[test]
    fn a_key_is_read_as_openssl_prints_it() {
        let read = |text: &str| PublicKey::try_from(text.to_owned());
        let spki = [PREFIX.as_slice(), &[7; 32]].concat();
        assert_eq!(read(&BASE64_STANDARD.encode(&spki)).unwrap().0, [7; 32]);
        for wrong in [&spki[..43], &spki[12..], b""] {
            assert!(read(&BASE64_STANDARD.encode(wrong)).is_err());
        }
        assert!(read("-----BEGIN PUBLIC KEY-----").is_err());
    }
}
