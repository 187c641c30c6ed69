//! The tokens that Microsoft adds to WBXML.

use ics_device::document::{Document, Element, ElementTag, Level, Role, read, wbxml};

use crate::support::tokens;
use crate::support::vectors::{accepted, load, shown};

const VECTORS: [&str; 7] = [
    "ms-01-query",
    "ms-02-parm-query",
    "ms-03-delete-then-set",
    "ms-04-registry-page201",
    "ms-05-old-110e",
    "ms-06a-page1-110e",
    "ms-06b-page1-0b",
];

#[test]
fn each_vector_says_what_its_text_says() {
    for name in VECTORS {
        let read = |extension: &str| {
            let name = format!("neighbours/{name}.{extension}");
            accepted(&name, &load(&name), Role::Request)
        };
        assert_eq!(read("wbxml"), read("xml"), "{name}");
    }
}

#[test]
fn what_is_written_with_the_tokens_is_read_again_and_is_shorter() {
    for name in VECTORS {
        let name = format!("neighbours/{name}.xml");
        let document = accepted(&name, &load(&name), Role::Request);
        let theirs = wbxml::encode_for_microsoft(&document).expect("plain text");
        let plain = wbxml::encode(&document).expect("plain text");
        assert_eq!(accepted(&name, &theirs, Role::Request), document, "{name}");
        assert!(
            theirs.len() <= plain.len(),
            "{name}: {} of {}",
            theirs.len(),
            plain.len()
        );
    }
    let bytes = load("neighbours/ms-01-query.wbxml");
    let document = accepted("ms-01", &bytes, Role::Request);
    assert_eq!(
        wbxml::encode_for_microsoft(&document).as_deref(),
        Ok(&bytes[..])
    );
}

#[test]
fn a_token_that_no_page_has_is_shown_by_page_and_number() {
    // A characteristic whose type is token 48 of page 204, and a value 9A of page 201.
    let bytes = b"\x03\x0B\x6A\x00\x45\xC6\x00\xCC\x48\x01\x87\x00\x00\x05\x03a\0\x06\x00\xC9\x9A\x01\x01\x01";
    let reading = read(bytes, Role::Request);
    assert!(!reading.faults.refuse(), "{}", shown("it", bytes, &reading));
    let found: Vec<_> = reading
        .faults
        .sorted()
        .iter()
        .map(|one| (one.level, one.found.clone()))
        .collect();
    assert_eq!(
        found,
        [
            (Level::Warning, "page 204, token 48".to_owned()),
            (Level::Warning, "page 201, token 9A".to_owned()),
        ]
    );
    let document = reading.document.expect("it was read");
    assert_eq!(document.children[0].name.value, "page 204, token 48");
    let value = document.children[0].children[0]
        .value
        .as_ref()
        .expect("a value");
    assert_eq!(value.value, "page 201, token 9A");
}

#[test]
fn an_unknown_page_ends_the_reading() {
    let reading = read(
        b"\x03\x0B\x6A\x00\x45\xC6\x00\xCD\x05\x01\x01\x01",
        Role::Request,
    );
    assert_eq!(reading.faults.sorted()[0].found, "code page 205");
}

/// What a document says, as the other decoder writes it.
fn in_one_line(element: &Element) -> String {
    let mut text = element.tag.name().to_owned();
    for (name, value) in element.written_attributes() {
        text.push_str(&format!("}}{{{name}={value}"));
    }
    text.push('}');
    if !element.children.is_empty() {
        let inside = element.children.iter().map(in_one_line);
        text.push_str(&format!("({})", inside.collect::<String>()));
    }
    text
}

/// A small generator of choices; the same seed makes the same documents.
struct Choices(u64);

impl Choices {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).expect("31 bits") % count
    }

    /// A text of the tables, or another one.
    fn text(&mut self, kind: char) -> String {
        let rows = tokens::rows();
        let of_kind: Vec<_> = rows.iter().filter(|row| row.1 == kind).collect();
        match self.below(4) {
            0 => format!("other {}", self.below(20)),
            _ => of_kind[self.below(of_kind.len())].3.to_owned(),
        }
    }

    fn element(&mut self, depth: usize) -> Element {
        let children = match depth {
            3 => 0,
            _ => self.below(4),
        };
        let leaf = [
            ElementTag::Parm,
            ElementTag::NoParm,
            ElementTag::ParmQuery,
            ElementTag::NoCharacteristic,
            ElementTag::CharacteristicQuery,
        ][self.below(5)];
        if depth > 0 && self.below(3) > 0 {
            let kind = if leaf.names_group() { 't' } else { 'n' };
            let name = self.text(kind);
            return match leaf {
                ElementTag::Parm => Element::parm(name, self.text('v')),
                _ => Element::new(leaf, name),
            };
        }
        let name = self.text('t');
        let children = (0..children).map(|_| self.element(depth + 1)).collect();
        Element::characteristic(name, children)
    }
}

#[test]
fn generated_documents_are_read_alike_by_a_decoder_written_apart() {
    let mut choices = Choices(2026);
    for number in 0..2000 {
        let children: Vec<_> = (0..1 + choices.below(3))
            .map(|_| choices.element(0))
            .collect();
        let document = Document {
            children,
            ..Document::default()
        };
        let bytes = wbxml::encode_for_microsoft(&document).expect("plain text");
        let expected: String = document.children.iter().map(in_one_line).collect();
        // The first attribute has no end of another one before it.
        let expected = format!("wap-provisioningdoc({expected})");
        assert_eq!(tokens::decode(&bytes), expected, "{number}");
        assert_eq!(accepted("it", &bytes, Role::Request), document, "{number}");
    }
}
