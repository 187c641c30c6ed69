//! The server's responses, byte by byte and as curl handles them.

use std::io::{ErrorKind, Write};

use ics_harness::testbed::content::{OtherDenial, Refusal};
use ics_harness::testbed::transcript::{Event, Handshake, Meaning, Transcript};
use ics_harness::testbed::{Http, Scenario, Shape, WireFault};

use crate::TestServers;
use crate::client::{ALLOWED, HOST, ask, careful, cleartext, curl, read, request, secure};
use crate::runner::{Claim, has};

pub(crate) const CLAIMS: &[Claim] = &[
    ("http_denies", denies),
    ("http_alternates_by_connection", alternates),
    ("http_damages_the_allow_answer", damages),
    (
        "http_short_body_has_the_whole_allow_response_and_a_clean_end",
        short_body,
    ),
    (
        "http_reset_in_body_has_the_whole_allow_response_and_a_reset",
        reset_in_body,
    ),
    ("http_bad_chunks_have_the_whole_allow_response", bad_chunks),
    ("http_endless_answers_do_not_end", endless),
    ("http_drip_comes_byte_by_byte", drip),
    ("http_silence_is_silence", silence),
    ("http_closed_is_a_clean_end", closed),
    (
        "http_stale_connection_is_closed_after_an_allow_response",
        stale,
    ),
    (
        "http_close_while_writing_breaks_the_pipe",
        close_while_writing,
    ),
    ("http_post_bodies_are_counted", post),
    ("http_faults_come_over_tls_as_well", over_tls),
    ("http_curl_takes_each_for_what_it_is", curl_takes),
    ("http_refusals_are_no_deny_response", refusals),
    ("http_other_denials_deny", denials),
    ("http_2_is_spoken_if_it_is_offered", http_2),
    ("http_excerpts_are_kept_without_identities", excerpts),
];

pub(crate) fn scenario(http: Http) -> Scenario {
    Scenario {
        http,
        ..Scenario::ALLOW
    }
}

/// Sends a cleartext request; returns the reply, how it ended, and the transcript.
pub(crate) fn asked(test: &TestServers, http: Http) -> (String, std::io::Result<()>, Transcript) {
    let network = test.network(scenario(http));
    let mut stream = cleartext();
    let (reply, end) = ask(&mut stream);
    drop(stream);
    (reply, end, network.finish())
}

fn denies(test: &TestServers) {
    let (reply, _, transcript) = asked(test, Http::Deny);
    assert!(
        reply.starts_with("HTTP/1.1 403 ") && reply.ends_with("\r\n\r\n1000"),
        "{reply}"
    );
    assert_eq!(transcript.answers(Meaning::Deny), 1);
    assert_eq!(transcript.answers(Meaning::Allow), 0);
}

fn alternates(test: &TestServers) {
    let network = test.network(scenario(Http::Alternate));
    for number in 1..=4 {
        let mut stream = cleartext();
        // A second request on the same connection gets the same answer.
        for _ in 0..2 {
            stream.write_all(request().as_bytes()).unwrap();
            let (reply, _) = read(&mut stream, 1);
            let allowed = reply.starts_with("HTTP/1.1 200 ");
            assert_eq!(allowed, number % 2 == 1, "{number}: {reply}");
        }
    }
    let transcript = network.finish();
    assert_eq!(transcript.answers(Meaning::Allow), 4);
    assert_eq!(transcript.answers(Meaning::Deny), 4);
}

