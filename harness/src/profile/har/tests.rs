use std::fs;
use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use serde_json::{Value, json};

use super::*;

const ANSWER: &[u8] = br#"{"status":"allowed","validFor":86400}"#;
const FORM: &[u8] = b"grant_type=client_credentials&client_id=device&client_secret=not-a-secret";

/// `ANSWER`, 50 times, compressed with the reference implementation of Brotli.
const BROTLI: &str = "GzkH+J0HdqxmOoKlPZBXi+AY7S0WnbR5k0sYmr6mZJNODNQV0ODKMTjSIOo9uzax";

fn recorded(name: &str) -> Recording {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/har");
    read(&path.join(name)).unwrap()
}

fn parsed(entries: &Value) -> Recording {
    let text = json!({ "log": { "entries": entries } }).to_string();
    parse(text.as_bytes()).unwrap()
}

/// The message about a file with this content.
fn message(content: &[u8]) -> String {
    let mut file = tempfile::NamedTempFile::with_suffix(".har").unwrap();
    file.write_all(content).unwrap();
    let message = read(file.path()).unwrap_err().to_string();
    message.replace(file.path().to_str().unwrap(), "FILE")
}

fn entry(response: &Value) -> Value {
    json!({
        "request": { "method": "GET", "url": "https://operator.example/v1" },
        "response": response,
    })
}

fn body_of(content: Value, coding: &str) -> Vec<u8> {
    let headers = json!([{ "name": "Content-Encoding", "value": coding }]);
    let response = json!({ "status": 200, "headers": headers, "content": content });
    let mut recording = parsed(&json!([entry(&response)]));
    recording.exchanges.remove(0).response.body
}

fn names(headers: &[Header]) -> Vec<&str> {
    headers.iter().map(|one| one.name.as_str()).collect()
}

/// The two steps, which are the last two exchanges of both recordings.
fn has_both_steps(recording: &Recording) {
    let [.., token, question] = recording.exchanges.as_slice() else {
        panic!("{recording:?}");
    };
    assert_eq!(recording.remarks, []);
    assert_eq!(token.request.method, "POST");
    assert_eq!(token.request.scheme, "https");
    assert_eq!(token.request.host, "login.operator.example");
    assert_eq!(token.request.port, 443);
    assert_eq!(token.request.path, "/oauth/token");
    assert_eq!(token.request.query, []);
    assert_eq!(token.request.body.as_deref(), Some(FORM));
    assert_eq!(token.response.status, 200);
    let body: Value = serde_json::from_slice(&token.response.body).unwrap();
    assert_eq!(body["token_type"], "Bearer");

    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(question.request.method, "GET");
    assert_eq!(question.request.host, "entitlement.operator.example");
    assert_eq!(question.request.path, "/v1/tethering");
    assert_eq!(
        question.request.query,
        [pair("imsi", "001010123456789"), pair("apn", "internet")]
    );
    assert_eq!(question.request.body, None);
    let authorization = Header {
        name: "authorization".to_owned(),
        value: format!("Bearer {}", body["access_token"].as_str().unwrap()),
    };
    assert!(question.request.headers.contains(&authorization));
    assert_eq!(question.response.body, ANSWER);
    let mut left = names(&question.response.headers);
    left.retain(|name| !is_volatile(name));
    left.sort_unstable();
    assert_eq!(left, ["cache-control", "content-type", "set-cookie"]);
    for exchange in &recording.exchanges {
        for name in names(&exchange.request.headers) {
            assert!(!name.starts_with(':') && name != "content-length", "{name}");
        }
    }
}

#[test]
fn a_browsers_recording_has_the_page_and_both_steps() {
    let recording = recorded("chromium.har");
    assert_eq!(recording.exchanges.len(), 3);
    assert_eq!(recording.exchanges[0].request.path, "/");
    has_both_steps(&recording);
}

#[test]
fn a_recording_of_mitmproxy_has_both_steps() {
    let recording = recorded("mitmproxy.har");
    assert_eq!(recording.exchanges.len(), 2);
    has_both_steps(&recording);
}

