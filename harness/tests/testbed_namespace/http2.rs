//! HTTP/2, as curl takes it.

use std::sync::Arc;

use ics_harness::testbed::transcript::{Meaning, Transcript};
use ics_harness::testbed::wire::{Framing, Interim, WireResponse};
use ics_harness::testbed::{FrameFault, Http, Scenario, WireFault};
use rustls::ClientConfig;

use crate::TestServers;
use crate::client::{ALLOWED, HOST, careful, curl, secure};
use crate::http::scenario;
use crate::runner::{Claim, has};

pub(crate) const CLAIMS: &[Claim] = &[
    (
        "http_2_is_recognised_without_being_offered",
        prior_knowledge,
    ),
    ("http_2_is_used_if_nothing_else_is_offered", only_http_2),
    ("http_2_faults_are_what_curl_calls_them", faults),
    ("http_2_faults_give_no_response_in_http_1", faults_in_http_1),
    (
        "http_2_carries_what_exists_in_it_and_breaks_the_rest",
        translated,
    ),
];

/// What curl prints, its exit code, and the transcript.
fn asked(test: &TestServers, http: Http, options: &[&str], url: &str) -> (String, i32, Transcript) {
    let network = test.network(scenario(http));
    let (body, _, exit) = curl(&[options, &["--output", "-", url]].concat());
    (body, exit, network.finish())
}

/// Options with which curl begins with HTTP/2 without asking.
const WITHOUT_ASKING: &[&str] = &["--http2-prior-knowledge", "--no-alpn"];

fn prior_knowledge(test: &TestServers) {
    if !has("curl", "http_2_is_recognised_without_being_offered") {
        return;
    }
    for scheme in ["http", "https"] {
        let url = format!("{scheme}://{HOST}/v1?x=1");
        let (body, exit, transcript) = asked(test, Http::Allow, WITHOUT_ASKING, &url);
        assert_eq!((body.as_str(), exit), (ALLOWED, 0), "{transcript}");
        assert_eq!(transcript.http_2_requests(), 1, "{transcript}");
        assert_eq!(transcript.answers(Meaning::Allow), 1, "{transcript}");
        // As in HTTP/1.1: the path, and the host without a port.
        let text = transcript.to_string();
        let request = format!("GET /v1?x=1 for {HOST} in HTTP/2");
        assert!(text.contains(&request), "{text}");
    }
    let (_, exit, transcript) = asked(
        test,
        Http::Allow,
        &["--http1.1"],
        &format!("http://{HOST}/"),
    );
    assert_eq!((exit, transcript.http_2_requests()), (0, 0), "{transcript}");
}

fn only_http_2(test: &TestServers) {
    for (offered, chosen) in [
        (&["h2"][..], "h2"),
        (&["h2", "http/1.1"], "http/1.1"),
        (&["http/1.1"], "http/1.1"),
    ] {
        let mut config = ClientConfig::clone(&careful(test.servers.authority()));
        config.alpn_protocols = offered
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        let network = test.network(Scenario::ALLOW);
        let stream = secure(&Arc::new(config)).unwrap();
        assert_eq!(stream.conn.alpn_protocol(), Some(chosen.as_bytes()));
        drop(stream);
        // It has sent neither a preface nor a request.
        let transcript = network.finish();
        assert_eq!(transcript.unused_handshakes(), 1, "{transcript}");
    }
}

fn faults(test: &TestServers) {
    if !has("curl", "http_2_faults_are_what_curl_calls_them") {
        return;
    }
    // Stream errors are 92, those of the connection 16, 52, 55 or 56 by version; too many header fields are 27, 56 or 92.
    for (fault, codes, body) in [
        (FrameFault::ResetBeforeResponse, &[92][..], ""),
        (FrameFault::ResetInBody, &[92], ALLOWED),
        (FrameFault::GoAway, &[16, 52, 55, 56, 92], ""),
        (FrameFault::GoAwayAfterResponse, &[0], ALLOWED),
        (FrameFault::Stalled, &[28], ""),
        (FrameFault::HeaderBomb, &[16, 27, 55, 56, 92], ""),
        (FrameFault::CutBody, &[16, 18, 56, 92], ALLOWED),
        (FrameFault::LongerLength, &[18, 92], ALLOWED),
        (FrameFault::Silent, &[28], ""),
    ] {
        let url = format!("https://{HOST}/v1");
        let (seen, exit, transcript) = asked(test, Http::BrokenFrames(fault), &["--http2"], &url);
        assert!(codes.contains(&exit), "{fault}: {exit}\n{transcript}");
        assert_eq!(seen, body, "{fault}\n{transcript}");
        assert_eq!(transcript.http_2_requests(), 1, "{fault}\n{transcript}");
    }
    let url = format!("https://{HOST}/v1");
    let (seen, exit, transcript) = asked(
        test,
        Http::BrokenFrames(FrameFault::EndlessBody),
        &["--http2"],
        &url,
    );
    assert_eq!(exit, 28, "{transcript}");
    // More than the window of a connection (65,535 bytes): the client's updates are heeded.
    assert!(seen.len() > 200_000, "{} bytes", seen.len());
    assert!(seen.starts_with(ALLOWED));
}

fn faults_in_http_1(test: &TestServers) {
    if !has("curl", "http_2_faults_give_no_response_in_http_1") {
        return;
    }
    for fault in [FrameFault::GoAwayAfterResponse, FrameFault::ResetInBody] {
        let url = format!("https://{HOST}/v1");
        let (seen, exit, transcript) = asked(test, Http::BrokenFrames(fault), &["--http1.1"], &url);
        assert!([52, 56].contains(&exit), "{fault}: {exit}\n{transcript}");
        assert_eq!(seen, "", "{fault}\n{transcript}");
        assert_eq!(transcript.answers(Meaning::Allow), 0, "{transcript}");
    }
}

fn translated(test: &TestServers) {
    if !has(
        "curl",
        "http_2_carries_what_exists_in_it_and_breaks_the_rest",
    ) {
        return;
    }
    let composed = |response| Http::Broken(WireFault::Response(response));
    for (http, codes, body) in [
        (
            composed(WireResponse {
                framing: Framing::Chunked,
                interim: Interim::EarlyHints,
                ..WireResponse::ALLOW
            }),
            &[0][..],
            ALLOWED,
        ),
        (Http::Broken(WireFault::StaleConnection), &[0], ALLOWED),
        (Http::Broken(WireFault::ShortBody), &[92], ALLOWED),
        (Http::Broken(WireFault::Silent), &[28], ""),
        (Http::Broken(WireFault::Closed), &[16, 52, 55, 56, 92], ""),
        (Http::Status(503), &[0], ALLOWED),
    ] {
        let url = format!("http://{HOST}/v1");
        let (seen, exit, transcript) = asked(test, http, WITHOUT_ASKING, &url);
        assert!(codes.contains(&exit), "{http:?}: {exit}\n{transcript}");
        assert_eq!(seen, body, "{http:?}\n{transcript}");
    }
}
