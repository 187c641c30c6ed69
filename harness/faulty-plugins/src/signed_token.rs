//! Faults in the protocol of the sample `signed-token`: what is not verified, or not understood.
//!
//! A [`Manner`] describes a plugin; the default one is correct.

#[cfg(test)]
mod tests;

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ics_entitlement::{Context, Decision, Unavailable};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ED25519, UnparsedPublicKey};
use ring::{digest, hmac};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Checked;

/// The id of the device, as in the sample's settings.
const DEVICE: &str = "device-1";
/// The key that is trusted: the sample's test key, a SubjectPublicKeyInfo in base64.
const KEY: &str = include_str!("../../../sample-plugins/signed-token/test-public-key.txt");
/// The public half of the sample's other test key.
const OTHER_KEY: &str = "MCowBQYDK2VwAyEAQa45NYEOZrtJqg+RA4byRAJFaXJVpscmfUgPY5KE28s=";
/// By how many seconds the clocks may differ.
const TOLERANCE: u64 = 30;

/// What a plugin verifies.
#[derive(Clone, Copy)]
struct Manner {
    algorithm: Algorithm,
    signature: Signature,
    /// Whether other trusted keys are left over from development.
    trusts_other_key: bool,
    checks_nonce: bool,
    checks_device: bool,
    checks_iat: bool,
    checks_future: bool,
    checks_exp: bool,
    /// Whether a claim that is absent is none to check.
    claims_are_optional: bool,
    entitled: Entitled,
    /// Whether the last of two claims counts.
    takes_twice: bool,
    /// The decision instead of UNAVAILABLE for a token that is not accepted.
    refused: Option<Decision>,
    /// Whether claims without a token are accepted.
    takes_json: bool,
    /// Whether what follows a complete token is left out.
    takes_prefix: bool,
    /// Whether the status is not looked at.
    ignores_http_status: bool,
    nonce: Nonce,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    EdDsa,
    /// `none` needs no signature.
    NoneToo,
    /// The header's algorithm is used, with the key as the secret of an HMAC.
    HmacToo,
    /// The header is not read.
    NotRead,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Signature {
    Verified,
    /// Only its length is looked at.
    Present,
    NotRead,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Entitled {
    Bool,
    /// Also `"true"`.
    Text,
    /// Whatever is neither false nor null nor zero.
    Truthy,
    /// Allowed unless it is false.
    UnlessFalse,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Nonce {
    Random,
    Constant,
    /// A digest of the device and the minute.
    OfTheMinute,
    /// Four random bytes.
    Short,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::EdDsa,
            signature: Signature::Verified,
            trusts_other_key: false,
            checks_nonce: true,
            checks_device: true,
            checks_iat: true,
            checks_future: true,
            checks_exp: true,
            claims_are_optional: false,
            entitled: Entitled::Bool,
            takes_twice: false,
            refused: None,
            takes_json: false,
            takes_prefix: false,
            ignores_http_status: false,
            nonce: Nonce::Random,
        }
    }
}

pub(crate) fn check(fault: &str, context: &Context) -> Option<Checked> {
    Some(ask(context, &manner(fault)?))
}

/// The manner with that fault.
fn manner(fault: &str) -> Option<Manner> {
    let mut manner = Manner::default();
    match fault {
        "" => {}
        // Decodes the token with the function of its library that does not verify it.
        "no-signature-check" => manner.signature = Signature::NotRead,
        "signature-present" => manner.signature = Signature::Present,
        "algorithm-none" => manner.algorithm = Algorithm::NoneToo,
        "algorithm-of-the-header" => manner.algorithm = Algorithm::HmacToo,
        "algorithm-not-read" => manner.algorithm = Algorithm::NotRead,
        "another-key" => manner.trusts_other_key = true,
        "ignores-nonce" => manner.checks_nonce = false,
        "ignores-device" => manner.checks_device = false,
        "ignores-iat" => manner.checks_iat = false,
        "ignores-future" => manner.checks_future = false,
        "ignores-exp" => manner.checks_exp = false,
        "optional-claims" => manner.claims_are_optional = true,
        "entitled-as-text" => manner.entitled = Entitled::Text,
        "entitled-truthy" => manner.entitled = Entitled::Truthy,
        "entitled-unless-false" => manner.entitled = Entitled::UnlessFalse,
        "duplicate-claim" => manner.takes_twice = true,
        // A token that is not accepted is a refusal.
        "refused-denies" => manner.refused = Some(Decision::NotEntitled),
        "unsigned-json" => manner.takes_json = true,
        "token-twice" => manner.takes_prefix = true,
        "ignores-http-status" => manner.ignores_http_status = true,
        "constant-nonce" => manner.nonce = Nonce::Constant,
        "nonce-of-the-minute" => manner.nonce = Nonce::OfTheMinute,
        "short-nonce" => manner.nonce = Nonce::Short,
        _ => return None,
    }
    Some(manner)
}

fn ask(context: &Context, manner: &Manner) -> Checked {
    let nonce = nonce(manner)?;
    let asked_at = now()?;
    let client = context.client();
    let question = serde_json::json!({"nonce": nonce, "device": DEVICE});
    let (kind, body) = context.block_on(async {
        let mut request = client.post("").json(&question);
        if manner.ignores_http_status {
            request = request.accept_status(403).accept_status(500);
        }
        let response = request.send().await?;
        let kind = response.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default();
        let kind = kind.trim().to_ascii_lowercase();
        let expected = match kind.as_str() {
            "application/json" if manner.takes_json => "application/json",
            _ => "application/jwt",
        };
        let body = response.text_of(expected).await?;
        Ok::<_, Unavailable>((kind, body))
    })??;
    let accepted = (|| {
        let payload = match kind.as_str() {
            "application/json" => body.into_bytes(),
            _ => verified(body.trim_ascii(), manner)?,
        };
        claims(str::from_utf8(&payload)?, &nonce, asked_at, manner)
    })();
    match (accepted, manner.refused) {
        (Err(_), Some(decision)) => Ok(decision),
        (accepted, _) => accepted,
    }
}

fn nonce(manner: &Manner) -> Result<String, Unavailable> {
    let mut bytes = match manner.nonce {
        Nonce::Short => vec![0; 4],
        Nonce::Random | Nonce::Constant | Nonce::OfTheMinute => vec![0; 16],
    };
    match manner.nonce {
        Nonce::Random | Nonce::Short => SystemRandom::new()
            .fill(&mut bytes)
            .map_err(|_| Unavailable::because("there are no random bytes"))?,
        Nonce::Constant => bytes.fill(0x4f),
        Nonce::OfTheMinute => {
            let seed = format!("{DEVICE} {}", now()? / 60);
            let digest = digest::digest(&digest::SHA256, seed.as_bytes());
            bytes.copy_from_slice(&digest.as_ref()[..16]);
        }
    }
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// The payload of a token that is accepted.
fn verified(token: &str, manner: &Manner) -> Result<Vec<u8>, Unavailable> {
    #[derive(Deserialize)]
    struct Header {
        alg: String,
    }

    let mut parts: Vec<&str> = token.split('.').collect();
    if manner.takes_prefix {
        parts.truncate(3);
    }
    let [header, payload, signature] = parts[..] else {
        return Err(Unavailable::because("not three parts"));
    };
    let signed = format!("{header}.{payload}");
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part);
    let signature = decode(signature)?;
    let header: Header = serde_json::from_slice(&decode(header)?)?;
    let payload = decode(payload)?;
    match (manner.algorithm, header.alg.as_str()) {
        (_, "EdDSA") | (Algorithm::NotRead, _) => {}
        (Algorithm::NoneToo, "none") => return Ok(payload),
        (Algorithm::HmacToo, "HS256") => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, KEY.trim_ascii().as_bytes());
            return match hmac::verify(&key, signed.as_bytes(), &signature) {
                Ok(()) => Ok(payload),
                Err(_) => Err(Unavailable::because("another HMAC")),
            };
        }
        // A plugin that verifies nothing need not know the algorithm.
        _ if manner.signature == Signature::NotRead => {}
        _ => return Err(Unavailable::because("another algorithm")),
    }
    let is_by = |key: &str| {
        let key = BASE64_STANDARD.decode(key.trim_ascii()).unwrap_or_default();
        let key = key.get(12..).unwrap_or_default();
        let key = UnparsedPublicKey::new(&ED25519, key);
        key.verify(signed.as_bytes(), &signature).is_ok()
    };
    let accepted = match manner.signature {
        Signature::Verified => is_by(KEY) || (manner.trusts_other_key && is_by(OTHER_KEY)),
        Signature::Present => signature.len() == 64,
        Signature::NotRead => true,
    };
    match accepted {
        true => Ok(payload),
        false => Err(Unavailable::because("another signature")),
    }
}

