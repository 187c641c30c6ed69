//! The forms of the report, as the programs that read them see them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ics_harness::report::{
    CallReport, ChaosFailure, ChaosReport, Format, InputFile, Options, PluginReport, Report,
    RuleReport, Verdict, merged, read,
};
use ics_harness::rules::Level;

use super::{known_failure, plugin, rule, transcript};
use crate::prerequisites::{missing, not_shown};

/// What a plugin can put into a report, as far as text can hold it.
const HOSTILE: &str =
    "<script>alert(1)</script>]]>&amp;| `code` \u{1b}[2J\u{202e}\u{7} **bold**\n# title";

/// The folder of what `tests/report-tools/install` installs, unless a variable names another.
fn tools() -> PathBuf {
    let named = std::env::var_os("ICS_REPORT_TOOLS").map(PathBuf::from);
    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    named.unwrap_or_else(|| harness.join("../target/report-tools"))
}

/// A file among the tools; none, with a message, if it or a program is missing.
fn tool(what: &str, name: &str, programs: &[&str]) -> Option<PathBuf> {
    let path = tools().join(name);
    let lacks = programs
        .iter()
        .copied()
        .find_map(missing)
        .or_else(|| {
            (!path.exists()).then(|| {
                format!("{name} is not there (harness/tests/report-tools/install target/report-tools, or name its folder by ICS_REPORT_TOOLS)")
            })
        });
    match lacks {
        Some(how) => {
            not_shown(what, &how);
            None
        }
        None => Some(path),
    }
}

/// A rule of each verdict and level, with hostile text wherever a plugin has a say.
fn rules() -> Vec<RuleReport> {
    let mut broken = rule("tls/expired", Level::Must, Verdict::Fail, HOSTILE);
    broken.transcript = transcript();
    broken.pcap = Some(format!("traffic/{HOSTILE}.pcapng"));
    broken.calls = vec![
        CallReport {
            at: 0.1,
            seconds: 2.2,
            answer: Some(HOSTILE.to_owned()),
        },
        CallReport {
            at: 2.4,
            seconds: 4.0,
            answer: None,
        },
    ];
    vec![
        rule("load/succeeds", Level::Must, Verdict::Pass, "it loads"),
        broken,
        rule("load/quiet", Level::Should, Verdict::Fail, HOSTILE),
        rule("file/exports-only", Level::May, Verdict::Fail, "two"),
        rule("dns/nxdomain", Level::Must, Verdict::Skip, HOSTILE),
        rule("host/threads", Level::Must, Verdict::Error, HOSTILE),
    ]
}

fn report(plugins: Vec<PluginReport>) -> Report {
    let count = plugins.len();
    Report::begin(Default::default()).end(plugins, count)
}

/// One with two plugins, the first of which breaks a rule.
fn two() -> Report {
    let good = rules()
        .into_iter()
        .filter(|rule| rule.verdict == Verdict::Pass)
        .collect();
    let hostile = PluginReport {
        path: format!("/lib/{HOSTILE}.so"),
        ..plugin(rules(), Level::Must)
    };
    report(vec![hostile, plugin(good, Level::Must)])
}

fn text(report: &Report, format: Format) -> String {
    format.text(report).expect("a report has each form")
}

/// Runs a program that has to succeed.
fn run(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout).expect("text")
}

/// Random scenarios of which some failed.
fn chaos() -> ChaosReport {
    let failure = ChaosFailure {
        case: 7,
        scenario: format!("a bit less {HOSTILE}"),
        seen: format!("it hung {HOSTILE}"),
        simplest: format!("silence {HOSTILE}"),
        seen_in_simplest: HOSTILE.to_owned(),
    };
    ChaosReport {
        seed: 42,
        first: 1,
        damaged: 10,
        failed: 3,
        failures: vec![failure.clone(), ChaosFailure { case: 9, ..failure }],
        errors: vec![HOSTILE.to_owned()],
        ..ChaosReport::default()
    }
}

/// One whose only failures are random scenarios.
fn chaotic() -> Report {
    let chaos = chaos();
    let passed = vec![rule("load/succeeds", Level::Must, Verdict::Pass, "")];
    let mut plugin = plugin(passed, Level::Must);
    plugin.summary = plugin.summary.with_chaos(Some(&chaos));
    plugin.chaos = Some(chaos);
    report(vec![plugin])
}

