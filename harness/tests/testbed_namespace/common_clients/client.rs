//! How each client is started, and what it prints.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use ics_harness::testbed::authority::Authority;

use crate::prerequisites::{missing, not_shown};

/// The folder of the scripts.
const SCRIPTS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/testbed_namespace/common_clients"
);

/// The Pythons to try: a user's own may lack the packages of the system's.
const PYTHONS: [&str; 2] = ["python3", "/usr/bin/python3"];

/// A client with its defaults, which gets one URL and prints `response STATUS URL BODY` or `error KIND TEXT`.
pub(super) struct Client {
    pub(super) name: &'static str,
    pub(super) follows_redirects: bool,
    program: &'static str,
    script: Option<&'static str>,
    /// The variable that names a file of trusted roots.
    trust: &'static str,
    /// What the script printed as its version.
    version: String,
}

impl Client {
    pub(super) fn curl() -> Option<Self> {
        installed("curl", "curl").then(|| Self {
            name: "curl",
            follows_redirects: false,
            program: "curl",
            script: None,
            trust: "CURL_CA_BUNDLE",
            version: String::new(),
        })
    }

    pub(super) fn requests() -> Option<Self> {
        let found = PYTHONS.into_iter().find_map(|program| {
            let arguments = ["requests_get.py", "--version"];
            let mut command = Command::new(program);
            let output = command.current_dir(SCRIPTS).args(arguments).output().ok()?;
            let version = String::from_utf8_lossy(&output.stdout).into_owned();
            output.status.success().then_some((program, version))
        });
        let Some((program, version)) = found else {
            let how = "no python3 has requests (apt-get install python3-requests)";
            not_shown("what Python requests sees of scenarios", how);
            return None;
        };
        Some(Self {
            name: "requests",
            follows_redirects: true,
            program,
            script: Some("requests_get.py"),
            trust: "REQUESTS_CA_BUNDLE",
            version,
        })
    }

    pub(super) fn fetch() -> Option<Self> {
        installed("node", "Node's fetch").then(|| Self {
            name: "fetch",
            follows_redirects: true,
            program: "node",
            script: Some("fetch.mjs"),
            trust: "NODE_EXTRA_CA_CERTS",
            version: String::new(),
        })
    }

    /// Whether requests compares the body with its Content-Length, as it does since urllib3 2.
    pub(super) fn compares_length(&self) -> bool {
        let (_, version) = self.version.split_once("urllib3 ").unwrap();
        let (major, _) = version.split_once('.').unwrap();
        major.parse::<u32>().unwrap() >= 2
    }

    /// Gets a URL, in the calling thread's network.
    pub(super) fn get(&self, url: &str, seconds: u32, authority: &Authority) -> String {
        let folder = tempfile::tempdir().unwrap();
        let roots = folder.path().join("roots.pem");
        fs::write(&roots, authority.ca_pem()).unwrap();
        let seconds = seconds.to_string();
        let mut command = Command::new(self.program);
        command.env(self.trust, &roots).stdin(Stdio::null());
        let Some(script) = self.script else {
            return curl(&mut command, url, &seconds, folder.path());
        };
        let arguments = [script, url, &seconds];
        let output = command.current_dir(SCRIPTS).args(arguments).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}: {output:?}", self.name);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// curl's exit code is the kind of error.
fn curl(command: &mut Command, url: &str, seconds: &str, folder: &Path) -> String {
    let body = folder.join("body");
    let output = command
        .args(["--silent", "--show-error", "--max-time", seconds])
        .args(["--write-out", "response %{http_code} %{url_effective} "])
        .args([url, "--output"])
        .arg(&body)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.code().unwrap() {
        0 => text(&output.stdout) + &text(&fs::read(&body).unwrap()),
        code => format!("error {code} {}", text(&output.stderr)),
    }
}

fn installed(program: &str, client: &str) -> bool {
    let missing = missing(program);
    if let Some(how) = &missing {
        not_shown(&format!("what {client} sees of scenarios"), how);
    }
    missing.is_none()
}
