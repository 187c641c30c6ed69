//! From XML text to a [`Sink`], going on after every fault.
//!
//! quick-xml finds the tags. It accepts much that XML forbids, and stops at the
//! first error: the further checks, and resuming inside a broken tag, are here.

use std::borrow::Cow;

use memchr::memchr_iter;
use quick_xml::errors::{Error, IllFormedError};
use quick_xml::events::attributes::{AttrError, Attributes};
use quick_xml::events::{BytesEnd, Event};
use quick_xml::reader::Reader;

use super::prolog;
use super::sink::Sink;
use super::text::{MARK, decode};
use super::unescape::unescape;
use crate::document::limits::MAX_DEPTH;
use crate::document::names::{nearest, quoted};
use crate::document::{Diagnostic, Diagnostics, Span};

/// Places at which reading resumes after a broken tag. Each costs a search to
/// the document's end at most, which is why there is a limit.
const MAX_RESUMED: usize = 256;

/// Reads a whole document.
pub(crate) fn read<S: Sink>(bytes: &[u8], sink: &mut S) {
    let Some(text) = decode(bytes, sink) else {
        return;
    };
    let mut reader = XmlReader {
        text: &text,
        sink,
        open: Vec::new(),
        run: None,
        document_type: false,
    };
    // quick-xml would drop the mark without counting it.
    let mark = match text.starts_with(MARK) {
        true => MARK.len_utf8(),
        false => 0,
    };
    if mark > 0 && !S::TAKES_MARK {
        reader.sink.faults().push(
            Diagnostic::warning(Span::new(0, mark), "a byte order mark")
                .expected("the first `<`; not every device takes the mark")
                .help("save the document as UTF-8 without a byte order mark"),
        );
    }
    if let Some(fault) = S::fault_of_text(&text[mark..]) {
        reader.sink.faults().push(fault);
        return;
    }
    let mut from = Some(mark);
    for _ in 0..MAX_RESUMED {
        let Some(begin) = from else { break };
        from = reader.read_from(begin);
    }
    if let Some(begin) = from {
        reader.sink.faults().push(
            Diagnostic::error(
                Span::point(begin),
                format!("more than {MAX_RESUMED} broken tags"),
            )
            .expected("an XML document")
            .help("correct the tags before this place; the rest was not read"),
        );
        reader.sink.cut();
    }
    reader.finish();
}

struct XmlReader<'t, 'b, S> {
    text: &'t str,
    sink: &'b mut S,
    /// The names of the open elements, and where they stand.
    open: Vec<(&'t str, Span)>,
    /// Text between tags that has begun.
    run: Option<Span>,
    document_type: bool,
}

impl<'t, S: Sink> XmlReader<'t, '_, S> {
    /// Reads from an offset; where to resume if a tag there is broken.
    fn read_from(&mut self, begin: usize) -> Option<usize> {
        let mut events = Reader::from_str(&self.text[begin..]);
        let config = events.config_mut();
        // The names of end tags are compared here, to go on after a wrong one.
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        config.check_comments = true;
        let place = |offset: u64| begin + usize::try_from(offset).unwrap_or(usize::MAX);
        loop {
            let start = place(events.buffer_position());
            let event = events.read_event();
            let at = Span::new(start, place(events.buffer_position()));
            match event {
                Ok(Event::Text(text)) => self.characters(&text, at),
                Ok(Event::CData(_) | Event::GeneralRef(_)) => self.extend_run(at),
                Ok(Event::Start(_) | Event::Empty(_)) => {
                    self.end_run();
                    let tag = &self.text[start + 1..at.end() as usize - 1];
                    if let Some(resume) = self.start_tag(tag, at) {
                        return Some(resume);
                    }
                }
                Ok(Event::End(end)) => {
                    self.end_run();
                    // An end tag without `>` goes on into the next tag.
                    if let Some(inner) = self.next_markup(start + 1, at.end() as usize) {
                        return self.broken_tag(start, inner);
                    }
                    self.end_tag(&end, at);
                }
                Ok(Event::Decl(declaration)) => {
                    prolog::declaration(&declaration, at, S::READS, self.sink.faults());
                }
                Ok(Event::DocType(text)) => {
                    self.end_run();
                    self.check_keyword(start);
                    self.document_type(&text, at);
                }
                Ok(Event::Comment(_)) => self.end_run(),
                Ok(Event::PI(text)) => {
                    self.end_run();
                    prolog::instruction(&text, at, self.sink.faults());
                }
                Ok(Event::Eof) => return None,
                Err(Error::Syntax(error)) => {
                    self.end_run();
                    let start = place(events.error_position());
                    return self.unclosed(start, &error.to_string());
                }
                Err(error) => {
                    self.end_run();
                    self.ill_formed(&error, at);
                    if at.len == 0 {
                        return None;
                    }
                }
            }
            if self.sink.is_foreign() {
                return None;
            }
        }
    }

