//! The validator against reports as a worker sends them, and as a plugin could forge them.

use super::*;
use crate::worker::observation::Call;
use crate::worker::script::ThreadRef;

const CHECK: [Step; 3] = [
    Step::Load {
        on: ThreadRef::Main,
    },
    Step::Call {
        on: ThreadRef::Main,
        times: 1,
    },
    Step::Unload {
        on: ThreadRef::Main,
    },
];

fn done(step: usize, calls: usize) -> Report {
    Report::Done(StepReport {
        step,
        calls: vec![Call::returning(0, 0.0); calls],
        ..StepReport::default()
    })
}

fn push(validator: &mut ReportValidator<'_>, report: &Report) -> Progress {
    validator.push(&report.encode("t").unwrap())
}

/// A validator of a check that has received these reports.
fn validator(reports: &[Report]) -> ReportValidator<'static> {
    let mut validator = ReportValidator::new(&CHECK, Snapshots::WhereScripted, "t");
    for report in reports {
        push(&mut validator, report);
    }
    validator
}

fn killed(signal: &str) -> ProcessEnd {
    ProcessEnd::Killed(signal.to_owned())
}

fn exit(end: ProcessEnd, steps: u32) -> WorkerExit {
    WorkerExit {
        end,
        by_itself: true,
        too_many_processes: false,
        steps,
        calls: 0,
        out_of_range: None,
        channel_lost: false,
        windows: None,
    }
}

fn whole() -> [Report; 4] {
    [done(0, 0), done(1, 1), done(2, 0), Report::Finished]
}

#[test]
fn a_whole_run_is_finished() {
    let result = validator(&whole()).finish(&exit(ProcessEnd::Exited(0), 3), None);
    assert_eq!((result.end, result.steps.len()), (End::Finished, 3));
    assert_eq!(result.stray, Output::default());
}

#[test]
fn a_signal_overrides_what_was_reported() {
    let result = validator(&whole()).finish(&exit(killed("SIGSEGV"), 3), None);
    let signal = "SIGSEGV".to_owned();
    assert_eq!(result.end, End::Killed { signal, step: 3 });
}

