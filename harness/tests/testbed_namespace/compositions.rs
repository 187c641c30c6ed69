//! Responses that are composed of parts, byte by byte and as curl handles them.

use std::io::{ErrorKind, Write};

use ics_harness::testbed::content::{Redirect, RedirectKind, RedirectTarget};
use ics_harness::testbed::transcript::Meaning;
use ics_harness::testbed::wire::{
    Body, Ending, Fields, Framing, Interim, Pace, StatusLine, WireResponse,
};
use ics_harness::testbed::{Http, WireFault};

use crate::TestServers;
use crate::client::{ALLOWED, HOST, cleartext, curl, read, request};
use crate::http::{asked, scenario};
use crate::runner::{Claim, has};

pub(crate) const CLAIMS: &[Claim] = &[
    ("http_pieces_are_the_same_allow_response", pieces),
    ("http_compositions_arrive_as_composed", compositions),
    (
        "http_curl_takes_compositions_for_what_they_are",
        curl_takes_compositions,
    ),
    ("http_large_bodies_are_sent_whole", large),
    ("http_bodies_are_sent_byte_by_byte_as_they_are", bodies),
    ("http_redirects_lead_to_the_allow_response", redirects),
    ("http_an_unasked_allow_follows_the_deny_response", unasked),
];

const PLAIN: WireResponse = WireResponse::ALLOW;

fn composed(response: WireResponse) -> Http {
    Http::Broken(WireFault::Response(response))
}

fn pieces(test: &TestServers) {
    for (interim, pace, framing) in [
        (Interim::Nothing, Pace::AtOnce, Framing::Length),
        (Interim::Nothing, Pace::HeadThenBody, Framing::Length),
        (Interim::Nothing, Pace::TwoPieces, Framing::Length),
        (Interim::Nothing, Pace::ByteByByte, Framing::Length),
        (Interim::Continue, Pace::TwoPieces, Framing::Length),
        (Interim::EarlyHints, Pace::AtOnce, Framing::Length),
        (Interim::Nothing, Pace::TwoPieces, Framing::Chunked),
    ] {
        let response = WireResponse {
            interim,
            pace,
            framing,
            ..PLAIN
        };
        let (reply, end, transcript) = asked(test, composed(response));
        end.unwrap();
        assert!(
            reply.starts_with("HTTP/1.1 1") != (interim == Interim::Nothing),
            "{reply}"
        );
        assert!(reply.contains("HTTP/1.1 200 OK\r\n"), "{reply}");
        assert_eq!(reply.ends_with(ALLOWED), framing == Framing::Length);
        assert_eq!(transcript.answers(Meaning::Allow), 1, "{response}");
    }
}

fn compositions(test: &TestServers) {
    for (response, begin, end) in [
        (
            WireResponse {
                status_line: StatusLine::OddReason,
                ..PLAIN
            },
            "HTTP/1.1 502 upstream said 200 OK\r\n",
            ALLOWED,
        ),
        (
            WireResponse {
                status_line: StatusLine::Absent,
                ..PLAIN
            },
            ALLOWED,
            ALLOWED,
        ),
        (
            WireResponse {
                framing: Framing::NoLastChunk,
                ..PLAIN
            },
            "HTTP/1.1 200 OK\r\n",
            "\r\n\r\n14\r\n{\"status\":\"allowed\"}\r\n",
        ),
        (
            WireResponse {
                body: Body::Empty,
                ..PLAIN
            },
            "HTTP/1.1 200 OK\r\n",
            "Content-Length: 0\r\nConnection: close\r\n\r\n",
        ),
        (
            WireResponse {
                fields: Fields::UpperCase,
                ..PLAIN
            },
            "HTTP/1.1 200 OK\r\nCONTENT-TYPE:application/json\r\n",
            ALLOWED,
        ),
    ] {
        let (reply, ended, _) = asked(test, composed(response));
        ended.unwrap();
        assert!(reply.starts_with(begin), "{response}: {reply}");
        assert!(reply.ends_with(end), "{response}: {reply}");
    }
    let cut = WireResponse {
        fields: Fields::Cut,
        ending: Ending::Reset,
        ..PLAIN
    };
    let (reply, end, transcript) = asked(test, composed(cut));
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert!(!reply.contains("\r\n\r\n"), "{reply}");
    assert_eq!(transcript.answers(Meaning::Allow), 0);
}

/// What a mainstream client makes of each: the rules that are a must expect no more than it does.
fn curl_takes_compositions(test: &TestServers) {
    if !has("curl", "http_curl_takes_compositions_for_what_they_are") {
        return;
    }
    let framing = |framing| WireResponse { framing, ..PLAIN };
    let status_line = |status_line| WireResponse {
        status_line,
        ..PLAIN
    };
    let fields = |fields| WireResponse { fields, ..PLAIN };
    for (response, accepted) in [
        (PLAIN, true),
        (framing(Framing::Chunked), true),
        (status_line(StatusLine::Http10), true),
        (fields(Fields::LowerCase), true),
        (fields(Fields::UpperCase), true),
        (
            WireResponse {
                pace: Pace::ByteByByte,
                interim: Interim::EarlyHints,
                ..PLAIN
            },
            true,
        ),
        (framing(Framing::LengthThenLonger), false),
        (framing(Framing::LengthNotANumber), false),
        (framing(Framing::NegativeLength), false),
        (framing(Framing::LengthAndClaimsChunked), false),
        (framing(Framing::NoLastChunk), false),
        (framing(Framing::ShortChunk), false),
        (status_line(StatusLine::LettersForDigits), false),
        (status_line(StatusLine::WithoutStatus), false),
        (status_line(StatusLine::OtherProtocol), false),
        (status_line(StatusLine::Absent), false),
        (fields(Fields::WithoutColon), false),
        (fields(Fields::Cut), false),
        (
            WireResponse {
                framing: Framing::UntilClose,
                ending: Ending::Reset,
                ..PLAIN
            },
            false,
        ),
    ] {
        for scheme in ["https", "http"] {
            let network = test.network(scenario(composed(response)));
            let url = format!("{scheme}://{HOST}/v1");
            let (body, _, exit) = curl(&[&url]);
            let transcript = network.finish();
            assert_eq!(
                exit == 0,
                accepted,
                "{scheme}, {response}: {exit}\n{transcript}"
            );
            if accepted {
                assert_eq!(body, ALLOWED, "{scheme}, {response}");
            }
        }
    }
}

