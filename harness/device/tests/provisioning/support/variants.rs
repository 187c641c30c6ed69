//! The same document in another of the countless ways that WBXML allows.
//!
//! Our encoder chooses one way; senders choose theirs. This one chooses at
//! random: pages, literals where there are tokens, strings in any pieces.

use ics_device::document::{Document, Element};

/// A small generator of choices; the same seed makes the same bytes.
pub(crate) struct Choices(u64);

impl Choices {
    /// One of so many, by xorshift.
    fn below(&mut self, count: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % count
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }
}

struct Variant {
    choices: Choices,
    table: Vec<u8>,
    body: Vec<u8>,
}

/// The document as WBXML, as the seed wants it.
pub(crate) fn variant(document: &Document, seed: u64) -> Vec<u8> {
    let mut it = Variant {
        choices: Choices(seed | 1),
        table: vec![b'x', 0],
        body: Vec::new(),
    };
    let version = document
        .version
        .map(|version| ("version", version.as_str()));
    let attributes: Vec<_> = version.into_iter().collect();
    it.element("wap-provisioningdoc", &attributes, &document.children);
    let mut bytes = vec![0x03];
    if it.choices.one_in(2) {
        let at = it.string("-//WAPFORUM//DTD PROV 1.0//EN");
        bytes.push(0);
        number(&mut bytes, at);
    } else {
        bytes.push(0x0B);
    }
    bytes.push(0x6A);
    number(&mut bytes, it.table.len());
    bytes.extend(it.table);
    bytes.extend(it.body);
    bytes
}

fn number(bytes: &mut Vec<u8>, value: usize) {
    for group in (1..5).rev().filter(|group| value >> (7 * group) > 0) {
        bytes.push((value >> (7 * group)) as u8 | 0x80);
    }
    bytes.push(value as u8 & 0x7F);
}

impl Variant {
    /// Where a string stands in the table, which grows by it.
    fn string(&mut self, text: &str) -> usize {
        let at = self.table.len();
        self.table.extend(text.as_bytes());
        self.table.push(0);
        at
    }

    fn element(&mut self, tag: &str, attributes: &[(&str, &str)], children: &[Element]) {
        let with_attributes = !attributes.is_empty();
        // An element without content may still announce it.
        let with_content = !children.is_empty() || self.choices.one_in(4);
        let bits = u8::from(with_attributes) << 7 | u8::from(with_content) << 6;
        let token = match tag {
            "wap-provisioningdoc" => Some(0x05),
            "characteristic" => Some(0x06),
            "parm" => Some(0x07),
            _ => None,
        };
        match token {
            Some(token) if !self.choices.one_in(6) => {
                // Only the first page has the root; both have the others.
                if token != 0x05 && self.choices.one_in(4) {
                    let page = self.choices.below(2) as u8;
                    self.body.extend([0x00, page]);
                }
                self.body.push(token | bits);
            }
            _ => {
                self.body.push(0x04 | bits);
                let at = self.string(tag);
                number(&mut self.body, at);
            }
        }
        if with_attributes {
            for (name, text) in attributes {
                self.attribute(name, text);
            }
            self.body.push(0x01);
        }
        if with_content {
            for child in children {
                let attributes: Vec<_> = child.written_attributes().collect();
                self.element(child.tag.name(), &attributes, &child.children);
            }
            self.body.push(0x01);
        }
    }

    fn attribute(&mut self, name: &str, text: &str) {
        let token = match name {
            "name" => Some(0x05),
            "value" => Some(0x06),
            "type" => Some(0x50),
            _ => None,
        };
        match token {
            Some(token) if !self.choices.one_in(6) => {
                // Both pages have these; a literal may not follow a switch.
                if self.choices.one_in(4) {
                    let page = self.choices.below(2) as u8;
                    self.body.extend([0x00, page]);
                }
                self.body.push(token);
            }
            _ => {
                self.body.push(0x04);
                let at = self.string(name);
                number(&mut self.body, at);
            }
        }
        let mut rest = text;
        while !rest.is_empty() {
            let characters = self.choices.below(8) as usize + 1;
            let end = rest
                .char_indices()
                .nth(characters)
                .map_or(rest.len(), |one| one.0);
            let (piece, after) = rest.split_at(end);
            self.piece(piece);
            rest = after;
        }
        if text.is_empty() && self.choices.one_in(2) {
            self.piece("");
        }
    }

    fn piece(&mut self, text: &str) {
        // The other codec mangles some; see the differential test.
        let entities = text
            .chars()
            .all(|one| matches!(one, ..'\u{800}' | '\u{1000}'..='\u{FFFF}'));
        match self.choices.below(4) {
            0 => {
                let at = self.string(text);
                self.body.push(0x83);
                number(&mut self.body, at);
            }
            1 if entities => {
                for one in text.chars() {
                    self.body.push(0x02);
                    number(&mut self.body, one as usize);
                }
            }
            2 => {
                self.body.push(0xC3);
                number(&mut self.body, text.len());
                self.body.extend(text.as_bytes());
            }
            _ => {
                self.body.push(0x03);
                self.body.extend(text.as_bytes());
                self.body.push(0x00);
            }
        }
    }
}
