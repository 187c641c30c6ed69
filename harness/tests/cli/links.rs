//! The links of all Markdown files: a file and a heading that a link names are there. Links to the web are read, not followed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use url::Url;

use crate::check::workspace;

/// The folder of the book's pages, which are moved when it is built: no link leads out of it.
const BOOK: &str = "harness/docs/book/src";
/// Pages whose links are rustdoc's.
const RUSTDOC: &[&str] = &["sdk/docs", "harness/src/explain/pages"];

#[test]
fn every_link_leads_somewhere() {
    let files = markdown_files();
    assert!(files.len() > 20, "{files:?}");
    let texts: BTreeMap<PathBuf, Markdown> = files
        .into_iter()
        .map(|path| {
            let read = Markdown::read(&path);
            (path, read)
        })
        .collect();
    let mut faults = Vec::new();
    for (path, markdown) in &texts {
        for link in &markdown.links {
            if let Some(fault) = fault(path, link, &texts) {
                faults.push(format!("{}: {link}: {fault}", shown(path)));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// All Markdown files of the repository but rustdoc's.
pub(crate) fn markdown_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    markdown(workspace(), &mut files);
    files
}

/// A path as messages show it.
pub(crate) fn shown(path: &Path) -> String {
    let relative = path.strip_prefix(workspace()).unwrap_or(path);
    relative.display().to_string()
}

/// What a link needs of a file.
struct Markdown {
    links: Vec<String>,
    /// The anchors of the headings.
    anchors: BTreeSet<String>,
}

impl Markdown {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("a file");
        let text = match included(&text) {
            Some(other) => {
                let other = path.parent().expect("a folder").join(other);
                fs::read_to_string(&other)
                    .unwrap_or_else(|error| panic!("{}: {error}", other.display()))
            }
            None => text,
        };
        let mut read = Self {
            links: Vec::new(),
            anchors: BTreeSet::new(),
        };
        let mut heading: Option<String> = None;
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    read.links.push(dest_url.to_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = anchor(&heading.take().unwrap_or_default());
                    let mut unique = anchor.clone();
                    for number in 1.. {
                        if read.anchors.insert(unique) {
                            break;
                        }
                        unique = format!("{anchor}-{number}");
                    }
                }
                _ => {}
            }
        }
        read
    }
}

/// The file that a page of the book includes.
fn included(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("{{#include ")?;
    rest.split_once("}}").map(|(path, _)| path)
}

/// The anchor of a heading, as forges and mdBook make it.
fn anchor(heading: &str) -> String {
    let lower = heading.to_lowercase();
    let words = lower.chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        '-' | '_' => Some(letter),
        letter => letter.is_alphanumeric().then_some(letter),
    });
    words.collect()
}

/// What is wrong with a link of a file.
fn fault(file: &Path, link: &str, texts: &BTreeMap<PathBuf, Markdown>) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        let read = Url::parse(link);
        let good = read.is_ok_and(|url| matches!(url.scheme(), "https" | "http" | "mailto"));
        return (!good).then(|| "it is no URL".to_owned());
    }
    let (path, anchor) = match link.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (link, None),
    };
    let target = if path.is_empty() {
        file.to_owned()
    } else {
        plain(&file.parent().expect("a folder").join(path))
    };
    if !target.exists() {
        return Some("there is no such file".to_owned());
    }
    let book = workspace().join(BOOK);
    if file.starts_with(&book) && !target.starts_with(&book) {
        return Some("it leads out of the book".to_owned());
    }
    let anchor = anchor?;
    let text = texts.get(&target);
    let there = text.is_some_and(|text| text.anchors.contains(anchor));
    (!there).then(|| "there is no such heading".to_owned())
}

/// A path without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        if component == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(component);
        }
    }
    plain
}

/// The Markdown files of a folder and those below it, without what is built or hidden.
fn markdown(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("a folder can be listed").path();
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.expect("a name in UTF-8");
        let rustdoc = RUSTDOC.iter().any(|it| path == workspace().join(it));
        if name.starts_with('.') || name == "target" || name == "corpus" || rustdoc {
            continue;
        }
        if path.is_dir() && !path.is_symlink() {
            markdown(&path, files);
        } else if name.ends_with(".md") {
            files.push(path);
        }
    }
}

#[test]
fn an_anchor_is_what_forges_make_of_a_heading() {
    assert_eq!(
        anchor("1. What the operator's document says"),
        "1-what-the-operators-document-says"
    );
    assert_eq!(anchor("`file/export` (must)"), "fileexport-must");
}