#[test]
fn reports_ahead_of_the_count_are_forged() {
    let result = validator(&whole()).finish(&exit(killed("SIGSEGV"), 1), None);
    let signal = "SIGSEGV".to_owned();
    assert_eq!(result.end, End::Killed { signal, step: 1 });
    assert_eq!(result.steps.len(), 1);
    assert!(result.stray.text.contains(r#""step":2"#));
    let result = validator(&whole()).finish(&exit(ProcessEnd::Exited(0), 1), None);
    assert_eq!(result.end, End::Exited { code: 0, step: 1 });
    let mut hung = exit(killed("SIGKILL"), 1);
    hung.by_itself = false;
    let result = validator(&whole()).finish(&hung, Some(7));
    assert_eq!(
        result.end,
        End::Hung {
            step: 1,
            seconds: 7
        }
    );
}

#[test]
fn a_crash_that_is_found_at_the_limit_is_a_crash() {
    let result = validator(&[]).finish(&exit(killed("SIGABRT"), 0), Some(7));
    let signal = "SIGABRT".to_owned();
    assert_eq!(result.end, End::Killed { signal, step: 0 });
}

#[test]
fn a_report_that_is_impossible_now_is_stray() {
    let impossible = [
        done(1, 0),
        done(0, 1),
        Report::Heartbeat(0),
        Report::ChangeScenario,
        Report::Finished,
    ];
    for report in impossible {
        let mut validator = validator(&[]);
        let progress = push(&mut validator, &report);
        assert!(
            !progress.alive && progress.change_scenario.is_none(),
            "{report:?}"
        );
        assert!(
            validator
                .finish(&exit(ProcessEnd::Exited(0), 0), None)
                .stray
                .bytes
                > 0
        );
    }
    let mut twice = validator(&whole());
    for report in whole() {
        assert!(!push(&mut twice, &report).alive);
    }
    assert_eq!(
        twice.finish(&exit(ProcessEnd::Exited(0), 3), None).end,
        End::Finished
    );
}

#[test]
fn a_step_sends_no_more_heartbeats_than_it_makes_calls() {
    let mut validator = validator(&[done(0, 0)]);
    assert!(push(&mut validator, &Report::Heartbeat(0)).alive);
    assert!(!push(&mut validator, &Report::Heartbeat(0)).alive);
    assert!(push(&mut validator, &done(1, 1)).alive);
    assert!(!push(&mut validator, &Report::Heartbeat(0)).alive);
}

#[test]
fn calls_are_counted_over_the_steps_and_never_beyond_the_script() {
    let script = [CHECK[0], crate::worker::script::calls(20), CHECK[1]];
    let mut validator = ReportValidator::new(&script, Snapshots::WhereScripted, "t");
    assert_eq!(push(&mut validator, &done(0, 0)).calls, 0);
    assert_eq!(push(&mut validator, &Report::Heartbeat(7)).calls, 7);
    assert_eq!(push(&mut validator, &Report::Heartbeat(99)).calls, 20);
    // It ended early.
    assert_eq!(push(&mut validator, &done(1, 9)).calls, 20);
    assert_eq!(push(&mut validator, &done(2, 1)).calls, 21);
}

#[test]
fn snapshots_are_accepted_only_where_the_worker_takes_them() {
    let baseline = Report::Baseline(Box::default());
    let watched = |step| {
        let Report::Done(mut report) = done(step, 0) else {
            unreachable!("it is a report of a step")
        };
        report.snapshot = Some(Box::default());
        Report::Done(report)
    };
    let mut scripted = validator(&[]);
    assert!(!push(&mut scripted, &baseline).alive);
    assert!(!push(&mut scripted, &watched(0)).alive);
    let mut each = ReportValidator::new(&CHECK, Snapshots::AfterEachStep, "t");
    assert!(push(&mut each, &baseline).alive);
    assert!(!push(&mut each, &baseline).alive);
    assert!(push(&mut each, &watched(0)).alive);
    assert!(!push(&mut each, &baseline).alive);
    let script = [Step::ChangeScenario(Scenario::DENY)];
    let mut change = ReportValidator::new(&script, Snapshots::AfterEachStep, "t");
    push(&mut change, &Report::ChangeScenario);
    assert!(!push(&mut change, &watched(0)).alive);
}

#[test]
fn a_change_of_scenario_is_requested_exactly_once() {
    let script = [Step::ChangeScenario(Scenario::DENY)];
    let mut validator = ReportValidator::new(&script, Snapshots::WhereScripted, "t");
    assert!(!push(&mut validator, &done(0, 0)).alive);
    assert_eq!(
        push(&mut validator, &Report::ChangeScenario).change_scenario,
        Some(Scenario::DENY)
    );
    assert_eq!(
        push(&mut validator, &Report::ChangeScenario).change_scenario,
        None
    );
    assert!(push(&mut validator, &done(0, 0)).alive);
}

#[test]
fn a_worker_that_finished_without_reports_lost_its_channel() {
    let result = validator(&[done(0, 0)]).finish(&exit(ProcessEnd::Exited(0), 3), None);
    assert_eq!(result.end, End::ChannelLost { step: 1 });
}

#[test]
fn the_stack_of_a_run_on_windows_is_what_its_snapshots_name() {
    let mut report = StepReport::default();
    let names = ["winhttp.dll", "kernel32.dll"].map(str::to_owned);
    report.snapshot = Some(Box::new(Snapshot {
        libraries: BTreeSet::from(names),
        ..Snapshot::default()
    }));
    let mut each = ReportValidator::new(&CHECK, Snapshots::AfterEachStep, "t");
    push(&mut each, &Report::Done(report));
    let mut ended = exit(killed("an access violation (0xC0000005)"), 1);
    ended.windows = Some(OnWindows::default());
    let windows = each.finish(&ended, None).windows.unwrap();
    assert_eq!(windows.stack, BTreeSet::from(["winhttp.dll".to_owned()]));
}
