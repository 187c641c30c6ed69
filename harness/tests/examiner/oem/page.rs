//! The page *Write a profile for your operator*: its profile and its commands, on the OEM's plugin.

use std::fs;
use std::process::Command;

use super::Project;
use crate::check::{stderr, workspace};

/// The page.
fn page() -> String {
    let path = workspace().join("harness/docs/book/src/profiles.md");
    fs::read_to_string(path).expect("the page")
}

/// The blocks of one language, in order.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let begin = format!("```{language}\n");
    let blocks = page.split(begin.as_str()).skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap_or(block))
        .collect()
}

#[test]
fn the_commands_of_the_page_do_what_it_says() {
    let Some(project) = Project::build("the commands of the page about profiles") else {
        return;
    };
    let page = page();
    let [profile] = blocks(&page, "toml")[..] else {
        panic!("one profile");
    };
    let folder = project.plugin();
    fs::write(folder.join("conformance.toml"), profile).expect("a file of our own");
    fs::copy(project.library(), folder.join("libentitlement.so")).expect("a file of our own");
    let commands: Vec<_> = blocks(&page, "console")
        .into_iter()
        .flat_map(str::lines)
        .filter_map(|line| line.strip_prefix("$ ics-harness "))
        .collect();
    assert!(commands.len() >= 6, "{commands:?}");
    for command in commands {
        let ended = Command::new(env!("CARGO_BIN_EXE_ics-harness"))
            .args(command.split_whitespace())
            .current_dir(&folder)
            .output()
            .expect("the harness starts");
        assert_eq!(
            ended.status.code(),
            Some(0),
            "{command}\n{}",
            stderr(&ended)
        );
        let printed = String::from_utf8_lossy(&ended.stdout).into_owned();
        if let Some(rest) = command.strip_prefix("call ") {
            let expected = match rest.rsplit_once(' ').map(|(_, scenario)| scenario) {
                Some("deny") => "ENTITLEMENT_FAILED",
                Some("profile/maintenance") => "ENTITLEMENT_UNAVAILABLE",
                _ => "ENTITLEMENT_SUCCESS",
            };
            assert!(
                printed.starts_with(expected),
                "{command}: {printed}\n{}",
                stderr(&ended)
            );
        }
        if command.starts_with("check ") {
            assert!(
                stderr(&ended).contains("\nconformant: "),
                "{}",
                stderr(&ended)
            );
        }
    }
}
