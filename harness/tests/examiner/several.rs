//! Several plugins at once: folders, parts for several machines, known failures.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ics_harness::report::{Report, Verdict};

use crate::check::{harness, stderr};
use crate::prerequisites::{missing, not_shown};

/// Rules that are quick, and that a plugin without network passes.
pub(crate) const RULES: &str = "file/export,load/succeeds,load/quiet";

/// A folder with plugins: `good-N.so` is quiet, and `loud.so` prints when it is loaded.
pub(crate) struct Plugins(tempfile::TempDir);

impl Plugins {
    pub(crate) fn new(good: usize) -> Option<Self> {
        if let Some(how) = missing("cc") {
            not_shown("several plugins at once", &how);
            return None;
        }
        let this = Self(tempfile::tempdir().expect("a folder"));
        for number in 1..=good {
            this.build(&format!("good-{number}.so"), "");
        }
        this.build("loud.so", "puts(\"hello\"); fflush(stdout);");
        Some(this)
    }

    /// Builds a plugin that does this when it is loaded.
    fn build(&self, name: &str, on_load: &str) {
        let source = self.file("plugin.c");
        let text = format!(
            "#include <stdio.h>\n\
             __attribute__((constructor)) static void on_load(void) {{ {on_load} }}\n\
             int IsEntitled(void) {{ return 2; }}\n"
        );
        fs::write(&source, text).expect("a file");
        let made = Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .args([self.file(name), source])
            .status();
        assert!(made.expect("a compiler").success());
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Checks the folder by the quick rules.
    pub(crate) fn check(&self, arguments: &[&str]) -> Output {
        harness(&["check", "--rules", RULES])
            .args(arguments)
            .arg(self.0.path())
            .env_remove("CI")
            .output()
            .expect("the program starts")
    }
}

pub(crate) fn report(file: &Path) -> Report {
    ics_harness::report::read(&fs::read_to_string(file).expect("a report")).expect("a report")
}

/// The verdicts of a report: for each plugin its path and those of its rules.
pub(crate) fn verdicts(report: &Report) -> Vec<(String, Vec<(String, Verdict)>)> {
    let mut all: Vec<_> = report
        .plugins
        .iter()
        .map(|plugin| {
            let rules = plugin.rules.iter();
            let rules = rules.map(|rule| (rule.id.clone(), rule.verdict)).collect();
            (plugin.path.clone(), rules)
        })
        .collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

#[test]
fn each_library_of_a_folder_has_a_line_and_a_place_in_the_table() {
    let Some(plugins) = Plugins::new(3) else {
        return;
    };
    let json = plugins.file("report.json");
    let events = plugins.file("events.jsonl");
    let form = format!("jsonl={}", events.display());
    let path = json.to_str().expect("text");
    let output = plugins.check(&["--strict", "--json", path, "--report", &form]);
    let text = stderr(&output);
    assert_events(&events, 4);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(report(&json).plugins.len(), 4);
    let lines: Vec<&str> = text.lines().collect();
    let table = lines
        .iter()
        .position(|line| *line == "4 plugins")
        .expect("a table");
    let rows: Vec<&str> = lines[table + 2..].to_vec();
    assert_eq!(rows.len(), 5, "{text}");
    for number in 1..=3 {
        let row = rows[number - 1];
        assert!(
            row.ends_with(&format!("good-{number}.so  no verdict")),
            "{row}"
        );
    }
    assert!(
        rows[3].ends_with("loud.so  not conformant: load/quiet"),
        "{text}"
    );
    assert_eq!(rows[4], "3 no verdict, 1 not conformant");
    // The finding is there, too, and the skipped rules are not.
    assert!(text.contains("should load/quiet"), "{text}");
    let quiet = stderr(&plugins.check(&["--strict", "--quiet"]));
    assert_eq!(quiet.trim().lines().count(), 7, "{quiet}");
}

/// Asserts that a file of events has all of so many plugins.
fn assert_events(file: &Path, plugins: usize) {
    let text = fs::read_to_string(file).expect("events");
    let events: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let count = |name: &str| events.iter().filter(|event| event["event"] == name).count();
    assert_eq!(events[0]["event"], "begin");
    assert_eq!(events[0]["version"], 1);
    assert_eq!(count("plugin"), plugins);
    assert_eq!(count("rule"), plugins * RULES.split(',').count());
    assert_eq!(events.last().expect("events")["event"], "end");
}

#[test]
fn the_parts_of_several_machines_are_together_what_one_machine_finds() {
    let Some(plugins) = Plugins::new(4) else {
        return;
    };
    let part = |arguments: &[&str], name: &str| {
        let file = plugins.file(name);
        let output =
            plugins.check(&[arguments, &["--json", file.to_str().expect("text")]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        file
    };
    let whole = report(&part(&[], "whole.json"));
    let parts = [
        part(&["--partition", "1/3"], "1.json"),
        part(&["--partition", "2/3"], "2.json"),
        part(&["--partition", "3/3"], "3.json"),
    ];
    assert_eq!(report(&parts[0]).plugins.len(), 2);
    let merged = plugins.file("merged.json");
    let output = harness(&["report", "--json"])
        .arg(&merged)
        .args(&parts)
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(verdicts(&report(&merged)), verdicts(&whole));
    let paths = |report: &Report| -> Vec<String> {
        let plugins = report.plugins.iter();
        plugins.map(|plugin| plugin.path.clone()).collect()
    };
    assert_eq!(paths(&report(&merged)), paths(&whole));
    let output = harness(&["report"])
        .args(&parts[..2])
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert!(stderr(&output).contains("Incomplete: part 3 of 3 is missing."));
    // One machine too many has nothing to do, and that is no failure.
    let output = plugins.check(&["--partition", "9/9"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("this part has no plugin"));
}

#[test]
fn a_known_failure_is_told_and_does_not_count() {
    let Some(plugins) = Plugins::new(1) else {
        return;
    };
    let known = plugins.file("known-failing.toml");
    let entry = "[[known]]\nrule = 'load/quiet'\nplugin = 'loud.so'\nreason = 'debug build'\n";
    fs::write(&known, entry).expect("a file");
    let known = known.to_str().expect("text");
    let junit = plugins.file("junit.xml");
    let form = format!("junit={}", junit.display());
    let json = plugins.file("report.json");
    let path = json.to_str().expect("text");
    let forms = ["--report", &form, "--json", path];
    let output =
        plugins.check(&[&["--strict", "--known-failing", known], forms.as_slice()].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let named = report(&json).options.known_failing.expect("it is recorded");
    assert_eq!(
        (named.path.as_str(), named.sha256),
        (known, ics_harness::plugin::inspect::hash(entry.as_bytes()))
    );
    let text = fs::read_to_string(junit).expect("a report");
    assert!(text.contains("known failure: debug build"), "{text}");
    // For a plugin that is quiet the entry is out of date.
    fs::write(known, entry.replace("loud", "good-1")).expect("a file");
    let output = plugins.check(&["--strict", "--known-failing", known]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("says that it is known to fail: debug build"),
        "{text}"
    );
    fs::write(known, "[[known]]\nrule = 'load/quite'\nreason = 'x'\n").expect("a file");
    let output = plugins.check(&["--known-failing", known]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

#[test]
fn nothing_is_begun_after_the_first_failure_with_fail_fast() {
    let Some(plugins) = Plugins::new(0) else {
        return;
    };
    for number in 0..40 {
        let name = format!("z{number:02}.so");
        fs::copy(plugins.file("loud.so"), plugins.file(&name)).expect("a copy");
    }
    let json = plugins.file("report.json");
    let path = json.to_str().expect("text");
    let output = plugins.check(&["--strict", "--fail-fast", "--json", path]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let report = report(&json);
    assert!(!report.complete);
    assert!(report.plugins.len() < 20, "{}", report.plugins.len());
    for plugin in &report.plugins {
        let decided = plugin.complete || plugin.summary.failed;
        assert_eq!(plugin.verdict() == "interrupted", !decided, "{text}");
    }
}

#[test]
fn a_plugin_that_is_examined_repeatedly_is_one_in_the_report() {
    let Some(plugins) = Plugins::new(0) else {
        return;
    };
    let json = plugins.file("report.json");
    let path = json.to_str().expect("text");
    let output = plugins.check(&["--repeat", "3", "--json", path]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report = report(&json);
    assert!(report.complete);
    assert_eq!(report.options.repeat, Some(3));
    assert_eq!(report.plugins.len(), 1);
}

#[test]
fn a_folder_without_libraries_is_a_wrong_argument() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = harness(&["check"]).arg(folder.path()).output();
    let output = output.expect("the program starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("has no library (.so, .dll, .dylib)"));
}
