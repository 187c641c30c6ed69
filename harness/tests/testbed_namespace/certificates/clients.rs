//! Clients of the TLS libraries, with their defaults.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::TestServers;
use crate::client::{HOST, SERVER, ask, careful, secure};
use crate::prerequisites::{missing, not_shown};

const REQUEST: &str =
    "GET /v1 HTTP/1.1\r\nHost: entitlement.operator.example\r\nConnection: close\r\n\r\n";

/// A client.
pub(super) enum Client {
    Rustls,
    /// A program that sends its standard input, or a request of its own, and reads to the end.
    Program(&'static str, Vec<OsString>),
}

/// The clients that this machine has.
pub(super) fn clients(folder: &Path, ca: &Path) -> Vec<Client> {
    let mut clients = vec![Client::Rustls];
    let address = format!("{SERVER}:443");
    let lacks = |library: &str, how: Option<String>| {
        if let Some(how) = &how {
            not_shown(&format!("what {library} makes of bad certificates"), how);
        }
        how.is_some()
    };
    if !lacks("OpenSSL", missing("openssl")) {
        let words = [
            "openssl",
            "s_client",
            "-quiet",
            "-verify_return_error",
            "-connect",
            &address,
            "-servername",
            HOST,
            "-verify_hostname",
            HOST,
            "-CAfile",
        ];
        clients.push(Client::Program("OpenSSL", with_file(&words, ca)));
    }
    if !lacks("GnuTLS", missing("gnutls-cli")) {
        let words = ["gnutls-cli", HOST, "--x509cafile"];
        clients.push(Client::Program("GnuTLS", with_file(&words, ca)));
    }
    if !lacks("Go", missing("go")) {
        let program = build_go(folder);
        let program = program.to_str().unwrap();
        let words = [program, REQUEST, &address, HOST];
        clients.push(Client::Program("Go", with_file(&words, ca)));
    }
    clients
}

fn build_go(folder: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/testbed_namespace/certificates/client.go");
    let program = folder.join("client");
    let built = Command::new("go")
        .arg("build")
        .arg("-o")
        .args([&program, &source])
        .env("GOTOOLCHAIN", "local")
        .env("GOFLAGS", "-buildvcs=false")
        .env("CGO_ENABLED", "0")
        .status()
        .unwrap();
    assert!(built.success(), "the Go client cannot be built");
    program
}

fn with_file(words: &[&str], file: &Path) -> Vec<OsString> {
    let mut words: Vec<OsString> = words.iter().map(OsString::from).collect();
    words.push(file.into());
    words
}

impl Client {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Rustls => "rustls",
            Self::Program(name, _) => name,
        }
    }

    /// Asks the server, and says whether everything up to the end of the connection was in order.
    pub(super) fn ask(&self, test: &TestServers) -> bool {
        match self {
            Self::Rustls => secure(&careful(test.servers.authority()))
                .is_ok_and(|mut stream| ask(&mut stream).1.is_ok()),
            Self::Program(_, words) => {
                let mut child = Command::new(&words[0])
                    .args(&words[1..])
                    .stdin(Stdio::piped())
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap();
                let mut input = child.stdin.take().unwrap();
                // It may end before it reads. At the end of its input it would close the connection.
                let _ = input.write_all(REQUEST.as_bytes());
                let status = child.wait().unwrap();
                drop(input);
                status.success()
            }
        }
    }
}
