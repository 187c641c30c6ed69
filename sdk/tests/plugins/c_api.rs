//! Plugins in C and C++ with the client as a static library: they decide as those in Rust do, are unloaded as they are,
//! and a mistake of their author is UNAVAILABLE.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};

use crate::memory::memcheck;
use crate::support::host;
use crate::support::not_shown::not_shown;
use crate::support::plugin::{self, Plugin};
use crate::support::reasons;
use crate::support::server::{self, Server};

/// The plugin, compiled as C.
static IN_C: LazyLock<PathBuf> = LazyLock::new(|| link("cc", "c", "-std=c11"));

/// Compiles the plugin with the archive of the client, as authors do.
fn link(compiler: &str, language: &str, dialect: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let name = format!("c-behaviours-{language}-{}.so", std::process::id());
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let output = Command::new(compiler)
        .args([dialect, "-x", language, "-O1", "-fPIC", "-shared"])
        .args(["-fvisibility=hidden", "-Wall", "-Wextra", "-Werror"])
        .arg(format!("-I{}", root.join("include").display()))
        .arg(root.join("sdk/tests/plugins/support/c_behaviours.c"))
        .args(["-x", "none"])
        .arg(plugin::archive())
        // Without a version script, so that the other way that the header names is shown.
        .args(["-Wl,--exclude-libs,ALL", "-Wl,-z,defs", "-Wl,--gc-sections"])
        .args(["-lpthread", "-lm", "-ldl", "-o"])
        .arg(&library)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{compiler}: {text}");
    library
}

fn plugin(library: &Path, server: &Server, behaviour: &str) -> Plugin {
    let plugin = Plugin::of(
        library,
        &format!(
            "url = \"https://localhost:{}/base\"\nca = [\"ca.pem\"]\ndeadline = \"30s\"\n\
             [plugin]\nbehaviour = {behaviour}\n",
            server.port(),
        ),
    );
    plugin.write("ca.pem", server.ca());
    plugin
}

#[test]
fn three_hundred_rounds_of_a_plugin_in_c_leave_nothing() {
    let server = Server::https(server::allow);
    let plugin = plugin(&IN_C, &server, "\"ask\"");
    let report = host::run("one-thread", plugin.library(), 300);
    report.assert_answers(300, 0, 0);
    report.assert_flat();
    report.assert_memory(256.0);
    assert_eq!(report.number("end.mapped"), 0.0, "{report:?}");
    assert_eq!(server.requests(), 300);
}

#[test]
fn what_a_plugin_in_c_builds_is_what_the_server_gets() {
    fn judge(request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let field = |name| {
            request
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        // `{"imsi":"00101\"\\"}` has 20 bytes.
        let is_expected = request.uri().path() == "/base"
            && request.uri().query() == Some("terminal=a+b%26c")
            && request.method() == "POST"
            && field("content-type") == Some("application/json")
            && field("content-length") == Some("20")
            && field("authorization") == Some("Bearer secret")
            && field("accept") == Some("application/json");
        match is_expected {
            true => server::allow(request),
            false => server::json(r#"{"status":"denied"}"#),
        }
    }
    let server = Server::https(judge);
    let report = host::run("calls", plugin(&IN_C, &server, "\"ask\"").library(), 2);
    report.assert_answers(2, 0, 0);
}

#[test]
fn a_mistake_of_the_author_is_unavailable() {
    let server = Server::https(server::allow);
    for (behaviour, reason) in [
        ("\"nulls\"", "all is null"),
        ("\"again\"", "all is an error: the answer has no `/none`"),
        (
            "\"without-asking\"",
            "the check function decided without a response: ",
        ),
        ("\"success\"", "the check function gave no reason"),
        (
            "\"true\"",
            "the check function returned 1, which is no decision",
        ),
        (
            "\"far\"",
            "the check function returned -2147483648, which is no decision",
        ),
        ("5", "setting `behaviour` of [plugin]: expected a text"),
    ] {
        let told = reasons::told(&plugin(&IN_C, &server, behaviour));
        let [told, answer] = &told[..] else {
            panic!("{behaviour}: one reason and one answer: {told:?}");
        };
        assert!(
            told.starts_with(&format!("reason={reason}")),
            "{behaviour}: {told}"
        );
        assert_eq!(answer, "answer=2", "{behaviour}");
    }
}

#[test]
fn a_response_that_parsers_read_in_two_ways_is_none() {
    let answers: [(server::Answer, &str); 4] = [
        (
            |_| server::json(r#"{"status":"denied","status":"allowed"}"#),
            "the answer is not the JSON that was expected: duplicate field `status`",
        ),
        (
            |_| server::json(r#"{"status":"allowed\u0000denied"}"#),
            "the text has a null character in it",
        ),
        (
            |_| server::json(r#"{"status":"allowed"} {}"#),
            "the answer is not the JSON that was expected",
        ),
        (
            |_| server::json(r#"{"status":["allowed"]}"#),
            "`/status` of the answer is not a text",
        ),
    ];
    for (answer, reason) in answers {
        let server = Server::https(answer);
        let told = reasons::told(&plugin(&IN_C, &server, "\"ask\""));
        assert!(told[0].starts_with(&format!("reason={reason}")), "{told:?}");
        assert_eq!(told[1], "answer=2", "{reason}");
    }
}

#[test]
fn an_exception_of_a_plugin_in_cxx_is_unavailable() {
    const CLAIM: &str = "an exception of a plugin in C++ is unavailable";
    if Command::new("g++").arg("--version").output().is_err() {
        return not_shown(CLAIM, "g++ is not installed (apt-get install g++)");
    }
    let library = link("g++", "c++", "-std=c++17");
    let server = Server::https(server::allow);
    let told = reasons::told(&plugin(&library, &server, "\"throw\""));
    assert_eq!(
        told,
        ["reason=the check function threw an exception", "answer=2"]
    );
    let report = host::run(
        "one-thread",
        plugin(&library, &server, "\"ask\"").library(),
        2,
    );
    report.assert_answers(2, 0, 0);
}

/// No handle is freed by the plugin, which has no function for that.
#[test]
fn memcheck_finds_nothing_lost_of_a_plugin_in_c() {
    let server = Server::https(server::allow);
    memcheck(
        "memcheck finds nothing lost of a plugin in C",
        &plugin(&IN_C, &server, "\"ask\""),
        &["--undef-value-errors=no"],
    );
}