    fn characters(&mut self, text: &str, at: Span) {
        let blank = |one: char| matches!(one, ' ' | '\t' | '\n' | '\r');
        let inner = text.trim_start_matches(blank);
        if inner.is_empty() {
            return;
        }
        let start = at.start as usize + text.len() - inner.len();
        self.extend_run(Span::new(
            start,
            start + inner.trim_end_matches(blank).len(),
        ));
    }

    /// Text, references and CDATA that follow each other are one fault.
    fn extend_run(&mut self, at: Span) {
        let start = self.run.map_or(at.start, |run| run.start);
        self.run = Some(Span {
            start,
            len: at.end() - start,
        });
    }

    fn end_run(&mut self) {
        if let Some(run) = self.run.take() {
            let range = run.start as usize..run.end() as usize;
            self.sink.text(run, &self.text[range]);
        }
    }

    fn document_type(&mut self, text: &str, at: Span) {
        if self.document_type || self.sink.has_root() {
            self.sink.faults().push(
                Diagnostic::error(at, "a DOCTYPE at the wrong place")
                    .expected("at most one, before the root element")
                    .help("remove it"),
            );
        }
        self.document_type = true;
        prolog::document_type(text, at, S::ROOT, self.sink.faults());
    }

    /// XML is case-sensitive, and quick-xml takes this word in any letter case.
    fn check_keyword(&mut self, start: usize) {
        const KEYWORD: &str = "<!DOCTYPE";
        let end = start + KEYWORD.len();
        let written = self.text.get(start..end).unwrap_or_default();
        if written != KEYWORD {
            self.sink.faults().push(
                Diagnostic::error(Span::new(start, end), quoted(written))
                    .expected(format!("`{KEYWORD}`, in capitals"))
                    .help(format!("write `{KEYWORD}`")),
            );
        }
    }

    fn ill_formed(&mut self, error: &Error, at: Span) {
        let fault = match error {
            Error::IllFormed(IllFormedError::DoubleHyphenInComment) => {
                Diagnostic::error(at, "`--` inside a comment")
                    .expected("it only at the comment's end")
                    .help("write `- -`")
            }
            Error::IllFormed(IllFormedError::MissingDoctypeName) => {
                Diagnostic::error(at, "a DOCTYPE without a name")
                    .expected(format!("`{}`", S::ROOT))
                    .help("remove the DOCTYPE; no device needs it")
            }
            _ => Diagnostic::error(at, error.to_string()).expected("well-formed XML"),
        };
        self.sink.faults().push(fault);
    }

    /// A start tag or an empty one, without its angle brackets.
    fn start_tag(&mut self, tag: &'t str, at: Span) -> Option<usize> {
        let begin = at.start as usize + 1;
        if let Some(inner) = self.next_markup(begin, at.end() as usize) {
            return self.broken_tag(at.start as usize, inner);
        }
        let (tag, empty) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let name = self.open_element(tag, begin, at);
        self.attributes(tag, begin, name.len());
        self.sink.opened(at);
        if empty {
            self.sink.close();
        } else {
            self.open.push((name, Span::new(begin, begin + name.len())));
        }
        None
    }

    /// Passes a tag to the sink; returns its name.
    fn open_element(&mut self, tag: &'t str, begin: usize, whole: Span) -> &'t str {
        let end = tag
            .find(|one: char| one.is_ascii_whitespace())
            .unwrap_or(tag.len());
        let name = &tag[..end];
        self.sink.open(name, Span::new(begin, begin + end), whole);
        name
    }

    fn attributes(&mut self, tag: &'t str, begin: usize, name_length: usize) {
        let mut attributes = Attributes::new(tag, name_length);
        let bytes = tag.as_bytes();
        for attribute in attributes.with_checks(false) {
            let attribute = match attribute {
                Ok(attribute) => attribute,
                Err(error) => {
                    self.sink.faults().push(malformed(&error, tag, begin));
                    self.sink.spoil();
                    continue;
                }
            };
            let key = attribute.key.0;
            let offset = offset_in(tag, key);
            let at = Span::new(begin + offset, begin + offset + key.len());
            if !bytes[offset - 1].is_ascii_whitespace() {
                self.sink.faults().push(
                    Diagnostic::error(at, format!("{} without a space before it", quoted(key)))
                        .expected("a space between two attributes")
                        .help("write a space"),
                );
            }
            let raw: &'t str = match attribute.value {
                Cow::Borrowed(raw) => raw,
                Cow::Owned(_) => continue,
            };
            let value_offset = begin + offset_in(tag, raw);
            let value_at = Span::new(value_offset, value_offset + raw.len());
            let value = unescape(raw, value_offset, self.sink.faults());
            // Its entities can be wrong, or bytes of it that are no text.
            if self.sink.faults().error_in(value_at).is_some() {
                self.sink.spoil();
            }
            self.sink.attribute(key, at, value, value_at);
        }
    }

