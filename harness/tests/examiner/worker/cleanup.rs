//! Nothing of a run is left, however it ends.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use ics_harness::worker::observation::End;
use ics_harness::worker::{Cancel, WorkerError};

use super::support::{CHECK, Plugin, SLACK};

/// A plugin that starts daemons, and the file that has their numbers.
pub(crate) fn daemons(then: &str) -> (Plugin, PathBuf) {
    let plugin = Plugin::new("daemon", &[then]);
    let pids = plugin.folder.path().join("pids");
    let variable = pids.to_str().unwrap().to_owned();
    (plugin.variable("PIDS", &variable), pids)
}

/// The daemons that were started.
fn started(pids: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(pids).unwrap();
    text.lines()
        .map(|pid| Path::new("/proc").join(pid))
        .collect()
}

pub(crate) fn assert_gone(pids: &Path) {
    let daemons = started(pids);
    assert_eq!(daemons.len(), 2);
    for daemon in daemons {
        assert!(!daemon.exists(), "{} is still there", daemon.display());
    }
}

/// As [`assert_gone`], but a daemon may still wait for the system's init to reap it, because its
/// supervisor was killed before it could.
pub(crate) fn assert_not_running(pids: &Path) {
    let daemons = started(pids);
    assert_eq!(daemons.len(), 2);
    for daemon in daemons {
        let Ok(status) = fs::read_to_string(daemon.join("status")) else {
            continue;
        };
        let state = status.lines().find(|line| line.starts_with("State:"));
        assert!(
            state.is_some_and(|state| state.contains("zombie") || state.contains("dead")),
            "{} still runs: {state:?}",
            daemon.display()
        );
    }
}

#[test]
fn daemons_are_gone_after_a_good_end() {
    let (plugin, pids) = daemons("THEN=return 0");
    plugin.finish(&CHECK);
    assert_gone(&pids);
}

#[test]
fn daemons_are_gone_after_a_crash_and_an_exit() {
    for then in ["THEN=abort()", "THEN=_exit(0)"] {
        let (plugin, pids) = daemons(then);
        assert_ne!(plugin.run(&CHECK).end, End::Finished);
        assert_gone(&pids);
    }
}

#[test]
fn daemons_are_gone_after_a_hang() {
    let (plugin, pids) = daemons("THEN=for_ever();return 0");
    let limit = Duration::from_millis(800);
    let plugin = plugin.limit(limit);
    let began = Instant::now();
    assert!(matches!(plugin.run(&CHECK).end, End::Hung { step: 1, .. }));
    assert!(began.elapsed() < limit + SLACK);
    assert_gone(&pids);
}

#[test]
fn a_daemon_that_keeps_printing_does_not_hold_the_run_up() {
    let (plugin, pids) = daemons("THEN=if(fork()==0)for(;;)puts(\"still here\");return 0");
    let ran = plugin.finish(&CHECK);
    assert!(ran.seconds < 10.0);
    assert_gone(&pids);
}

#[test]
fn cancelling_ends_a_waiting_run_at_once() {
    let (plugin, pids) = daemons("THEN=for_ever();return 0");
    let cancel = Cancel::new().unwrap();
    thread::scope(|scope| {
        let run = scope.spawn(|| plugin.try_run(&CHECK, &cancel));
        wait_for_daemons(&pids);
        let thrown = Instant::now();
        cancel.cancel();
        assert!(matches!(run.join().unwrap(), Err(WorkerError::Cancelled)));
        assert!(thrown.elapsed() < SLACK);
    });
    assert_gone(&pids);
}

#[test]
fn a_scenario_that_cannot_be_changed_ends_the_run() {
    use ics_harness::testbed::Scenario;
    use ics_harness::worker;
    use ics_harness::worker::script::Step;
    let (plugin, pids) = daemons("THEN=return 0");
    let script = [CHECK[0], CHECK[1], Step::ChangeScenario(Scenario::DENY)];
    let error = worker::run(
        &plugin.path,
        &script,
        &plugin.options,
        &mut |_| Err("no such scenario".to_owned()),
        &Cancel::new().unwrap(),
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot change the scenario: no such scenario"
    );
    assert_gone(&pids);
}

#[test]
fn a_plugin_that_kills_its_parent_takes_itself_along() {
    let kill = "END=kill(getppid(),SIGKILL);for(;;)pause()";
    let plugin = Plugin::new("ends", &[kill]);
    let began = Instant::now();
    let error = plugin.try_run(&CHECK, &Cancel::new().unwrap()).unwrap_err();
    assert!(matches!(error, WorkerError::Supervisor(_)), "{error}");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_plugin_that_stops_its_parent_only_hangs() {
    let (plugin, pids) = daemons("THEN=kill(getppid(),SIGSTOP);for(;;)pause()");
    let plugin = plugin.limit(Duration::from_millis(800));
    let began = Instant::now();
    assert!(matches!(plugin.run(&CHECK).end, End::Hung { step: 1, .. }));
    assert!(began.elapsed() < Duration::from_secs(4));
    assert_gone(&pids);
}

/// A harness that is killed in the middle of a run, which is this test program itself.
#[test]
fn a_killed_harness_leaves_nothing() {
    let (plugin, pids) = daemons("THEN=for_ever();return 0");
    let mut harness = Command::new(std::env::current_exe().unwrap())
        .args([
            "worker::cleanup::acts_as_a_harness_that_waits",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env("PLUGIN", &plugin.path)
        .env("PIDS", &pids)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for_daemons(&pids);
    harness.kill().unwrap();
    harness.wait().unwrap();
    // The supervisor holds the other end of this pipe no longer than it runs, and the daemons die before it does.
    let deadline = Instant::now() + Duration::from_secs(5);
    while started(&pids).iter().any(|daemon| daemon.exists()) {
        assert!(Instant::now() < deadline, "daemons are left");
        thread::sleep(Duration::from_millis(5));
    }
    assert_gone(&pids);
}

#[test]
#[ignore = "is started by a_killed_harness_leaves_nothing"]
fn acts_as_a_harness_that_waits() {
    let (Some(path), Some(pids)) = (std::env::var_os("PLUGIN"), std::env::var("PIDS").ok()) else {
        return;
    };
    let mut plugin = Plugin::new("value", &[]).variable("PIDS", &pids);
    plugin.path = path.into();
    plugin.run(&CHECK);
}

/// Waits until both daemons have written their numbers.
pub(crate) fn wait_for_daemons(pids: &Path) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Ok(file) = fs::File::open(pids)
            && BufReader::new(file).lines().count() == 2
        {
            return;
        }
        assert!(Instant::now() < deadline, "the daemons did not start");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn processes_without_end_end_the_run_and_none_is_left() {
    // At most 2,000, each with a session of its own.
    let plugin = Plugin::new("acts", &["ACT=bombs()", "TARGET=\"/nowhere\""]);
    let began = Instant::now();
    let ran = plugin.run(&CHECK);
    assert_eq!(
        ran.end,
        End::TooManyProcesses {
            limit: 256,
            step: 0
        }
    );
    // The plugin itself would stop after half a minute.
    assert!(began.elapsed() < Duration::from_secs(25));
    let library = plugin.path.to_str().unwrap();
    for process in fs::read_dir("/proc").unwrap().flatten() {
        let maps = fs::read_to_string(process.path().join("maps")).unwrap_or_default();
        assert!(
            !maps.contains(library),
            "{} still runs",
            process.path().display()
        );
    }
}
