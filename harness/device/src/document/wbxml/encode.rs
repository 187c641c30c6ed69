//! From a [`Document`] to WBXML.

use super::global::{ATTRIBUTES, CONTENT, END, LITERAL, STR_I, STR_T, SWITCH_PAGE};
use super::microsoft;
use super::table::{Piece, Table, Texts, size_of_number};
use super::tables::{self, PAGES, PUBLIC_ID, STARTS, UTF_8, VALUES};
use crate::document::schema::ROOT;
use crate::document::xml::{Unwritable, foreign_character};
use crate::document::{Document, Element};

/// WBXML 1.3, which PROV asks for.
const VERSION: u8 = 0x03;

/// The document as WBXML 1.3 with UTF-8: tokens where PROV has them, the names
/// that it does not have in the table, and what values have in common where that saves bytes.
///
/// # Errors
/// If a text holds a character that no document can hold.
pub fn encode(document: &Document) -> Result<Vec<u8>, Unwritable> {
    encode_with(document, Tokens::Prov)
}

/// The same with the tokens that Microsoft adds, on pages from 200 on, which Windows
/// Mobile 5 and later read. No page says whether later devices do.
///
/// # Errors
/// If a text holds a character that no document can hold.
pub fn encode_for_microsoft(document: &Document) -> Result<Vec<u8>, Unwritable> {
    encode_with(document, Tokens::Microsoft)
}

/// Which tokens are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tokens {
    Prov,
    Microsoft,
}

fn encode_with(document: &Document, tokens: Tokens) -> Result<Vec<u8>, Unwritable> {
    let mut texts = Texts::default();
    for child in &document.children {
        collect(child, tokens, &mut texts)?;
    }
    let table = texts.table();
    let mut encoder = Encoder {
        bytes: vec![VERSION, PUBLIC_ID as u8, UTF_8 as u8],
        table: &table,
        tag_page: 0,
        attribute_page: 0,
        tokens,
    };
    encoder.number(table.bytes.len());
    encoder.bytes.extend(&table.bytes);
    let version = document
        .version
        .as_ref()
        .map(|version| ("version", version.as_str()));
    encoder.tag(ROOT, version.is_some(), !document.children.is_empty());
    if let Some((name, text)) = version {
        encoder.attribute(name, text);
        encoder.bytes.push(END);
    }
    if !document.children.is_empty() {
        for child in &document.children {
            encoder.element(child);
        }
        encoder.bytes.push(END);
    }
    Ok(encoder.bytes)
}

/// Collects the names and values of an element and those within it that no token says.
fn collect<'a>(
    element: &'a Element,
    tokens: Tokens,
    texts: &mut Texts<'a>,
) -> Result<(), Unwritable> {
    if tag_token(element.tag.name(), tokens).is_none() {
        texts.add_name(element.tag.name());
    }
    for (name, text) in element.written_attributes() {
        if let Some((_, one)) = foreign_character(text) {
            return Err(Unwritable(one));
        }
        match start_token(0, name, text, tokens) {
            Some(Start { rest: "", .. }) => {}
            Some(Start { rest, .. }) => {
                if value_token(0, rest, tokens).is_none() {
                    texts.add_value(rest);
                }
            }
            None => {
                texts.add_name(name);
                if value_token(0, text, tokens).is_none() {
                    texts.add_value(text);
                }
            }
        }
    }
    element
        .children
        .iter()
        .try_for_each(|child| collect(child, tokens, texts))
}

struct Encoder<'a> {
    bytes: Vec<u8>,
    table: &'a Table<'a>,
    tag_page: u8,
    attribute_page: u8,
    tokens: Tokens,
}

/// How an attribute begins.
struct Start<'t> {
    page: u8,
    token: u8,
    /// What of the value the token does not say.
    rest: &'t str,
}

