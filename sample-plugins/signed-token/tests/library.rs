//! The built plugin, through the function of the C contract.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use sample_testing::{Answer, Library, Reply, Request, Server};
use serde_json::json;

/// An Ed25519 key in a SubjectPublicKeyInfo, in base64.
fn spki(key: &Ed25519KeyPair) -> String {
    let prefix = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00".as_slice();
    BASE64_STANDARD.encode([prefix, key.public_key().as_ref()].concat())
}

fn token(key: &Ed25519KeyPair, request: &Request, entitled: bool) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is after 1970")
        .as_secs();
    let mut claims = request.json();
    claims["entitled"] = entitled.into();
    claims["iat"] = now.into();
    claims["exp"] = (now + 60).into();
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let header = json!({"alg": "EdDSA"}).to_string();
    let signed = format!(
        "{}.{}",
        encode(header.as_bytes()),
        encode(claims.to_string().as_bytes())
    );
    let signature = encode(key.sign(signed.as_bytes()).as_ref());
    format!("{signed}.{signature}")
}

#[test]
fn each_call_asks_and_nothing_is_left_after_unloading() {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let key = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
    let spki = spki(&key);
    let mut first = None;
    let mut call = 0;
    let server = Server::start(move |request| {
        call += 1;
        let token = token(&key, request, call % 2 == 1);
        let first = first.get_or_insert_with(|| token.clone()).clone();
        // The third answer of each round is the recorded first one.
        let token = if call % 3 == 0 { first } else { token };
        Reply::status(200).body("application/jwt", token)
    });
    let settings = format!(
        "url = \"{}\"\nallow_http = true\n[plugin]\npublic_key = \"{spki}\"\n",
        server.url()
    );
    let library = Library::with_settings("signed-token", &settings);
    let (yes, no, replayed) = (Answer::Success, Answer::Failed, Answer::Unavailable);
    assert_eq!(library.call(3), [yes, no, replayed]);
    assert_eq!(library.call(3), [no, yes, replayed]);
    assert_eq!(server.requests().len(), 6);
}
