//! Careful plugins of other stacks: a rule that one of them breaks is a property of its stack, and named here with the
//! reason. Any other finding is a false alarm.

mod kinds;

use std::collections::BTreeMap;
use std::process::Command;

use ics_harness::report::{PluginReport, Verdict};

use crate::check::{Examined, check, degraded, print_line, stderr, workspace};
use crate::prerequisites::{missing, not_shown};

/// A rule that a stack breaks by its nature, and why that is true.
type Broken = (&'static str, &'static str);

const STAYS_LOADED: Broken = (
    "load/unmapped",
    "it is linked with -z nodelete: its code must stay because of what its runtime leaves behind",
);

/// An advice, which fails no run.
const TAKES_THE_COMMON_NAME: Broken = (
    "tls/common-name-only",
    "the TLS library falls back to the subject's common name, and offers no simple way not to",
);

/// An advice, too: it needs code of the plugin's own.
const LEAVES_THE_STAPLE_UNREAD: Broken = (
    "tls/revoked-stapled",
    "the TLS library asks for an OCSP response in every handshake, and does not look at it",
);

/// An advice, too.
const SKIPS_UNUSED_TEXT: Broken = (
    "http/bad-utf8-elsewhere",
    "serde_json's `from_slice` does not look at text in members that are not used",
);

/// How the reason of a finding begins that depends on what a runtime does at that moment.
const SOMETIMES: &str = "sometimes ";

/// What a stack's plugin is built with.
pub(crate) struct Tools {
    programs: &'static [&'static str],
    /// Names for pkg-config.
    libraries: &'static [&'static str],
    /// The Debian packages with the libraries' headers.
    packages: &'static str,
}

impl Tools {
    const CARGO: Self = Self::programs(&["cargo"]);

    const fn programs(programs: &'static [&'static str]) -> Self {
        Self {
            programs,
            libraries: &[],
            packages: "",
        }
    }

    pub(crate) const fn c(libraries: &'static [&'static str], packages: &'static str) -> Self {
        Self {
            programs: &["make", "cc", "c++", "pkg-config"],
            libraries,
            packages,
        }
    }

    /// What is missing, and how to install it.
    pub(crate) fn missing(&self) -> Option<String> {
        if let Some(how) = self.programs.iter().find_map(|program| missing(program)) {
            return Some(how);
        }
        let found = self.libraries.is_empty()
            || Command::new("pkg-config")
                .arg("--exists")
                .args(self.libraries)
                .status()
                .is_ok_and(|status| status.success());
        (!found).then(|| {
            let names = self.libraries.join(", ");
            format!(
                "headers of {names} are missing (apt-get install {})",
                self.packages
            )
        })
    }
}

/// Builds and examines the plugin in a folder of `other-stacks`, and compares what fails with `broken`.
#[track_caller]
fn breaks_only(stack: &str, tools: &Tools, broken: &[Broken]) {
    breaks_only_and_hides(stack, tools, broken, &[]);
}

/// The same, of a plugin of which some rules cannot be shown.
#[track_caller]
fn breaks_only_and_hides(stack: &str, tools: &Tools, broken: &[Broken], hidden: &[&str]) {
    let claim = format!("the {stack} plugin raises no false alarm");
    if let Some(how) = tools.missing() {
        not_shown(&claim, &how);
        return;
    }
    let folder = workspace().join("harness/other-stacks").join(stack);
    let examined = check(&folder, &[]);
    assert_findings(&examined, broken, hidden);
    if let Some(reason) = degraded() {
        not_shown(&claim, reason);
    }
}