#[test]
fn random_scenarios_that_failed_are_findings_in_each_form() {
    const REPEAT: &str = "--chaos 1 --seed 42 --case 9";
    for format in [Format::Junit, Format::Markdown, Format::Sarif, Format::Html] {
        let text = text(&chaotic(), format);
        assert_eq!(text.matches(REPEAT).count(), 1, "{format}: {text}");
        for expected in ["seed 42, case 7", "a bit less", "it hung", "silence"] {
            assert!(text.contains(expected), "{format}: {expected}: {text}");
        }
        assert!(
            !text.contains(['\u{202e}', '\u{7}']) || format == Format::Sarif,
            "{format}"
        );
    }
    let junit = text(&chaotic(), Format::Junit);
    assert!(
        junit.contains(r#"tests="5" skipped="0" errors="1" failures="3""#),
        "{junit}"
    );
    assert!(
        junit.contains(r#"<testcase name="seed 42, case 7" classname="chaos">"#),
        "{junit}"
    );
    let sarif: serde_json::Value =
        serde_json::from_str(&text(&chaotic(), Format::Sarif)).expect("JSON");
    let run = &sarif["runs"][0];
    assert_eq!(run["results"].as_array().map(Vec::len), Some(2));
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "chaos");
    assert_eq!(run["results"][1]["ruleIndex"], 0);
}

#[test]
fn junit_is_valid_and_counts_what_counts() {
    junit_is_valid(&two(), r#"tests="6" skipped="1" errors="1" failures="1""#);
    junit_is_valid(
        &chaotic(),
        r#"tests="5" skipped="0" errors="1" failures="3""#,
    );
}

fn junit_is_valid(report: &Report, counts: &str) {
    let text = text(report, Format::Junit);
    assert!(text.contains(counts), "{text}");
    let Some(schema) = tool("JUnit against its schema", "junit-10.xsd", &["xmllint"]) else {
        return;
    };
    // The sum of skipped cases over all suites is newer than the schema; readers that do not know it ignore it.
    let (before, after) = text.split_once(" skipped=").expect("the sum");
    let after = after.split_once(' ').expect("a value").1;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("report.xml");
    fs::write(&file, format!("{before} {after}")).expect("a file");
    run(Command::new("xmllint")
        .args(["--noout", "--schema"])
        .args([&schema, &file]));
}

#[test]
fn sarif_is_valid() {
    let Some(schema) = tool("SARIF against its schema", "sarif-2.1.0-rtm.5.json", &[]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut interrupted = two();
    interrupted.complete = false;
    for report in [two(), chaotic(), interrupted] {
        let file = folder.path().join("report.sarif");
        fs::write(&file, text(&report, Format::Sarif)).unwrap();
        run(Command::new(tools().join("venv/bin/python"))
            .arg("-c")
            .arg("import json, sys, jsonschema\nschema, log = [json.load(open(name)) for name in sys.argv[1:]]\njsonschema.validate(log, schema)")
            .args([&schema, &file]));
    }
}

#[test]
fn a_page_makes_no_error_and_no_request_and_can_be_searched() {
    let what = "the page of a report in Chromium";
    if tool(what, "node_modules/playwright-core", &["chromium", "node"]).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let one = PluginReport {
        chaos: Some(chaos()),
        ..plugin(rules(), Level::Must)
    };
    for (report, rules) in [(report(vec![one]), 6), (two(), 6)] {
        let page = folder.path().join("report.html");
        fs::write(&page, text(&report, Format::Html)).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report-tools/page.mjs");
        let found = run(Command::new("node")
            .arg(script)
            .arg(&page)
            .env("NODE_PATH", tools().join("node_modules"))
            .env("CHROMIUM", program("chromium")));
        let found: serde_json::Value = serde_json::from_str(&found).unwrap();
        assert_eq!(found["errors"], serde_json::json!([]));
        let requests = found["requests"].as_array().unwrap();
        let all_files = requests
            .iter()
            .all(|url| url.as_str().unwrap().starts_with("file:"));
        assert!(requests.len() == 4 && all_files, "{requests:?}");
        for (width, over) in found["widths"].as_object().unwrap() {
            assert_eq!(over, 0, "the page is too wide for a window of {width}");
        }
        assert_eq!(found["filters"]["all"], rules);
        assert_eq!(found["filters"]["search"], rules);
        assert_eq!(found["filters"]["withoutPass"], rules - 1);
        assert_eq!(found["filters"]["dnsWithoutPass"], 1);
    }
}

/// Where a program is.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").expect("a PATH");
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .expect("it was found before")
}

#[test]
fn no_markup_of_a_plugin_is_in_a_page_or_a_comment() {
    let forms = [Format::Html, Format::Markdown];
    let reports = [two(), chaotic()];
    for (report, format) in reports
        .iter()
        .flat_map(|report| forms.map(|form| (report, form)))
    {
        let text = text(report, format);
        assert!(!text.contains("<script>alert"), "{format}");
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{format}");
    }
    let text = text(&two(), Format::Markdown);
    assert!(
        !text.lines().any(|line| line.starts_with("# title")),
        "{text}"
    );
}

#[test]
fn a_comment_has_a_line_for_each_plugin_and_the_rules_that_differ() {
    let text = text(&two(), Format::Markdown);
    let rows = text.lines().filter(|line| line.starts_with("| ")).count();
    // Two heads, two plugins, and five rules that the second one was not examined by.
    assert_eq!(rows, 2 + 2 + 5, "{text}");
    assert!(text.contains("❌ harness error"), "{text}");
    assert!(text.contains("✅ conformant"), "{text}");
}

#[test]
fn a_comment_counts_known_failures_and_says_why_they_are_known() {
    let rules = vec![
        rule("load/succeeds", Level::Must, Verdict::Pass, "it loads"),
        known_failure("tls/expired", Some("https://issues.example/a_b")),
        known_failure("http/500", Some("a <b> c")),
        known_failure("http/503", None),
    ];
    let good = vec![rules[0].clone()];
    let plugins = [rules, good].map(|rules| plugin(rules, Level::Must));
    let text = text(&report(plugins.into()), Format::Markdown);
    for expected in [
        "| plugin | verdict | pass | fail | skip | error | known |",
        "conformant, but for 3 known failures | 1 | 0 | 0 | 0 | 3 |",
        "conformant | 1 | 0 | 0 | 0 | 0 |",
        "- known failure `tls/expired`: a new one \\| in June (<https://issues.example/a_b>)",
        "- known failure `http/500`: a new one \\| in June (a \\<b\\> c)",
        "- known failure `http/503`: a new one \\| in June\n",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn a_saved_report_is_read_again_and_parts_become_one() {
    let whole = report(vec![plugin(rules(), Level::Must)]);
    let saved = read(&text(&whole, Format::Json)).unwrap();
    assert_eq!(saved, whole);
    let part = |range: std::ops::Range<usize>| {
        let rules = rules()[range].to_vec();
        let mut plugin = plugin(rules, Level::Must);
        plugin.summary.left_out = 6 - plugin.rules.len();
        report(vec![plugin])
    };
    let named = |name: &str, report| (name.to_owned(), report);
    let parts = vec![named("1.json", part(0..3)), named("2.json", part(3..6))];
    let merged = merged(parts).unwrap();
    let [plugin] = merged.plugins.as_slice() else {
        panic!("{} plugins", merged.plugins.len());
    };
    assert_eq!(plugin.summary, whole.plugins[0].summary);
    assert_eq!(plugin.rules.len(), 6);
}

#[test]
fn an_interrupted_examination_says_so_in_each_form() {
    let passed = vec![rule("load/succeeds", Level::Must, Verdict::Pass, "")];
    let mut stopped = plugin(passed, Level::Must);
    stopped.summary = stopped.summary.for_complete(false);
    stopped.complete = false;
    let report = report(vec![stopped, plugin(rules(), Level::Must)]);
    for (format, expected) in [
        (Format::Html, "1 interrupted, 1 harness error"),
        (Format::Jsonl, "\"verdict\":\"interrupted\""),
        (
            Format::Junit,
            r#"<property name="incomplete" value="the examination was interrupted, or could not be made of every plugin"/>"#,
        ),
        (Format::Markdown, "⚠️ 1 of 1 rules examined: interrupted"),
        (
            Format::Sarif,
            "Incomplete: the examination was interrupted, or could not be made of every plugin.",
        ),
    ] {
        let text = text(&report, format);
        assert!(text.contains(expected), "{format}: {text}");
    }
    let whole = text(&two(), Format::Junit);
    assert!(!whole.contains("\"incomplete\""), "{whole}");
}

#[test]
fn what_decides_the_result_is_in_the_report_and_an_older_report_is_read() {
    let file = |path: &str| InputFile::of(Path::new(path), HOSTILE.as_bytes());
    let options = Options {
        fail_fast: true,
        repeat: Some(3),
        trust: vec![file("roots.pem"), file("more.pem")],
        known_failing: Some(file("known-failing.toml")),
        ..Options::default()
    };
    let report = Report::begin(options).end(vec![plugin(rules(), Level::Must)], 1);
    let page = text(&report, Format::Html);
    for name in ["roots.pem", "more.pem", "known-failing.toml"] {
        let expected = format!("{name}, SHA-256 {}", file(name).sha256);
        assert!(page.contains(&expected), "{expected}");
    }
    assert!(page.contains("3 examinations of each plugin"));
    assert!(page.contains("at the first failure that counts"));
    let saved = text(&report, Format::Json);
    assert_eq!(read(&saved).unwrap(), report);
    let mut older: serde_json::Value = serde_json::from_str(&saved).unwrap();
    let members = older["options"].as_object_mut().unwrap();
    for name in ["fail_fast", "repeat", "trust", "known_failing"] {
        assert!(members.remove(name).is_some(), "{name}");
    }
    let older = read(&older.to_string()).unwrap();
    assert_eq!(older.options, Options::default());
}

#[test]
fn another_file_is_no_report_and_one_of_another_version_says_so() {
    for (text, expected) in [
        ("", "the file is empty"),
        ("{", "it is not a report of `check`: EOF"),
        (
            "{}",
            "it is not a report of `check`: missing field `schema`",
        ),
        (
            r#"{"schema": 2}"#,
            "it has the format 2, and this program reads 3",
        ),
        (
            r#"{"schema": 3}"#,
            "it is not a report of `check`: missing field",
        ),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}
