//! A verdict depends on the plugin, and not on who examines it: neither on the
//! caller's environment nor on the caller's rights.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::assert_passes_all;
use crate::examination::{
    Examined, check, harness, missing_for_c, not_shown, people, sample, weaker, workspace,
};
use ics_harness::report::{PluginReport, Verdict};
use rcgen::{CertificateParams, IsCa, KeyPair};

/// The user and group `nobody`, as every distribution numbers them.
const NOBODY: &str = "65534";

fn verdicts(report: &PluginReport) -> BTreeMap<&str, Verdict> {
    let rules = report.rules.iter();
    rules.map(|rule| (rule.id.as_str(), rule.verdict)).collect()
}

/// A library that was not made with our SDK, its URL compiled in.
fn foreign(folder: &Path) -> Option<PathBuf> {
    if let Some(missing) = missing_for_c() {
        not_shown("a foreign plugin is examined", missing);
        return None;
    }
    let made = Command::new("make")
        .args(["-s", "-C"])
        .arg(workspace().join("sample-plugins/carrier-json-c"))
        .arg(format!("OUT={}", folder.display()))
        .env_remove("MAKEFLAGS")
        .status();
    assert!(made.expect("make starts").success());
    Some(folder.join("libcarrier_json_c.so"))
}

#[test]
fn no_verdict_depends_on_the_environment() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let authority = folder.path().join("attacker.pem");
    fs::write(&authority, an_authority()).expect("a file");
    let mut libraries = vec![sample("carrier-json").library];
    libraries.extend(foreign(folder.path()));
    for library in libraries {
        let plain = check(&library, &[]);
        let output = harness(&["check", "--json", "-"])
            .arg(&library)
            .env("SSL_CERT_FILE", &authority)
            .env("SSL_CERT_DIR", folder.path())
            .env("HTTPS_PROXY", "http://127.0.0.1:9")
            .env("https_proxy", "http://127.0.0.1:9")
            .env("ALL_PROXY", "socks5://127.0.0.1:9")
            .env("RUST_BACKTRACE", "full")
            .env("RES_OPTIONS", "timeout:1 attempts:1")
            .env("LANG", "tr_TR.UTF-8")
            .env("LC_ALL", "tr_TR.UTF-8")
            .env("TZ", "Pacific/Chatham")
            .output();
        let dressed = Examined::read(output.expect("the program starts"));
        assert_eq!(
            verdicts(&plain.report),
            verdicts(&dressed.report),
            "{}{}",
            people(&plain.output),
            people(&dressed.output)
        );
        assert_eq!(plain.output.status, dressed.output.status);
    }
}

/// A certificate authority that an attacker would like to be trusted.
fn an_authority() -> String {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.self_signed(&key).expect("a certificate").pem()
}

#[test]
fn an_ordinary_user_examines_a_foreign_plugin() {
    const CLAIM: &str = "an ordinary user examines a foreign plugin";
    if let Some(reason) = weaker() {
        return not_shown(CLAIM, reason);
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let Some(library) = foreign(folder.path()) else {
        return;
    };
    let expected = check(&library, &["--strict"]);
    assert_passes_all(&expected);
    // Whoever is no superuser has already shown it by the line above.
    if !is_superuser() {
        return;
    }
    let Some(examined) = as_nobody(folder.path(), &library) else {
        return not_shown(CLAIM, "setpriv is missing (apt-get install util-linux)");
    };
    assert_passes_all(&examined);
    assert_eq!(verdicts(&examined.report), verdicts(&expected.report));
}

fn is_superuser() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id starts");
    id.stdout == b"0\n"
}

/// Examines by the program's own copy, which everybody may read. `None` if
/// there is no program to become another user by.
fn as_nobody(folder: &Path, library: &Path) -> Option<Examined> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("the folder is ours");
    let program = folder.join("ics-harness");
    fs::copy(env!("CARGO_BIN_EXE_ics-harness"), &program).expect("a copy");
    let private = folder.join("nobody");
    fs::create_dir(&private).expect("a folder");
    fs::set_permissions(&private, fs::Permissions::from_mode(0o777)).expect("the folder is ours");
    let output = Command::new("setpriv")
        .args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"])
        .args(["--no-new-privs", "--bounding-set", "-all"])
        .arg(&program)
        .args(["check", "--strict", "--json", "-"])
        .arg(library)
        .env("TMPDIR", &private)
        .env("HOME", "/")
        .current_dir("/")
        .output();
    match output {
        Ok(output) => Some(Examined::read(output)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => panic!("setpriv: {error}"),
    }
}
