//! The harness's own build for Windows, under Wine: what a user of Windows runs. There is no private network, so that plugins
//! are examined on loopback.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use super::*;
use crate::check::{examine, lay};
use crate::discovery::assert_one_step_without_host;

#[path = "../../../../sdk/tests/common/wine.rs"]
#[expect(
    clippy::unwrap_used,
    reason = "it is the SDK's, whose tests use all of it"
)]
mod machine;

use machine::Prefix;

/// How long an examination may take, in seconds; it is ended then.
const LIMIT: &str = "300";

/// A folder with letters that no code page of Windows has all of.
const FOLDER: &str = "Größe ελ 网 plugin";

/// The program and the plugins for Windows, and Wine.
pub(super) struct OwnBuild {
    wine: machine::Wine,
    built: HashMap<String, PathBuf>,
}

/// What the machine has, found and built on first use. Otherwise says what of the claim is not shown.
pub(super) fn prepared(claim: &str) -> Option<&'static OwnBuild> {
    static BUILD: OnceLock<Result<OwnBuild, String>> = OnceLock::new();
    let build = BUILD.get_or_init(|| {
        let wine = signing::lacks().map_or_else(machine::Wine::find, Err)?;
        let mut built = windows_cargo::build(SDK_PLUGINS)?;
        built.extend(windows_cargo::build(&["ics-harness"])?);
        Ok(OwnBuild { wine, built })
    });
    build
        .as_ref()
        .map_err(|reason| not_shown(claim, reason))
        .ok()
}

impl OwnBuild {
    /// The program, with arguments, in a prefix.
    fn command<A: AsRef<OsStr>>(
        &self,
        prefix: &Prefix<'_>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Command {
        let mut command = Command::new("timeout");
        command
            .args(["--kill-after=5", LIMIT])
            .arg(&self.wine.loader)
            .arg(&self.built["ics-harness.exe"])
            .args(arguments);
        prefix.apply(&mut command);
        command
    }

    /// Examines a plugin.
    pub(super) fn check(&self, library: &Path, arguments: &[&str]) -> Examined {
        let prefix = Prefix::new(&self.wine);
        let mut command = self.command(&prefix, ["check", "--json", "-"]);
        examine(command.args(arguments).arg(library))
    }
}

/// Examines a sample, with these further options.
fn examine_sample(build: &OwnBuild, name: &str, profile: &str, options: &[&str]) -> Examined {
    let folder = tempfile::tempdir().expect("a folder");
    let library = lay(&build.built[name], folder.path(), "").expect("copied");
    signing::sign(&library);
    build.check(&library, &[&["--profile", profile], options].concat())
}

fn assert_conforms_on_loopback(examined: &Examined) {
    let output = stderr(&examined.output);
    // Rust's threads need the library to stay, and rustls does not read a stapled response that says that the certificate
    // was revoked. Both are advice.
    let advice = BTreeSet::from(["load/unmapped", "tls/revoked-stapled"].map(str::to_owned));
    assert_eq!(failed(examined), advice, "{output}");
    assert_eq!(examined.rules(Verdict::Error), [], "{output}");
    assert_passed(
        examined,
        &[
            "file/machine",
            "load/succeeds",
            "load/quiet",
            "load/reload",
            "load/twice",
            "load/anywhere",
            "answer/entitled",
            "answer/not-entitled",
            "answer/recovers",
            "threads/at-once",
            "tls/expired",
            "tls/wrong-name",
            "tls/unknown-issuer",
            "http/500",
            // The plugin's own TLS is examined, though Wine has one, too.
            "http/short-body",
            "tls/old-version",
            "time/idle",
            "host/alive",
            "host/threads",
            "host/descriptors",
            "host/children",
            "host/folder",
            "host/environment",
            "host/rounding",
            "host/memory",
        ],
    );
    assert_eq!(examined.report.isolation, "loopback");
    let under = examined.report.examined_under.as_deref();
    assert!(
        under.is_some_and(|it| it.starts_with("Wine ") && it.ends_with(", not Windows")),
        "{under:?}"
    );
    let skipped = |id: &str| {
        let rules = examined.rules(Verdict::Skip);
        let rule = rules.iter().find(|(rule, _)| *rule == id);
        rule.map(|(_, why)| (*why).to_owned()).unwrap_or_default()
    };
    let why = skipped("answer/offline");
    assert!(why.contains("this is loopback isolation"), "{why}");
    let why = skipped("host/briefly-changed");
    assert!(why.contains("not judged under Wine"), "{why}");
    assert_eq!(examined.output.status.code(), Some(4), "{output}");
}

