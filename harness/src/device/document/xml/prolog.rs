//! What stands before the root: the XML declaration and the document type.

use quick_xml::events::BytesDecl;

use crate::device::document::names::quoted;
use crate::device::document::schema::ROOT;
use crate::device::document::{Diagnostic, Diagnostics, Span};

/// Checks `<?xml …?>`.
pub(super) fn declaration(declaration: &BytesDecl<'_>, at: Span, faults: &mut Diagnostics) {
    // A byte order mark may stand before it.
    if at.start != 0 && at.start != 3 {
        faults.push(
            Diagnostic::error(at, "an XML declaration that is not at the beginning")
                .expected("it as the very first characters of the document")
                .cure("remove it, or what stands before it"),
        );
    }
    match declaration.version() {
        Ok(version) if version == "1.0" => {}
        Ok(version) => faults.push(
            Diagnostic::error(at, format!("XML version {}", quoted(&version)))
                .expected("`1.0`")
                .cure("write <?xml version=\"1.0\" encoding=\"UTF-8\"?>"),
        ),
        Err(_) => faults.push(malformed(at)),
    }
    match declaration.encoding() {
        None => {}
        Some(Ok(encoding)) if encoding.eq_ignore_ascii_case("utf-8") => {}
        Some(Ok(encoding)) => faults.push(
            Diagnostic::error(at, format!("encoding {}", quoted(&encoding)))
                .expected("`UTF-8`, the only one that a device reads")
                .cure("save the document as UTF-8 and write encoding=\"UTF-8\""),
        ),
        Some(Err(_)) => faults.push(malformed(at)),
    }
}

fn malformed(at: Span) -> Diagnostic {
    Diagnostic::error(at, "a malformed XML declaration")
        .expected("its version, then its encoding")
        .cure("write <?xml version=\"1.0\" encoding=\"UTF-8\"?>")
}

/// Checks `<!DOCTYPE …>`: one that names a document type elsewhere is accepted
/// and not fetched, because senders write it; one that defines anything is
/// refused, because definitions make entities and entities make bombs.
pub(super) fn document_type(text: &str, at: Span, faults: &mut Diagnostics) {
    let mut rest = text.trim();
    let end = rest
        .find(|one: char| one.is_ascii_whitespace() || one == '[')
        .unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    rest = after.trim_start();
    if name != ROOT {
        faults.push(
            Diagnostic::error(at, format!("document type {}", quoted(name)))
                .expected(format!("`{ROOT}`"))
                .cure("remove the DOCTYPE; no device needs it"),
        );
    }
    let literals = if let Some(after) = rest.strip_prefix("PUBLIC") {
        rest = after;
        2
    } else if let Some(after) = rest.strip_prefix("SYSTEM") {
        rest = after;
        1
    } else {
        0
    };
    let mut whole = true;
    for _ in 0..literals {
        rest = rest.trim_start();
        let quote = rest.chars().next().filter(|one| matches!(one, '"' | '\''));
        match quote.and_then(|quote| rest[1..].split_once(quote)) {
            Some((_, after)) => rest = after,
            None => whole = false,
        }
    }
    rest = rest.trim_start();
    if rest.starts_with('[') {
        faults.push(
            Diagnostic::error(at, "a DOCTYPE that defines elements or entities")
                .expected("no definitions; they can make a short document endless")
                .cure("remove the part between `[` and `]`, or the whole DOCTYPE"),
        );
    } else if !whole || !rest.is_empty() {
        faults.push(
            Diagnostic::error(at, "a malformed DOCTYPE")
                .expected("`PUBLIC` with two texts in quotes, or `SYSTEM` with one")
                .cure("remove the DOCTYPE; no device needs it"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let mut faults = Diagnostics::new();
        document_type(text, Span::default(), &mut faults);
        faults
            .sorted()
            .iter()
            .map(|fault| fault.found.clone())
            .collect()
    }

    #[test]
    fn a_document_type_elsewhere_is_ignored() {
        for text in [
            "wap-provisioningdoc",
            "wap-provisioningdoc SYSTEM 'prov.dtd'",
            " wap-provisioningdoc PUBLIC \"-//WAPFORUM//DTD PROV 1.0//EN\"\n  \"http://x/prov.dtd\" ",
        ] {
            assert_eq!(faults(text), <[String; 0]>::default(), "{text}");
        }
    }

    #[test]
    fn definitions_and_nonsense_are_refused() {
        let definition = ["a DOCTYPE that defines elements or entities"];
        assert_eq!(faults("wap-provisioningdoc [<!ENTITY a 'b'>]"), definition);
        assert_eq!(faults("wap-provisioningdoc[<!ENTITY a 'b'>]"), definition);
        assert_eq!(faults("wap-provisioningdoc SYSTEM 'a[b' [ ]"), definition);
        assert_eq!(
            faults("wap-provisioningdoc PUBLIC \"a\""),
            ["a malformed DOCTYPE"]
        );
        assert_eq!(
            faults("wap-provisioningdoc SYSTEM \"a"),
            ["a malformed DOCTYPE"]
        );
        assert_eq!(faults("html"), ["document type `html`"]);
    }
}