/// The claims, of which none occurs twice.
#[derive(Deserialize)]
struct Claims {
    nonce: Option<Value>,
    device: Option<Value>,
    entitled: Option<Value>,
    iat: Option<Value>,
    exp: Option<Value>,
}

/// The decision of the claims.
fn claims(payload: &str, nonce: &str, asked_at: u64, manner: &Manner) -> Checked {
    let claims: Claims = if manner.takes_twice {
        // The library's generic value keeps the last of two members.
        let members: Map<String, Value> = serde_json::from_str(payload)?;
        serde_json::from_value(Value::Object(members))?
    } else {
        serde_json::from_str(payload)?
    };
    let now = now()?;
    let time = |claim: &Option<Value>| claim.as_ref().and_then(Value::as_u64);
    let text_is = |claim: &Option<Value>, expected: &str| match claim {
        None => manner.claims_are_optional,
        Some(value) => value == expected,
    };
    let time_is = |claim: &Option<Value>, right: &dyn Fn(u64) -> bool| match claim {
        None => manner.claims_are_optional,
        Some(_) => time(claim).is_some_and(right),
    };
    for (is_checked, is_right, reason) in [
        (manner.checks_nonce, text_is(&claims.nonce, nonce), "nonce"),
        (
            manner.checks_device,
            text_is(&claims.device, DEVICE),
            "device",
        ),
        (
            manner.checks_iat,
            time_is(&claims.iat, &|iat| iat + TOLERANCE >= asked_at),
            "iat",
        ),
        (
            manner.checks_future,
            time_is(&claims.iat, &|iat| iat <= now + TOLERANCE),
            "iat",
        ),
        (
            manner.checks_exp,
            time_is(&claims.exp, &|exp| exp + TOLERANCE > now),
            "exp",
        ),
    ] {
        if is_checked && !is_right {
            return Err(Unavailable::because(format!("another {reason}")));
        }
    }
    let entitled = claims.entitled.unwrap_or_default();
    let decision = match (&entitled, manner.entitled) {
        (Value::Bool(value), _) => Some(*value),
        (Value::String(text), Entitled::Text) => Some(text == "true"),
        (Value::Null, Entitled::Truthy) => Some(false),
        (value, Entitled::Truthy) => Some(*value != 0 && *value != ""),
        (_, Entitled::UnlessFalse) => Some(true),
        (_, Entitled::Bool | Entitled::Text) => None,
    };
    decision
        .map(Decision::from)
        .ok_or_else(|| Unavailable::because("entitled is no bool"))
}

fn now() -> Result<u64, Unavailable> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}
