//! Recordings that a browser and a proxy make now, as profiles.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ics_harness::report::Verdict;

use super::{run, text};
use crate::check::{check, degraded, stderr, workspace};
use crate::prerequisites::{missing, not_shown};
use crate::stacks::Tools;

/// The folder of what `tests/har/install` installs, unless a variable names another.
fn tools() -> PathBuf {
    let named = std::env::var_os("ICS_HAR_TOOLS").map(PathBuf::from);
    named.unwrap_or_else(|| workspace().join("target/har-tools"))
}

/// What is missing to record, and how to install it.
fn lacks() -> Option<String> {
    let programs = ["chromium", "node", "curl", "openssl"];
    if let Some(how) = programs.into_iter().find_map(missing) {
        return Some(how);
    }
    let tools = tools();
    let how = "(harness/tests/har/install target/har-tools, or name its folder by ICS_HAR_TOOLS)";
    if !tools.join("node_modules/playwright-core").is_dir() {
        return Some(format!(
            "playwright-core is not in {} {how}",
            tools.display()
        ));
    }
    let proxy = tools.join("venv/bin/mitmdump");
    let version = Command::new(&proxy).arg("--version").output();
    let version = version
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    let major = version
        .split_once("Mitmproxy: ")
        .and_then(|(_, rest)| rest.split('.').next()?.parse::<u32>().ok());
    match major {
        Some(10..) => None,
        Some(old) => Some(format!("mitmdump is version {old}, and 10 is needed {how}")),
        None => Some(format!("mitmdump is not in {} {how}", tools.display())),
    }
}

/// Builds the plugin that makes the requests which are recorded.
fn build(folder: &Path) -> PathBuf {
    let sources = workspace().join("harness/tests/examiner/discovery/recorded");
    let made = Command::new("make")
        .args(["-s", "-C", text(&sources)])
        .arg(format!("OUT={}", folder.display()))
        .arg(format!(
            "STACKS={}",
            workspace().join("harness/other-stacks").display()
        ))
        // A job server of cargo's or of another make is not ours to use.
        .env_remove("MAKEFLAGS")
        .output()
        .expect("make starts");
    assert!(made.status.success(), "{}", stderr(&made));
    folder.join("librecorded.so")
}

#[test]
fn what_a_browser_and_a_proxy_record_now_is_a_profile() {
    let claim = "what Chromium and mitmproxy record now is a profile";
    let c = Tools::c(&["openssl"], "libssl-dev");
    if let Some(how) = c.missing().or_else(lacks) {
        not_shown(claim, &how);
        return;
    }
    if let Some(reason) = degraded() {
        not_shown(claim, reason);
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let recorded = Command::new(workspace().join("harness/tests/har/record"))
        .args([&tools(), folder.path()])
        .output()
        .expect("bash starts");
    assert!(recorded.status.success(), "{}", stderr(&recorded));
    let library = build(folder.path());
    for recorder in ["chromium", "mitmproxy"] {
        let file = folder.path().join(format!("{recorder}.toml"));
        let profile = format!(
            "name = \"{recorder}\"\nallow = \"{recorder}.har\"\ndeciding = \"status\"\n\
             [deny]\nstatus = 403\ncontent-type = \"text/plain\"\nbody = \"1000\"\n"
        );
        fs::write(&file, profile).expect("a file of our own");
        let output = run(&["profile", "check", text(&file)]);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{recorder}: {}",
            stderr(&output)
        );
        let rules = [
            "answer/entitled",
            "answer/not-entitled",
            "http/500",
            "http/short-body",
            "http/trailing-garbage",
            "steps/certificate",
            "tls/wrong-name",
        ];
        let mut arguments = vec!["--profile", text(&file)];
        rules
            .iter()
            .for_each(|rule| arguments.extend(["--rules", rule]));
        let examined = check(&library, &arguments);
        let output = stderr(&examined.output);
        assert_eq!(
            examined.output.status.code(),
            Some(0),
            "{recorder}: {output}"
        );
        let passed: Vec<_> = examined.rules(Verdict::Pass);
        for rule in rules {
            assert!(
                passed.iter().any(|(id, _)| *id == rule),
                "{recorder}, {rule}: {output}"
            );
        }
    }
}
