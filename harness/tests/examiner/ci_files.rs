//! The files of `docs/ci`: their shell parts are run as each system runs them, and together they find what one machine finds.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::check::{harness, stderr, workspace};
use crate::prerequisites::not_shown;
use crate::several::{Plugins, RULES, report, verdicts};

/// How many machines the files have, but for Jenkins, which has two.
const MACHINES: usize = 4;

/// A file of `docs/ci`.
fn file(name: &str) -> PathBuf {
    workspace().join("harness/docs/ci").join(name)
}

/// A program of what `tests/report-tools/install` installs; none, with a message, if it is missing.
fn tool(name: &str) -> Option<PathBuf> {
    let named = std::env::var_os("ICS_REPORT_TOOLS").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| workspace().join("target/report-tools"));
    let program = folder.join("venv/bin").join(name);
    if !program.exists() {
        not_shown(
            "the files of docs/ci",
            &format!(
                "{name} is not there (harness/tests/report-tools/install target/report-tools, or name its folder by ICS_REPORT_TOOLS)"
            ),
        );
        return None;
    }
    Some(program)
}

/// A YAML file as JSON.
fn yaml(python: &Path, name: &str) -> Value {
    let script = "import json, sys, ruamel.yaml\nprint(json.dumps(ruamel.yaml.YAML(typ='safe', pure=True).load(open(sys.argv[1]))))";
    let output = Command::new(python)
        .args(["-c", script])
        .arg(file(name))
        .output()
        .expect("Python starts");
    assert!(output.status.success(), "{name}: {}", stderr(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The text of a member that has to be there.
fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found
        .unwrap_or_else(|| panic!("{pointer} is no text in {value}"))
        .to_owned()
}

/// The lines of a list.
fn lines(value: &Value, pointer: &str) -> String {
    let list = value.pointer(pointer).and_then(Value::as_array);
    let list = list.unwrap_or_else(|| panic!("{pointer} is no list"));
    let lines: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    lines.join("\n")
}

/// The step of a workflow or an action with that name.
fn step<'a>(value: &'a Value, pointer: &str, name: &str) -> &'a Value {
    let steps = value.pointer(pointer).and_then(Value::as_array);
    let mut steps = steps.expect("steps").iter();
    steps
        .find(|step| step["name"] == name)
        .unwrap_or_else(|| panic!("no step {name}"))
}

/// A folder in which the scripts of one system run, and the program that they find: it examines by the quick rules only.
pub(crate) struct Site {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) path: String,
}

