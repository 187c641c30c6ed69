//! Reports that are merged of the parts that several machines examined.

use std::fs;
use std::process::Output;

use ics_harness::report::{
    Format, Options, Partition, PluginReport, Report, Summary, Verdict, merged,
};
use ics_harness::rules::Level;

use super::{plugin, rule};
use crate::check::{harness, stderr};

fn part(part: usize, of: usize, plugins: Vec<PluginReport>) -> Report {
    let options = Options {
        partition: Some(Partition { part, of }),
        ..Options::default()
    };
    let count = plugins.len();
    Report::begin(options).end(plugins, count)
}

fn good(path: &str) -> PluginReport {
    let rules = vec![rule("load/succeeds", Level::Must, Verdict::Pass, "")];
    PluginReport {
        path: path.to_owned(),
        ..plugin(rules, Level::Must)
    }
}

/// Four parts for three plugins: the last one has nothing to do.
fn parts() -> Vec<Report> {
    let names = ["a.so", "b.so", "c.so"];
    let plugins = names.map(|name| vec![good(name)]);
    let plugins = plugins.into_iter().chain([Vec::new()]);
    let parts = plugins.zip(1..);
    parts
        .map(|(plugins, number)| part(number, 4, plugins))
        .collect()
}

/// `report` with these reports as `part-1.json` and so on.
fn reported(reports: &[Report], arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let names: Vec<String> = (1..=reports.len())
        .map(|number| format!("part-{number}.json"))
        .collect();
    for (report, name) in reports.iter().zip(&names) {
        let text = Format::Json.text(report).expect("JSON");
        fs::write(folder.path().join(name), text).expect("a file");
    }
    let mut command = harness(&["report"]);
    let command = command.args(arguments).args(&names);
    let output = command.current_dir(folder.path()).output();
    output.expect("the program starts")
}

fn named(reports: &[Report]) -> Vec<(String, Report)> {
    let names = (1..).map(|number: usize| format!("part-{number}.json"));
    names.zip(reports.iter().cloned()).collect()
}

#[test]
fn all_parts_are_complete_and_one_without_plugins_is_one_of_them() {
    let all = merged(named(&parts())).expect("they are parts of one examination");
    assert!(all.complete && all.options.partition.is_none());
    assert_eq!((all.plugins.len(), all.missing_parts), (3, None));
    let output = reported(&parts(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn a_missing_part_is_named_in_each_form_and_leaves_it_undecided() {
    let some = &parts()[..3];
    let lacking = merged(named(some)).expect("they are parts of one examination");
    assert!(!lacking.complete);
    for format in [Format::Html, Format::Jsonl, Format::Markdown, Format::Sarif] {
        let text = format.text(&lacking).expect("a form");
        assert!(text.contains("part 4 of 4 is missing"), "{format}: {text}");
    }
    let saved = Format::Json.text(&lacking).expect("JSON");
    assert_eq!(
        ics_harness::report::read(&saved).expect("a report"),
        lacking
    );
    for arguments in [&[][..], &["--report", "markdown=-"]] {
        let output = reported(some, arguments);
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(4), "{text}");
        assert!(
            text.contains("Incomplete: part 4 of 4 is missing."),
            "{text}"
        );
    }
    // It is shown again as it is, and no part can be added to it.
    assert_eq!(
        reported(std::slice::from_ref(&lacking), &[]).status.code(),
        Some(4)
    );
    let output = reported(&[lacking, parts().remove(3)], &[]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(
        text.contains("part-1.json was merged of parts, and part 4 of 4 is missing"),
        "{text}"
    );
}

#[test]
fn the_plugins_of_parts_are_in_the_order_of_one_machine() {
    let plugins: Vec<String> = (1..=25).map(|number| format!("p{number}.so")).collect();
    let of_part = |number: usize| -> Vec<PluginReport> {
        let mine = plugins.iter().skip(number - 1).step_by(11);
        mine.map(|path| good(path)).collect()
    };
    // As a shell sorts the files: part-1, part-10, part-11, part-2.
    let order = [1, 10, 11, 2, 3, 4, 5, 6, 7, 8, 9];
    let parts = order.map(|number| part(number, 11, of_part(number)));
    let all = merged(named(&parts)).expect("they are parts of one examination");
    let paths: Vec<&String> = all.plugins.iter().map(|plugin| &plugin.path).collect();
    assert_eq!(paths, Vec::from_iter(&plugins));
    // Of reports that are no parts, the user chose the order.
    let whole = |path| Report::begin(Options::default()).end(vec![good(path)], 1);
    let two = merged(named(&[whole("so.so"), whole("dll.dll")])).expect("two reports");
    assert_eq!(two.names(), ["so.so", "dll.dll"]);
}

#[test]
fn a_failure_decides_though_a_part_is_missing() {
    let rules = vec![rule("load/succeeds", Level::Must, Verdict::Fail, "")];
    let output = reported(&[part(1, 2, vec![plugin(rules, Level::Must)])], &[]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("part 2 of 2 is missing"), "{text}");
}

#[test]
fn parts_that_are_not_of_one_examination_are_refused_with_their_files() {
    let empty = |number, of| part(number, of, Vec::new());
    for (reports, expected) in [
        (
            [empty(1, 2), empty(1, 2)],
            "part-1.json and part-2.json are both part 1 of 2",
        ),
        (
            [empty(1, 2), empty(2, 3)],
            "part-1.json is part 1 of 2, and part-2.json is part 2 of 3",
        ),
        ([empty(1, 2), empty(3, 2)], "part-2.json names part 3 of 2"),
    ] {
        let output = reported(&reports, &[]);
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn equal_words_are_equal_exit_codes() {
    let of_ten = |verdicts: &[Verdict]| {
        let rules: Vec<_> = verdicts
            .iter()
            .map(|verdict| rule("load/succeeds", Level::Must, *verdict, ""))
            .collect();
        PluginReport {
            summary: Summary::of(&rules, Level::Must, 10),
            ..plugin(rules, Level::Must)
        }
    };
    let whole = |plugins: Vec<PluginReport>| {
        let count = plugins.len();
        Report::begin(Options::default()).end(plugins, count)
    };
    let passed = || of_ten(&[Verdict::Pass]);
    let skipped = of_ten(&[Verdict::Pass, Verdict::Skip]);
    for (plugins, code, words) in [
        (vec![passed(), passed()], 0, "2 no verdict"),
        (vec![passed(), skipped], 4, "1 no verdict, 1 undecided"),
    ] {
        let output = reported(&[whole(plugins)], &[]);
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{text}");
        assert_eq!(text.lines().last(), Some(words), "{text}");
    }
}
