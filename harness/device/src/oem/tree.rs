//! A form's XML as a tree, with the place of everything in it.

use std::borrow::Cow;

use super::table;
use super::vocabulary::{MCSF_ROOT, holds_elements, is_element};
use crate::document::limits::{MAX_ATTRIBUTES, MAX_BYTES, MAX_DEPTH};
use crate::document::names::{nearest, one_of, quoted};
use crate::document::xml::{self, Sink};
use crate::document::{Diagnostic, Diagnostics, Located, Span};

/// One element.
#[derive(Debug)]
pub(super) struct Node {
    /// Its name without a prefix.
    pub(super) name: Located<String>,
    attributes: Vec<(Located<String>, Located<String>)>,
    /// The text that it holds, without the white space around it.
    pub(super) text: Option<Located<String>>,
    pub(super) children: Vec<Node>,
    /// Its start tag.
    pub(super) at: Span,
    /// Whether its tag is broken, which is reported.
    pub(super) spoilt: bool,
}

/// A name without the prefix of its namespace.
pub(super) fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

impl Node {
    pub(super) fn attribute(&self, name: &str) -> Option<&Located<String>> {
        let mut all = self.attributes.iter();
        all.find(|(one, _)| one.value == name).map(|(_, text)| text)
    }

    /// Its namespace, if its own tag says which: for its prefix or for all.
    pub(super) fn namespace(&self) -> Option<&Located<String>> {
        let mut all = self.attributes.iter();
        all.find(|(one, _)| one.value == "xmlns" || one.starts_with("xmlns:"))
            .map(|(_, text)| text)
    }

    /// An attribute that it has to have. One of nearly that name is a fault, and taken
    /// for it.
    pub(super) fn required(
        &self,
        name: &str,
        faults: &mut Diagnostics,
    ) -> Option<&Located<String>> {
        if let Some(text) = self.attribute(name) {
            return Some(text);
        }
        let names = self.attributes.iter().map(|(one, _)| one.as_str());
        let near = nearest(name, names);
        let near = self
            .attributes
            .iter()
            .find(|(one, _)| Some(one.as_str()) == near);
        if let Some((near, text)) = near {
            faults.push(
                Diagnostic::error(near.at, format!("unknown attribute {}", quoted(near)))
                    .expected(format!("`{name}`"))
                    .help(format!("write `{name}`")),
            );
            return Some(text);
        }
        if !self.spoilt {
            let found = format!("`{}` without `{name}`", self.name.value);
            faults.push(
                Diagnostic::error(self.at, found)
                    .expected(format!("the attribute `{name}`"))
                    .help(format!("add {name}=\"…\"")),
            );
        }
        None
    }

    /// Reports that this element is none of those that can stand here. One of nearly
    /// such a name is a fault, since what it holds would be lost.
    pub(super) fn unexpected(&self, known: &[&'static str], faults: &mut Diagnostics) {
        if self.spoilt || faults.is_full() {
            return;
        }
        let found = format!("unknown element {}", quoted(&self.name));
        let near = nearest(&self.name, known.iter().copied());
        faults.push(match near {
            Some(near) => Diagnostic::error(self.name.at, found)
                .expected(one_of(known.iter().copied()))
                .help(format!("write `{near}`")),
            None => Diagnostic::warning(self.name.at, found)
                .expected(one_of(known.iter().copied()))
                .help("nothing is read of it; remove it if it is a mistake"),
        });
    }
}

/// The elements as they are read.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) root: Option<Node>,
    pub(super) faults: Diagnostics,
    stack: Vec<Node>,
    /// Elements that are open below the deepest level.
    too_deep: usize,
}

impl Tree {
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut tree = Self::default();
        if bytes.len() > MAX_BYTES {
            tree.faults.push(
                Diagnostic::error(
                    Span::new(MAX_BYTES, bytes.len()),
                    format!("a file of more than {MAX_BYTES} bytes"),
                )
                .expected(format!("at most {MAX_BYTES} bytes"))
                .help("take out what is not about Internet sharing"),
            );
            return tree;
        }
        xml::read(bytes, &mut tree);
        while !tree.stack.is_empty() {
            tree.too_deep = 0;
            tree.close();
        }
        if tree.root.is_none() && !tree.faults.refuse() {
            tree.faults.push(
                Diagnostic::error(Span::point(bytes.len()), "no root element")
                    .expected(format!("<{MCSF_ROOT}>")),
            );
        }
        tree
    }
}

impl Sink for Tree {
    const ROOT: &'static str = MCSF_ROOT;
    const READS: &'static str = "is read here";
    // Windows' own tools write it.
    const TAKES_MARK: bool = true;

