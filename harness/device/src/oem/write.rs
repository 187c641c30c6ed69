//! From a provisioning document to a form.

use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::writer::Writer;
use sha1::{Digest, Sha1};

use super::held::{self, Held, Pair};
use super::vocabulary::{
    CELLULAR, CONNECTIONS, MCSF_NAMESPACE, MCSF_ROOT, WCD_NAMESPACE, WCD_PACKAGE_NAMESPACE,
    WCD_ROOT,
};
use super::{Form, Unheld};
use crate::csp::hotspot;
use crate::document::{Diagnostic, Diagnostics, Document};

/// The name of what is written, which its user replaces.
const NAME: &str = "HotSpot";

/// A document's settings of HotSpot and of connections in a form, as UTF-8 text. What
/// the form cannot hold is added to the faults; nothing is written of a document that
/// they refuse.
pub fn write(
    document: &Document,
    form: Form,
    unheld: Unheld,
    faults: &mut Diagnostics,
) -> Option<String> {
    let held = held::of(document, form, unheld, faults);
    if held.hotspot.is_empty() && held.connections.is_empty() && !faults.refuse() {
        faults.push(
            Diagnostic::error(document.at, "nothing to write into the form")
                .expected("a setting of HotSpot or of a cellular connection that it can hold"),
        );
    }
    if faults.refuse() {
        return None;
    }
    let mut xml = Xml::new();
    match form {
        Form::Mcsf => answer_file(&held, &mut xml),
        Form::Wcd => customizations(&held, &mut xml),
    }
    Some(xml.finish())
}

fn answer_file(held: &Held, xml: &mut Xml) {
    let head = [
        ("xmlns", MCSF_NAMESPACE),
        ("Name", NAME),
        ("Description", "Internet sharing"),
        ("Owner", "OEM"),
        ("OwnerType", "OEM"),
    ];
    xml.open(MCSF_ROOT, &head);
    xml.open("Static", &[]);
    if !held.connections.is_empty() {
        xml.open("Settings", &[("Path", CONNECTIONS)]);
        for (connection, pairs) in &held.connections {
            for (name, value) in pairs {
                let name = format!("{CELLULAR}/{connection}/{name}");
                xml.empty("Setting", &[("Name", &name), ("Value", value)]);
            }
        }
        xml.close("Settings");
    }
    if !held.hotspot.is_empty() {
        xml.open("Settings", &[("Path", hotspot::NAME)]);
        for (name, value) in &held.hotspot {
            xml.empty("Setting", &[("Name", name), ("Value", value)]);
        }
        xml.close("Settings");
    }
    xml.close("Static");
    xml.close(MCSF_ROOT);
}

fn customizations(held: &Held, xml: &mut Xml) {
    xml.open(WCD_ROOT, &[]);
    xml.open("PackageConfig", &[("xmlns", WCD_PACKAGE_NAMESPACE)]);
    let id = identifier(held);
    let package = [
        ("ID", id.as_str()),
        ("Name", NAME),
        ("Version", "1.0"),
        ("OwnerType", "OEM"),
        ("Rank", "0"),
    ];
    package.iter().for_each(|(name, text)| xml.text(name, text));
    xml.close("PackageConfig");
    let inside = ["Customizations", "Common", "Settings"];
    xml.open("Settings", &[("xmlns", WCD_NAMESPACE)]);
    inside.iter().for_each(|name| xml.open(name, &[]));
    let texts = |pairs: &[Pair], xml: &mut Xml| {
        pairs.iter().for_each(|(name, value)| xml.text(name, value));
    };
    if !held.connections.is_empty() {
        xml.open(CONNECTIONS, &[]);
        xml.open(CELLULAR, &[]);
        for (connection, pairs) in &held.connections {
            xml.open("Connection", &[("ConnectionName", connection)]);
            texts(pairs, xml);
            xml.close("Connection");
        }
        xml.close(CELLULAR);
        xml.close(CONNECTIONS);
    }
    if !held.hotspot.is_empty() {
        xml.open(hotspot::NAME, &[]);
        texts(&held.hotspot, xml);
        xml.close(hotspot::NAME);
    }
    inside.iter().rev().for_each(|name| xml.close(name));
    xml.close("Settings");
    xml.close(WCD_ROOT);
}

/// The package's identifier, made from what is in it (as a UUID of version 5): the same
/// settings have the same one.
fn identifier(held: &Held) -> String {
    let hash = Sha1::digest(format!("{held:?}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    bytes[6] = bytes[6] & 0x0F | 0x50;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    let parts = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ];
    format!("{{{}}}", parts.join("-"))
}

/// XML with one element a line.
struct Xml(Writer<Vec<u8>>);

impl Xml {
    fn new() -> Self {
        let mut xml = Self(Writer::new_with_indent(Vec::new(), b' ', 2));
        xml.put(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)));
        xml
    }

    fn put(&mut self, event: Event<'_>) {
        self.0
            .write_event(event)
            .expect("a vector takes every byte that is written to it");
    }

    fn start<'a>(name: &'a str, attributes: &[(&str, &str)]) -> BytesStart<'a> {
        let mut tag = BytesStart::new(name);
        attributes.iter().for_each(|one| tag.push_attribute(*one));
        tag
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.put(Event::Start(Self::start(name, attributes)));
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.put(Event::Empty(Self::start(name, attributes)));
    }

    /// An element with a text. White space is written by number: around a text it
    /// would be lost.
    fn text(&mut self, name: &str, text: &str) {
        let mut escaped = quick_xml::escape::escape(text).into_owned();
        for (one, number) in [('\t', "&#9;"), ('\n', "&#10;"), ('\r', "&#13;")] {
            escaped = escaped.replace(one, number);
        }
        let inner = escaped.trim_matches(' ');
        let before = escaped.len() - escaped.trim_start_matches(' ').len();
        let after = escaped.len() - before - inner.len();
        let spaces = |number: usize| "&#32;".repeat(number);
        let whole = match inner.is_empty() {
            true => spaces(escaped.len()),
            false => format!("{}{inner}{}", spaces(before), spaces(after)),
        };
        self.open(name, &[]);
        self.put(Event::Text(BytesText::from_escaped(whole)));
        self.close(name);
    }

    fn close(&mut self, name: &str) {
        self.put(Event::End(BytesEnd::new(name)));
    }

    fn finish(self) -> String {
        let mut bytes = self.0.into_inner();
        bytes.push(b'\n');
        String::from_utf8(bytes).expect("the writer was given text only")
    }
}