fn large(test: &TestServers) {
    const SIZE: usize = 96 << 20;
    let huge = WireResponse {
        body: Body::Huge,
        ..PLAIN
    };
    let network = test.network(scenario(composed(huge)));
    let mut stream = cleartext();
    stream.write_all(request().as_bytes()).unwrap();
    let mut buffer = vec![0; 1 << 20];
    let mut received = 0;
    loop {
        match std::io::Read::read(&mut stream, &mut buffer).unwrap() {
            0 => break,
            length => received += length,
        }
    }
    assert!((SIZE..SIZE + 1000).contains(&received), "{received}");
    drop(stream);
    let transcript = network.finish();
    assert_eq!(transcript.answers(Meaning::Allow), 0);
}

fn bodies(test: &TestServers) {
    for (body, end, allows) in [
        (Body::TrailingNul, "{\"status\":\"allowed\"}\0", 0),
        (
            Body::TextAfterNul,
            "{\"status\":\"allowed\"}\0 was cached",
            0,
        ),
        (Body::TrailingDocument, "{\"status\":\"allowed\"}\n{}\n", 0),
        (Body::NonAscii, ",\"status\":\"allowed\"}", 1),
        (
            // Read as text with the bytes replaced.
            Body::InvalidMemberNever,
            ",\"customer\":\"a\u{fffd}z\"}",
            0,
        ),
    ] {
        let (reply, ended, transcript) = asked(test, composed(WireResponse { body, ..PLAIN }));
        ended.unwrap();
        assert!(reply.ends_with(end), "{body:?}: {reply}");
        assert_eq!(transcript.answers(Meaning::Allow), allows, "{body:?}");
    }
    for (fields, kind) in [
        (
            Fields::SpacedCharset,
            "Content-Type: application/json ; charset=utf-8\r\n",
        ),
        (
            Fields::QuotedCharset,
            "Content-Type: application/json;charset=\"UTF-8\"\r\n",
        ),
        (Fields::UpperCaseType, "Content-Type: APPLICATION/JSON\r\n"),
    ] {
        let (reply, _, _) = asked(test, composed(WireResponse { fields, ..PLAIN }));
        assert!(reply.contains(kind), "{fields:?}: {reply}");
    }
}

fn redirects(test: &TestServers) {
    if !has("curl", "http_redirects_lead_to_the_allow_response") {
        return;
    }
    for to in [
        RedirectTarget::OtherHost,
        RedirectTarget::OtherHostInCleartext,
        RedirectTarget::SameHost,
    ] {
        for status in [301, 302, 303, 307, 308] {
            let by = RedirectKind::Status(status);
            let network = test.network(scenario(Http::Redirect(Redirect { by, to })));
            let url = format!("https://{HOST}/v1");
            let (body, _, exit) = curl(&["--location", "--max-redirs", "1", &url]);
            let transcript = network.finish();
            assert_eq!(
                (exit, body.as_str()),
                (0, ALLOWED),
                "{status}\n{transcript}"
            );
            assert_eq!(transcript.requests(), 2, "{transcript}");
            let clear = usize::from(to == RedirectTarget::OtherHostInCleartext);
            assert_eq!(transcript.cleartext_requests(), clear, "{transcript}");
            assert_eq!(transcript.answers(Meaning::Allow), 0);
        }
        let by = RedirectKind::Refresh;
        let (reply, _, _) = asked(test, Http::Redirect(Redirect { by, to }));
        assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
        assert!(reply.contains("refresh: 0; url=http"), "{reply}");
    }
}

fn unasked(test: &TestServers) {
    for fault in [WireFault::AllowAfterDeny, WireFault::UnaskedAllow] {
        let network = test.network(scenario(Http::Broken(fault)));
        let mut stream = cleartext();
        stream.write_all(request().as_bytes()).unwrap();
        let (mut reply, _) = read(&mut stream, 1);
        while !reply.ends_with(ALLOWED) {
            reply += &read(&mut stream, 1).0;
        }
        assert!(reply.starts_with("HTTP/1.1 403 "), "{reply}");
        assert!(reply.contains("\r\n\r\n1000HTTP/1.1 200 "), "{reply}");
        // The connection is still served.
        stream.write_all(request().as_bytes()).unwrap();
        let (reply, _) = read(&mut stream, 1);
        assert!(reply.starts_with("HTTP/1.1 403 "), "{reply}");
        drop(stream);
        let transcript = network.finish();
        assert_eq!(transcript.answers(Meaning::Deny), 2, "{transcript}");
        assert_eq!(transcript.answers(Meaning::Allow), 0, "{transcript}");
    }
}
