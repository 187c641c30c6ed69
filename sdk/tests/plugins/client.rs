//! Which responses the client accepts, tested in this process against a server with arbitrary
//! responses.

use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use ics_entitlement::{Client, ClientError, Context};

use crate::support::server::{self, Server};

fn context(server: &Server, settings: &str) -> Context {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, server.ca()).unwrap();
    let url = format!(
        "url = \"https://localhost:{}/base\"\nca = [{ca:?}]\n",
        server.port()
    );
    Context::from_settings(&(url + settings)).unwrap()
}

fn ask<T>(context: &Context, question: impl AsyncFnOnce(Client) -> T) -> T {
    context.block_on(question(context.client())).unwrap()
}

/// Sends the response that the path names.
fn echo(request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let answer = Response::builder();
    let path = request.uri().path().trim_start_matches("/base/");
    let (answer, body) = match path {
        "json" => (
            answer.header("content-type", "application/json; charset=utf-8"),
            "[1]",
        ),
        "suffix" => (
            answer.header("content-type", "application/vnd.x+json"),
            "[1]",
        ),
        "garbage" => (
            answer.header("content-type", "application/json"),
            "[1] and more",
        ),
        "html" => (answer.header("content-type", "text/html"), "[1]"),
        "untyped" => (answer, "[1]"),
        "twice" => (
            answer
                .header("content-type", "application/json")
                .header("content-type", "text/html"),
            "[1]",
        ),
        "latin" => (
            answer.header("content-type", "text/plain; charset=iso-8859-1"),
            "yes",
        ),
        "text" => (answer.header("content-type", "Text/Plain"), "yes"),
        "gzip" => (
            answer
                .header("content-type", "text/plain")
                .header("content-encoding", "gzip"),
            "yes",
        ),
        "redirect" => (answer.status(302).header("location", "/base/text"), ""),
        "forbidden" => (
            answer.status(403).header("content-type", "text/plain"),
            "1000",
        ),
        "large" => (
            answer.header("content-type", "text/plain"),
            "seventeen bytes..",
        ),
        "query" => {
            let query = request.uri().query().unwrap_or("").to_owned();
            let answer = answer.header("content-type", "text/plain");
            return answer.body(Full::from(query)).unwrap();
        }
        "bytes" => {
            let answer = answer.header("content-type", "text/plain");
            return answer.body(Full::from(&b"\xff\xfe"[..])).unwrap();
        }
        _ => (answer.status(404), ""),
    };
    answer.body(Full::from(body)).unwrap()
}

#[test]
fn json_must_be_declared_and_complete() {
    let server = Server::https(echo);
    let context = context(&server, "");
    let json = |path: &'static str| {
        ask(&context, async |client| {
            client.get(path).send().await?.json::<Vec<u8>>().await
        })
    };
    assert_eq!(json("json").unwrap(), [1]);
    assert_eq!(json("/suffix").unwrap(), [1]);
    assert!(matches!(json("garbage"), Err(ClientError::Json(_))));
    for path in ["html", "untyped", "twice", "latin"] {
        let refused = json(path);
        assert!(
            matches!(refused, Err(ClientError::ContentType { .. })),
            "{path}: {refused:?}"
        );
    }
}

#[test]
fn text_must_be_declared_and_utf8() {
    let server = Server::https(echo);
    let context = context(&server, "");
    let text = |path: &'static str| {
        ask(&context, async |client| {
            client.get(path).send().await?.text().await
        })
    };
    assert_eq!(text("text").unwrap(), "yes");
    assert!(matches!(text("bytes"), Err(ClientError::Utf8(_))));
    assert!(matches!(
        text("latin"),
        Err(ClientError::ContentType { .. })
    ));
    assert!(matches!(text("gzip"), Err(ClientError::Encoding(_))));
    let bytes = ask(&context, async |client| {
        client
            .get("bytes")
            .send()
            .await?
            .bytes_of("text/plain")
            .await
    });
    assert_eq!(bytes.unwrap(), b"\xff\xfe");
}

#[test]
fn a_body_beyond_the_limit_is_an_error() {
    let server = Server::https(echo);
    let read = |limit: &str| {
        let context = context(&server, &format!("body_limit = \"{limit}\"\n"));
        ask(&context, async |client| {
            client.get("large").send().await?.text().await
        })
    };
    assert_eq!(read("17 B").unwrap(), "seventeen bytes..");
    assert!(matches!(
        read("16 B"),
        Err(ClientError::TooLarge { limit: 16 })
    ));
}

#[test]
fn a_redirect_is_not_followed_and_other_statuses_must_be_accepted() {
    let server = Server::https(echo);
    let context = context(&server, "");
    let status = |path: &'static str| {
        ask(&context, async |client| {
            client.get(path).accept_status(403).send().await
        })
    };
    assert!(matches!(status("redirect"), Err(ClientError::Status(302))));
    assert!(matches!(status("elsewhere"), Err(ClientError::Status(404))));
    assert_eq!(status("forbidden").unwrap().status(), 403);
    assert_eq!(server.requests(), 3);
}

#[test]
fn query_parameters_are_encoded() {
    let server = Server::https(echo);
    let context = context(&server, "");
    let query = ask(&context, async |client| {
        let request = client.get("query").query("a", "1 & 2").query("b", "ü");
        request.send().await?.text().await
    });
    assert_eq!(query.unwrap(), "a=1+%26+2&b=%C3%BC");
}