#[test]
fn a_byte_order_mark_and_members_that_are_missing_or_unknown_are_tolerated() {
    let text = "\u{feff}{\"log\":{\"creator\":null,\"entries\":[{\"_x\":[1],\"request\":{\"method\":\"GET\",\
                \"url\":\"HTTP://Operator.example:8080/a%20b?c=%C3%A9&d\",\"headers\":null,\"postData\":null},\
                \"response\":{\"status\":204}}]}}";
    let recording = parse(text.as_bytes()).unwrap();
    let [exchange] = recording.exchanges.as_slice() else {
        panic!("{recording:?}");
    };
    let request = &exchange.request;
    assert_eq!((request.scheme.as_str(), request.port), ("http", 8080));
    assert_eq!(
        (request.host.as_str(), request.path.as_str()),
        ("operator.example", "/a%20b")
    );
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(request.query, [pair("c", "é"), pair("d", "")]);
    assert_eq!(exchange.response.status, 204);
    assert_eq!(exchange.response.body, b"");
}

#[test]
fn a_body_that_is_still_compressed_is_decompressed() {
    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(ANSWER).unwrap();
    let mut raw = DeflateEncoder::new(Vec::new(), Compression::best());
    raw.write_all(ANSWER).unwrap();
    let base64 =
        |bytes: &[u8]| json!({ "text": BASE64_STANDARD.encode(bytes), "encoding": "base64" });
    for (coding, content) in [
        ("gzip", base64(&gzip(ANSWER))),
        ("X-GZIP", base64(&gzip(ANSWER))),
        ("gzip, gzip", base64(&gzip(&gzip(ANSWER)))),
        ("deflate", base64(&zlib.finish().unwrap())),
        ("deflate", base64(&raw.finish().unwrap())),
    ] {
        assert_eq!(body_of(content, coding), ANSWER, "{coding}");
    }
    let content = json!({ "text": BROTLI, "encoding": "base64" });
    assert_eq!(body_of(content, "br"), ANSWER.repeat(50));
}

#[test]
fn a_body_that_was_decompressed_already_is_left_as_it_is() {
    let text = std::str::from_utf8(ANSWER).unwrap();
    // Without padding, and with a line break.
    let (begin, end) = BASE64_STANDARD_TEXT.split_at(10);
    for coding in ["gzip", "deflate", "br", "zstd", "unknown"] {
        assert_eq!(body_of(json!({ "text": text }), coding), ANSWER, "{coding}");
        let base64 = json!({ "text": format!("{begin}\r\n{end}"), "encoding": "base64" });
        assert_eq!(body_of(base64, coding), ANSWER, "{coding}");
        // An image is neither text nor compressed.
        let image = json!({ "text": "iVBORw0KGgo=", "encoding": "base64" });
        assert_eq!(body_of(image, coding), b"\x89PNG\r\n\x1a\n", "{coding}");
    }
}

const BASE64_STANDARD_TEXT: &str = "eyJzdGF0dXMiOiJhbGxvd2VkIiwidmFsaWRGb3IiOjg2NDAwfQ";

