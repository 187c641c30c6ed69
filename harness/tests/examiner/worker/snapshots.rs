//! A snapshot shows what the plugin left, and nothing of the worker's own.

use ics_harness::worker::observation::Snapshot;
use ics_harness::worker::script::{Step, ThreadRef};

use super::support::{CALL, LOAD, Plugin, UNLOAD, snapshot};

const LOOK: Step = Step::Snapshot;

#[test]
fn a_fresh_worker_shows_nothing_of_its_own() {
    let ran = Plugin::new("value", &[]).finish(&[LOOK]);
    let seen = snapshot(&ran, 0);
    assert_eq!(seen.threads, [""; 0]);
    assert_eq!(seen.children, [""; 0]);
    assert_eq!(
        seen.descriptors.keys().copied().collect::<Vec<_>>(),
        [0, 1, 2]
    );
    assert_eq!(seen.descriptors[&0], "/dev/null");
    assert!(seen.signals.is_empty(), "{:?}", seen.signals);
    assert_eq!(seen.signal_mask, "none blocked");
    assert_eq!(seen.alternate_stack, "none");
    assert!(!seen.mapped);
    assert!(seen.keys_free > Some(1000));
    assert!(seen.memory.is_some_and(|memory| memory > 0));
    assert!(seen.heap.is_some_and(|heap| heap > 0));
}

#[test]
fn the_scripts_own_threads_are_left_out() {
    let begin = |thread| Step::SpawnThread {
        thread,
        stack: None,
    };
    let ran = Plugin::new("value", &[]).finish(&[
        LOOK,
        begin(1),
        begin(2),
        LOOK,
        Step::JoinThread { thread: 1 },
        LOOK,
    ]);
    assert_eq!(snapshot(&ran, 3).threads, [""; 0]);
    assert_eq!(snapshot(&ran, 3).keys_free, snapshot(&ran, 0).keys_free);
    assert_eq!(snapshot(&ran, 5).threads, [""; 0]);
}

#[test]
fn what_a_plugin_leaves_is_seen() {
    let ran = Plugin::new("leaves", &[]).finish(&[LOOK, LOAD, CALL, LOOK]);
    let (before, after) = (snapshot(&ran, 0), snapshot(&ran, 3));
    assert_eq!(after.threads.len(), 1);
    assert_eq!(after.children.len(), 1);
    assert_eq!(after.descriptors.len(), before.descriptors.len() + 1);
    assert!(after.descriptors.values().any(|what| what == "/dev/zero"));
    assert_eq!(
        after.signals.keys().collect::<Vec<_>>(),
        ["SIGALRM", "SIGUSR1"]
    );
    assert_eq!(after.signals["SIGALRM"], "ignored");
    assert!(
        after.signals["SIGUSR1"].ends_with("libleaves.so"),
        "{:?}",
        after.signals
    );
    assert_eq!(after.signal_mask, "blocked: SIGUSR2");
    assert_eq!(after.environment["LEFT"], "behind");
    assert_eq!(after.folder, "/");
    assert_ne!(before.folder, "/");
}

#[test]
fn a_plugin_that_tidies_up_leaves_nothing() {
    // Again and again, because a thread that was joined stays on the kernel's list for a moment.
    let plugin = Plugin::new("leaves", &[]).variable("LEAVES_NOTHING", "1");
    let mut script = vec![LOAD, LOOK];
    script.extend([CALL, LOOK].repeat(40));
    let ran = plugin.finish(&script);
    let same = |snapshot: &Snapshot| Snapshot {
        // The most at any moment, which no one can take back.
        peak_memory: 0,
        // An allocator keeps what was freed.
        writable_memory: 0,
        memory: None,
        heap: None,
        ..snapshot.clone()
    };
    let before = same(snapshot(&ran, 1));
    for step in (3..script.len()).step_by(2) {
        assert_eq!(same(snapshot(&ran, step)), before);
    }
}

#[test]
fn unloading_takes_the_library_away() {
    let ran = Plugin::new("value", &[]).finish(&[LOAD, LOOK, UNLOAD, LOOK]);
    assert!(snapshot(&ran, 1).mapped);
    assert!(!snapshot(&ran, 3).mapped);
}

#[test]
fn leaked_memory_keys_and_errno_are_seen() {
    let times = Step::Call {
        on: ThreadRef::Main,
        times: 5,
    };
    let ran = Plugin::new("leaks", &[]).finish(&[LOAD, LOOK, times, LOOK]);
    let (before, after) = (snapshot(&ran, 1), snapshot(&ran, 3));
    assert_eq!(after.keys_free.unwrap() + 5, before.keys_free.unwrap());
    let growth = after.memory.unwrap() - before.memory.unwrap();
    assert!((5 << 10..6 << 10).contains(&growth), "{growth} KiB");
    assert!(ran.steps[2].calls.iter().all(|call| !call.errno_kept));
}

#[test]
fn calls_of_a_plugin_that_leaks_nothing_cost_no_memory() {
    let times = Step::Call {
        on: ThreadRef::Main,
        times: 1000,
    };
    let ran = Plugin::new("value", &[]).finish(&[LOAD, times, LOOK, times, LOOK]);
    let growth = snapshot(&ran, 4)
        .memory
        .unwrap()
        .saturating_sub(snapshot(&ran, 2).memory.unwrap());
    assert!(growth < 300, "{growth} KiB");
}

#[test]
fn orphans_are_seen_as_children() {
    let plugin = Plugin::new("daemon", &[]);
    let pids = plugin
        .folder
        .path()
        .join("pids")
        .to_str()
        .unwrap()
        .to_owned();
    let ran = plugin.variable("PIDS", &pids).finish(&[LOAD, CALL, LOOK]);
    // The first daemon; the second is the first one's child.
    assert_eq!(snapshot(&ran, 2).children.len(), 1);
}

#[test]
fn a_kept_child_is_there_until_the_plugin_reaps_it() {
    let kept = Plugin::new("value", &[]).finish(&[LOAD, Step::LeaveZombie, LOOK, CALL, LOOK]);
    assert!(snapshot(&kept, 2).children[0].ends_with(" (ended)"));
    assert_eq!(snapshot(&kept, 4).children, snapshot(&kept, 2).children);
    let reaped = Plugin::new("reaps", &[]).finish(&[LOAD, Step::LeaveZombie, LOOK, CALL, LOOK]);
    assert_eq!(snapshot(&reaped, 2).children.len(), 1);
    assert_eq!(snapshot(&reaped, 4).children, [""; 0]);
}