    fn end_tag(&mut self, end: &BytesEnd<'_>, at: Span) {
        let name = end.name().0;
        if self.open.last().is_some_and(|(open, _)| *open == name) {
            self.open.pop();
            self.sink.close();
            return;
        }
        let found = format!("end tag </{}>", quoted(name).trim_matches('`'));
        // Deeper than documents may be, nothing is searched for.
        let reach = self.open.len().saturating_sub(2 * MAX_DEPTH);
        let matching = self.open[reach..]
            .iter()
            .rposition(|(open, _)| *open == name);
        let Some(matching) = matching.map(|matching| reach + matching) else {
            let fault = Diagnostic::error(at, found);
            match self.open.last() {
                // A misspelt end tag ends the element; another one ends none.
                Some((open, _)) if nearest(name, [*open]).is_some() => {
                    let fault = fault.expected(format!("</{open}>"));
                    self.sink
                        .faults()
                        .push(fault.help(format!("write </{open}>")));
                    self.open.pop();
                    self.sink.close();
                }
                Some((open, _)) => {
                    self.sink
                        .faults()
                        .push(fault.expected(format!("</{open}>")).help("remove it"));
                }
                None => self.sink.faults().push(
                    fault
                        .expected("no end tag; no element is open")
                        .help("remove it"),
                ),
            }
            return;
        };
        for (open, open_at) in self.open.split_off(matching + 1).into_iter().rev() {
            self.unended(open, open_at);
        }
        self.open.pop();
        self.sink.close();
    }

    fn unended(&mut self, name: &str, at: Span) {
        self.sink.faults().push(
            Diagnostic::error(at, format!("{} is never ended", quoted(name)))
                .expected(format!("</{name}>"))
                .help(format!(
                    "write </{name}> after what it holds, or <{name} …/>"
                )),
        );
        self.sink.close();
    }

    /// Markup that has no end in the document.
    fn unclosed(&mut self, start: usize, found: &str) -> Option<usize> {
        let rest = &self.text[start..];
        if rest.starts_with("<!") || rest.starts_with("<?") {
            let fault = Diagnostic::error(Span::new(start, start + 2), found);
            self.sink.faults().push(match rest.starts_with("<!--") {
                true => fault
                    .expected("`-->` at the comment's end")
                    .help("write `-->` where the comment ends"),
                false => fault.expected("its end"),
            });
            self.sink.cut();
            // All that follows is missing: the ends of elements are no faults of their own.
            for _ in self.open.drain(..) {
                self.sink.close();
            }
            return None;
        }
        let inner = self
            .next_markup(start + 1, self.text.len())
            .unwrap_or(self.text.len());
        self.broken_tag(start, inner)
    }

