//! `ics-harness simulate`, as its users run it.

mod errors;
mod load;

use std::path::{Path, PathBuf};

use assert_cmd::Command;

use crate::prerequisites;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("ics-harness").expect("cargo builds the program first");
    command
        .env_remove("CLICOLOR_FORCE")
        .current_dir(folder(".."))
        .arg("simulate")
        .args(arguments);
    command
}

/// Runs it in the workspace's folder and returns the exit code and both outputs.
fn simulate(arguments: &[&str]) -> (i32, String, String) {
    let output = command(arguments).output().expect("the program starts");
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8(output.stdout).expect("text"),
        String::from_utf8(output.stderr).expect("text"),
    )
}

const DOCUMENTS: &str = "sample-plugins/documents";

fn sample(name: &str) -> String {
    format!("{DOCUMENTS}/{name}")
}

/// Writes files into a folder of their own.
fn files(texts: &[(&str, &str)]) -> (tempfile::TempDir, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = texts
        .iter()
        .map(|(name, text)| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            path.display().to_string()
        })
        .collect();
    (folder, paths)
}

/// The events of a JSON log, by their kinds.
fn events<'a>(log: &'a serde_json::Value, kind: &str) -> Vec<&'a serde_json::Value> {
    let entries = log["entries"].as_array().expect("entries");
    entries
        .iter()
        .filter(|entry| entry["event"] == kind)
        .collect()
}

#[test]
fn the_sample_timeline_is_simulated_with_the_real_plugin_in_real_scenarios() {
    let (out, html) = {
        let folder = tempfile::tempdir().expect("a folder");
        let html = folder.path().join("day.html");
        let (code, out, err) = simulate(&[
            &sample("carrier-json.xml"),
            "--timeline",
            &sample("day.toml"),
            "--plugin",
            "sample-plugins/carrier-json",
            "--json",
            "--html",
            &html.display().to_string(),
        ]);
        assert_eq!(code, 0, "{err}");
        (out, std::fs::read_to_string(html).expect("drawn"))
    };
    let log: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let answers: Vec<_> = events(&log, "answered")
        .iter()
        .map(|entry| entry["answer"].as_str().unwrap_or_default().to_owned())
        .collect();
    let (yes, no, none) = ("success", "failed", "unavailable");
    assert_eq!(
        answers,
        [
            yes, yes, yes, none, none, no, yes, yes, yes, yes, yes, yes, none, yes
        ]
    );
    let stopped: Vec<_> = events(&log, "stopped")
        .iter()
        .map(|entry| entry["because"].clone())
        .collect();
    assert_eq!(
        stopped,
        [
            "check-unavailable",
            "no-clients",
            "check-unavailable",
            "no-connection"
        ]
    );
    assert_eq!(events(&log, "refused").len(), 2);
    assert_eq!(events(&log, "message").len(), 4);
    for words in ["<svg", "captive-portal", "What the user saw", "+1 555 0100"] {
        assert!(html.contains(words), "{words}");
    }
    assert!(
        !html.contains("<script") && !html.contains("src="),
        "nothing from elsewhere"
    );
}

#[test]
fn the_specifications_cdma_sample_suspends_the_other_connection() {
    let (code, out, err) = simulate(&[
        &sample("specification-cdma.xml"),
        "--timeline",
        &sample("cdma.toml"),
    ]);
    assert_eq!(code, 0, "{err}");
    insta::assert_snapshot!(out);
}

#[test]
fn a_year_of_scripted_checks_is_simulated_to_its_end() {
    let (code, out, err) = simulate(&[
        &sample("minimal.xml"),
        "--timeline",
        &sample("year.toml"),
        "--answers",
        &sample("year-answers.toml"),
        "--json",
    ]);
    assert_eq!(code, 0, "{err}");
    let log: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(events(&log, "answered").len(), 365);
    let stopped = events(&log, "stopped");
    assert_eq!(stopped.len(), 1);
    assert_eq!(stopped[0]["at"], "day 100 08:30:05");
}

#[test]
fn every_fault_of_a_timeline_is_reported_with_its_place() {
    let (_folder, paths) = files(&[(
        "day.toml",
        "[[event]]\nat = \"10:61\"\ndo = \"on\"\n\n[[event]]\nat = \"11:00\"\ndo = \"server http/50\"\n",
    )]);
    let (code, _, err) = simulate(&[&sample("minimal.xml"), "--timeline", &paths[0]]);
    assert_eq!(code, 2);
    for words in [
        "day.toml:2:6",
        "`10:00`",
        "day.toml:7:14",
        "write `http/500`",
        "has 2 faults",
    ] {
        assert!(err.contains(words), "{words} is not in:\n{err}");
    }
}

