//! What others wrote never steers the terminal of the person who reads it: every
//! command is given hostile file names, arguments, documents and plugins, and
//! nothing but the harness's own styles comes out.

#![cfg(target_os = "linux")]

mod cases;
mod fixtures;
mod program;

use self::cases::cases;
use self::fixtures::{Bed, HOSTILE};
use self::program::{args, run};
use crate::prerequisites::{missing, not_shown};

/// What the harness's own styles are made of.
const STYLES: [&str; 9] = ["0", "1", "2", "31", "32", "33", "34", "35", "36"];

/// The paths of all commands that can be run.
fn commands(of: &clap::Command, path: &str, all: &mut Vec<String>) {
    for command in of.get_subcommands() {
        let path = format!("{path} {}", command.get_name());
        if command.has_subcommands() {
            commands(command, &path, all);
        } else {
            all.push(path.trim_start().to_owned());
        }
    }
}

/// What a text has that steers a terminal, reverses its order, or passes for a
/// line of the harness.
fn steering(bytes: &[u8]) -> Option<String> {
    let Ok(text) = str::from_utf8(bytes) else {
        return Some("bytes that are not UTF-8".to_owned());
    };
    // A terminal begins each line at its left.
    let mut text = text.replace("\r\n", "\n");
    for style in STYLES {
        text = text.replace(&format!("\x1b[{style}m"), "");
    }
    let steers = |one: &char| {
        (one.is_control() && *one != '\n') || (HOSTILE.contains(*one) && !one.is_ascii())
    };
    let forged = text.lines().any(|line| line.starts_with("FORGED"));
    let found = text.chars().find(steers).map(|one| format!("{one:?}"));
    found.or(forged.then(|| "a forged line".to_owned()))
}

#[test]
fn every_command_writes_out_hostile_bytes() {
    if let Some(how) = missing("cc") {
        return not_shown("that hostile bytes are written out", &how);
    }
    let mut known = Vec::new();
    commands(&ics_harness::cli::command(), "", &mut known);
    let cases = cases();
    let tried: Vec<&str> = cases.keys().copied().collect();
    known.sort_unstable();
    assert_eq!(tried, known, "each command has a case");

    let bed = Bed::new();
    for (command, case) in cases {
        for (index, result) in case(&bed).into_iter().enumerate() {
            let shown = format!("`{command}`, the case {index}: {result:?}");
            assert!(result.code.is_some_and(|code| code <= 4), "{shown}");
            for part in [&result.out, &result.err, &result.page] {
                if let Some(found) = steering(part) {
                    panic!("{found}: {shown}");
                }
            }
            // It did meet what is hostile.
            let all = [result.out, result.err, result.page].concat();
            let all = String::from_utf8_lossy(&all).into_owned();
            // As text, in JSON, or in a URI.
            let escapes = [r"\u{9b}", r"\u009b", "%C2%9B"];
            assert!(escapes.iter().any(|it| all.contains(it)), "{shown}");
        }
    }
    drop(bed.folder);
}

/// Control characters in what a plugin prints, resolves and sends are shown as escapes.
#[test]
fn what_a_plugin_prints_asks_and_sends_is_shown_as_escapes() {
    if let Some(how) = missing("cc") {
        return not_shown("that a plugin's bytes are shown as escapes", &how);
    }
    let bed = Bed::new();
    let result = run(args(&["call"]).file(bed.file("plugin.so")));
    let err = String::from_utf8(result.err).expect("text");
    for printed in ["stdout", "stderr"] {
        let line = format!(r"bytes on {printed}: \u{{1b}}[35;47m\u{{9b}}2J\u{{7}}\u{{202e}}\x9b\r");
        assert!(err.contains(&line), "{err}");
    }
    if !err.contains(" dns ") {
        let how = "a private network is not available";
        return not_shown("that questions and requests are shown as escapes", how);
    }
    assert!(err.contains(r"for x\u{9b}2J\u{202e}\x9b"), "{err}");
}