    /// The next place in a stretch where a tag seems to begin.
    fn next_markup(&self, from: usize, to: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        memchr_iter(b'<', &bytes[from..to])
            .map(|at| from + at)
            .find(|at| {
                let rest = &bytes[at + 1..];
                let name = rest.strip_prefix(b"/").unwrap_or(rest);
                let end = name.iter().position(|byte| {
                    !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'_' | b'.' | b':')
                });
                let name = &name[..end.unwrap_or(name.len())];
                rest.starts_with(b"!--") || str::from_utf8(name).is_ok_and(S::is_tag)
            })
    }

    /// A tag that begins at `start` and has no end before the next one begins at
    /// `inner`. What it has is read; the next one is where to resume.
    fn broken_tag(&mut self, start: usize, inner: usize) -> Option<usize> {
        let begin = start + 1;
        let tag = &self.text[begin..inner];
        if let Some(name) = tag.strip_prefix('/') {
            let name = name.trim_end();
            self.sink.faults().push(
                Diagnostic::error(
                    Span::new(start, begin + 1 + name.len()),
                    "an end tag without `>`",
                )
                .expected("`>`")
                .help(format!("write </{}>", quoted(name).trim_matches('`'))),
            );
            self.end_tag(&BytesEnd::new(name), Span::new(start, inner));
        } else {
            let trimmed = tag.trim_end();
            let whole = Span::new(start, begin + trimmed.len());
            let name = self.open_element(trimmed, begin, whole);
            self.sink
                .faults()
                .push(match unclosed_quote(trimmed, name.len()) {
                    Some((from, to)) => Diagnostic::error(
                        Span::new(begin + from, begin + to),
                        "a quote without its pair",
                    )
                    .expected("the value's closing quote")
                    .help("write `\"` at the value's end"),
                    None => Diagnostic::error(whole, "a tag without `>`")
                        .expected("`>` or `/>` before the next tag")
                        .help("end the tag"),
                });
            self.sink.spoil();
            self.key_of_broken(trimmed, begin, name.len());
            self.sink.opened(whole);
            if S::holds_elements(name) && !trimmed.ends_with('/') {
                self.open.push((name, Span::new(begin, begin + name.len())));
            } else {
                self.sink.close();
            }
        }
        Some(inner).filter(|inner| *inner < self.text.len())
    }

    /// Reads the name that a broken tag is about, if it stands before the break.
    /// The rest of it is unreliable.
    fn key_of_broken(&mut self, tag: &'t str, begin: usize, name_length: usize) {
        let mut attributes = Attributes::new(tag, name_length);
        let Some(Ok(first)) = attributes.with_checks(false).next() else {
            return;
        };
        if let ("name" | "type", Cow::Borrowed(raw)) = (first.key.0, first.value) {
            let at = |part: &str| {
                let offset = begin + offset_in(tag, part);
                Span::new(offset, offset + part.len())
            };
            let mut unheard = Diagnostics::new();
            let value = unescape(raw, at(raw).start as usize, &mut unheard);
            self.sink
                .attribute(first.key.0, at(first.key.0), value, at(raw));
        }
    }

    fn finish(mut self) {
        self.end_run();
        if !self.sink.is_foreign() {
            while let Some((open, at)) = self.open.pop() {
                self.unended(open, at);
            }
        }
    }
}

/// Where the quote stands that spoils a tag: the first value that looks as if
/// it had swallowed an attribute, else the last quote that is open.
fn unclosed_quote(tag: &str, from: usize) -> Option<(usize, usize)> {
    let mut open: Option<(usize, u8)> = None;
    let mut swallowed = None;
    for (at, byte) in tag.bytes().enumerate().skip(from) {
        match open {
            None if matches!(byte, b'"' | b'\'') => open = Some((at, byte)),
            Some((begin, quote)) if byte == quote => {
                if tag[begin + 1..at].ends_with('=') {
                    swallowed = swallowed.or(Some((begin, at)));
                }
                open = None;
            }
            _ => {}
        }
    }
    let (begin, _) = open?;
    Some(swallowed.unwrap_or((begin, tag.len())))
}

fn malformed(error: &AttrError, tag: &str, begin: usize) -> Diagnostic {
    let (offset, found, help) = match *error {
        AttrError::ExpectedEq(offset) => {
            (offset, "an attribute without `=`", "write name=\"value\"")
        }
        AttrError::ExpectedValue(offset) => (
            offset,
            "an attribute without a value",
            "write its value in quotes",
        ),
        AttrError::UnquotedValue(offset) => (
            offset,
            "a value without quotes",
            "write it in quotes: \"…\"",
        ),
        AttrError::ExpectedQuote(offset, _) => (
            offset,
            "a value without its closing quote",
            "write the quote",
        ),
        AttrError::Duplicated(offset, _) => (
            offset,
            "an attribute for the second time",
            "remove one of the two",
        ),
    };
    let offset = offset.min(tag.len());
    let length = tag[offset..]
        .find(|one: char| one.is_ascii_whitespace())
        .unwrap_or(tag.len() - offset);
    Diagnostic::error(Span::new(begin + offset, begin + offset + length), found)
        .expected("attributes as name=\"value\"")
        .help(help)
}

/// Where a part of a text begins in it.
fn offset_in(whole: &str, part: &str) -> usize {
    part.as_ptr() as usize - whole.as_ptr() as usize
}