impl Encoder<'_> {
    fn element(&mut self, element: &Element) {
        self.tag(element.tag.name(), true, !element.children.is_empty());
        for (name, text) in element.written_attributes() {
            self.attribute(name, text);
        }
        self.bytes.push(END);
        if !element.children.is_empty() {
            for child in &element.children {
                self.element(child);
            }
            self.bytes.push(END);
        }
    }

    fn tag(&mut self, name: &str, attributes: bool, content: bool) {
        let mut bits = 0;
        if attributes {
            bits |= ATTRIBUTES;
        }
        if content {
            bits |= CONTENT;
        }
        match tag_token(name, self.tokens) {
            Some((page, token)) => {
                // All elements of PROV are on page 0 too.
                if page != self.tag_page {
                    self.bytes.extend([SWITCH_PAGE, page]);
                    self.tag_page = page;
                }
                self.bytes.push(token | bits);
            }
            None => {
                self.bytes.push(LITERAL | bits);
                self.offset(name);
            }
        }
    }

    fn attribute(&mut self, name: &str, text: &str) {
        match start_token(self.attribute_page, name, text, self.tokens) {
            Some(Start { page, token, rest }) => {
                self.switch(page);
                self.bytes.push(token);
                if !rest.is_empty() {
                    self.value(rest);
                }
            }
            None => {
                self.bytes.push(LITERAL);
                self.offset(name);
                self.value(text);
            }
        }
    }

    fn value(&mut self, text: &str) {
        if let Some((page, token)) = value_token(self.attribute_page, text, self.tokens) {
            self.switch(page);
            self.bytes.push(token);
            return;
        }
        for piece in self.table.pieces(text) {
            match piece {
                Piece::Entry(offset) => {
                    self.bytes.push(STR_T);
                    self.number(offset);
                }
                Piece::Inline(text) => {
                    self.bytes.push(STR_I);
                    self.bytes.extend(text.as_bytes());
                    self.bytes.push(0);
                }
            }
        }
    }

    fn switch(&mut self, page: u8) {
        if page != self.attribute_page {
            self.bytes.extend([SWITCH_PAGE, page]);
            self.attribute_page = page;
        }
    }

    fn offset(&mut self, text: &str) {
        let offset = self.table.offset(text);
        self.number(offset.expect("every name without a token was put into the table"));
    }

    fn number(&mut self, number: usize) {
        for group in (1..size_of_number(number)).rev() {
            self.bytes.push((number >> (7 * group)) as u8 & 0x7F | 0x80);
        }
        self.bytes.push(number as u8 & 0x7F);
    }
}

/// The page and the token of an element.
fn tag_token(name: &str, tokens: Tokens) -> Option<(u8, u8)> {
    let mut prov = tables::TAGS.iter();
    if let Some(one) = prov.find(|one| one.0 == 0 && one.2 == name) {
        return Some((0, one.1));
    }
    let mut added = microsoft::TAGS.iter();
    let one = added.find(|one| tokens == Tokens::Microsoft && one.1 == name)?;
    Some((microsoft::TAG_PAGE, one.0))
}

/// The pages, the one at hand first.
fn pages_from(page: u8, tokens: Tokens) -> impl Iterator<Item = u8> {
    let added = match tokens {
        Tokens::Prov => microsoft::FIRST_PAGE..microsoft::FIRST_PAGE,
        Tokens::Microsoft => microsoft::FIRST_PAGE..microsoft::LAST_PAGE + 1,
    };
    let others = (0..PAGES).chain(added);
    std::iter::once(page).chain(others.filter(move |other| *other != page))
}

fn starts_of(page: u8) -> &'static tables::Starts {
    STARTS
        .get(usize::from(page))
        .copied()
        .unwrap_or_else(|| microsoft::starts(page))
}

fn values_of(page: u8) -> &'static tables::Values {
    VALUES
        .get(usize::from(page))
        .copied()
        .unwrap_or_else(|| microsoft::values(page))
}

/// The token that says the attribute and its whole value, or else the one that
/// says the attribute; on the page at hand rather than on another.
fn start_token<'t>(page: u8, name: &str, text: &'t str, tokens: Tokens) -> Option<Start<'t>> {
    let find = |begin: &str| {
        pages_from(page, tokens).find_map(|page| {
            let mut starts = starts_of(page).iter();
            let one = starts.find(|one| one.1 == name && one.2 == begin)?;
            Some((page, one.0))
        })
    };
    let whole = find(text).map(|(page, token)| Start {
        page,
        token,
        rest: "",
    });
    whole.or_else(|| {
        find("").map(|(page, token)| Start {
            page,
            token,
            rest: text,
        })
    })
}

/// The token that says a whole value.
fn value_token(page: u8, text: &str, tokens: Tokens) -> Option<(u8, u8)> {
    pages_from(page, tokens).find_map(|page| {
        let mut values = values_of(page).iter();
        values.find(|one| one.1 == text).map(|one| (page, one.0))
    })
}
