//! What is left of an examination under Wine that was killed: nothing, as soon as the next one has started.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{can_examine, library};
use crate::check::{examine, harness};
use ics_harness::report::Verdict;

/// How long processes may take to end on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// The moments of the kills are these apart: in the test bed's start, in Wine's start, in calls, and between two runs.
const INTERVAL: Duration = Duration::from_millis(170);

#[test]
fn nothing_is_left_of_four_killed_examinations() {
    nothing_is_left_of(4, INTERVAL * 5);
}

#[test]
#[ignore = "takes a minute: cargo test --test examiner wine::killed -- --ignored"]
fn nothing_is_left_of_twenty_killed_examinations() {
    nothing_is_left_of(20, INTERVAL);
}

fn nothing_is_left_of(kills: u32, interval: Duration) {
    if !can_examine() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let plugin = library(folder.path(), "careful", &[], "");
    let temporary = folder.path().join("temporary");
    fs::create_dir(&temporary).expect("a folder");
    let in_folder = |mut command: Command| {
        command.env("TMPDIR", &temporary).arg(&plugin);
        command
    };
    let mut ended = 0;
    for number in 1..=kills {
        let mut check = in_folder(harness(&["check", "--budget", "10s"]));
        check.stdout(Stdio::null()).stderr(Stdio::null());
        // Processes of the run that leave their parent are still found by their group or their namespace.
        let mut child = check.process_group(0).spawn().expect("the harness starts");
        // The moment is arbitrary, and that is the point.
        std::thread::sleep(interval * number);
        let namespaces = namespaces_below(child.id());
        ended += namespaces.len();
        child.kill().expect("it is ours");
        child.wait().expect("it is ours");
        let end = Instant::now() + PATIENCE;
        loop {
            let left = processes_in(&namespaces);
            if left.is_empty() {
                break;
            }
            assert!(Instant::now() < end, "kill {number}: {left:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    assert!(ended > 0, "no examination had begun when it was killed");
    let mounts = fs::read_to_string("/proc/self/mountinfo").expect("it is readable");
    let here = temporary.display().to_string();
    assert!(!mounts.contains(&here), "{mounts}");
    // The next command removes the folders of those that were killed, and its own at its end.
    let next = examine(&mut in_folder(harness(&[
        "check",
        "--json",
        "-",
        "--rules",
        "file/format",
    ])));
    assert_eq!(next.rules(Verdict::Error), []);
    let left: Vec<_> = entries(&temporary).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// The user namespaces of a process and its descendants, without the one of this process. All that a run starts is in one
/// of them, whoever its parent is.
fn namespaces_below(process: u32) -> BTreeSet<PathBuf> {
    let mut family = BTreeSet::from([process]);
    loop {
        let children: Vec<u32> = processes()
            .filter(|process| {
                !family.contains(process)
                    && parent(*process).is_some_and(|parent| family.contains(&parent))
            })
            .collect();
        if children.is_empty() {
            break;
        }
        family.extend(children);
    }
    let own = namespace(std::process::id());
    let all = family.into_iter().filter_map(namespace);
    all.filter(|namespace| Some(namespace) != own.as_ref())
        .collect()
}

/// The processes in one of these user namespaces, with their names.
fn processes_in(namespaces: &BTreeSet<PathBuf>) -> Vec<String> {
    processes()
        .filter(|process| namespace(*process).is_some_and(|own| namespaces.contains(&own)))
        .map(|process| {
            let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
            format!("{process} {}", name.trim())
        })
        .collect()
}

fn processes() -> impl Iterator<Item = u32> {
    entries(Path::new("/proc")).filter_map(|path| path.file_name()?.to_str()?.parse().ok())
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(folder).expect("it is readable");
    entries.flatten().map(|entry| entry.path())
}

/// The parent, which is the second word after the name in parentheses.
fn parent(process: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let after_name = status.rsplit_once(") ")?.1;
    after_name.split(' ').nth(1)?.parse().ok()
}

/// The user namespace; none of a process that has ended.
fn namespace(process: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{process}/ns/user")).ok()
}
