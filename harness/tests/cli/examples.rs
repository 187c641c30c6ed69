//! The examples in documents and in the help of commands: each is a command line that the program takes.
//!
//! Those that the book shows with their output are run (`book`); these are read alone.

use clap::Command;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::links::{markdown_files, shown};

/// What stands before the arguments.
const PROGRAM: &[&str] = &[
    "ics-harness ",
    "$ ics-harness ",
    "cargo run -- ",
    "cargo run --release -- ",
];

#[test]
fn the_examples_of_documents_are_command_lines() {
    let mut faults = Vec::new();
    let mut count = 0;
    for path in markdown_files() {
        let text = std::fs::read_to_string(&path).expect("a file");
        for example in examples(&code(&text)) {
            count += 1;
            faults.extend(fault(&example).map(|fault| format!("{}: {fault}", shown(&path))));
        }
    }
    assert!(count > 100, "{count}");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_examples_of_the_help_are_command_lines() {
    let mut faults = Vec::new();
    let mut count = 0;
    each(&ics_harness::cli::command(), &mut |help| {
        for example in examples(help) {
            count += 1;
            faults.extend(fault(&example));
        }
    });
    assert!(count > 80, "{count}");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Shows what stands after the options in the help of a command and of those below it.
fn each(command: &Command, see: &mut impl FnMut(&str)) {
    if let Some(help) = command.get_after_help() {
        see(&help.to_string());
    }
    for command in command.get_subcommands() {
        each(command, see);
    }
}

/// What stands in the blocks of code of a document.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut within = false;
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => within = true,
            Event::End(TagEnd::CodeBlock) => within = false,
            Event::Text(text) if within => code.push_str(&text),
            _ => {}
        }
    }
    code
}

/// The arguments of each example in a text.
fn examples(text: &str) -> Vec<Vec<String>> {
    let parts: Vec<_> = text.split("\\\n").map(str::trim_start).collect();
    let joined = parts.concat();
    let lines = joined.lines().map(str::trim_start);
    let arguments = lines.filter_map(|line| PROGRAM.iter().find_map(|it| line.strip_prefix(it)));
    arguments.map(words).collect()
}

/// The words of a line, up to what another program gets, or a remark, which stands after `#` or several spaces.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    let mut spaces = 0;
    for letter in line.chars() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => {
                spaces += 1;
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            '|' | '>' | '<' | '&' | '#' if !quoted && word.is_empty() => return words,
            // `2>/dev/null`.
            '>' if !quoted => return words,
            _ if spaces > 2 && word.is_empty() => return words,
            _ => word.push(letter),
        }
        spaces = 0;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Why the program does not take these arguments.
fn fault(arguments: &[String]) -> Option<String> {
    let line = std::iter::once("ics-harness").chain(arguments.iter().map(String::as_str));
    let parsed = ics_harness::cli::command().try_get_matches_from(line);
    let error = parsed.err()?;
    let help = error.exit_code() == 0;
    (!help).then(|| format!("{}\n{error}", arguments.join(" ")))
}