#[test]
fn cleartext_http_has_to_be_allowed() {
    let server = Server::http(echo);
    let ask_with = |allowed: bool| {
        let settings = format!(
            "url = \"http://127.0.0.1:{}/base\"\nallow_http = {allowed}\n",
            server.port(),
        );
        // Without a trusted root only http is possible.
        let context = Context::from_settings(&settings).unwrap();
        ask(&context, async |client| {
            client.get("text").send().await?.text().await
        })
    };
    assert!(matches!(ask_with(false), Err(ClientError::Setting { .. })));
    assert_eq!(server.requests(), 0);
    assert_eq!(ask_with(true).unwrap(), "yes");
}

#[test]
fn an_invalid_request_is_an_error_and_not_sent() {
    let server = Server::https(echo);
    let context = context(&server, "");
    let refused = ask(&context, async |client| {
        client
            .get("text")
            .header("x y", "1")
            .bearer("t")
            .send()
            .await
    });
    assert!(
        matches!(refused, Err(ClientError::Request(_))),
        "{refused:?}"
    );
    let refused = ask(&context, async |client| {
        client.get("text").bearer("a\nb").send().await
    });
    assert!(
        matches!(refused, Err(ClientError::Request(_))),
        "{refused:?}"
    );
    assert_eq!(server.requests(), 0);
}

#[test]
fn a_request_is_repeated_only_if_the_settings_say_so() {
    let server = Server::https(|_| {
        Response::builder()
            .status(503)
            .body(Full::default())
            .unwrap()
    });
    let asked = |settings: &str| {
        let before = server.requests();
        let context = context(&server, settings);
        let refused = ask(&context, async |client| client.get("").send().await);
        assert!(
            matches!(refused, Err(ClientError::Status(503))),
            "{refused:?}"
        );
        server.requests() - before
    };
    assert_eq!(asked(""), 1);
    assert_eq!(asked("[retry]\ntimes = 2\npause = \"10 ms\"\n"), 3);
}

#[test]
fn retry_after_is_respected_or_ends_the_retries() {
    let server = Server::https(|request| {
        let pause = request.uri().path().trim_start_matches("/base/");
        let answer = Response::builder().status(503).header("retry-after", pause);
        answer.body(Full::default()).unwrap()
    });
    let context = context(
        &server,
        "deadline = \"4s\"\n[retry]\ntimes = 1\npause = \"10 ms\"\n",
    );
    let timed = |pause: &'static str| {
        let begun = Instant::now();
        let refused = ask(&context, async |client| client.get(pause).send().await);
        assert!(
            matches!(refused, Err(ClientError::Status(503))),
            "{refused:?}"
        );
        begun.elapsed()
    };
    // An hour is longer than the deadline, so there is no second attempt.
    assert!(timed("3600") < Duration::from_millis(900));
    assert_eq!(server.requests(), 1);
    assert!(timed("1") >= Duration::from_secs(1));
    assert_eq!(server.requests(), 3);
}

#[test]
fn a_refused_connection_is_retried_and_a_bad_certificate_is_not() {
    let server = Server::https(server::allow);
    let other = Server::https(server::allow);
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, other.ca()).unwrap();
    let timed = |port: u16, retry: &str| {
        let text = format!("url = \"https://localhost:{port}\"\nca = [{ca:?}]\n[retry]\n{retry}");
        let context = Context::from_settings(&text).unwrap();
        let begun = Instant::now();
        let refused = ask(&context, async |client| client.get("").send().await);
        assert!(
            matches!(refused, Err(ClientError::Transport(_))),
            "{refused:?}"
        );
        begun.elapsed()
    };
    // Two pauses, of at least half of 100 and of 200 ms. The server has stopped listening.
    let closed = Server::http(server::allow).port();
    assert!(timed(closed, "times = 2\npause = \"100 ms\"\n") >= Duration::from_millis(150));
    // A pause would take at least 1.5 s.
    assert!(timed(server.port(), "times = 1\npause = \"3s\"\n") < Duration::from_millis(1500));
}

#[test]
fn the_deadline_covers_a_silent_server() {
    let server = Server::silent();
    let context = Context::from_settings(&format!(
        "url = \"http://127.0.0.1:{}\"\nallow_http = true\ndeadline = \"300 ms\"\n",
        server.port(),
    ))
    .unwrap();
    let begun = Instant::now();
    let late = context.block_on(context.client().get("").send());
    assert!(matches!(late, Err(ClientError::Deadline(_))), "{late:?}");
    let seconds = begun.elapsed().as_secs_f64();
    assert!((0.25..0.5).contains(&seconds), "{seconds} s");
}

#[test]
fn an_unusable_setting_is_reported_by_name() {
    let error = |settings: &str| {
        let text = format!("url = \"https://localhost\"\n{settings}");
        let context = Context::from_settings(&text).unwrap();
        let refused = ask(&context, async |client| client.get("").send().await);
        refused.unwrap_err().to_string()
    };
    assert!(error("roots = \"settings\"").starts_with("setting `ca`: no root is trusted"));
    assert!(error("ca = [\"/nonexistent.pem\"]").starts_with("setting `ca`: /nonexistent.pem: "));
    assert!(
        error("client_key = \"k.pem\"\nallow_http = true")
            .starts_with("setting `client_certificate`")
    );
    assert!(error("proxy = \"::\"\nallow_http = true").starts_with("setting `proxy`"));
}

#[test]
fn a_host_name_beyond_ascii_is_refused() {
    let refused = |url: &str| {
        let text = format!("url = \"{url}\"\nallow_http = true");
        let context = Context::from_settings(&text).unwrap();
        ask(&context, async |client| client.get("").send().await).unwrap_err()
    };
    let error = refused("http://b\u{fc}cher.example").to_string();
    assert!(error.starts_with("setting `url`"), "{error}");
    // No server listens on this port, so the failure shows that the name was looked up.
    let error = refused("http://xn--bcher-kva.localhost:1");
    assert!(matches!(error, ClientError::Transport(_)), "{error:?}");
}