impl Site {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).expect("a folder");
        let program = env!("CARGO_BIN_EXE_ics-harness");
        let examines = format!(
            "#!/bin/sh\nif [ \"$1\" = check ]; then shift; exec '{program}' check --rules {RULES} --strict \"$@\"; fi\n\
             exec '{program}' \"$@\"\n"
        );
        let site = Self {
            path: format!(
                "{}:{}",
                bin.display(),
                std::env::var("PATH").unwrap_or_default()
            ),
            folder,
        };
        site.program("ics-harness", &examines);
        // What speaks to a server writes down what it was asked instead.
        for name in ["gh", "curl"] {
            site.program(name, "#!/bin/sh\necho \"$0\" \"$@\" >>comments\n");
        }
        site
    }

    fn program(&self, name: &str, text: &str) {
        let file = self.folder.path().join("bin").join(name);
        fs::write(&file, text).expect("a file");
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("it is ours");
    }

    /// Runs a script in the folder.
    fn run(&self, shell: &[&str], script: &str, variables: &[(&str, &str)]) -> Output {
        Command::new(shell[0])
            .args(&shell[1..])
            .arg(script)
            .env_remove("CI")
            .env("PATH", &self.path)
            .envs(variables.iter().copied())
            .current_dir(self.folder.path())
            .output()
            .expect("the shell starts")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Asserts how a script ended.
#[track_caller]
fn assert_ends(output: &Output, codes: &[i32]) {
    let code = output.status.code();
    assert!(
        code.is_some_and(|code| codes.contains(&code)),
        "{code:?}: {}",
        stderr(output)
    );
}

/// The plugins, and the report of one machine on them.
fn plugins() -> Option<(Plugins, PathBuf)> {
    let plugins = Plugins::new(5)?;
    let whole = plugins.file("whole.json");
    let output = plugins.check(&["--strict", "--json", whole.to_str().expect("text")]);
    assert_ends(&output, &[1]);
    Some((plugins, whole))
}

/// Asserts that the report of a site says what one machine's says.
#[track_caller]
fn assert_same(site: &Site, name: &str, whole: &Path) {
    assert_eq!(
        verdicts(&report(&site.file(name))),
        verdicts(&report(whole))
    );
}

/// As GitHub and GitLab run scripts.
const BASH: [&str; 4] = ["bash", "-eo", "pipefail", "-c"];

#[test]
fn the_files_of_github_and_gitlab_follow_their_schemas() {
    let Some(validator) = tool("check-jsonschema") else {
        return;
    };
    for (schema, name) in [
        ("vendor.github-actions", "github/action.yml"),
        ("vendor.github-workflows", "github/check-plugins.yml"),
        ("vendor.gitlab-ci", "gitlab/check-plugins.gitlab-ci.yml"),
    ] {
        let output = Command::new(&validator)
            .args(["--builtin-schema", schema])
            .arg(file(name))
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{name}: {said}");
    }
}

#[test]
fn jobs_of_github_find_what_one_machine_finds() {
    let Some(python) = tool("python") else { return };
    let Some((plugins, whole)) = plugins() else {
        return;
    };
    let site = Site::new();
    let action = yaml(&python, "github/action.yml");
    let check = text(step(&action, "/runs/steps", "Check"), "/run");
    let verdict = text(step(&action, "/runs/steps", "Verdict"), "/run");
    let mut codes = Vec::new();
    for part in 1..=MACHINES {
        let partition = format!("{part}/{MACHINES}");
        let output = site.run(
            &BASH,
            &check,
            &[
                ("HARNESS", "ics-harness"),
                ("PLUGINS", plugins.folder().to_str().expect("text")),
                ("ARGUMENTS", "--jobs 4"),
                ("PARTITION", &partition),
                ("REPORTS", "parts"),
                ("GITHUB_OUTPUT", "output"),
                ("GITHUB_STEP_SUMMARY", "summary"),
            ],
        );
        // The step itself succeeds, and the last one has the verdict.
        assert_ends(&output, &[0]);
        let outputs = fs::read_to_string(site.file("output")).expect("outputs");
        let status = outputs.trim_end().rsplit('=').next().expect("a value");
        let output = site.run(&BASH, &verdict, &[("STATUS", status)]);
        codes.push(output.status.code());
    }
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(0), Some(0), Some(1)]);
    let summary = fs::read_to_string(site.file("summary")).expect("a summary");
    assert!(summary.contains("loud.so"), "{summary}");
    let workflow = yaml(&python, "github/check-plugins.yml");
    let merge = text(step(&workflow, "/jobs/report/steps", "Merge"), "/run");
    assert_ends(&site.run(&BASH, &merge, &[]), &[0]);
    assert_same(&site, "report.json", &whole);
    let comment = text(step(&workflow, "/jobs/report/steps", "Comment"), "/run");
    assert_ends(
        &site.run(&BASH, &comment, &[("PULL_REQUEST", "https://example/1")]),
        &[0],
    );
    let comments = fs::read_to_string(site.file("comments")).expect("a comment");
    assert!(
        comments.contains("pr comment https://example/1 --body-file report.md"),
        "{comments}"
    );
}

