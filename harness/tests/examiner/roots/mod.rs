//! Plugins that trust roots or keys of their own: undecided, unless a test build trusts an authority that is given.

use std::path::{Path, PathBuf};
use std::process::Command;

use ics_harness::report::Verdict;
use tempfile::TempDir;

use crate::check::{Examined, check, degraded, harness, stderr};
use crate::prerequisites::{missing, not_shown};

/// A plugin in a folder of its own.
pub(crate) struct Compiled {
    folder: TempDir,
    pub(crate) path: PathBuf,
}

/// Compiles the source of that path in the package, or reports what is missing.
pub(crate) fn compiled(what: &str, source: &str, flags: &[&str]) -> Option<Compiled> {
    if let Some(how) = missing("cc").or_else(|| missing("pkg-config")) {
        not_shown(what, &how);
        return None;
    }
    if let Some(reason) = degraded() {
        not_shown(what, reason);
        return None;
    }
    let headers = Command::new("pkg-config")
        .args(["--exists", "openssl"])
        .status();
    if flags.contains(&"-lssl") && !headers.is_ok_and(|status| status.success()) {
        not_shown(
            what,
            "OpenSSL's headers are missing (apt-get install libssl-dev)",
        );
        return None;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("libcompiled.so");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-o"])
        .args([&path, &Path::new(env!("CARGO_MANIFEST_DIR")).join(source)])
        .args(flags)
        .status()
        .expect("cc starts");
    assert!(compiled.success());
    Some(Compiled { folder, path })
}

struct Plugin(Compiled);

impl Plugin {
    fn build(what: &str, flags: &[&str]) -> Option<Self> {
        let openssl = ["-lssl", "-lcrypto", "-lpthread"];
        let flags = [flags, &openssl].concat();
        compiled(what, "tests/examiner/roots/plugin.c", &flags).map(Self)
    }

    fn check(&self, arguments: &[&str]) -> Examined {
        let rules = ["--rules", "tls/*", "--rules", "answer/entitled"];
        check(&self.0.path, &[&rules, arguments].concat())
    }
}

/// An authority in files, as `ca export` writes it.
pub(crate) fn authority(folder: &Path) -> (String, String) {
    let name = |file: &str| folder.join(file).to_str().expect("a name").to_owned();
    let (certificate, key) = (name("lab.pem"), name("lab.key"));
    let output = harness(&[
        "ca",
        "export",
        "--output",
        &certificate,
        "--key-output",
        &key,
    ])
    .output()
    .expect("the program starts");
    assert!(output.status.success(), "{}", stderr(&output));
    (certificate, key)
}

/// The flag that compiles a certificate into the plugin.
pub(crate) fn compiled_in(certificate: &str) -> String {
    let pem = std::fs::read_to_string(certificate).expect("it was written");
    format!("-DCA_PEM=\"{}\"", pem.replace('\n', "\\n"))
}

#[test]
fn without_the_authority_that_it_trusts_a_plugin_is_undecided() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (certificate, _) = authority(folder.path());
    let ca = compiled_in(&certificate);
    let what = "a plugin with roots of its own is undecided";
    let Some(plugin) = Plugin::build(what, &[&ca, "-DLENIENT"]) else {
        return;
    };
    let examined = plugin.check(&[]);
    assert_eq!(examined.output.status.code(), Some(4));
    assert_eq!(examined.rules(Verdict::Fail), []);
    let skipped = examined.rules(Verdict::Skip);
    for rule in ["tls/wrong-name", "tls/expired", "answer/entitled"] {
        let reason = skipped.iter().find(|(id, _)| *id == rule);
        let (_, reason) = reason.unwrap_or_else(|| panic!("{rule} is not skipped: {skipped:?}"));
        assert!(reason.contains("--ca CERT --ca-key KEY"), "{reason}");
    }
}

#[test]
fn with_the_authority_that_it_trusts_a_plugin_is_judged() {
    let what = "a plugin with roots of its own is judged with --ca";
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (certificate, key) = authority(folder.path());
    let ca = compiled_in(&certificate);
    let Some(lenient) = Plugin::build(what, &[&ca, "-DLENIENT"]) else {
        return;
    };
    let given = ["--ca", &certificate, "--ca-key", &key];
    let failed = lenient.check(&given);
    let failed: Vec<_> = failed.rules(Verdict::Fail);
    for rule in ["tls/wrong-name", "tls/expired"] {
        assert!(failed.iter().any(|(id, _)| *id == rule), "{failed:?}");
    }
    let Some(careful) = Plugin::build(what, &[&ca]) else {
        return;
    };
    let examined = careful.check(&given);
    // OpenSSL takes the common name where there is no other name; that is advice.
    let others: Vec<_> = examined
        .rules(Verdict::Fail)
        .into_iter()
        .filter(|(id, _)| *id != "tls/common-name-only")
        .collect();
    assert_eq!(others, []);
    assert_eq!(examined.rules(Verdict::Skip), []);
    assert!(careful.0.folder.path().exists());
}

#[test]
fn a_plugin_that_pins_a_key_is_undecided() {
    let what = "a plugin that pins a key is undecided";
    let Some(plugin) = Plugin::build(what, &["-DPIN"]) else {
        return;
    };
    let examined = plugin.check(&[]);
    assert_eq!(examined.output.status.code(), Some(4));
    assert_eq!(examined.rules(Verdict::Fail), []);
    let skipped = examined.rules(Verdict::Skip);
    let entitled = skipped.iter().find(|(id, _)| *id == "answer/entitled");
    let (_, reason) = entitled.expect("it is skipped");
    assert!(reason.contains("pin a key or certificate"), "{reason}");
}