fn damages(test: &TestServers) {
    for (http, status, end) in [
        (Http::Status(500), 500, ALLOWED),
        (Http::Status(503), 503, ALLOWED),
        (Http::CaptivePortal, 200, "</html>\n"),
        (Http::PortalRedirect, 302, "Moved</body></html>\n"),
        (Http::RedirectLoop, 302, "Moved</body></html>\n"),
        (Http::BadSyntax, 200, r#"{"status":"allowed""#),
        (Http::WrongShape(Shape::Missing), 200, "{}"),
        (Http::WrongShape(Shape::Null), 200, r#"{"status":null}"#),
        (
            Http::WrongShape(Shape::OtherType),
            200,
            r#"{"status":true}"#,
        ),
    ] {
        let (reply, _, transcript) = asked(test, http);
        assert!(
            reply.starts_with(&format!("HTTP/1.1 {status} ")),
            "{http:?} {reply}"
        );
        assert!(reply.ends_with(end), "{http:?} {reply}");
        assert_eq!(transcript.answers(Meaning::Allow), 0, "{http:?}");
        assert_eq!(transcript.requests(), 1, "{http:?}");
    }
}

/// The Content-Length and the body of an answer.
fn parts(reply: &str) -> (usize, &str) {
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "))
        .unwrap();
    (length.parse().unwrap(), body)
}

fn short_body(test: &TestServers) {
    let (reply, end, _) = asked(test, Http::Broken(WireFault::ShortBody));
    end.unwrap();
    let (length, body) = parts(&reply);
    assert_eq!(body, ALLOWED);
    assert!(length > body.len());
}

fn reset_in_body(test: &TestServers) {
    let (reply, end, _) = asked(test, Http::Broken(WireFault::ResetInBody));
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    let (length, body) = parts(&reply);
    assert_eq!(body, ALLOWED);
    assert!(length > body.len());
}

fn bad_chunks(test: &TestServers) {
    let (reply, end, _) = asked(test, Http::Broken(WireFault::BadChunks));
    end.unwrap();
    assert!(
        reply.contains("\r\nTransfer-Encoding: chunked\r\n"),
        "{reply}"
    );
    assert!(
        reply.ends_with(&format!("\r\n\r\n14\r\n{ALLOWED}\r\nnot-a-size\r\n\r\n")),
        "{reply}"
    );
}

fn endless(test: &TestServers) {
    const ENOUGH: usize = 3 << 20;
    for (http, begin) in [
        (Http::Broken(WireFault::EndlessHeaders), "X-Filler: "),
        (Http::Broken(WireFault::EndlessBody), ALLOWED),
    ] {
        let network = test.network(scenario(http));
        let mut stream = cleartext();
        stream.write_all(request().as_bytes()).unwrap();
        let (reply, end) = read(&mut stream, ENOUGH);
        end.unwrap();
        assert!(reply.len() >= ENOUGH);
        assert!(reply[..2000].contains(begin));
        assert_eq!(
            reply.contains("\r\n\r\n"),
            http == Http::Broken(WireFault::EndlessBody)
        );
        drop(stream);
        let transcript = network.finish();
        assert!(
            transcript.to_string().contains("the client left after"),
            "{transcript}"
        );
    }
}

fn drip(test: &TestServers) {
    let network = test.network(scenario(Http::Broken(WireFault::DripBody)));
    let mut stream = cleartext();
    let begun = std::time::Instant::now();
    stream.write_all(request().as_bytes()).unwrap();
    let mut reply = String::new();
    while !reply.ends_with("\r\n\r\n{\"st") {
        let (more, end) = read(&mut stream, 1);
        end.unwrap();
        reply.push_str(&more);
    }
    // Four bytes of body took at least their four pauses of 200 ms.
    assert!(begun.elapsed().as_millis() >= 800);
    drop(stream);
    let transcript = network.finish();
    assert!(
        transcript.to_string().contains("the client left after"),
        "{transcript}"
    );
}

fn silence(test: &TestServers) {
    let (reply, end, transcript) = asked(test, Http::Broken(WireFault::Silent));
    assert_eq!(reply, "");
    assert_eq!(end.unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(transcript.requests(), 1);
}

fn closed(test: &TestServers) {
    let (reply, end, transcript) = asked(test, Http::Broken(WireFault::Closed));
    assert_eq!(reply, "");
    end.unwrap();
    assert_eq!(transcript.requests(), 1);
}

fn stale(test: &TestServers) {
    let (reply, end, transcript) = asked(test, Http::Broken(WireFault::StaleConnection));
    end.unwrap();
    assert!(reply.contains("\r\nConnection: keep-alive\r\n"), "{reply}");
    assert!(reply.ends_with(ALLOWED), "{reply}");
    assert_eq!(transcript.answers(Meaning::Allow), 1);
}

/// Writes until the reset has come. Every further write meets a closed pipe,
/// which is what SIGPIPE is for.
fn meets_a_closed_pipe(stream: &mut impl Write) {
    let error = loop {
        if let Err(error) = stream.write_all(&[b'x'; 4096]) {
            break error;
        }
    };
    let kinds = [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset];
    assert!(kinds.contains(&error.kind()), "{error}");
    assert_eq!(
        stream.write(b"x").unwrap_err().kind(),
        ErrorKind::BrokenPipe
    );
}

fn close_while_writing(test: &TestServers) {
    let network = test.network(scenario(Http::Broken(WireFault::CloseWhileWriting)));
    let mut stream = cleartext();
    // A request without end: the write fails before the client has sent everything.
    meets_a_closed_pipe(&mut stream);
    let transcript = network.finish();
    assert_eq!(
        (transcript.requests(), transcript.faults_met()),
        (0, 1),
        "{transcript}"
    );
    let network = test.network(scenario(Http::Broken(WireFault::CloseWhileWriting)));
    let mut stream = secure(&careful(test.servers.authority())).unwrap();
    let (reply, end) = ask(&mut stream);
    assert_eq!(reply, "");
    end.unwrap_err();
    meets_a_closed_pipe(&mut stream.sock);
    let transcript = network.finish();
    assert_eq!(
        (transcript.requests(), transcript.faults_met()),
        (0, 1),
        "{transcript}"
    );
}

fn post(test: &TestServers) {
    let network = test.network(Scenario::ALLOW);
    let mut stream = cleartext();
    write!(
        stream,
        "POST /x?y HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 5\r\n\r\nhello"
    )
    .unwrap();
    read(&mut stream, 1).1.unwrap();
    drop(stream);
    let text = network.finish().to_string();
    assert!(
        text.contains(&format!("POST /x?y for {HOST} in cleartext, 5 bytes")),
        "{text}"
    );
}

fn over_tls(test: &TestServers) {
    let network = test.network(scenario(Http::Broken(WireFault::ShortBody)));
    let (reply, end) = ask(&mut secure(&careful(test.servers.authority())).unwrap());
    // The end is authenticated: only the length shows that something is missing.
    end.unwrap();
    assert!(reply.ends_with(ALLOWED));
    assert_eq!(network.finish().requests(), 1);
    let network = test.network(scenario(Http::Broken(WireFault::ResetInBody)));
    let (reply, end) = ask(&mut secure(&careful(test.servers.authority())).unwrap());
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert!(reply.ends_with(ALLOWED));
    assert_eq!(network.finish().requests(), 1);
}

fn curl_takes(test: &TestServers) {
    if !has("curl", "http_curl_takes_each_for_what_it_is") {
        return;
    }
    for (http, codes, allowed) in [
        (Http::Allow, &[0][..], true),
        (Http::Status(500), &[0], true),
        (Http::CaptivePortal, &[0], false),
        // Followed, as a careless plugin would.
        (Http::PortalRedirect, &[0], true),
        (Http::RedirectLoop, &[47], false),
        (Http::RedirectDowngrade, &[0], true),
        (Http::Broken(WireFault::ShortBody), &[18], true),
        (Http::Broken(WireFault::ResetInBody), &[18, 56], true),
        (Http::Broken(WireFault::BadChunks), &[56], true),
        // Too many header fields (27, 56 or 100 by version).
        (
            Http::Broken(WireFault::EndlessHeaders),
            &[27, 56, 100],
            false,
        ),
        (Http::Broken(WireFault::DripBody), &[28], false),
        (Http::Broken(WireFault::Silent), &[28], false),
        (Http::Broken(WireFault::Closed), &[52, 56], false),
        (Http::Broken(WireFault::StaleConnection), &[0], true),
        (
            Http::Broken(WireFault::CloseWhileWriting),
            &[35, 52, 55, 56],
            false,
        ),
    ] {
        for scheme in ["https", "http"] {
            let network = test.network(scenario(http));
            let url = format!("{scheme}://{HOST}/v1");
            let (body, _, exit) = curl(&["--location", "--max-redirs", "5", &url]);
            let transcript = network.finish();
            assert!(
                codes.contains(&exit),
                "{http:?} {scheme}: {exit}\n{transcript}"
            );
            assert_eq!(
                body.contains(ALLOWED),
                allowed,
                "{http:?} {scheme}: {body}\n{transcript}"
            );
        }
    }
}

fn http_2(test: &TestServers) {
    if !has("curl", "http_2_is_spoken_if_it_is_offered") {
        return;
    }
    let url = format!("https://{HOST}/v1");
    for (http, option, version) in [
        (Http::Http2, "--http2", "2"),
        (Http::Http2, "--http1.1", "1.1"),
        (Http::Allow, "--http2", "1.1"),
    ] {
        let network = test.network(scenario(http));
        // The version comes in the place of the status.
        let (body, _, exit) = curl(&[option, "--write-out", " in %{http_version} 0", &url]);
        let transcript = network.finish();
        assert_eq!(exit, 0, "{http:?} {option}\n{transcript}");
        assert_eq!(body, format!("{ALLOWED} in {version}"), "{transcript}");
        assert_eq!(transcript.answers(Meaning::Allow), 1, "{transcript}");
        let chosen = transcript.entries.iter().any(|entry| {
            matches!(
                &entry.event,
                Event::Handshake {
                    outcome: Handshake::CompletedForHttp2(_),
                    ..
                }
            )
        });
        assert_eq!(chosen, version == "2", "{transcript}");
    }
}

fn denials(test: &TestServers) {
    for (denial, kind, end) in [
        (OtherDenial::Further(0), "text/plain", "\r\n\r\n1003"),
        (OtherDenial::Spaced, "text/plain", "\r\n\r\n\r\n 1000 \r\n"),
        (OtherDenial::Members, "text/plain", "\r\n\r\n1000"),
        (
            OtherDenial::Charset,
            "text/plain; charset=utf-8",
            "\r\n\r\n1000",
        ),
        (OtherDenial::UpperCaseType, "TEXT/PLAIN", "\r\n\r\n1000"),
    ] {
        let (reply, _, transcript) = asked(test, Http::OtherDenial(denial));
        assert!(reply.starts_with("HTTP/1.1 403 "), "{denial}: {reply}");
        assert!(
            reply.contains(&format!("content-type: {kind}\r\n")),
            "{denial}: {reply}"
        );
        assert!(reply.ends_with(end), "{denial}: {reply}");
        assert_eq!(transcript.answers(Meaning::Deny), 1, "{denial}");
    }
}

fn refusals(test: &TestServers) {
    for (refusal, status, end) in [
        (Refusal::Page, 403, "</html>\n"),
        (Refusal::Empty, 403, "\r\n\r\n"),
        (Refusal::UnknownCode, 403, "\r\n\r\n9999"),
        (Refusal::NearCode, 403, "\r\n\r\n100x"),
        (Refusal::CodeInText, 403, "failed after 1000 ms"),
        (Refusal::ProxyLogin, 407, "</html>\n"),
        (Refusal::Status(451), 451, "</html>\n"),
    ] {
        let (reply, _, transcript) = asked(test, Http::OtherRefusal(refusal));
        assert!(
            reply.starts_with(&format!("HTTP/1.1 {status} ")),
            "{refusal}: {reply}"
        );
        assert!(reply.ends_with(end), "{refusal}: {reply}");
        assert_eq!(transcript.answers(Meaning::Deny), 0, "{refusal}");
    }
}

fn excerpts(test: &TestServers) {
    let network = test.network(Scenario::ALLOW);
    let mut stream = cleartext();
    let body = format!("imsi=001010123456789&{}", "x".repeat(5000));
    write!(
        stream,
        "POST /v1?msisdn=12065550100 HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer secret\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    read(&mut stream, 1).1.unwrap();
    drop(stream);
    let transcript = network.finish();
    let events = transcript.entries.iter().map(|entry| &entry.event);
    for event in events {
        match event {
            Event::Request {
                target,
                head,
                content,
                ..
            } => {
                assert_eq!(target, "/v1?msisdn=<11 digits>");
                assert!(head.text.contains("authorization: <masked>\n"), "{head:?}");
                assert!(content.text.starts_with("imsi=<15 digits>&xxx"));
                assert_eq!(content.bytes, body.len());
                assert!(content.text.len() <= 2048);
            }
            Event::Reply { head, body, .. } => {
                assert!(head.text.contains("content-type: application/json"));
                assert_eq!(body.text, ALLOWED);
            }
            _ => {}
        }
    }
    let json = serde_json::to_string(&transcript.entries).unwrap();
    for secret in ["secret", "001010123456789", "12065550100"] {
        assert!(!json.contains(secret), "{secret}");
    }
}
