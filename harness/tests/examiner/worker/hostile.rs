//! Plugins that turn on the harness: they forge the worker's reports, and stop or kill its supervisor.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use ics_harness::report::{Report, Verdict};
use ics_harness::worker::observation::{End, Observation};
use ics_harness::worker::{Cancel, WorkerError};

use super::cleanup::{assert_not_running, daemons, wait_for_daemons};
use super::support::{CHECK, Plugin, SLACK, values};
use crate::prerequisites::not_shown;

/// Long enough for a busy machine to load and call a plugin.
const LIMIT: Duration = Duration::from_millis(800);

const FOR_EVER: &str = "for(;;)pause()";

/// The rest of the script of a check, as if it were done.
const WHOLE: &str = r#"done(1,1);done(2,0);write_report("\"finished\"")"#;

fn forges(forge: &str, then: &str) -> Plugin {
    let (forge, then) = (format!("FORGE={forge}"), format!("THEN={then}"));
    Plugin::new("forges", &[&forge, &then]).limit(LIMIT)
}

/// Runs a check that must end soon after so many limits.
fn run_in_time(plugin: &Plugin, limits: u32) -> Observation {
    let began = Instant::now();
    let ran = plugin.run(&CHECK);
    let took = began.elapsed();
    assert!(took < LIMIT * limits + SLACK, "it took {took:?}");
    ran
}

fn killed(step: usize) -> End {
    let signal = "SIGSEGV".to_owned();
    End::Killed { signal, step }
}

fn hung(step: usize) -> End {
    End::Hung { step, seconds: 0 }
}

/// Cancels a run once the plugin has made a file, and expects it to end promptly.
fn cancel_when_ready(plugin: Plugin) {
    let ready = plugin.folder.path().join("ready");
    let plugin = plugin
        .variable("READY", ready.to_str().unwrap())
        .limit(Duration::from_secs(60));
    cancel_once(&plugin, || ready.exists());
}

fn cancel_once(plugin: &Plugin, ready: impl Fn() -> bool) {
    let cancel = Cancel::new().unwrap();
    thread::scope(|scope| {
        let run = scope.spawn(|| plugin.try_run(&CHECK, &cancel));
        let deadline = Instant::now() + Duration::from_secs(20);
        while !ready() {
            assert!(Instant::now() < deadline, "the plugin was not called");
            thread::sleep(Duration::from_millis(5));
        }
        let thrown = Instant::now();
        cancel.cancel();
        assert!(matches!(run.join().unwrap(), Err(WorkerError::Cancelled)));
        let took = thrown.elapsed();
        assert!(took < SLACK, "it took {took:?}");
    });
}

#[test]
fn a_forged_end_of_the_run_does_not_hang_the_harness() {
    let ran = run_in_time(&forges("gone()", FOR_EVER), 1);
    assert_eq!(ran.end, hung(1));
    assert!(ran.stray.text.contains("gone"), "{:?}", ran.stray);
}

#[test]
fn a_forged_end_of_the_run_does_not_hide_a_crash() {
    let ran = run_in_time(&forges("gone()", "raise(SIGSEGV)"), 1);
    assert_eq!(ran.end, killed(1));
}

#[test]
fn a_run_with_a_forged_end_is_cancelled_promptly() {
    cancel_when_ready(forges("gone()", FOR_EVER));
    cancel_when_ready(forges(WHOLE, FOR_EVER));
}