#[test]
fn without_a_source_of_answers_the_command_shows_how_to_name_one() {
    let (_folder, paths) = files(&[("day.toml", "[[event]]\nat = \"10:00\"\ndo = \"on\"\n")]);
    let (code, _, err) = simulate(&[&sample("minimal.xml"), "--timeline", &paths[0]]);
    assert_eq!(code, 2);
    assert!(
        err.contains("--plugin") && err.contains("--answers"),
        "{err}"
    );
}

#[test]
fn an_expectation_that_is_not_met_exits_with_1() {
    let (_folder, paths) = files(&[(
        "day.toml",
        "[[event]]\nat = \"10:00\"\nexpect = { sharing = true }\n",
    )]);
    let (code, out, err) = simulate(&[&sample("unlocked.xml"), "--timeline", &paths[0]]);
    assert_eq!(code, 1);
    assert!(
        out.contains("expects sharing on; found sharing off"),
        "{out}"
    );
    assert!(err.contains("1 expectation not met"), "{err}");
}

#[test]
fn a_document_that_is_refused_exits_with_1_and_changes_nothing() {
    let (_folder, paths) = files(&[("day.toml", "[[event]]\nat = \"10:00\"\ndo = \"on\"\n")]);
    let document = folder("device/tests/vectors/mistakes-values.xml");
    let (code, out, err) = simulate(&[&document.display().to_string(), "--timeline", &paths[0]]);
    assert_eq!(code, 1);
    assert!(out.contains("which is refused"), "{out}");
    assert!(out.contains("no document has set Enabled"), "{out}");
    assert!(err.contains("write `8`"), "{err}");
}

#[test]
fn a_library_of_the_image_that_is_none_is_no_answer() {
    let image = tempfile::tempdir().expect("a folder");
    let library = image.path().join("windows/system32/moentitlement.DLL");
    std::fs::create_dir_all(library.parent().expect("a folder")).expect("made");
    std::fs::write(&library, "no library").expect("written");
    let (_folder, paths) = files(&[("day.toml", "[[event]]\nat = \"10:00\"\ndo = \"on\"\n")]);
    let image = image.path().display().to_string();
    let (code, out, err) = simulate(&[
        &sample("minimal.xml"),
        "--timeline",
        &paths[0],
        "--image",
        &image,
    ]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("ENTITLEMENT_UNAVAILABLE"), "{out}");
    assert!(
        out.contains("does not share: the check had no answer"),
        "{out}"
    );
}

const TURN_ON: &str = "[[event]]\nat = \"10:00\"\ndo = \"on\"\n";

/// A library whose `IsEntitled` is this; `None`, with a report, where
/// there is no compiler.
fn plugin(at: &Path, body: &str) -> Option<String> {
    if let Some(how) = prerequisites::missing("cc") {
        prerequisites::not_shown("a device's check of a plugin that misbehaves", &how);
        return None;
    }
    let source = at.join("plugin.c");
    let library = at.join("libplugin.so");
    let text = format!("#include <unistd.h>\nint IsEntitled(void) {{ {body} }}\n");
    std::fs::write(&source, text).expect("written");
    let compiled = std::process::Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(&source)
        .status()
        .expect("the compiler starts");
    assert!(compiled.success());
    Some(library.display().to_string())
}

#[test]
fn a_plugin_is_asked_without_a_network_while_no_connection_is_up() {
    let (_folder, paths) = files(&[(
        "day.toml",
        &format!("[[connection]]\nname = \"Internet\"\nup = false\n{TURN_ON}"),
    )]);
    let arguments = [
        &sample("minimal.xml"),
        "--timeline",
        &paths[0],
        "--plugin",
        "sample-plugins/minimal",
    ];
    let (code, out, err) = simulate(&arguments);
    if err.contains("no private network is available") {
        let how = "a kernel that lets users make network namespaces";
        return prerequisites::not_shown("a check without a network", how);
    }
    assert_eq!(code, 0, "{err}");
    for words in ["(no connection is up)", "ENTITLEMENT_UNAVAILABLE"] {
        assert!(out.contains(words), "{out}");
    }
}

