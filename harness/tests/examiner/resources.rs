//! What the harness itself needs: its memory stays bounded whatever a plugin sends, and where descriptors, processes or
//! room on the disk run out, it says so and blames no plugin.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use ics_harness::report::{Report, RuleReport, Verdict};
use ics_harness::rules::Level;

use crate::check::{degraded, harness, plugin, stderr};
use crate::prerequisites::{missing, not_shown};

/// How much memory a run may cost the harness, in KiB.
const PER_RUN: u64 = 64 * 1024;

/// The exit code of a harness error.
const HARNESS_ERROR: Option<i32> = Some(3);

/// Builds a plugin of `tests/plugins`.
fn library(name: &str, folder: &Path) -> PathBuf {
    let library = folder.join(format!("lib{name}.so"));
    let source = format!("{}/tests/plugins/{name}.c", env!("CARGO_MANIFEST_DIR"));
    let made = Command::new("cc")
        .args(["-shared", "-fPIC", "-pthread", "-o"])
        .arg(&library)
        .arg(source)
        .status();
    assert!(made.expect("cc starts").success());
    library
}

/// The most memory that a process had, in KiB, read until it ends.
fn peak_memory(mut child: Child) -> u64 {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("it is our child").is_none() {
        // The kernel keeps the maximum, so that only the last moment may be missed.
        let memory = fs::read_to_string(&status).unwrap_or_default();
        let line = memory.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let memory = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(memory.unwrap_or_default());
        thread::sleep(Duration::from_millis(5));
    }
    peak
}

fn quiet(mut command: Command) -> Child {
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the program starts")
}

/// The peaks of a command with a plugin that sends nothing, and with one that sends without end.
fn assert_bounded(arguments: &[&str]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let peak = |name| {
        let mut command = harness(arguments);
        command.arg(library(name, folder.path()));
        peak_memory(quiet(command))
    };
    let (start, spammed) = (peak("value"), peak("spams"));
    assert!(start > 0, "no memory was read");
    assert!(
        spammed < start + PER_RUN,
        "{arguments:?}: {start} KiB, and {spammed} KiB under load"
    );
}

#[test]
fn a_plugin_that_sends_without_end_costs_a_call_little_memory() {
    if let Some(reason) = degraded() {
        return not_shown("the memory of a call is bounded", reason);
    }
    assert_bounded(&["call", "--deadline", "10s"]);
}

#[test]
fn a_plugin_that_sends_without_end_costs_a_check_little_memory() {
    if let Some(reason) = degraded() {
        return not_shown("the memory of a check is bounded", reason);
    }
    assert_bounded(&["check", "--deadline", "10s", "--rules", "http/500"]);
}

/// Runs the harness with a limit that the shell sets, as an option of `ulimit`.
fn limited(limit: &str, arguments: &[&str], library: &Path) -> Output {
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("ulimit {limit} && exec \"$0\" \"$@\"")])
        .arg(env!("CARGO_BIN_EXE_ics-harness"))
        .args(arguments)
        .arg(library)
        .stdin(Stdio::null());
    command.output().expect("sh starts")
}

fn report(output: &Output) -> Report {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", stderr(output)))
}

/// Whether a rule is held against the sample, or could not be examined. Advice is not.
fn is_wrong(rule: &RuleReport) -> bool {
    match rule.verdict {
        Verdict::Fail | Verdict::XFail => rule.level != Level::May,
        Verdict::Error => true,
        Verdict::Pass | Verdict::Skip => false,
    }
}

/// The rules that these tests need: more runs than fit into few descriptors at once.
const RULES: &[&str] = &[
    "check",
    "--json",
    "-",
    "--rules",
    "answer/entitled,http/*,tls/*",
    "--exclude",
    "http/endless-*,http/drip-*,http/silent,tls/silent",
];

#[test]
fn with_few_descriptors_fewer_runs_are_made_at_once() {
    let library = plugin("sample-plugins/carrier-json").library;
    for limit in ["-S -n 64", "-n 64"] {
        let output = limited(limit, RULES, &library);
        let report = report(&output);
        for rule in &report.plugins[0].rules {
            let wrong = is_wrong(rule);
            assert!(!wrong, "{limit}: {}: {}", rule.id, rule.seen);
        }
    }
}

