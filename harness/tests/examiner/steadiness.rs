//! The tool that compares examinations has to find where they differ.

#[path = "../../benches/steadiness/comparison.rs"]
mod comparison;

use comparison::{Comparison, Run};
use ics_harness::report::{PluginReport, RuleReport, Summary, Verdict};
use ics_harness::rules::Level;

fn rule(id: &str, verdict: Verdict, level: Level, seconds: f64) -> RuleReport {
    RuleReport {
        id: id.to_owned(),
        title: "It holds.".to_owned(),
        clause: "The specification says so.".to_owned(),
        level,
        verdict,
        applicable: true,
        excepted: false,
        known: None,
        expected: String::new(),
        seen: format!("seen by {id}"),
        help: String::new(),
        seconds,
        consequence: None,
        cause: None,
        missing: None,
        transcript: Vec::new(),
        pcap: None,
        calls: Vec::new(),
    }
}

fn run(seconds: f64, rules: Vec<RuleReport>) -> Run {
    let report = PluginReport {
        path: "/lib.so".to_owned(),
        complete: true,
        summary: Summary::of(&rules, Level::Must, rules.len()),
        rules,
        ..PluginReport::default()
    };
    Run { seconds, report }
}

#[test]
fn runs_that_agree_are_a_line_with_medians() {
    let good = |seconds| {
        run(
            seconds,
            vec![
                rule("a/slow", Verdict::Pass, Level::Must, seconds / 1.25),
                rule("a/quick", Verdict::Skip, Level::Should, 0.1),
            ],
        )
    };
    let compared = Comparison::of(&[good(5.0), good(20.0), good(10.0), good(4.0)]);
    assert!(compared.differences.is_empty(), "{compared:?}");
    insta::assert_snapshot!(format!("{}\n{}", Comparison::HEADING, compared.line("libgood.so")), @"
    plugin                     runs  pass fail skip error  differ  whole s  longest s  ratio  longest rule
    libgood.so                    4     1    0    1     0       0     7.50       6.00   1.25  a/slow
    ");
}

#[test]
fn each_way_to_differ_is_reported() {
    let first = run(
        1.0,
        vec![
            rule("a/same", Verdict::Pass, Level::Must, 1.0),
            rule("a/verdict", Verdict::Pass, Level::Must, 1.0),
            rule("a/level", Verdict::Fail, Level::Must, 1.0),
            rule("a/missing", Verdict::Pass, Level::Must, 1.0),
        ],
    );
    let second = run(
        1.0,
        vec![
            rule("a/same", Verdict::Pass, Level::Must, 1.0),
            rule("a/verdict", Verdict::Error, Level::Must, 1.0),
            rule("a/level", Verdict::Fail, Level::Should, 1.0),
        ],
    );
    let compared = Comparison::of(&[first, second]);
    let differences: Vec<_> = compared
        .differences
        .iter()
        .map(ToString::to_string)
        .collect();
    insta::assert_snapshot!(differences.join("\n"), @"
    a/level differs:
        fail must in 1 (run 1): seen by a/level
        fail should in 1 (run 2): seen by a/level
    a/missing differs:
        not reported in 1 (run 2)
        pass in 1 (run 1): seen by a/missing
    a/verdict differs:
        error in 1 (run 2): seen by a/verdict
        pass in 1 (run 1): seen by a/verdict
    ");
    assert!((compared.ratio() - 1.0).abs() < 1e-9);
}