#[test]
fn what_is_no_exchange_is_left_out_and_said() {
    let request = |method: &str, url: &str| json!({ "method": method, "url": url });
    let asks = json!([{ "name": "access-control-request-method", "value": "POST" }]);
    let recording = parsed(&json!([
        { "request": request("GET", "https://a.example/"),
          "response": { "status": 0, "_error": "net::ERR_NAME_NOT_RESOLVED" } },
        { "request": request("GET", "https://b.example/") },
        { "request": { "method": "OPTIONS", "url": "https://c.example/", "headers": asks },
          "response": { "status": 204 } },
        { "request": request("GET", "data:text/plain,x"), "response": { "status": 200 } },
        { "request": request("CONNECT", "https://d.example:443"), "response": { "status": 200 } },
        { "request": request("OPTIONS", "https://e.example/"), "response": { "status": 200 } },
        { "request": { "method": "POST", "url": "https://f.example/", "bodySize": 5 },
          "response": { "status": 200, "content": { "size": 20 } } },
    ]));
    let hosts: Vec<_> = recording
        .exchanges
        .iter()
        .map(|one| one.request.host.as_str())
        .collect();
    assert_eq!(hosts, ["e.example", "f.example"]);
    let remarks: Vec<String> = recording.remarks.iter().map(Remark::to_string).collect();
    insta::assert_snapshot!(remarks.join("\n"), @r#"
    entry 1, GET https://a.example/, is left out: no response was recorded (net::ERR_NAME_NOT_RESOLVED)
    entry 2, GET https://b.example/, is left out: no response was recorded
    entry 3, OPTIONS https://c.example/, is left out: it is a browser's preflight request
    entry 4, GET data:text/plain,x, is left out: it is neither http nor https
    entry 5, CONNECT https://d.example/, is left out: it is a tunnel whose content was not recorded; let the proxy decrypt TLS for this host
    entry 7, POST https://f.example/, is kept without the body of its request, which was not recorded
    entry 7, POST https://f.example/, is kept without the body of its response, which was not recorded; export the file with content
    "#);
}

#[test]
fn a_form_without_text_is_made_of_its_parameters() {
    let of = |kind: &str| {
        let params = json!([{ "name": "a b", "value": "ü&" }, { "name": "c" }]);
        let data = json!({ "mimeType": kind, "params": params });
        let request = json!({ "method": "POST", "url": "https://a.example/", "postData": data });
        let mut recording = parsed(&json!([{ "request": request, "response": { "status": 200 } }]));
        recording.exchanges.remove(0).request.body
    };
    let body = of("application/x-www-form-urlencoded; charset=utf-8");
    assert_eq!(body.as_deref(), Some(b"a+b=%C3%BC%26&c=".as_slice()));
    assert_eq!(of("multipart/form-data"), None);
}

#[test]
fn headers_that_a_browser_joined_are_separate_again() {
    let headers = json!([{ "name": "Set-Cookie", "value": "a=1\nb=2" }, { "name": ":status", "value": "200" }]);
    let recording = parsed(&json!([entry(
        &json!({ "status": 200, "headers": headers })
    )]));
    let header = |value: &str| Header {
        name: "Set-Cookie".to_owned(),
        value: value.to_owned(),
    };
    assert_eq!(
        recording.exchanges[0].response.headers,
        [header("a=1"), header("b=2")]
    );
}

#[test]
fn what_is_volatile_does_not_depend_on_case() {
    for name in [
        "Date",
        "ETag",
        "CF-Ray",
        "traceparent",
        "Server-Timing",
        "X-Request-ID",
        "Sec-Fetch-Mode",
    ] {
        assert!(is_volatile(name), "{name}");
    }
    for name in [
        "Content-Type",
        "Set-Cookie",
        "Location",
        "Retry-After",
        "Authorization",
        "WWW-Authenticate",
    ] {
        assert!(!is_volatile(name), "{name}");
    }
}

#[test]
fn all_faulty_entries_are_reported_with_their_places() {
    let content = br#"{"log": {"entries": [
  {"request": {"method": "GET", "url": "/v1"}},
  {"request": {"method": "G T", "url": "https://a.example/"}},
  {"request": {"method": "GET"}},
  {"request": "GET"},
  {"request": {"method": "GET", "url": "https://a.example/"},
   "response": {"status": "200"}},
  {"request": {"method": "GET", "url": "https://a.example/"},
   "response": {"status": 1000}},
  {"request": {"method": "GET", "url": "https://a.example/",
               "headers": [{"name": "a b", "value": ""}]}},
  {"request": {"method": "GET", "url": "https://a.example/"},
   "response": {"status": 200, "headers": [{"name": "a", "value": "b\u001b"}]}},
  {"request": {"method": "GET", "url": "https://a.example/"},
   "response": {"status": 200, "content": {"text": "%", "encoding": "base64"}}},
  {"request": {"method": "GET", "url": "https://a.example/"},
   "response": {"status": 200, "headers": [{"name": "content-encoding", "value": "gzip"}],
                "content": {"text": "H4sIAAAA", "encoding": "base64"}}}
]}}"#;
    insta::assert_snapshot!(message(content), @r#"
    error: url `/v1`: relative URL without a base
      --> FILE:2:45
       |
     2 |   {"request": {"method": "GET", "url": "/v1"}},
       |                                             ^ expected an absolute URL

    error: method `G T`
      --> FILE:3:30
       |
     3 |   {"request": {"method": "G T", "url": "https://a.example/"}},
       |                              ^ expected one such as GET

    error: missing field `url`
      --> FILE:4:31
       |
     4 |   {"request": {"method": "GET"}},
       |                               ^

    error: invalid type: string "GET"
      --> FILE:5:19
       |
     5 |   {"request": "GET"},
       |                   ^ expected an object with `method` and `url`

    error: invalid type: string "200"
      --> FILE:7:31
       |
     7 |    "response": {"status": "200"}},
       |                               ^ expected a number

    error: an impossible status
      --> FILE:9:32
       |
     9 |    "response": {"status": 1000}},
       |                                ^ expected 100 to 999

    error: header `a b`
      --> FILE:11:56
       |
    11 |                "headers": [{"name": "a b", "value": ""}]}},
       |                                                        ^ expected a name of letters, digits and hyphens

    error: header `a`
      --> FILE:13:77
       |
    13 | …"status": 200, "headers": [{"name": "a", "value": "b\u001b"}]}},
       |                                                              ^ expected a value without control characters

    error: invalid base64 in `text`: Invalid symbol 37, offset 0.
      --> FILE:15:79
       |
    15 | …tatus": 200, "content": {"text": "%", "encoding": "base64"}}},
       |                                                              ^ expected base64, as `encoding` says

    error: the body cannot be decompressed: unexpected end of file
      --> FILE:18:71
       |
    18 | …      "content": {"text": "H4sIAAAA", "encoding": "base64"}}}
       |                                                              ^ expected gzip
    "#);
}