/// Fails unless exactly these rules are broken and exactly those hidden, and all others hold.
#[track_caller]
fn assert_findings(examined: &Examined, broken: &[Broken], hidden: &[&str]) {
    let expected: BTreeMap<&str, &str> = broken.iter().copied().collect();
    let output = stderr(&examined.output);
    for (rule, seen) in examined.rules(Verdict::Fail) {
        let Some(reason) = expected.get(rule) else {
            panic!("a false alarm, or a finding without a reason: {rule}: {seen}\n{output}");
        };
        print_line(&format!("{rule}: {seen}, since {reason}"));
    }
    assert_eq!(examined.rules(Verdict::Error), [], "{output}");
    if degraded().is_some() {
        return;
    }
    assert_eq!(skipped_without_leave(&examined.report), hidden);
    let always = broken
        .iter()
        .filter(|(_, reason)| !reason.starts_with(SOMETIMES));
    for (rule, reason) in always {
        let found = examined.rules(Verdict::Fail);
        assert!(
            found.iter().any(|(id, _)| id == rule),
            "{rule} should be broken, since {reason}\n{output}"
        );
    }
}

/// Rules that were not examined, although the plugin shows all that they need.
fn skipped_without_leave(report: &PluginReport) -> Vec<&str> {
    let rules = report.rules.iter();
    rules
        .filter(|rule| rule.verdict == Verdict::Skip && rule.applicable)
        .map(|rule| rule.id.as_str())
        .collect()
}

#[test]
fn openssl() {
    breaks_only("openssl", &Tools::c(&["openssl"], "libssl-dev"), &[]);
}

#[test]
fn gnutls() {
    let tools = Tools::c(&["gnutls"], "libgnutls28-dev");
    breaks_only("gnutls", &tools, &[TAKES_THE_COMMON_NAME]);
}

#[test]
fn libcurl() {
    let tools = Tools::c(
        &["libcurl", "libcares"],
        "libcurl4-openssl-dev libc-ares-dev",
    );
    let halves = (
        "dns/many-addresses",
        "libcurl gives each address half of the time that is left",
    );
    breaks_only("libcurl", &tools, &[TAKES_THE_COMMON_NAME, halves]);
    breaks_only("libcurl-http2", &tools, &[TAKES_THE_COMMON_NAME, halves]);
    breaks_only(
        "libcurl-http2-only",
        &tools,
        &[TAKES_THE_COMMON_NAME, halves],
    );
}

#[test]
fn go() {
    let broken = [
        STAYS_LOADED,
        (
            "load/quiet",
            "Go's runtime starts its threads when the library is loaded and never ends them",
        ),
        ("load/signals", "Go's runtime handles signals from then on"),
        (
            "host/threads",
            "sometimes Go's runtime starts another thread during a call, which never ends",
        ),
        (
            "host/descriptors",
            "Go's runtime polls with a descriptor from then on",
        ),
        (
            "host/limits",
            "Go's package os raises the soft limit of open files",
        ),
        (
            "file/system-calls",
            "Go's package syscall links setenv and setuid, used or not",
        ),
        (
            "tls/weak-key",
            "crypto/tls of Go 1.19 accepts RSA keys of 1024 bits",
        ),
        LEAVES_THE_STAPLE_UNREAD,
        (
            "host/after-fork",
            "Go's runtime needs its threads, which a forked process does not have",
        ),
    ];
    // Go's runtime reads the clock without the C library.
    let hidden = ["time/clock-jump"];
    let tools = Tools::programs(&["make", "cc", "go"]);
    breaks_only_and_hides("go", &tools, &broken, &hidden);
}

/// std creates a thread-local key on each load and never deletes it, so the plugin stays loaded. The SDK deletes it.
#[test]
fn ureq() {
    let few = (
        "dns/many-addresses",
        "ureq keeps at most 16 addresses of a name",
    );
    breaks_only(
        "ureq",
        &Tools::CARGO,
        &[
            STAYS_LOADED,
            SKIPS_UNUSED_TEXT,
            LEAVES_THE_STAPLE_UNREAD,
            few,
        ],
    );
}

#[test]
fn reqwest() {
    let broken = [STAYS_LOADED, SKIPS_UNUSED_TEXT, LEAVES_THE_STAPLE_UNREAD];
    breaks_only("reqwest", &Tools::CARGO, &broken);
}
