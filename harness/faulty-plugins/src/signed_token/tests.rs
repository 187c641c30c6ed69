//! Each fault accepts a token, or sends a nonce, that the protocol without a fault does not.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ics_entitlement::{Context, Decision};
use ring::hmac;
use ring::signature::Ed25519KeyPair;
use sample_testing::{Reply, Request, Server};
use serde_json::{Value, json};

use super::{KEY, check, now};

const TEST_KEY: &str = include_str!("../../../../sample-plugins/signed-token/test-key.pem");
const OTHER_KEY: &str = include_str!("../../../../sample-plugins/signed-token/other-test-key.pem");

/// Makes a response to a question.
type Respond = fn(&Request) -> Reply;

fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn signed_by(key: &str, algorithm: &str, payload: &str) -> String {
    let pem = pem::parse(key).unwrap();
    let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pem.contents()).unwrap();
    let header = json!({"alg": algorithm}).to_string();
    let signed = format!("{}.{}", encode(header), encode(payload));
    let signature = encode(key.sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// The claims of the allow response.
fn allow(request: &Request) -> Value {
    let mut claims = request.json();
    let now = now().unwrap();
    claims["entitled"] = true.into();
    claims["iat"] = now.into();
    claims["exp"] = (now + 60).into();
    claims
}

fn jwt(token: String) -> Reply {
    Reply::status(200).body("application/jwt", token)
}

fn signed(claims: &Value) -> Reply {
    jwt(signed_by(TEST_KEY, "EdDSA", &claims.to_string()))
}

/// The allow response with another claim; null removes it.
fn with(request: &Request, claim: &str, value: Value) -> Reply {
    let mut claims = allow(request);
    match (value, claims.as_object_mut()) {
        (Value::Null, Some(members)) => drop(members.remove(claim)),
        (value, _) => claims[claim] = value,
    }
    signed(&claims)
}

fn unsigned(request: &Request, algorithm: &str, signature: &[u8]) -> Reply {
    let header = json!({"alg": algorithm}).to_string();
    let signed = format!("{}.{}", encode(header), encode(allow(request).to_string()));
    jwt(format!("{signed}.{}", encode(signature)))
}

/// What the plugin decides.
fn asked(fault: &str, respond: Respond) -> Option<Decision> {
    let server = Server::start(respond);
    let decision = check(fault, &context(&server)).expect("there is such a fault");
    assert_eq!(server.requests().len(), 1);
    decision.ok()
}

fn context(server: &Server) -> Context {
    let settings = format!("url = \"{}\"\nallow_http = true", server.url());
    Context::from_settings(&settings).unwrap()
}

/// Each fault, and what it accepts and must not.
const ACCEPTED: &[(&str, Respond)] = &[
    ("no-signature-check", |request| {
        unsigned(request, "none", b"")
    }),
    ("signature-present", |request| {
        unsigned(request, "EdDSA", &[0; 64])
    }),
    ("algorithm-none", |request| unsigned(request, "none", b"")),
    ("algorithm-of-the-header", |request| {
        let header = json!({"alg": "HS256"}).to_string();
        let signed = format!("{}.{}", encode(header), encode(allow(request).to_string()));
        let key = hmac::Key::new(hmac::HMAC_SHA256, KEY.trim_ascii().as_bytes());
        let signature = encode(hmac::sign(&key, signed.as_bytes()));
        jwt(format!("{signed}.{signature}"))
    }),
    ("algorithm-not-read", |request| {
        jwt(signed_by(TEST_KEY, "ES256", &allow(request).to_string()))
    }),
    ("another-key", |request| {
        jwt(signed_by(OTHER_KEY, "EdDSA", &allow(request).to_string()))
    }),
    ("ignores-nonce", |request| {
        with(request, "nonce", json!("AAAAAAAAAAAAAAAAAAAAAA"))
    }),
    ("ignores-device", |request| {
        with(request, "device", json!("device-2"))
    }),
    ("ignores-iat", |request| {
        with(request, "iat", json!(now().unwrap() - 600))
    }),
    ("ignores-future", |request| {
        with(request, "iat", json!(now().unwrap() + 600))
    }),
    ("ignores-exp", |request| {
        with(request, "exp", json!(now().unwrap() - 600))
    }),
    ("optional-claims", |request| {
        with(request, "nonce", Value::Null)
    }),
    ("entitled-as-text", |request| {
        with(request, "entitled", json!("true"))
    }),
    ("entitled-truthy", |request| {
        with(request, "entitled", json!(1))
    }),
    ("entitled-unless-false", |request| {
        with(request, "entitled", Value::Null)
    }),
    ("duplicate-claim", |request| {
        let denied = with_text(request, r#""entitled":false,"entitled":true"#);
        jwt(signed_by(TEST_KEY, "EdDSA", &denied))
    }),
    ("unsigned-json", |request| {
        Reply::status(200).body("application/json", allow(request).to_string())
    }),
    ("token-twice", |request| {
        let token = signed_by(TEST_KEY, "EdDSA", &allow(request).to_string());
        jwt(format!("{token}.{token}"))
    }),
    ("ignores-http-status", |request| {
        let token = signed_by(TEST_KEY, "EdDSA", &allow(request).to_string());
        Reply::status(500).body("application/jwt", token)
    }),
];

/// The claims of the allow response, with this instead of the one that decides.
fn with_text(request: &Request, text: &str) -> String {
    allow(request)
        .to_string()
        .replace(r#""entitled":true"#, text)
}

#[test]
fn each_fault_accepts_what_is_no_answer() {
    for (fault, respond) in ACCEPTED {
        assert_eq!(asked("", *respond), None, "without the fault {fault}");
        assert_eq!(asked(fault, *respond), Some(Decision::Entitled), "{fault}");
    }
}

#[test]
fn each_fault_leaves_the_usual_responses_their_meaning() {
    let faults = ACCEPTED.iter().map(|(fault, _)| *fault);
    let others = [
        "",
        "refused-denies",
        "constant-nonce",
        "nonce-of-the-minute",
        "short-nonce",
    ];
    for fault in faults.chain(others) {
        let allowed = asked(fault, |request| signed(&allow(request)));
        assert_eq!(allowed, Some(Decision::Entitled), "{fault}");
        let denied = asked(fault, |request| with(request, "entitled", json!(false)));
        assert_eq!(denied, Some(Decision::NotEntitled), "{fault}");
    }
}

#[test]
fn a_fault_denies_where_there_is_no_answer() {
    let garbage: Respond = |_| jwt("garbage".to_owned());
    assert_eq!(asked("", garbage), None);
    assert_eq!(
        asked("refused-denies", garbage),
        Some(Decision::NotEntitled)
    );
}

#[test]
fn the_nonces_of_faults_repeat_or_are_short() {
    let nonces = |fault: &str| {
        let server = Server::start(|request| signed(&allow(request)));
        for _ in 0..3 {
            let decision = check(fault, &context(&server)).expect("there is such a fault");
            assert!(decision.is_ok());
        }
        let nonce = |request: &Request| request.json()["nonce"].as_str().map(str::to_owned);
        server
            .requests()
            .iter()
            .filter_map(nonce)
            .collect::<Vec<_>>()
    };
    let [one, two, three] = nonces("").try_into().unwrap();
    assert!(one != two && two != three && one != three);
    assert_eq!(one.len(), 22);
    // The minute may end between two calls.
    for fault in ["constant-nonce", "nonce-of-the-minute"] {
        let [one, two, three] = nonces(fault).try_into().unwrap();
        assert!(one == two || two == three, "{fault}");
    }
    assert!(nonces("short-nonce").iter().all(|nonce| nonce.len() == 6));
}