#[test]
fn the_timeline_of_every_kind_of_event_is_simulated() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("page.html");
    let (code, out, err) = simulate(&[
        &sample("unlocked.xml"),
        "--timeline",
        &sample("every-event.toml"),
        "--html",
        &page.display().to_string(),
    ]);
    assert_eq!(code, 0, "{err}");
    insta::assert_snapshot!(out);
    let page = std::fs::read_to_string(page).expect("drawn");
    for meant in [
        "⇄ another SIM or operator",
        "⌖ another network",
        "⚙ Settings",
        "■ off",
    ] {
        assert!(page.contains(meant), "{meant}");
    }
    assert!(!page.contains("document refused"), "nothing was refused");
}

/// MOHelpMessage's string comes from a resource library of the image.
#[test]
fn a_failed_check_shows_the_operators_own_string() {
    let tools = ["x86_64-w64-mingw32-windres", "x86_64-w64-mingw32-ld"];
    for tool in tools {
        if let Some(how) = prerequisites::missing(tool) {
            return prerequisites::not_shown("MOHelpMessage in a simulation", &how);
        }
    }
    let (at, paths) = files(&[
        (
            "a.rc",
            "LANGUAGE 0x09, 0x01\nSTRINGTABLE { 101 L\"Ask us.\\nAny \\x001b[31mtime.\" }\n",
        ),
        ("day.toml", TURN_ON),
        ("answers.toml", "[[answer]]\nsays = \"failed\"\n"),
        (
            "there.xml",
            r#"<wap-provisioningdoc><characteristic type="HotSpot"><parm name="Enabled" value="true"/><parm name="EntitlementDll" value="a.dll"/><parm name="MOAppLink" value="app://mo"/><parm name="MOHelpMessage" value="@C:\Windows\mo.dll,-101"/></characteristic></wap-provisioningdoc>"#,
        ),
        (
            "wrong.xml",
            r#"<wap-provisioningdoc><characteristic type="HotSpot"><parm name="Enabled" value="true"/><parm name="EntitlementDll" value="a.dll"/><parm name="MOAppLink" value="app://mo"/><parm name="MOHelpMessage" value="@C:\Windows\mo.dll,-999"/></characteristic></wap-provisioningdoc>"#,
        ),
    ]);
    let image = at.path().join("image");
    std::fs::create_dir_all(image.join("Windows")).expect("made");
    for (tool, arguments) in [
        (tools[0], &["a.rc", "a.o"][..]),
        (
            tools[1],
            &["-shared", "--entry=0", "-o", "image/Windows/mo.dll", "a.o"],
        ),
    ] {
        let made = std::process::Command::new(tool)
            .current_dir(at.path())
            .args(arguments)
            .status();
        assert!(made.expect("it starts").success(), "{tool}");
    }
    let image = image.display().to_string();
    let run = |document: &str, more: &[&str]| {
        let mut arguments = vec![document, "--timeline", &paths[1], "--answers", &paths[2]];
        arguments.extend(more);
        let (code, out, err) = simulate(&arguments);
        assert_eq!(code, 0, "{err}");
        out
    };
    let out = run(&paths[3], &["--image", &image]);
    let indent = " ".repeat(20);
    let message = format!(
        "message   ┃ Your mobile operator does not let this device share.\n\
         {indent}┃ Ask us.\n\
         {indent}┃ Any \\u{{1b}}[31mtime.\n\
         {indent}┃ Open app://mo"
    );
    assert!(out.contains(&message), "{out}");
    for (out, why) in [
        (
            run(&paths[3], &[]),
            "there is no image of the device's files; name the folder with its files with --image",
        ),
        (
            run(&paths[4], &["--image", &image]),
            "the library has no string 999",
        ),
    ] {
        assert!(
            out.contains("without MOHelpMessage @C:\\Windows\\mo.dll"),
            "{out}"
        );
        assert!(out.contains(why), "{out}");
        assert!(!out.contains("Ask us."), "{out}");
    }
}

#[test]
fn a_name_cannot_write_to_the_terminal_what_it_likes() {
    let (_folder, paths) = files(&[(
        "day.toml",
        "[[connection]]\nname = \"\\u001b[2J\\u009b1m\\rgone\"\n",
    )]);
    let document = sample("unlocked.xml");
    let output = command(&[&document, "--timeline", &paths[0]])
        .env("CLICOLOR_FORCE", "1")
        .output()
        .expect("the program starts");
    let out = String::from_utf8(output.stdout).expect("text");
    assert!(out.contains(r"\u{1b}[2J\u{9b}1m\rgone is up"), "{out:?}");
}