#[test]
fn forged_steps_do_not_hide_a_crash_an_exit_or_a_hang() {
    for (then, end) in [
        ("raise(SIGSEGV)", killed(1)),
        ("_exit(0)", End::Exited { code: 0, step: 1 }),
        (FOR_EVER, hung(1)),
    ] {
        // A report that could be true prolongs the run by its limit.
        let ran = run_in_time(&forges(WHOLE, then), 4);
        assert_eq!(ran.end, end);
        assert_eq!(ran.steps.len(), 1, "only loading was done");
        assert!(ran.stray.text.contains(r#""step":1"#), "{:?}", ran.stray);
    }
}

#[test]
fn reports_that_cannot_come_now_are_stray() {
    let impossible = r#"done(0,0);done(2,0);done(5,0);done(1000000,0);write_report("\"finished\"");write_report("\"change-scenario\"");write_report("{\"done\":");write_report("\"nonsense\"");write_report("")"#;
    let ran = forges(impossible, "").finish(&CHECK);
    assert_eq!(values(&ran, 1), [0]);
    for words in [
        r#""step":1000000"#,
        "finished",
        "change-scenario",
        "nonsense",
    ] {
        assert!(ran.stray.text.contains(words), "{words}: {:?}", ran.stray);
    }
}

#[test]
fn repeated_reports_are_stray() {
    let ran = forges(&format!("{WHOLE};{WHOLE}"), "").run(&CHECK);
    assert_eq!((ran.end, ran.steps.len()), (End::Finished, 3));
    assert!(ran.stray.bytes > 0);
}

#[test]
fn a_flood_of_reports_does_not_prolong_a_run_without_end() {
    for flood in [
        r#"for(;;)write_report("\"heartbeat\"")"#,
        "for(;;)done(1,1)",
        "for(;;)gone()",
        r#"for(;;)if(write(channel,"x",1)<0)_exit(72)"#,
    ] {
        let ran = run_in_time(&forges(flood, ""), 3);
        assert_eq!(ran.end, hung(1), "{flood}");
    }
}

#[test]
fn a_worker_holds_its_report_channel_and_no_other() {
    let ran = Plugin::new("sockets", &[]).finish(&CHECK);
    assert_eq!(values(&ran, 1), [1]);
}

#[test]
fn a_plugin_that_replaces_the_workers_channel_is_reported() {
    let ran = Plugin::new("replaces", &[]).run(&CHECK);
    assert_eq!(ran.end, End::ChannelLost { step: 1 });
}

/// A plugin with a process that never lets its supervisor go on.
fn stopper() -> (Plugin, PathBuf) {
    daemons("THEN=pid_t s=getppid();if(fork()==0)for(;;)kill(s,SIGSTOP);for_ever();return 0")
}

#[test]
fn a_supervisor_that_is_stopped_over_and_over_holds_nothing_up() {
    let (plugin, pids) = stopper();
    let plugin = plugin.limit(LIMIT);
    let began = Instant::now();
    match plugin.try_run(&CHECK, &Cancel::new().unwrap()) {
        Err(WorkerError::Supervisor(_)) => {}
        // It may have come to its end between two stops.
        Ok(ran) => assert_eq!(ran.end, hung(1)),
        Err(error) => panic!("{error}"),
    }
    assert!(began.elapsed() < LIMIT + SLACK);
    assert_not_running(&pids);
}

#[test]
fn a_run_with_a_stopped_supervisor_is_cancelled_promptly() {
    let (plugin, pids) = stopper();
    let plugin = plugin.limit(Duration::from_secs(60));
    cancel_once(&plugin, || {
        wait_for_daemons(&pids);
        true
    });
    assert_not_running(&pids);
}

#[test]
fn a_crash_behind_a_stopped_supervisor_is_a_crash() {
    let stop = "END=kill(getppid(),SIGSTOP);raise(SIGSEGV)";
    let ran = run_in_time(&Plugin::new("ends", &[stop]).limit(LIMIT), 1);
    assert_eq!(ran.end, killed(1));
}

#[test]
fn a_plugin_that_survives_its_killed_supervisor_does_not_block_the_harness() {
    let outlive = "prctl(PR_SET_PDEATHSIG,0);kill(getppid(),SIGKILL)";
    // The harness cannot find it any more, so it ends by itself.
    let plugin = forges("", &format!("{outlive};alarm(5);{FOR_EVER}"));
    let began = Instant::now();
    let error = plugin.try_run(&CHECK, &Cancel::new().unwrap()).unwrap_err();
    assert!(matches!(error, WorkerError::Supervisor(_)), "{error}");
    assert!(began.elapsed() < SLACK);
}

#[test]
fn forged_reports_do_not_hide_a_crash_from_host_alive() {
    // Whatever the script is, one of the two fits each step.
    let forge = r#"for(int i=0;i<12;i++){done(i,0);done(i,1);}write_report("\"finished\"")"#;
    let plugin = forges(forge, "raise(SIGSEGV)");
    let Some((verdict, seen)) = host_alive(&plugin.path) else {
        return;
    };
    assert_eq!(verdict, Verdict::Fail, "{seen}");
    assert!(seen.contains("killed by SIGSEGV during"), "{seen}");
}

/// The verdict on the rule; `None` where foreign plugins cannot be examined.
fn host_alive(plugin: &Path) -> Option<(Verdict, String)> {
    let output = Command::new(env!("CARGO_BIN_EXE_ics-harness"))
        .args(["check", "--json", "-", "--rules", "host/alive"])
        .arg(plugin)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let report: Report = serde_json::from_slice(&output.stdout).unwrap();
    let plugin = report.plugins.into_iter().next().unwrap();
    if plugin.isolation != "namespace" {
        not_shown(
            "forged reports do not hide a crash from host/alive",
            "foreign plugins are examined only in a network of their own",
        );
        return None;
    }
    let rule = plugin.rules.into_iter().next().unwrap();
    Some((rule.verdict, rule.seen))
}

#[test]
fn a_reader_of_memory_finds_the_token() {
    // Without this, the tests above would show nothing.
    let ran = forges(r#"write_report("\"nonsense\"")"#, "").finish(&CHECK);
    assert_eq!(values(&ran, 1), [0]);
    let token = ran.stray.text.split(' ').next().unwrap();
    assert_eq!(token.len(), 16, "{:?}", ran.stray);
}

#[test]
fn a_plugin_that_takes_all_memory_ends_its_run() {
    let mut plugin = Plugin::new("ends", &["END=for(;;)memset(malloc(1<<20),1,1<<20)"]);
    plugin.options.address_space = Some(512 << 20);
    let ran = plugin.run(&CHECK);
    assert_eq!(ran.end, killed(1));
}

#[test]
fn a_plugin_that_fills_the_disk_ends_its_run() {
    let plugin = Plugin::new(
        "ends",
        &[
            "END=int f=open(getenv(\"FILLED\"),O_CREAT|O_WRONLY,0600);lseek(f,1L<<32,SEEK_SET);if(write(f,\"x\",1)<0)_exit(9)",
        ],
    );
    let file = plugin.folder.path().join("filled");
    let ran = plugin
        .variable("FILLED", file.to_str().unwrap())
        .run(&CHECK);
    let signal = "SIGXFSZ".to_owned();
    assert_eq!(ran.end, End::Killed { signal, step: 1 });
}

#[test]
fn processes_that_fork_and_exit_for_ever_end_with_the_run() {
    // Few at each moment, but no process identifier is valid for long.
    let hop = "END=for(int i=0;i<8;i++)if(fork()==0)for(;;)if(fork()>0)_exit(0)";
    let began = Instant::now();
    let ran = Plugin::new("ends", &[hop]).limit(LIMIT).run(&CHECK);
    assert_eq!(ran.end, End::Finished);
    assert!(began.elapsed() < LIMIT + SLACK);
}
