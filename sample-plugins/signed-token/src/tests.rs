//! Whole calls against a server on loopback that signs its answers.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ics_entitlement::{Check, Context, Decision, Unavailable};
use ring::signature::Ed25519KeyPair;
use sample_testing::{Reply, Request, Server};
use serde_json::{Value, json};

use crate::check;
use crate::jws::PublicKey;
use crate::settings::Settings;

/// The key that the compiled-in settings trust.
const TEST_KEY: &str = include_str!("../test-key.pem");
/// Another key, which they do not.
const OTHER_KEY: &str = include_str!("../other-test-key.pem");
const DEFAULTS: &str = include_str!("settings.toml");
const HEADER: &str = r#"{"alg":"EdDSA","typ":"JWT"}"#;
const JWT: &str = "application/jwt";

/// Makes tokens as an operator's server does.
pub(crate) struct Signer(Ed25519KeyPair);

impl Signer {
    /// Signs with the key that the compiled-in settings trust.
    pub(crate) fn test() -> Self {
        Self::of(TEST_KEY)
    }

    /// Signs with a key that they do not trust.
    pub(crate) fn other() -> Self {
        Self::of(OTHER_KEY)
    }

    fn of(key: &str) -> Self {
        let pem = pem::parse(key).unwrap();
        Self(Ed25519KeyPair::from_pkcs8_maybe_unchecked(pem.contents()).unwrap())
    }

    /// A token with this header and payload.
    pub(crate) fn token(&self, header: &str, payload: &str) -> String {
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let signed = format!(
            "{}.{}",
            encode(header.as_bytes()),
            encode(payload.as_bytes())
        );
        let signature = self.0.sign(signed.as_bytes());
        format!("{signed}.{}", encode(signature.as_ref()))
    }
}

/// The key of the compiled-in settings.
pub(crate) fn test_key() -> PublicKey {
    let context = Context::from_settings(DEFAULTS).unwrap();
    context.settings::<Settings>().unwrap().public_key
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// The claims of the allow response to a question.
fn allow(request: &Request) -> Value {
    let question = request.json();
    let (nonce, device) = (&question["nonce"], &question["device"]);
    json!({"nonce": nonce, "device": device, "entitled": true, "iat": now(), "exp": now() + 60})
}

fn signed(claims: &Value) -> Reply {
    Reply::status(200).body(JWT, Signer::test().token(HEADER, &claims.to_string()))
}

fn ask(server: &Server) -> Result<Decision, Unavailable> {
    let url = "url = \"https://entitlement.operator.example/check\"";
    let ours = format!("url = \"{}/check\"\nallow_http = true", server.url());
    let settings = DEFAULTS.replace(url, &ours);
    check.check(&Context::from_settings(&settings).unwrap())
}

/// The decision if the server answers so.
#[track_caller]
fn decision(respond: impl FnMut(&Request) -> Reply + Send + 'static) -> Option<Decision> {
    let server = Server::start(respond);
    let decision = ask(&server).ok();
    assert_eq!(server.requests().len(), 1);
    decision
}

/// The decision if a claim of the allow response is another one.
#[track_caller]
fn decision_with(claim: &'static str, value: Value) -> Option<Decision> {
    decision(move |request| {
        let mut claims = allow(request);
        claims[claim] = value.clone();
        signed(&claims)
    })
}

#[test]
fn the_signed_claim_decides() {
    assert_eq!(
        decision(|request| signed(&allow(request))),
        Some(Decision::Entitled)
    );
    assert_eq!(
        decision_with("entitled", false.into()),
        Some(Decision::NotEntitled)
    );
}

#[test]
fn the_question_has_a_fresh_nonce_and_the_device_in_its_body() {
    let server = Server::start(|request| signed(&allow(request)));
    for _ in 0..2 {
        assert_eq!(ask(&server).unwrap(), Decision::Entitled);
    }
    let [first, second] = server.requests().try_into().unwrap();
    assert_eq!(
        (first.method.as_str(), first.target.as_str()),
        ("POST", "/check")
    );
    assert_eq!(first.json()["device"], "device-1");
    let bits = |request: &Request| {
        let nonce = request.json()["nonce"].as_str().map(str::to_owned);
        BASE64_URL_SAFE_NO_PAD.decode(nonce.unwrap()).unwrap().len() * 8
    };
    assert_eq!((bits(&first), bits(&second)), (128, 128));
    assert_ne!(first.json()["nonce"], second.json()["nonce"]);
}

#[test]
fn another_nonce_device_or_time_decides_nothing() {
    for (claim, value) in [
        ("nonce", json!("AAAAAAAAAAAAAAAAAAAAAA")),
        ("device", json!("device-2")),
        ("iat", json!(now() - 600)),
        ("iat", json!(now() + 600)),
        ("exp", json!(now() - 60)),
        ("exp", json!(0)),
        ("entitled", json!("true")),
        ("entitled", json!(1)),
        ("entitled", json!(null)),
    ] {
        assert_eq!(decision_with(claim, value.clone()), None, "{claim} {value}");
    }
}

#[test]
fn a_recorded_answer_decides_nothing() {
    let mut recorded = None;
    let server = Server::start(move |request| {
        recorded
            .get_or_insert_with(|| signed(&allow(request)))
            .clone()
    });
    assert_eq!(ask(&server).unwrap(), Decision::Entitled);
    assert!(ask(&server).is_err());
}

#[test]
fn another_key_or_no_signature_decides_nothing() {
    let other = |request: &Request| {
        let token = Signer::other().token(HEADER, &allow(request).to_string());
        Reply::status(200).body(JWT, token)
    };
    assert_eq!(decision(other), None);
    let unsigned = |request: &Request| {
        let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        let claims = encode(&allow(request).to_string());
        let token = format!("{}.{claims}.", encode(r#"{"alg":"none"}"#));
        Reply::status(200).body(JWT, token)
    };
    assert_eq!(decision(unsigned), None);
}

#[test]
fn only_a_200_with_a_token_of_its_type_decides() {
    for status in [201, 302, 400, 403, 404, 500, 503, 511] {
        let respond = move |request: &Request| {
            let token = Signer::test().token(HEADER, &allow(request).to_string());
            Reply::status(status).body(JWT, token)
        };
        assert_eq!(decision(respond), None, "{status}");
    }
    for (kind, expected) in [
        ("Application/JWT; charset=utf-8", Some(Decision::Entitled)),
        ("application/json", None),
        ("text/plain", None),
    ] {
        let respond = move |request: &Request| {
            let token = Signer::test().token(HEADER, &allow(request).to_string());
            Reply::status(200).body(kind, format!("{token}\r\n"))
        };
        assert_eq!(decision(respond), expected, "{kind}");
    }
}
