//! From WBXML to the [`Builder`].
//!
//! Reading ends at a byte that is not WBXML, since nothing after it can be
//! interpreted; faults of the content do not end it.

use std::borrow::Cow;

use super::bytes::{Cursor, text};
use super::global::{
    ATTRIBUTES, CONTENT, END, ENTITY, EXT_I_0, EXT_T_0, LITERAL, OPAQUE, PI, STR_I, STR_T,
    SWITCH_PAGE,
};
use super::microsoft;
use super::strings::StringTable;
use super::tables::{self, Form, Meaning, PAGES};
use crate::document::builder::Builder;
use crate::document::limits::MAX_EXPANDED;
use crate::document::names::{count, quoted};
use crate::document::xml::is_character;
use crate::document::{Diagnostic, Role, Span, foreign};

/// Newest version of the format, 1.3: the upper half of the byte is the 1, less one.
const NEWEST: u8 = 0x03;

/// Reads a whole document.
pub(in crate::document) fn read(bytes: &[u8], builder: &mut Builder) {
    let mut cursor = Cursor::new(bytes);
    let outcome = header(&mut cursor, builder).and_then(|header| {
        let Some((strings, form)) = header else {
            return Ok(());
        };
        Decoder::new(cursor, strings, form, builder).body()
    });
    if let Err(fault) = outcome {
        builder.faults.push(fault);
        builder.cut();
    }
}

/// Reads version, public identifier, character set and string table. None if the
/// document is of another type.
fn header<'a>(
    cursor: &mut Cursor<'a>,
    builder: &mut Builder,
) -> Result<Option<(StringTable<'a>, Form)>, Diagnostic> {
    let version = cursor.byte("the version of WBXML")?;
    if version > NEWEST {
        let found = format!("version {}.{} of WBXML", (version >> 4) + 1, version & 0x0F);
        return Err(Diagnostic::error(Span::new(0, 1), found).expected("1.0 to 1.3"));
    }
    let id_at = cursor.at;
    let id = cursor.number("the public identifier")?;
    let name_offset = match id {
        0 => Some(cursor.number("the public identifier's offset in the string table")?),
        _ => None,
    };
    let id_at = Span::new(id_at, cursor.at);
    // WBXML 1.0 did not have it yet.
    if version > 0 {
        let charset_at = cursor.at;
        let charset = cursor.number("the character set")?;
        if charset != tables::UTF_8 {
            let found = format!("character set {charset} ({charset:#04x})");
            builder.faults.push(
                Diagnostic::error(Span::new(charset_at, cursor.at), found)
                    .expected("106 (0x6a), UTF-8, the only one that a device reads")
                    .help("write the document as UTF-8"),
            );
        }
    }
    let length = cursor.number("the length of the string table")?;
    let at = cursor.at;
    let strings = StringTable {
        bytes: cursor.take(length, "a string table")?,
        at,
    };
    let name = match name_offset {
        Some(offset) => Some(strings.string(offset, id_at, "a public identifier")?),
        None => None,
    };
    if let Some(fault) = match name {
        Some(name) => foreign::by_name(name, id_at),
        None => foreign::by_id(id, id_at),
    } {
        builder.faults.push(fault);
        return Ok(None);
    }
    let found = match name {
        Some(tables::PUBLIC_NAME) => return Ok(Some((strings, Form::Prov))),
        None if id == tables::PUBLIC_ID => return Ok(Some((strings, Form::Prov))),
        None if id == microsoft::OLDER_ID => return Ok(Some((strings, Form::Older))),
        Some(name) => format!("public identifier {}", quoted(name)),
        None => format!("public identifier {id} ({id:#04x})"),
    };
    let fault = Diagnostic::error(id_at, found).expected(format!(
        "11 (0x0b), or `{}` in the string table",
        tables::PUBLIC_NAME
    ));
    // Other types have other meanings for the same tokens. If all of the rest is a
    // provisioning document, only the identifier is wrong.
    let mut alone = Builder::new(Role::Request);
    let rest = Cursor {
        bytes: cursor.bytes,
        at: cursor.at,
    };
    let is_prov = Decoder::new(rest, strings, Form::Prov, &mut alone)
        .body()
        .is_ok()
        && alone.has_root()
        && alone.faults.is_empty();
    Err(match is_prov {
        true => fault.help(foreign::prov_identifier(id_at.len as usize)),
        false => match (id, cursor.peek()) {
            (1, Some(0x45)) => foreign::nokia_settings(id_at).unwrap_or(fault),
            _ => fault,
        },
    })
}