#[test]
fn with_too_few_descriptors_the_error_is_the_harness_s() {
    let library = plugin("sample-plugins/carrier-json").library;
    for limit in ["-n 24", "-n 10"] {
        let output = limited(limit, RULES, &library);
        let text = stderr(&output);
        assert_eq!(output.status.code(), HARNESS_ERROR, "{limit}: {text}");
        assert!(text.contains("Too many open files"), "{limit}: {text}");
        assert!(!text.contains("panicked"), "{limit}: {text}");
        // With a report, nothing in it is held against the plugin.
        if let Ok(report) = serde_json::from_slice::<Report>(&output.stdout) {
            for rule in report.plugins.iter().flat_map(|plugin| &plugin.rules) {
                assert_ne!(rule.verdict, Verdict::Fail, "{}: {}", rule.id, rule.seen);
            }
        }
    }
}

#[test]
fn a_report_that_the_disk_has_no_room_for_is_named() {
    let library = plugin("sample-plugins/carrier-json").library;
    let output = harness(&["check", "--rules", "answer/entitled", "--json", "/dev/full"])
        .arg(&library)
        .output()
        .expect("the program starts");
    let text = stderr(&output);
    assert_eq!(output.status.code(), HARNESS_ERROR, "{text}");
    assert!(text.contains("/dev/full"), "{text}");
    assert!(
        text.contains("answer/entitled"),
        "what was finished is still said: {text}"
    );
}

#[test]
fn a_private_folder_without_room_is_named() {
    const CLAIM: &str = "a full disk for the private folder is a harness error";
    if let Some(how) = missing("unshare") {
        return not_shown(CLAIM, &how);
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let library = plugin("sample-plugins/carrier-json").library;
    let script = "mount -t tmpfs -o size=64k none \"$TMPDIR\" || exit 99; exec \"$0\" \"$@\"";
    let output = Command::new("unshare")
        .args(["-rm", "sh", "-c", script])
        .arg(env!("CARGO_BIN_EXE_ics-harness"))
        .args(["check", "--rules", "answer/entitled"])
        .arg(&library)
        .env("TMPDIR", folder.path())
        .stdin(Stdio::null())
        .output()
        .expect("unshare starts");
    let text = stderr(&output);
    if output.status.code() == Some(99) || text.starts_with("unshare:") {
        return not_shown(CLAIM, "no file system can be mounted in a namespace here");
    }
    assert_eq!(output.status.code(), HARNESS_ERROR, "{text}");
    assert!(
        text.contains(&folder.path().display().to_string()),
        "{text}"
    );
    assert!(text.contains("TMPDIR"), "{text}");
}

/// An ordinary user with few processes: no plugin is blamed for a thread that the limit denies it.
#[test]
fn with_few_processes_fewer_runs_are_made_at_once() {
    const CLAIM: &str = "an ordinary user with few processes";
    if let Some(how) = missing("setpriv").or_else(|| missing("prlimit")) {
        return not_shown(CLAIM, &how);
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let copy = |from: &Path, name: &str| {
        fs::copy(from, folder.path().join(name)).expect("a copy");
        folder.path().join(name)
    };
    let program = copy(Path::new(env!("CARGO_BIN_EXE_ics-harness")), "ics-harness");
    let library = copy(
        &plugin("sample-plugins/carrier-json").library,
        "libplugin.so",
    );
    let mut command = Command::new("setpriv");
    // A user of its own, whose other processes do not count.
    let opened = Command::new("chmod").arg("755").arg(folder.path()).status();
    assert!(opened.expect("chmod starts").success());
    command
        .args(["--reuid", "64321", "--regid", "64321", "--clear-groups"])
        .args(["prlimit", "--nproc=40"])
        .arg(program)
        .args(RULES)
        .arg(library)
        .env("HOME", "/")
        .env("TMPDIR", "/tmp")
        .current_dir("/")
        .stdin(Stdio::null());
    let output = command.output().expect("setpriv starts");
    if stderr(&output).starts_with("setpriv:") {
        return not_shown(CLAIM, "only the superuser can become another user");
    }
    for rule in &report(&output).plugins[0].rules {
        let wrong = is_wrong(rule);
        assert!(!wrong, "{}: {}", rule.id, rule.seen);
    }
}