#[test]
fn a_file_that_is_no_recording_is_refused_with_its_place() {
    insta::assert_snapshot!(message(b"<html>"), @r#"
    error: invalid JSON
      --> FILE:1:1
       |
     1 | <html>
       | ^ expected value
       = help: export the recording as HAR 1.2: a JSON object with `log`, which has `entries`
    "#);
    insta::assert_snapshot!(message(b"{\n  \"log\": {\n    \"pages\": []\n  }\n}"), @r#"
    error: missing field `entries`
      --> FILE:4:3
       |
     4 |   }
       |   ^
       = help: export the recording as HAR 1.2: a JSON object with `log`, which has `entries`
    "#);
    insta::assert_snapshot!(message("\u{feff}{\"entries\": [}".as_bytes()), @r#"
    error: invalid JSON
      --> FILE:1:14
       |
     1 | {"entries": [}
       |              ^ expected value
       = help: export the recording as HAR 1.2: a JSON object with `log`, which has `entries`
    "#);
    insta::assert_snapshot!(message(b"{}"), @r#"
    error: missing field `log`
      --> FILE:1:2
       |
     1 | {}
       |  ^
       = help: export the recording as HAR 1.2: a JSON object with `log`, which has `entries`
    "#);
    // A recording that was cut.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/har/chromium.har");
    let mut cut = fs::read(path).unwrap();
    cut.truncate(cut.len() / 2);
    assert!(
        message(&cut).contains("EOF while parsing"),
        "{}",
        message(&cut)
    );
}

#[test]
fn no_prefix_of_a_recording_is_taken_for_a_recording() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/har/mitmproxy.har");
    let whole = fs::read(path).unwrap();
    let end = whole.trim_ascii_end().len();
    for length in 0..end {
        assert!(parse(&whole[..length]).is_err(), "{length}");
    }
}

#[test]
fn a_file_that_is_too_large_is_refused_and_not_read_whole() {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(1 << 40).unwrap();
    let error = read(file.path()).unwrap_err().to_string();
    assert!(error.ends_with("it is larger than 64 MiB"), "{error}");
}

#[test]
fn bodies_that_decompress_to_too_much_are_refused() {
    let mut bomb = GzEncoder::new(Vec::new(), Compression::fast());
    let part = vec![b' '; 1 << 20];
    for _ in 0..=body::MAX_BODY >> 20 {
        bomb.write_all(&part).unwrap();
    }
    let bomb = BASE64_STANDARD.encode(bomb.finish().unwrap());
    let headers = json!([{ "name": "content-encoding", "value": "gzip" }]);
    let content = json!({ "text": bomb, "encoding": "base64" });
    let response = json!({ "status": 200, "headers": headers, "content": content });
    let text = json!({ "log": { "entries": [entry(&response)] } }).to_string();
    let message = message(text.as_bytes());
    assert!(
        message.contains("a body that is too large") && message.contains("at most 32 MiB"),
        "{message}"
    );
}