    fn is_tag(name: &str) -> bool {
        let name = local(name);
        is_element(name) || table::HOTSPOT.iter().any(|one| one.name == name)
    }

    fn holds_elements(name: &str) -> bool {
        holds_elements(local(name))
    }

    fn fault_of_text(_: &str) -> Option<Diagnostic> {
        None
    }

    fn faults(&mut self) -> &mut Diagnostics {
        &mut self.faults
    }

    fn has_root(&self) -> bool {
        self.root.is_some() || !self.stack.is_empty()
    }

    fn is_foreign(&self) -> bool {
        false
    }

    fn open(&mut self, name: &str, at: Span, whole: Span) {
        if self.stack.len() >= MAX_DEPTH {
            self.too_deep += 1;
            if self.too_deep == 1 {
                self.faults.push(
                    Diagnostic::error(at, format!("an element at depth {}", MAX_DEPTH + 1))
                        .expected(format!("at most {MAX_DEPTH} elements inside each other")),
                );
            }
            return;
        }
        if self.stack.is_empty() && self.root.is_some() {
            self.faults.push(
                Diagnostic::error(at, format!("a second root element {}", quoted(name)))
                    .expected("the end of the file")
                    .help("remove it, or put everything into one root element"),
            );
        }
        self.stack.push(Node {
            name: Located::new(local(name).to_owned(), at),
            attributes: Vec::new(),
            text: None,
            children: Vec::new(),
            at: whole,
            spoilt: false,
        });
    }

    fn attribute(&mut self, name: &str, at: Span, text: Cow<'_, str>, text_at: Span) {
        let Some(node) = self.stack.last_mut().filter(|_| self.too_deep == 0) else {
            return;
        };
        if node.attributes.len() >= MAX_ATTRIBUTES {
            let found = format!("attribute number {}", MAX_ATTRIBUTES + 1);
            if self.faults.error_in(node.at).is_none() {
                self.faults.push(
                    Diagnostic::error(at, found)
                        .expected(format!("at most {MAX_ATTRIBUTES} attributes in an element")),
                );
            }
            return;
        }
        if node.attribute(name).is_some() {
            self.faults.push(
                Diagnostic::error(
                    at,
                    format!("attribute {} for the second time", quoted(name)),
                )
                .expected("each attribute once in an element")
                .help("remove one of the two"),
            );
            return;
        }
        let name = Located::new(name.to_owned(), at);
        let text = Located::new(text.into_owned(), text_at);
        node.attributes.push((name, text));
    }

    fn opened(&mut self, whole: Span) {
        if let Some(node) = self.stack.last_mut().filter(|_| self.too_deep == 0) {
            node.at = whole;
        }
    }

    fn spoil(&mut self) {
        if let Some(node) = self.stack.last_mut().filter(|_| self.too_deep == 0) {
            node.spoilt = true;
        }
    }

    fn text(&mut self, at: Span, raw: &str) {
        if self.too_deep > 0 {
            return;
        }
        let Some(node) = self.stack.last_mut() else {
            self.faults.push(
                Diagnostic::error(at, "text outside of the root element")
                    .expected("elements and white space")
                    .help("remove it"),
            );
            return;
        };
        let text = resolved(raw, at.start as usize, &mut self.faults);
        match &mut node.text {
            // A comment stands between two parts of one text.
            Some(before) => {
                before.value.push_str(&text);
                before.at = Span::new(before.at.start as usize, at.end() as usize);
            }
            None => node.text = Some(Located::new(text, at)),
        }
    }

    fn close(&mut self) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        let Some(node) = self.stack.pop() else { return };
        match self.stack.last_mut() {
            Some(parent) => parent.children.push(node),
            None if self.root.is_none() => self.root = Some(node),
            None => {}
        }
    }

    fn cut(&mut self) {}
}

/// What a text between tags stands for: references resolved, CDATA as it is.
fn resolved(raw: &str, at: usize, faults: &mut Diagnostics) -> String {
    const OPEN: &str = "<![CDATA[";
    const CLOSE: &str = "]]>";
    let mut text = String::new();
    let mut from = 0;
    while let Some(open) = raw[from..].find(OPEN).map(|open| from + open) {
        text.push_str(&xml::unescape(&raw[from..open], at + from, faults));
        let inside = open + OPEN.len();
        let end = raw[inside..].find(CLOSE).map(|end| inside + end);
        text.push_str(&raw[inside..end.unwrap_or(raw.len())]);
        from = end.map_or(raw.len(), |end| end + CLOSE.len());
    }
    text.push_str(&xml::unescape(&raw[from..], at + from, faults));
    text
}