#[test]
fn jobs_of_gitlab_find_what_one_machine_finds() {
    let Some(python) = tool("python") else { return };
    let Some((plugins, whole)) = plugins() else {
        return;
    };
    let site = Site::new();
    let file = yaml(&python, "gitlab/check-plugins.gitlab-ci.yml");
    assert_eq!(file["entitlement:check"]["parallel"], MACHINES);
    let check = lines(&file, "/entitlement:check/script");
    for part in 1..=MACHINES {
        let output = site.run(
            &BASH,
            &check,
            &[
                ("PLUGINS", plugins.folder().to_str().expect("text")),
                ("CI_NODE_INDEX", &part.to_string()),
                ("CI_NODE_TOTAL", &MACHINES.to_string()),
            ],
        );
        assert_ends(&output, &[0, 1]);
        assert!(site.file(&format!("part-{part}.xml")).exists());
    }
    let merge = lines(&file, "/entitlement:report/script");
    let variables = [
        ("CI_MERGE_REQUEST_IID", "7"),
        ("REPORT_TOKEN", "secret"),
        ("CI_API_V4_URL", "https://gitlab.example/api/v4"),
        ("CI_PROJECT_ID", "42"),
    ];
    assert_ends(&site.run(&BASH, &merge, &variables), &[0]);
    assert_same(&site, "report.json", &whole);
    let comments = fs::read_to_string(site.file("comments")).expect("a note");
    assert!(comments.contains("body@report.md"), "{comments}");
    assert!(comments.contains("projects/42/merge_requests/7/notes"));
}

#[test]
fn stages_of_jenkins_find_what_one_machine_finds() {
    let Some((plugins, whole)) = plugins() else {
        return;
    };
    let site = Site::new();
    let file = fs::read_to_string(file("jenkins/Jenkinsfile")).expect("a file");
    let scripts: Vec<&str> = file
        .split("sh '''")
        .skip(1)
        .filter_map(|rest| rest.split("'''").next())
        .collect();
    let [check, merge] = scripts.as_slice() else {
        panic!("{} scripts", scripts.len());
    };
    let shell = ["sh", "-xec"];
    for part in ["1", "2"] {
        let output = site.run(
            &shell,
            check,
            &[
                ("PLUGINS", plugins.folder().to_str().expect("text")),
                ("PARTS", "2"),
                ("PART", part),
            ],
        );
        assert_ends(&output, &[0]);
    }
    let pull_request = [("CHANGE_URL", "https://example/1")];
    assert_ends(&site.run(&shell, merge, &pull_request), &[0]);
    assert_same(&site, "report.json", &whole);
    assert!(site.file("comments").exists());
}

#[test]
fn pods_of_kubernetes_find_what_one_machine_finds() {
    let Some(python) = tool("python") else { return };
    let Some((plugins, whole)) = plugins() else {
        return;
    };
    let site = Site::new();
    let job = yaml(&python, "kubernetes/check-plugins.yaml");
    assert_eq!(job["spec"]["completionMode"], "Indexed");
    assert_eq!(job["spec"]["completions"], MACHINES);
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["command"], serde_json::json!(["/bin/sh", "-c"]));
    assert_eq!(container["env"][0]["name"], "JOB_COMPLETIONS");
    assert_eq!(container["env"][0]["value"], MACHINES.to_string());
    let script = text(container, "/args/0");
    for index in 0..MACHINES {
        let output = site.run(
            &["/bin/sh", "-c"],
            &script,
            &[
                ("PLUGINS", plugins.folder().to_str().expect("text")),
                ("REPORTS", "."),
                ("JOB_COMPLETIONS", &MACHINES.to_string()),
                ("JOB_COMPLETION_INDEX", &index.to_string()),
            ],
        );
        assert_ends(&output, &[0]);
    }
    let parts = (0..MACHINES).map(|index| site.file(&format!("part-{index}.json")));
    let output = harness(&["report", "--json"])
        .arg(site.file("report.json"))
        .args(parts)
        .output()
        .expect("the program starts");
    assert_ends(&output, &[1]);
    assert_same(&site, "report.json", &whole);
}