#[test]
fn the_build_for_windows_examines_the_smallest_sample() {
    let Some(build) = prepared("the build for Windows examines minimal.dll") else {
        return;
    };
    // Those about what two plugins of the SDK could differ in: the protocol.
    let rules = "file/*,load/succeeds,load/quiet,answer/*entitled,answer/recovers,tls/expired,tls/wrong-name,http/500,http/bad-syntax,http/wrong-*";
    let examined = examine_sample(build, "minimal.dll", "minimal", &["--rules", rules]);
    let output = stderr(&examined.output);
    assert_eq!(failed(&examined), BTreeSet::new(), "{output}");
    assert_eq!(examined.rules(Verdict::Error), [], "{output}");
    assert_passed(
        &examined,
        &[
            "load/succeeds",
            "answer/entitled",
            "answer/not-entitled",
            "tls/wrong-name",
            "http/500",
            "http/wrong-shape",
        ],
    );
}

#[test]
fn the_build_for_windows_examines_the_sample_of_a_real_protocol() {
    let Some(build) = prepared("the build for Windows examines carrier_json.dll") else {
        return;
    };
    let options = ["--budget", "10s"];
    let examined = examine_sample(build, "carrier_json.dll", "carrier-json", &options);
    assert_conforms_on_loopback(&examined);
}

