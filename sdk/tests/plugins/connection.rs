//! What the requests of one call share: the connection, the look-up, and which of the server's addresses responds.

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use ics_entitlement::{ClientError, Context};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::host;
use crate::support::plugin::Plugin;
use crate::support::server::{self, Server};

/// A call that asks servers on this machine over cleartext HTTP.
fn call(server: &Server) -> Context {
    let url = format!("url = \"http://127.0.0.1:{}\"\n", server.port());
    Context::from_settings(&(url + "allow_http = true\n")).unwrap()
}

/// One request.
async fn ask(context: &Context) -> Result<String, ClientError> {
    context.client().get("").send().await?.text().await
}

fn yes(_: &Request<Incoming>) -> Response<Full<Bytes>> {
    server::text("yes")
}

/// Reads a request's head.
async fn request(stream: &mut TcpStream) -> bool {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return false,
        }
    }
    true
}

const KEPT_OPEN: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 3\r\n\r\nyes";

#[test]
fn requests_of_a_call_share_a_connection() {
    let server = Server::http(yes);
    let context = call(&server);
    let both = context.block_on(async { (ask(&context).await, ask(&context).await) });
    assert!(matches!(both, Ok((Ok(_), Ok(_)))), "{both:?}");
    // The connection is still there after the runtime has been left.
    assert_eq!(context.block_on(ask(&context)).unwrap().unwrap(), "yes");
    assert_eq!((server.requests(), server.connections()), (3, 1));
}

#[test]
fn requests_of_different_calls_share_none() {
    let server = Server::http(yes);
    for _ in 0..2 {
        let context = call(&server);
        assert_eq!(context.block_on(ask(&context)).unwrap().unwrap(), "yes");
    }
    assert_eq!((server.requests(), server.connections()), (2, 2));
}

#[test]
fn a_plugin_shakes_hands_once_in_a_call() {
    let server = Server::https(server::allow);
    let plugin = Plugin::asking(&server, "", "ask-twice");
    let report = host::run("one-thread", plugin.library(), 200);
    report.assert_answers(200, 0, 0);
    report.assert_flat();
    report.assert_memory(256.0);
    assert_eq!(report.number("end.mapped"), 0.0, "{report:?}");
    assert_eq!((server.requests(), server.connections()), (400, 200));
}

#[test]
fn a_server_that_closes_without_a_word_is_asked_over_a_new_connection() {
    let server = Server::start(|mut stream| async move {
        if request(&mut stream).await {
            let _ = stream.write_all(KEPT_OPEN).await;
        }
    });
    for _ in 0..20 {
        let context = call(&server);
        let both = context.block_on(async { (ask(&context).await, ask(&context).await) });
        assert!(matches!(both, Ok((Ok(_), Ok(_)))), "{both:?}");
    }
    assert_eq!(server.connections(), 40);
}

#[test]
fn a_server_that_closes_instead_of_the_second_response_is_asked_once_more() {
    let server = Server::start(|mut stream| async move {
        if request(&mut stream).await {
            let _ = stream.write_all(KEPT_OPEN).await;
            request(&mut stream).await;
        }
    });
    let context = call(&server);
    let both = context.block_on(async { (ask(&context).await, ask(&context).await) });
    assert!(matches!(both, Ok((Ok(_), Ok(_)))), "{both:?}");
    assert_eq!(server.connections(), 2);
}

#[test]
fn a_server_that_closes_instead_of_the_first_response_is_not_asked_again() {
    let server = Server::start(|mut stream| async move {
        request(&mut stream).await;
    });
    let context = call(&server);
    let refused = context.block_on(ask(&context)).unwrap();
    assert!(
        matches!(refused, Err(ClientError::Transport(_))),
        "{refused:?}"
    );
    assert_eq!(server.connections(), 1);
}

/// The server closes each connection, so the second request needs another one. Waiting for the dead address takes half of
/// the deadline, so waiting twice would leave no time for an answer.
#[test]
fn a_call_looks_the_server_up_once_and_waits_for_a_dead_address_once() {
    let server = Server::start(|mut stream| async move {
        if request(&mut stream).await {
            let body = r#"{"status":"allowed"}"#;
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\
                 content-length: {}\r\n\r\n{body}",
                body.len(),
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    let port = server.port();
    let plugin = Plugin::new(&format!(
        "url = \"http://two-addresses.test:{port}\"\nallow_http = true\ndeadline = \"4s\"\n\
         [plugin]\nbehaviour = \"ask-twice\"\n"
    ));
    let program = host::compile("counts_look_ups", &["-rdynamic"]);
    let mut command = std::process::Command::new(program);
    let output = command
        .arg(plugin.library())
        .args([port.to_string().as_str(), "2"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(text, "answer=0\nanswer=0\nlook-ups=2\n", "{output:?}");
    assert_eq!(server.connections(), 4);
}
