//! The blocks of a page: the files that it shows, and its commands with what they print.

use std::ops::Range;
use std::path::PathBuf;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// A block that a session needs.
pub(super) enum Block {
    /// A block `LANGUAGE file=NAME`: a file of this name.
    File { name: String, content: String },
    /// A block `console`.
    Console(Vec<Step>),
}

/// A command after `$`, and the lines beneath it.
pub(super) struct Step {
    pub(super) command: String,
    /// What it prints, with patterns: `[..]` in a line, and `...` for whole lines.
    pub(super) expected: String,
    /// Where the expected output stands in the page.
    pub(super) at: Range<usize>,
}

/// The blocks of a page, in order.
pub(super) fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut info = None;
    let mut text: Option<Range<usize>> = None;
    for (event, range) in Parser::new(page).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(words))) => {
                info = Some(words.to_string());
                text = None;
            }
            Event::Text(_) if info.is_some() => {
                let begin = text.map_or(range.start, |text| text.start);
                text = Some(begin..range.end);
            }
            Event::End(TagEnd::CodeBlock) => {
                let text = text.take().unwrap_or(0..0);
                blocks.extend(info.take().and_then(|info| block(page, &info, text)));
            }
            _ => {}
        }
    }
    blocks
}

fn block(page: &str, info: &str, text: Range<usize>) -> Option<Block> {
    if info == "console" {
        return Some(Block::Console(steps(page, text)));
    }
    let (_, name) = info.split_once(" file=")?;
    Some(Block::File {
        name: name.to_owned(),
        content: page[text].to_owned(),
    })
}

fn steps(page: &str, text: Range<usize>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut continued = false;
    let mut at = text.start;
    for line in page[text].split_inclusive('\n') {
        let end = at + line.len();
        if let Some(command) = line.strip_prefix("$ ") {
            continued = line.ends_with("\\\n");
            steps.push(Step {
                command: command.to_owned(),
                expected: String::new(),
                at: end..end,
            });
        } else {
            let step = steps.last_mut();
            let step = step.unwrap_or_else(|| panic!("no command before {line:?}"));
            if continued {
                step.command.push_str(line);
                step.at = end..end;
                continued = line.ends_with("\\\n");
            } else {
                step.expected.push_str(line);
                step.at.end = end;
            }
        }
        at = end;
    }
    steps
}

/// The names of the pages in `SUMMARY.md`, in order.
pub(super) fn names(summary: &str) -> Vec<PathBuf> {
    let links = Parser::new(summary).filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. }) => Some(PathBuf::from(dest_url.as_ref())),
        _ => None,
    });
    links.collect()
}