#[test]
fn a_plugin_is_loaded_from_any_folder_and_reported_with_its_path() {
    let Some(build) = prepared("a DLL in a folder with spaces and letters of all kinds") else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let inside = folder.path().join(FOLDER);
    fs::create_dir(&inside).expect("made");
    let library = lay(&build.built["minimal.dll"], &inside, "").expect("copied");
    signing::sign(&library);
    let rules = "file/*,load/succeeds,load/quiet,load/anywhere,answer/entitled";
    let examined = build.check(&library, &["--profile", "minimal", "--rules", rules]);
    let output = stderr(&examined.output);
    assert_passed(
        &examined,
        &["load/succeeds", "load/anywhere", "answer/entitled"],
    );
    let path = format!("Z:{}", library.display()).replace('/', r"\");
    assert_eq!(examined.report.path, path, "{output}");
    assert!(output.contains(FOLDER), "{output}");
}

#[test]
fn the_build_for_windows_discovers_the_step_of_the_smallest_sample() {
    let Some(build) = prepared("the build for Windows discovers what minimal.dll asks") else {
        return;
    };
    let prefix = Prefix::new(&build.wine);
    let mut command = build.command(&prefix, ["discover"]);
    command.arg(&build.built["minimal.dll"]);
    assert_one_step_without_host(&command.output().expect("it starts"));
}

#[test]
fn a_crash_in_one_of_wines_libraries_shows_nothing() {
    let Some(build) = prepared("a crash in one of Wine's libraries") else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let switches = [
        "FROM_SETTINGS",
        "IGNORES_CERTIFICATES",
        "AT_500=violate_in_system",
    ];
    let library = library(folder.path(), "crashes", &switches, "");
    assert_crash_shows_nothing(&build.check(&library, CRASH));
}

#[test]
fn a_plugin_that_was_not_made_with_the_sdk_is_loaded_and_not_called() {
    let Some(build) = prepared("a DLL that has its URL compiled in") else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let library = library(folder.path(), "careful", &[], "");
    let rules = "file/*,load/succeeds,load/quiet,answer/entitled";
    let examined = build.check(&library, &["--rules", rules]);
    let output = stderr(&examined.output);
    assert_eq!(failed(&examined), BTreeSet::new(), "{output}");
    assert_passed(&examined, &["file/export", "load/succeeds", "load/quiet"]);
    let skipped = examined.rules(Verdict::Skip);
    let why = skipped.iter().find(|(rule, _)| *rule == "answer/entitled");
    assert!(
        why.is_some_and(|(_, why)| why.contains("cannot be configured")),
        "{output}"
    );
}

#[test]
fn commands_that_examine_nothing_write_what_they_write_on_linux() {
    let Some(build) = prepared("the commands of the build for Windows") else {
        return;
    };
    let prefix = Prefix::new(&build.wine);
    let document = workspace().join("sample-plugins/documents/carrier-json.xml");
    let document = document.to_str().expect("a path of letters");
    let commands: &[&[&str]] = &[
        &["rules"],
        &["explain", "host/threads"],
        &["header"],
        &["header", "--def"],
        &["schema"],
        &["profile", "show", "ts43"],
        &["provision", "query", "--help"],
    ];
    let written = |command: &mut Command| {
        let output = command.env("COLUMNS", "100").output().expect("it starts");
        let text =
            String::from_utf8_lossy(&output.stdout).replace("ics-harness.exe", "ics-harness");
        (output.status.code(), text)
    };
    for arguments in commands {
        let on_windows = written(&mut build.command(&prefix, *arguments));
        assert_eq!(
            on_windows,
            written(&mut harness(arguments)),
            "{arguments:?}"
        );
    }
    // What they write names files in another way.
    let tree = |command: &mut Command| {
        let (code, text) = written(command);
        let lines = text.lines().skip(1).map(str::to_owned);
        (code, lines.collect::<Vec<_>>())
    };
    let arguments = ["provision", "show", document];
    let on_windows = tree(&mut build.command(&prefix, arguments));
    assert_eq!(on_windows, tree(&mut harness(&arguments)));
    assert!(on_windows.1.len() > 3, "{on_windows:?}");
    let folder = tempfile::tempdir().expect("a folder");
    let (certificate, key) = (folder.path().join("ca.pem"), folder.path().join("ca.key"));
    let mut export = build.command(&prefix, ["ca", "export", "--output"]);
    export.arg(&certificate).arg("--key-output").arg(&key);
    assert_eq!(written(&mut export).0, Some(0));
    for file in [certificate, key] {
        let text = fs::read_to_string(file).expect("it was written");
        assert!(text.starts_with("-----BEGIN "), "{text}");
    }
}

#[test]
fn an_interrupted_command_leaves_nothing() {
    let Some(build) = prepared("the build for Windows is interrupted by Ctrl-C") else {
        return;
    };
    let prefix = Prefix::new(&build.wine);
    let folder = tempfile::tempdir().expect("a folder");
    // It does not respond, so that a run goes on when the command is interrupted.
    let switches = ["FROM_SETTINGS", "BLOCKS"];
    let library = library(folder.path(), "blocks", &switches, "");
    let mut command = Command::new(&build.wine.loader);
    command.arg(&build.built["ics-harness.exe"]);
    prefix.apply(&mut command);
    let temporary = folder.path().join("temporary");
    fs::create_dir(&temporary).expect("made");
    let windows = format!("Z:{}", temporary.display()).replace('/', r"\");
    let mut child = command
        .args(["check", "--rules", "file/*,load/succeeds"])
        .arg(&library)
        .envs(["TMP", "TEMP"].map(|name| (name, &windows)))
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut said = String::new();
    while !said.contains("file/secrets") {
        assert!(lines.read_line(&mut said).expect("read") > 0, "{said}");
    }
    let pid = Pid::from_child(&child);
    kill_process(pid, Signal::INT).expect("it runs");
    lines.read_to_string(&mut said).expect("read");
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(130), "{said}");
    assert!(said.contains("nothing is left running"), "{said}");
    let left = fs::read_dir(&temporary).expect("read").count();
    assert_eq!(left, 0, "its private folder is left");
}