struct Decoder<'a, 'b> {
    cursor: Cursor<'a>,
    strings: StringTable<'a>,
    form: Form,
    builder: &'b mut Builder,
    tag_page: u8,
    attribute_page: u8,
    /// Bytes of text so far.
    expanded: usize,
}

/// The value of an attribute: one piece as it stands, or several put together.
type Value<'a> = Cow<'a, str>;

impl<'a, 'b> Decoder<'a, 'b> {
    fn new(
        cursor: Cursor<'a>,
        strings: StringTable<'a>,
        form: Form,
        builder: &'b mut Builder,
    ) -> Self {
        Self {
            cursor,
            strings,
            form,
            builder,
            tag_page: 0,
            attribute_page: 0,
            expanded: 0,
        }
    }
    /// Processing instructions, the root with all it holds, processing
    /// instructions, the end.
    fn body(mut self) -> Result<(), Diagnostic> {
        self.instructions()?;
        self.element()?;
        while self.builder.depth() > 0 {
            self.content()?;
        }
        self.instructions()?;
        match self.cursor.peek() {
            None => Ok(()),
            Some(_) => {
                let left = self.cursor.bytes.len() - self.cursor.at;
                let found = format!("{} after the document", count(left, "byte"));
                let at = Span::new(self.cursor.at, self.cursor.bytes.len());
                Err(Diagnostic::error(at, found)
                    .expected("the end")
                    .help("remove them; the root element ended before them"))
            }
        }
    }

    fn instructions(&mut self) -> Result<(), Diagnostic> {
        while self.cursor.peek() == Some(PI) {
            self.instruction()?;
        }
        Ok(())
    }

    /// A processing instruction says nothing to a device.
    fn instruction(&mut self) -> Result<(), Diagnostic> {
        self.cursor.at += 1;
        self.attributes(Sink::Discard)
    }

    /// One piece of what an element holds.
    fn content(&mut self) -> Result<(), Diagnostic> {
        let start = self.cursor.at;
        let Some(token) = self.cursor.peek() else {
            self.cursor.byte("an element, or the END (01) of one")?;
            return Ok(());
        };
        match token {
            END => {
                self.cursor.at += 1;
                self.builder.close();
            }
            PI => self.instruction()?,
            ENTITY | STR_I | STR_T | OPAQUE | 0x40..=0x42 | 0x80..=0x82 | 0xC0..=0xC2 => {
                let text = self.piece(token, false)?;
                if text.is_some_and(|text| !text.trim_ascii().is_empty()) {
                    self.builder.text(Span::new(start, self.cursor.at));
                }
            }
            _ => self.element()?,
        }
        Ok(())
    }

