//! The plugin's function against `ics-harness serve`, a server on loopback with TLS.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::process::{Child, Command, Stdio};

use ics_entitlement::{Check, Context, Decision};

use crate::check;

/// What the server does, as `ics-harness serve --scenario` takes it, and the decision; without one it is UNAVAILABLE.
{{note}}const EXPECTED: [(&str, Option<Decision>); 4] = [
    ("allow", {{allow}}),
    ("deny", {{deny}}),
    ("http/500", None),
    ("tls/expired", None),
];

const SKIPPED: &str = "SKIPPED: ics-harness is not on PATH; install it, or name it: ICS_HARNESS=/path/to/ics-harness\n";

#[test]
fn each_scenario_has_its_answer() {
    let Some(server) = Server::start() else {
        return;
    };
    for (scenario, expected) in EXPECTED {
        let context = Context::from_settings(&settings(&server, scenario)).expect("settings");
        let answer = check.check(&context);
        let decision = answer.as_ref().ok();
        assert_eq!(decision, expected.as_ref(), "{scenario}: {answer:?}");
    }
}

/// The compiled-in settings with another server, and the authority that it has its certificate from.
fn settings(server: &Server, scenario: &str) -> String {
    let mut text = format!("url = {:?}\nca = [{:?}]\n", server.url(scenario), server.ca);
    for line in include_str!("settings.toml").lines() {
        let key = line.split('=').next().unwrap_or_default().trim();
        if key != "url" && key != "ca" {
            text += line;
            text += "\n";
        }
    }
    text
}

/// `ics-harness serve`, with a server for each scenario.
struct Server {
    process: Child,
    /// Scenario and URL.
    urls: Vec<(String, String)>,
    /// The certificate that the plugin has to trust.
    ca: String,
}

impl Server {
    /// None, which is reported, where `ics-harness` is not installed.
    fn start() -> Option<Self> {
        let named = std::env::var_os("ICS_HARNESS");
        let program = named.clone().unwrap_or_else(|| "ics-harness".into());
        let mut command = Command::new(program);
        let profile = concat!(env!("CARGO_MANIFEST_DIR"), "/conformance.toml");
        command.args(["serve", "--profile", profile]);
        for (scenario, _) in EXPECTED {
            command.args(["--scenario", scenario]);
        }
        let started = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .stdin(Stdio::null())
            .spawn();
        let mut process = match started {
            Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => {
                // Written past the test runner, which shows what macros print only if the test fails.
                let _ = std::io::stderr().write_all(SKIPPED.as_bytes());
                return None;
            }
            other => other.expect("ics-harness starts"),
        };
        let output = process.stdout.take().expect("it is piped");
        let mut urls = Vec::new();
        for line in BufReader::new(output).lines() {
            let line = line.expect("a line of text");
            match line.split_once(": ") {
                Some(("ca", ca)) => {
                    let ca = ca.to_owned();
                    return Some(Self { process, urls, ca });
                }
                Some((scenario, url)) if url.starts_with("https:") => {
                    let url = url.trim_end_matches('/').to_owned();
                    urls.push((scenario.to_owned(), url));
                }
                _ => {}
            }
        }
        let status = process.wait().expect("it ends");
        panic!("ics-harness serve ended with {status}");
    }

    fn url(&self, scenario: &str) -> &str {
        let found = self.urls.iter().find(|(name, _)| name == scenario);
        &found.expect("each scenario has a server").1
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It removes its temporary files when it is asked to end. Nothing is lost if it has ended already.
        let id = self.process.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}
