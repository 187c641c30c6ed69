//! What the client takes for an answer, and what not: asked in this process, by a server that can
//! say anything.

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

/// Says what the path asks for.
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
fn json_is_read_only_where_it_is_declared_and_whole() {
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
fn text_is_utf8_and_what_it_says_it_is() {
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
fn a_body_beyond_the_limit_is_no_answer() {
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
fn a_redirect_is_not_followed_and_other_statuses_only_when_asked_for() {
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
fn parameters_and_paths_reach_the_server_as_meant() {
    let server = Server::https(echo);
    let context = context(&server, "");
    let query = ask(&context, async |client| {
        let request = client.get("query").query("a", "1 & 2").query("b", "ü");
        request.send().await?.text().await
    });
    assert_eq!(query.unwrap(), "a=1+%26+2&b=%C3%BC");
}

#[test]
fn http_in_clear_has_to_be_allowed() {
    let server = Server::http(echo);
    let ask_with = |allowed: bool| {
        let settings = format!(
            "url = \"http://127.0.0.1:{}/base\"\nallow_http = {allowed}\n",
            server.port(),
        );
        // With nobody to trust there is only http to speak, if that.
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
fn a_request_that_can_not_be_made_is_told_and_not_sent() {
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
fn nothing_is_asked_twice_unless_the_settings_say_so() {
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
fn a_pause_that_a_server_asks_for_is_kept_or_not_waited_for_at_all() {
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
    // An hour is longer than the deadline, so the first answer is the last.
    assert!(timed("3600") < Duration::from_millis(900));
    assert_eq!(server.requests(), 1);
    assert!(timed("1") >= Duration::from_secs(1));
    assert_eq!(server.requests(), 3);
}

#[test]
fn a_refused_connection_is_tried_again_and_a_bad_certificate_is_not() {
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
    // Two pauses, of at least half of 100 and of 200 ms.
    let nobody = Server::http(server::allow).port();
    assert!(timed(nobody, "times = 2\npause = \"100 ms\"\n") >= Duration::from_millis(150));
    // A pause would take a second and a half at least.
    assert!(timed(server.port(), "times = 1\npause = \"3s\"\n") < Duration::from_millis(1500));
}

#[test]
fn the_deadline_covers_a_server_that_says_nothing() {
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
fn settings_that_make_no_client_are_told_by_name() {
    let told = |settings: &str| {
        let text = format!("url = \"https://localhost\"\n{settings}");
        let context = Context::from_settings(&text).unwrap();
        let refused = ask(&context, async |client| client.get("").send().await);
        refused.unwrap_err().to_string()
    };
    assert!(told("roots = \"settings\"").starts_with("setting `ca`: no root is trusted"));
    assert!(told("ca = [\"/nonexistent.pem\"]").starts_with("setting `ca`: /nonexistent.pem: "));
    assert!(
        told("client_key = \"k.pem\"\nallow_http = true")
            .starts_with("setting `client_certificate`")
    );
    assert!(told("proxy = \"::\"\nallow_http = true").starts_with("setting `proxy`"));
}

#[test]
fn a_name_beyond_ascii_is_refused_and_not_guessed_at() {
    let refused = |url: &str| {
        let text = format!("url = \"{url}\"\nallow_http = true");
        let context = Context::from_settings(&text).unwrap();
        ask(&context, async |client| client.get("").send().await).unwrap_err()
    };
    let told = refused("http://b\u{fc}cher.example").to_string();
    assert!(told.starts_with("setting `url`"), "{told}");
    // Nobody listens there, so it was a name that could be looked up.
    let told = refused("http://xn--bcher-kva.localhost:1");
    assert!(matches!(told, ClientError::Transport(_)), "{told:?}");
}
