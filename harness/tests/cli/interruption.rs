//! Ctrl-C leaves no process, no mount and no temporary folder.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ics_harness::report::Report;

/// A plugin that starts a daemon in each call and never comes back.
const NEVER_ENDING: &str = r"
#include <unistd.h>
int IsEntitled(void)
{
    if (fork() == 0) {
        setsid();
        if (fork() == 0)
            for (;;) pause();
        _exit(0);
    }
    for (;;) pause();
}
";

/// How long stopping may take on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn ctrl_c_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("libneverending.so");
    build(NEVER_ENDING, &library);
    let temporary = folder.path().join("tmp");
    fs::create_dir(&temporary).unwrap();

    let json = folder.path().join("report.json");
    let mut harness = Command::new(env!("CARGO_BIN_EXE_ics-harness"))
        .args(["check", "--json"])
        .arg(&json)
        .arg(&library)
        .env("TMPDIR", &temporary)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Loading has passed, so the calls that never end have begun or are about to.
    let mut lines = BufReader::new(harness.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("load/succeeds")));
    let begun = Instant::now();
    while holders(&library) < 2 {
        assert!(begun.elapsed() < PATIENCE, "the plugin was not called");
        std::thread::yield_now();
    }

    let pid = rustix::process::Pid::from_child(&harness);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    // The rest is read to its end, so that the harness never waits for a reader.
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    let status = harness.wait().unwrap();

    assert_eq!(status.code(), Some(130), "{rest:#?}");
    assert_eq!(
        holders(&library),
        0,
        "a process still has the plugin mapped"
    );
    let left: Vec<_> = fs::read_dir(&temporary).unwrap().collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    let report: Report = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    let finished: Vec<&str> = report.plugins[0]
        .rules
        .iter()
        .map(|rule| rule.id.as_str())
        .collect();
    assert!(!report.complete && !report.plugins[0].complete);
    assert!(finished.contains(&"load/succeeds") && !finished.contains(&"answer/entitled"));
    assert!(!report.plugins[0].summary.conformant);
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains("entitlement-"), "a mount is left");
}

/// How many processes have the library mapped. They load a copy, which has its name.
fn holders(library: &Path) -> usize {
    let name = library.file_name().unwrap().to_str().unwrap();
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| fs::read_to_string(entry.ok()?.path().join("maps")).ok())
        .filter(|maps| maps.contains(name))
        .count()
}

fn build(source: &str, library: &Path) {
    let file = library.with_extension("c");
    fs::write(&file, source).unwrap();
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(library)
        .arg(&file)
        .status()
        .expect("a C compiler is a prerequisite");
    assert!(status.success());
}
