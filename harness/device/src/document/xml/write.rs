//! From a [`Document`] to XML text.

use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, Event};
use quick_xml::writer::Writer;

use crate::document::schema::ROOT;
use crate::document::{Document, Element};

use super::foreign_character;

/// A text that no XML document can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the character U+{:04X} of a value is none that XML has", *.0 as u32)]
pub struct Unwritable(pub char);

/// The document as XML text: UTF-8, one element a line, ended by a line's end.
///
/// # Errors
/// If a text holds a character that XML does not have. Documents that were read
/// hold none.
pub fn write(document: &Document) -> Result<String, Unwritable> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new_with_indent(&mut bytes, b' ', 4);
    let mut root = BytesStart::new(ROOT);
    if let Some(version) = &document.version {
        root.push_attribute(("version", version.as_str()));
    }
    let mut put = |event: Event<'_>| {
        writer
            .write_event(event)
            .expect("a vector takes every byte that is written to it");
    };
    put(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
    if document.children.is_empty() {
        put(Event::Empty(root));
    } else {
        put(Event::Start(root));
        for child in &document.children {
            element(child, &mut put)?;
        }
        put(Event::End(BytesEnd::new(ROOT)));
    }
    bytes.push(b'\n');
    Ok(String::from_utf8(bytes).expect("the writer was given text only"))
}

fn element(element_: &Element, put: &mut impl FnMut(Event<'_>)) -> Result<(), Unwritable> {
    let mut tag = BytesStart::new(element_.tag.name());
    for (name, text) in element_.written_attributes() {
        if let Some((_, one)) = foreign_character(text) {
            return Err(Unwritable(one));
        }
        tag.push_attribute((name, text));
    }
    if element_.children.is_empty() {
        put(Event::Empty(tag));
        return Ok(());
    }
    put(Event::Start(tag));
    for child in &element_.children {
        element(child, put)?;
    }
    put(Event::End(BytesEnd::new(element_.tag.name())));
    Ok(())
}
