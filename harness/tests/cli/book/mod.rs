//! The book: each command in it does what the page says, each command of the program has an example, and it can be built.
//!
//! In a page, a block `console` has commands after `$` and what they print; `[..]` stands for a part of a line and `...` for
//! lines. A block `LANGUAGE file=NAME` is a file. `ICS_BOOK_WRITE=1` writes what was printed into the pages.

mod page;
mod session;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use ics_harness::plugin::build;

use crate::check::{degraded, missing_for_c, workspace};
use crate::prerequisites::{missing, not_shown};
use page::Block;
use session::Session;

/// The folder of the pages.
fn source() -> PathBuf {
    workspace().join("harness/docs/book/src")
}

fn read(page: &Path) -> String {
    let path = source().join(page);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The pages in the order of the book.
fn pages() -> Vec<PathBuf> {
    page::names(&read(Path::new("SUMMARY.md")))
}

/// Runs a page in a folder with a plugin, `libentitlement.so`, and the sample documents, `documents`.
fn run(name: &str, needs: &[fn() -> Option<String>]) {
    let isolation = degraded().map(str::to_owned);
    if let Some(how) = isolation.or_else(|| needs.iter().find_map(|missing| missing())) {
        return not_shown(&format!("the commands of the book's page {name}"), &how);
    }
    let mut session = Session::new();
    fs::copy(plugin(), session.folder().join("libentitlement.so")).expect("a copy");
    copy(
        &workspace().join("sample-plugins/documents"),
        &session.folder().join("documents"),
    );
    let page = read(Path::new(name));
    let printed = session.run(&page);
    if std::env::var_os("ICS_BOOK_WRITE").is_some() {
        fs::write(source().join(name), printed).expect("the page can be written");
    } else {
        snapbox::assert_data_eq!(printed, snapbox::Data::text(page).raw());
    }
}

/// The library of the sample, which is built once.
fn plugin() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let built = build::build(&workspace().join("sample-plugins/carrier-json"), None);
        built.unwrap_or_else(|error| panic!("{error}")).library
    })
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a new folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let from = entry.expect("a folder can be listed").path();
        let to = to.join(from.file_name().expect("a name"));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("a copy");
        }
    }
}

/// A test for each page with commands, with what it needs.
macro_rules! pages {
    ($($name:ident: $page:literal $(needs $($need:expr),+)?;)*) => {
        $(#[test]
        fn $name() {
            run($page, &[$($($need),+)?]);
        })*

        /// The pages that are run here, and the one that is run with a plugin of its own (`examiner::oem`).
        const RUN: &[&str] = &[$($page,)* "profiles.md"];
    };
}

pages! {
    rust: "authors/rust.md";
    c: "authors/c.md" needs missing_for_c;
    cpp: "authors/cpp.md" needs || missing("x86_64-w64-mingw32-g++");
    testing: "authors/testing.md" needs || missing("curl");
    shipping: "authors/shipping.md" needs || missing("openssl"), || missing("osslsigncode"),
        || missing("x86_64-w64-mingw32-gcc");
    one_binary: "laboratories/one-binary.md";
    verdicts: "laboratories/verdicts.md" needs || missing("cc");
    many_binaries: "laboratories/many-binaries.md" needs || missing("cc");
    reports: "laboratories/reports.md" needs || missing("openssl");
    windows: "laboratories/windows.md" needs || missing("x86_64-w64-mingw32-gcc"), || missing("wine");
    report_json: "laboratories/report-json.md" needs || missing("jq");
    documents: "operators/documents.md";
    messages: "operators/messages.md";
    simulate: "operators/simulate.md";
    load: "operators/load.md";
    commands: "commands.md";
}

#[test]
fn each_page_with_commands_is_run() {
    let with_commands = pages().into_iter().filter(|page| {
        let blocks = page::blocks(&read(page));
        blocks.iter().any(|it| matches!(it, Block::Console(_)))
    });
    let with_commands: Vec<_> = with_commands.collect();
    let mut run: Vec<_> = RUN.iter().map(PathBuf::from).collect();
    run.retain(|page| !with_commands.contains(page));
    assert!(run.is_empty(), "{run:?} have no commands");
    for page in with_commands {
        let page = page.to_str().expect("ASCII");
        assert!(RUN.contains(&page), "{page} has no test");
    }
}

#[test]
fn each_command_has_an_example() {
    let blocks = RUN
        .iter()
        .flat_map(|page| page::blocks(&read(Path::new(page))));
    let steps = blocks.filter_map(|block| match block {
        Block::Console(steps) => Some(steps),
        Block::File { .. } => None,
    });
    let commands: Vec<_> = steps.flatten().map(|step| step.command).collect();
    let mut names = Vec::new();
    leaves(&ics_harness::cli::command(), "", &mut names);
    assert!(names.len() > 30, "{names:?}");
    names.retain(|name| {
        let begins = |rest: &str| rest.starts_with([' ', '\n']);
        !commands
            .iter()
            .any(|it| it.split(name.as_str()).skip(1).any(begins))
    });
    assert!(
        names.is_empty(),
        "without an example in the book: {names:#?}"
    );
}

/// The command lines of the commands that have no commands of their own.
fn leaves(command: &clap::Command, before: &str, names: &mut Vec<String>) {
    let name = format!("{before}{}", command.get_name());
    if command.has_subcommands() {
        let before = format!("{name} ");
        for command in command.get_subcommands() {
            leaves(command, &before, names);
        }
    } else {
        names.push(name);
    }
}

#[test]
fn the_book_is_built() {
    let installed = workspace().join("target/book-tools/bin/mdbook");
    let mdbook = if installed.exists() {
        installed
    } else {
        PathBuf::from("mdbook")
    };
    if missing(mdbook.to_str().expect("UTF-8")).is_some() {
        let how = "mdbook is not installed (harness/tests/book-tools/install target/book-tools)";
        return not_shown("the book is built", how);
    }
    let built = tempfile::tempdir().expect("a temporary folder");
    let output = Command::new(mdbook)
        .arg("build")
        .arg(workspace().join("harness/docs/book"))
        .arg("--dest-dir")
        .arg(built.path())
        .output()
        .expect("it starts");
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{messages}");
    assert!(
        !messages.contains("WARN") && !messages.contains("ERROR"),
        "{messages}"
    );
    for page in pages() {
        let built = built.path().join(page.with_extension("html"));
        assert!(built.is_file(), "{}", built.display());
    }
}
