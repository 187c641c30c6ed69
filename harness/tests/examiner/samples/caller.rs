//! A verdict depends on the plugin, and not on who examines it: neither on the
//! caller's environment nor on the caller's rights.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::assert_passes_all;
use crate::assertions::assert_passed;
use crate::check::{
    Examined, check, degraded, examine, harness, lay, missing_for_c, plugin, stderr, workspace,
};
use crate::prerequisites::{missing, not_shown};
use ics_harness::report::{PluginReport, Verdict};
use rcgen::{CertificateParams, IsCa, KeyPair};

/// The user and group `nobody`, as every distribution numbers them.
const NOBODY: &str = "65534";

pub(crate) fn verdicts(report: &PluginReport) -> BTreeMap<&str, Verdict> {
    let rules = report.rules.iter();
    rules.map(|rule| (rule.id.as_str(), rule.verdict)).collect()
}

/// A library that was not made with our SDK, its URL compiled in.
fn foreign(folder: &Path) -> Option<PathBuf> {
    if let Some(how) = missing_for_c() {
        not_shown("a foreign plugin is examined", &how);
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
    let mut libraries = vec![plugin("sample-plugins/carrier-json").library];
    libraries.extend(foreign(folder.path()));
    for library in libraries {
        let plain = check(&library, &[]);
        let dressed = examine(
            harness(&["check", "--json", "-"])
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
                .env("TZ", "Pacific/Chatham"),
        );
        assert_eq!(
            verdicts(&plain.report),
            verdicts(&dressed.report),
            "{}{}",
            stderr(&plain.output),
            stderr(&dressed.output)
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
    if let Some(reason) = degraded() {
        return not_shown(CLAIM, reason);
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let Some(library) = foreign(folder.path()) else {
        return;
    };
    let expected = check(&library, &["--strict"]);
    assert_passes_all(&expected);
    let Some(mut user) = OrdinaryUser::of(folder.path(), CLAIM) else {
        return;
    };
    let examined = user.check(&library, &["--strict"]);
    assert_passes_all(&examined);
    assert_eq!(verdicts(&examined.report), verdicts(&expected.report));
    user.assert_left_nothing();
}

#[test]
fn an_ordinary_user_on_loopback_leaves_no_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let library = lay(
        &plugin("sample-plugins/carrier-json").library,
        folder.path(),
        "",
    )
    .expect("a copy");
    let claim = "an ordinary user on loopback leaves no file";
    let Some(mut user) = OrdinaryUser::of(folder.path(), claim) else {
        return;
    };
    // Among these is the rule that loads a copy from a read-only folder.
    let rules = "load/*,answer/*,http/500";
    let examined = user.check(&library, &["--isolation", "loopback", "--rules", rules]);
    let output = stderr(&examined.output);
    assert_eq!(examined.report.isolation, "loopback", "{output}");
    assert_passed(&examined, &["load/anywhere", "http/500"]);
    // Loopback cannot show all of them; what it shows must hold.
    assert_eq!(examined.rules(Verdict::Fail), [], "{output}");
    assert_eq!(examined.rules(Verdict::Error), [], "{output}");
    user.assert_left_nothing();
}

/// A user without privileges, with a folder of their own for temporary files.
pub(crate) struct OrdinaryUser {
    command: Command,
    temporary: PathBuf,
}

impl OrdinaryUser {
    /// The user who runs the tests, or the user `nobody` in place of the superuser. `None`,
    /// which is reported, where no program to change the user is installed.
    pub(crate) fn of(folder: &Path, claim: &str) -> Option<Self> {
        let open = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode));
        open(folder, 0o755).expect("the folder is ours");
        // A copy that every user may read.
        let program = folder.join("ics-harness");
        fs::copy(env!("CARGO_BIN_EXE_ics-harness"), &program).expect("a copy");
        let temporary = folder.join("temporary");
        fs::create_dir(&temporary).expect("a folder");
        open(&temporary, 0o777).expect("the folder is ours");
        let mut command = if !is_superuser() {
            Command::new(program)
        } else if let Some(how) = missing("setpriv") {
            not_shown(claim, &how);
            return None;
        } else {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"])
                .args(["--no-new-privs", "--bounding-set", "-all"])
                .arg(program);
            command
        };
        command
            .args(["check", "--json", "-"])
            .env("TMPDIR", &temporary)
            .env("HOME", "/")
            .current_dir("/");
        Some(Self { command, temporary })
    }

    /// The same with a cache folder of the user's own, of which the home folder has none.
    pub(crate) fn check_with_cache(&mut self, library: &Path, arguments: &[&str]) -> Examined {
        let cache = self.temporary.with_file_name("cache");
        fs::create_dir(&cache).expect("a folder");
        let everyone = fs::Permissions::from_mode(0o777);
        fs::set_permissions(&cache, everyone).expect("the folder is ours");
        self.command.env("XDG_CACHE_HOME", &cache);
        self.check(library, arguments)
    }

    fn check(&mut self, library: &Path, arguments: &[&str]) -> Examined {
        examine(self.command.args(arguments).arg(library))
    }

    /// Whatever was put into the temporary folder is gone.
    #[track_caller]
    pub(crate) fn assert_left_nothing(&self) {
        let left = fs::read_dir(&self.temporary).expect("the folder is still there");
        let left: Vec<_> = left.flatten().map(|entry| entry.path()).collect();
        assert!(left.is_empty(), "left behind: {left:?}");
    }
}

fn is_superuser() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id starts");
    id.stdout == b"0\n"
}