    /// A tag with its attributes. What it holds comes next.
    fn element(&mut self) -> Result<(), Diagnostic> {
        while self.cursor.peek() == Some(SWITCH_PAGE) {
            self.tag_page = self.switch_page(|page| page < PAGES || page == microsoft::TAG_PAGE)?;
        }
        let start = self.cursor.at;
        let token = self.cursor.byte("an element")?;
        let bare = token & !(ATTRIBUTES | CONTENT);
        let name: Cow<'a, str> = match bare {
            LITERAL => Cow::Borrowed(self.table_string(start, "a literal's name")?),
            _ if bare < LITERAL => {
                let found = format!("token {token:02x} where an element begins");
                return Err(Diagnostic::error(Span::new(start, start + 1), found)
                    .expected("a tag, or LITERAL (04)"));
            }
            _ => match tables::tag(self.tag_page, bare, self.form) {
                Some(name) => Cow::Borrowed(name),
                None => Cow::Owned(format!("token {bare:02x} of page {}", self.tag_page)),
            },
        };
        let at = Span::new(start, self.cursor.at);
        self.builder.open(&name, at, at);
        if self.builder.is_foreign() {
            // Nothing that follows is of interest; depth ends with this one.
            self.cursor.at = self.cursor.bytes.len();
            self.builder.close();
            return Ok(());
        }
        if token & ATTRIBUTES != 0 {
            if self.cursor.peek() == Some(END) {
                self.builder.faults.push(
                    Diagnostic::error(at, "a tag that announces attributes and has none")
                        .expected("an attribute before the END (01)")
                        .help("clear the tag's upper bit (80)"),
                );
            }
            let read = self.attributes(Sink::Builder);
            if read.is_err() {
                self.builder.spoil();
                self.builder.opened(at);
            }
            read?;
        }
        self.builder.opened(Span::new(start, self.cursor.at));
        if token & CONTENT == 0 {
            self.builder.close();
        }
        Ok(())
    }

    /// Attributes up to and past their END.
    fn attributes(&mut self, sink: Sink) -> Result<(), Diagnostic> {
        loop {
            let start = self.cursor.at;
            let (name, begin) = match self.cursor.byte("an attribute, or the END (01) of all")? {
                END => return Ok(()),
                SWITCH_PAGE => {
                    self.cursor.at = start;
                    self.switch_attribute_page()?;
                    continue;
                }
                LITERAL => (
                    Cow::Borrowed(self.table_string(start, "a literal's name")?),
                    "",
                ),
                token => match tables::meaning(self.attribute_page, token) {
                    Some(Meaning::Start(name, text)) => (Cow::Borrowed(name), text),
                    None if (LITERAL..0x80).contains(&token) && !matches!(token, 0x40..=0x44) => {
                        let page = self.attribute_page;
                        if page >= microsoft::TAG_PAGE {
                            self.unpublished(start, token, sink)?;
                            continue;
                        }
                        (Cow::Owned(format!("token {token:02x} of page {page}")), "")
                    }
                    _ => {
                        let found = format!("token {token:02x} where an attribute begins");
                        return Err(Diagnostic::error(Span::new(start, start + 1), found)
                            .expected("an attribute's token, LITERAL (04) or END (01)"));
                    }
                },
            };
            let at = Span::new(start, self.cursor.at);
            let value = self.value(begin)?;
            // At the document's end the value may be incomplete.
            if matches!(sink, Sink::Builder) && self.cursor.peek().is_some() {
                // A value that is part of the token stands where the token does.
                let value_start = if begin.is_empty() {
                    at.end() as usize
                } else {
                    start
                };
                let value_at = Span::new(value_start, self.cursor.at);
                self.builder.attribute(&name, at, value, value_at);
            }
        }
    }

    /// An attribute of one of Microsoft's pages whose meaning is not published. Those
    /// that are name what an element is about, and so does this one, most likely.
    fn unpublished(&mut self, start: usize, token: u8, sink: Sink) -> Result<(), Diagnostic> {
        let at = Span::new(start, self.cursor.at);
        let name = self.unpublished_token(at, token);
        let more = self.value("")?;
        if matches!(sink, Sink::Builder) && self.cursor.peek().is_some() {
            let key = self.builder.key();
            let text = Cow::Owned(name + &more);
            self.builder.attribute(key, at, text, at);
        }
        Ok(())
    }

    /// Warns of a token of Microsoft's pages that is not in their tables; what it is
    /// shown as.
    fn unpublished_token(&mut self, at: Span, token: u8) -> String {
        let name = format!("page {}, token {token:02X}", self.attribute_page);
        self.builder.faults.push(
            Diagnostic::warning(at, name.clone()).expected(
                "a token that Microsoft's pages have; this one may be newer than they are",
            ),
        );
        name
    }

    /// The pieces of a value, up to the next attribute or the END.
    fn value(&mut self, begin: &'static str) -> Result<Value<'a>, Diagnostic> {
        let mut value = Cow::Borrowed(begin);
        while let Some(token) = self.cursor.peek() {
            match token {
                SWITCH_PAGE => self.switch_attribute_page()?,
                ENTITY | STR_I | 0x40..=0x42 | 0x80.. => {
                    if let Some(piece) = self.piece(token, true)? {
                        if value.is_empty() {
                            value = piece;
                        } else {
                            value.to_mut().push_str(&piece);
                        }
                    }
                }
                _ => break,
            }
        }
        Ok(value)
    }

    /// One piece of text. None where it was no text, which is reported.
    fn piece(&mut self, token: u8, in_value: bool) -> Result<Option<Value<'a>>, Diagnostic> {
        let start = self.cursor.at;
        self.cursor.at += 1;
        let piece: Value<'a> = match token {
            STR_I => Cow::Borrowed(self.cursor.text("a string")?),
            STR_T => Cow::Borrowed(self.table_string(start, "a string")?),
            ENTITY => Cow::Owned(self.entity(start)?.to_string()),
            OPAQUE => {
                let length = self.cursor.number("the length of opaque data")?;
                let at = self.cursor.at;
                let bytes = self.cursor.take(length, "opaque data")?;
                Cow::Borrowed(text(bytes, at, "opaque data")?)
            }
            0x40..=0x42 | 0x80..=0x82 | 0xC0..=0xC2 => {
                self.extension(token, start, in_value)?;
                return Ok(None);
            }
            _ => match tables::meaning(self.attribute_page, token) {
                Some(Meaning::Value(text)) => Cow::Borrowed(text),
                _ if self.attribute_page >= microsoft::TAG_PAGE => {
                    Cow::Owned(self.unpublished_token(Span::new(start, start + 1), token))
                }
                _ => {
                    let page = self.attribute_page;
                    let found = format!("token {token:02x} of page {page} as a value");
                    return Err(Diagnostic::error(Span::new(start, start + 1), found)
                        .expected("a value's token, or a string"));
                }
            },
        };
        self.expanded += piece.len();
        if self.expanded > MAX_EXPANDED {
            let found = format!("more than {MAX_EXPANDED} bytes of text in all");
            return Err(Diagnostic::error(Span::new(start, self.cursor.at), found)
                .expected("a document that does not use its strings again without end"));
        }
        Ok(Some(piece))
    }

    fn entity(&mut self, start: usize) -> Result<char, Diagnostic> {
        let number = self.cursor.number("the number of a character")?;
        char::from_u32(number)
            .filter(|one| is_character(*one))
            .ok_or_else(|| {
                let at = Span::new(start, self.cursor.at);
                Diagnostic::error(at, format!("the entity {number} ({number:#x})"))
                    .expected("the number of a character that XML has")
            })
    }

    /// PROV gives extensions no meaning. They are reported and left out.
    fn extension(&mut self, token: u8, start: usize, in_value: bool) -> Result<(), Diagnostic> {
        match token & 0xC0 {
            EXT_I_0 => {
                self.cursor.text("an extension's string")?;
            }
            EXT_T_0 => {
                self.cursor.number("an extension's number")?;
            }
            // Those of the third kind stand alone.
            _ => {}
        }
        self.builder.faults.push(
            Diagnostic::error(
                Span::new(start, self.cursor.at),
                format!("the extension token {token:02x}"),
            )
            .expected("tokens that PROV has; it has no extensions")
            .help(match in_value {
                true => "write a string (03)",
                false => "remove it",
            }),
        );
        Ok(())
    }

    /// The string whose offset comes next; the token before it stood at `start`.
    fn table_string(&mut self, start: usize, what: &str) -> Result<&'a str, Diagnostic> {
        let offset = self.cursor.number("an offset in the string table")?;
        self.strings
            .string(offset, Span::new(start, self.cursor.at), what)
    }

    /// Among attributes a switch has to be followed by a token of that page; some
    /// readers take what else follows for one.
    fn switch_attribute_page(&mut self) -> Result<(), Diagnostic> {
        let start = self.cursor.at;
        let is_known =
            |page| page < PAGES || (microsoft::TAG_PAGE..=microsoft::LAST_PAGE).contains(&page);
        let form = self.form;
        let page = self.switch_page(|page| is_known(form.attribute_page(page)))?;
        self.attribute_page = form.attribute_page(page);
        // Tokens of a page are those that are not global ones.
        if let Some(next) = self.cursor.peek().filter(|next| next & 0x3F <= LITERAL) {
            let at = Span::new(start, self.cursor.at);
            self.builder.faults.push(
                Diagnostic::error(at, format!("a page switch before token {next:02x}"))
                    .expected("an attribute's or a value's token of that page after it")
                    .help("leave the switch out"),
            );
        }
        Ok(())
    }

    fn switch_page(&mut self, is_known: impl Fn(u8) -> bool) -> Result<u8, Diagnostic> {
        let start = self.cursor.at;
        self.cursor.at += 1;
        let page = self.cursor.byte("a code page")?;
        if is_known(page) {
            return Ok(page);
        }
        let found = format!("code page {page}");
        Err(Diagnostic::error(Span::new(start, start + 2), found)
            .expected("page 0 or 1, or one of Microsoft's from 200 on"))
    }
}

/// Where the attributes go.
#[derive(Clone, Copy)]
enum Sink {
    Builder,
    Discard,
}
