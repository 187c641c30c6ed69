//! The output, on a terminal and a pipe in memory.

use std::cell::RefCell;
use std::rc::Rc;

use anstream::adapter::strip_str;
use indicatif::InMemoryTerm;

use super::*;
use crate::rules::Level;

/// The lines that were printed above the bar.
#[derive(Clone, Default)]
struct Printed(Rc<RefCell<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Printed {
    /// Without colours.
    fn text(&self) -> String {
        let bytes = self.0.borrow();
        strip_str(&String::from_utf8_lossy(&bytes)).to_string()
    }
}

fn rule(id: &str, verdict: Verdict, seen: &str) -> RuleReport {
    RuleReport {
        id: id.to_owned(),
        title: String::new(),
        clause: String::new(),
        level: Level::Must,
        verdict,
        applicable: true,
        excepted: false,
        known: None,
        expected: String::new(),
        seen: seen.to_owned(),
        help: String::new(),
        seconds: 1.25,
        consequence: None,
        cause: None,
        missing: None,
        transcript: Vec::new(),
        pcap: None,
        calls: Vec::new(),
    }
}

/// Ten rules, of which four are finished, on a terminal or a pipe.
fn half_way(bar: Option<ProgressBar>) -> (StderrProgress, Printed) {
    let printed = Printed::default();
    let progress = StderrProgress::showing(State::new(Box::new(printed.clone()), bar, 10));
    for run in [
        "load/succeeds",
        "answer/entitled",
        "tls/expired",
        "http/500",
    ] {
        progress.started(run);
    }
    for report in [
        rule("load/succeeds", Verdict::Pass, ""),
        rule("answer/entitled", Verdict::Fail, "ENTITLEMENT_FAILED"),
        rule(
            "host/memory",
            Verdict::Skip,
            "it was not called often enough",
        ),
        rule("host/threads", Verdict::Error, "out of memory"),
    ] {
        progress.stopped(&report.id);
        progress.finished(report);
    }
    (progress, printed)
}

fn on_a_terminal() -> (ProgressBar, InMemoryTerm) {
    on_a_terminal_of(80)
}

fn on_a_terminal_of(columns: u16) -> (ProgressBar, InMemoryTerm) {
    let terminal = InMemoryTerm::new(24, columns);
    let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
    (bar(10, target), terminal)
}

/// What the terminal shows, without the elapsed time.
fn shown(terminal: &InMemoryTerm) -> String {
    let text = terminal.contents();
    let (before, after) = text.split_once('[').expect("the time is in brackets");
    let (time, after) = after.split_once(']').expect("the time is in brackets");
    assert_eq!(time.len(), "00:00:00".len(), "{text}");
    format!("{before}[time]{after}")
}

#[test]
fn the_bar_counts_and_names_what_is_running() {
    let (bar, terminal) = on_a_terminal();
    let (progress, printed) = half_way(Some(bar));
    insta::assert_snapshot!(shown(&terminal), @r"
         Running [time] [=========>              ] 4/10
                 2 running, 1 passed, 2 failed, 1 skipped
                 tls/expired
                 http/500
    ");
    insta::assert_snapshot!(printed.text(), @r"
            PASS [   1.250s] load/succeeds
            FAIL [   1.250s] answer/entitled  ENTITLEMENT_FAILED
            SKIP [   1.250s] host/memory  it was not called often enough
           ERROR [   1.250s] host/threads  out of memory
    ");
    progress.end();
    assert_eq!(terminal.contents(), "", "the bar is removed");
}

#[test]
fn many_running_jobs_are_counted_after_the_first_ones() {
    let (bar, terminal) = on_a_terminal();
    let (progress, _) = half_way(Some(bar));
    for number in 1..=9 {
        progress.started(&format!("tls/{number}"));
    }
    insta::assert_snapshot!(shown(&terminal), @r"
         Running [time] [=========>              ] 4/10
                 11 running, 1 passed, 2 failed, 1 skipped
                 tls/expired
                 http/500
                 tls/1
                 tls/2
                 tls/3
                 tls/4
                 tls/5
                 tls/6
                 and 3 more
    ");
}

#[test]
fn a_pipe_has_a_counter_in_each_line() {
    let (progress, printed) = half_way(None);
    progress.end();
    insta::assert_snapshot!(printed.text(), @r"
            PASS [   1.250s] ( 1/10) load/succeeds
            FAIL [   1.250s] ( 2/10) answer/entitled  ENTITLEMENT_FAILED
            SKIP [   1.250s] ( 3/10) host/memory  it was not called often enough
           ERROR [   1.250s] ( 4/10) host/threads  out of memory
    ");
}

/// How far a run of few calls, and one of many, are.
const COUNTS: [Count<'_>; 2] = [
    Count {
        run: "tls/expired",
        made: 1,
        all: 3,
    },
    Count {
        run: "load/wears-out",
        made: 840,
        all: 1100,
    },
];

#[test]
fn a_run_of_many_rounds_shows_how_far_it_is_on_a_narrow_terminal() {
    let (bar, terminal) = on_a_terminal_of(60);
    let (progress, _) = half_way(Some(bar));
    progress.started("load/wears-out");
    progress.counted(&COUNTS);
    insta::assert_snapshot!(shown(&terminal), @r"
         Running [time] [=========>              ] 4/10
                 3 running, 1 passed, 2 failed, 1 skipped
                 tls/expired
                 http/500
                 load/wears-out 840/1,100
    ");
    progress.stopped("load/wears-out");
    progress.counted(&COUNTS);
    assert!(!shown(&terminal).contains("wears-out"));
}

#[test]
fn the_bar_of_all_rules_fits_into_60_columns() {
    let terminal = InMemoryTerm::new(24, 60);
    let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
    let progress = StderrProgress::showing(State::new(
        Box::new(Printed::default()),
        Some(bar(177, target)),
        177,
    ));
    let longest = crate::rules::all().max_by_key(|rule| rule.id.len());
    let run = longest.expect("there are rules").id;
    progress.started(run);
    progress.counted(&[Count {
        run,
        made: 840,
        all: 1100,
    }]);
    for line in terminal.contents().lines() {
        assert!(line.chars().count() <= 60, "{line}");
    }
    assert_eq!(terminal.contents().lines().count(), 3, "no line is divided");
}

#[test]
fn a_pipe_is_told_now_and_then_how_far_a_run_of_many_rounds_is() {
    let (progress, printed) = half_way(None);
    progress.started("load/wears-out");
    progress.counted(&COUNTS);
    assert!(!printed.text().contains("running"), "it has just begun");
    progress.state.borrow_mut().report_interval = Duration::ZERO;
    progress.counted(&COUNTS);
    progress.counted(&COUNTS);
    let text = printed.text();
    let lines: Vec<_> = text
        .lines()
        .filter(|line| line.contains("running"))
        .collect();
    assert_eq!(lines.len(), 2, "{text}");
    for line in lines {
        let (head, tail) = line.split_once('[').expect("the time is in brackets");
        assert_eq!(head, "     running ");
        assert!(tail.ends_with("s] load/wears-out 840/1,100"), "{line}");
    }
}
