//! The host in C, compiled once, and the report that it prints.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// A command that runs a scenario of `host.c`.
pub(crate) fn command(scenario: &str, library: &Path, rounds: u32) -> Command {
    let mut command = Command::new(program());
    command.arg(scenario).arg(library).arg(rounds.to_string());
    command
}

/// Runs a scenario and parses the host's report.
pub(crate) fn run(scenario: &str, library: &Path, rounds: u32) -> HostReport {
    report(&command(scenario, library, rounds).output().unwrap())
}

/// The host, compiled on first use.
pub(crate) fn program() -> &'static Path {
    static HOST: OnceLock<PathBuf> = OnceLock::new();
    HOST.get_or_init(|| compile("host", &[]))
}

/// Compiles the host `NAME.c`, with further flags.
pub(crate) fn compile(name: &str, flags: &[&str]) -> PathBuf {
    let support = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plugins/support");
    // Tests run as processes side by side, each with a host of its own; flags make another host.
    let file = format!("{name}-{}-{}", flags.len(), std::process::id());
    let host = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
    let status = Command::new("cc")
        .args([
            "-std=gnu11",
            "-O1",
            "-g",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-pthread",
        ])
        .arg(support.join(format!("{name}.c")))
        .arg("-o")
        .arg(&host)
        .args(flags)
        .arg("-ldl")
        .status()
        .unwrap();
    assert!(status.success(), "the C host does not compile");
    host
}

/// What a host reports of its process: values by name.
#[derive(Debug)]
pub(crate) struct HostReport(HashMap<String, String>);

/// Parses the report of a host, which must have succeeded and printed nothing else.
pub(crate) fn report(output: &Output) -> HostReport {
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}{text}", output.status);
    assert_eq!(errors, "", "the host's standard error");
    let lines = text.lines().map(|line| {
        let (name, value) = line
            .split_once('=')
            .unwrap_or_else(|| panic!("stray output: {line}"));
        (name.to_owned(), value.to_owned())
    });
    HostReport(lines.collect())
}

impl HostReport {
    /// A value, if the report has it.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A number, which the report must have.
    pub(crate) fn number(&self, name: &str) -> f64 {
        let text = self
            .text(name)
            .unwrap_or_else(|| panic!("no {name} in {self:?}"));
        text.parse().unwrap()
    }

    /// Asserts how many answers of each kind there were.
    pub(crate) fn assert_answers(&self, success: u32, failed: u32, unavailable: u32) {
        let answers = ["success", "failed", "unavailable", "other"].map(|name| self.number(name));
        let expected = [success, failed, unavailable, 0].map(f64::from);
        assert_eq!(
            answers, expected,
            "success, failed, unavailable, other: {self:?}"
        );
    }

    /// Asserts that the host leaked nothing between the states `early` and `end`.
    pub(crate) fn assert_flat(&self) {
        for thing in ["threads", "descriptors", "keys"] {
            let [early, end] = ["early", "end"].map(|when| self.number(&format!("{when}.{thing}")));
            assert_eq!(early, end, "{thing}: {self:?}");
        }
        // glibc has 1,024 keys; the host itself uses none.
        assert_eq!(self.number("end.keys"), 1024.0, "{self:?}");
        assert_eq!(self.number("end.threads"), 1.0, "{self:?}");
    }

    /// Asserts that resident memory grew by no more than `kib` KiB from `early` to `end`.
    pub(crate) fn assert_memory(&self, kib: f64) {
        let grown = self.number("end.kib") - self.number("early.kib");
        assert!(grown <= kib, "grew by {grown} KiB: {self:?}");
    }
}
