//! What stands before the root: the XML declaration and the document type. What
//! may stand there and elsewhere: processing instructions.

use quick_xml::events::BytesDecl;
use quick_xml::events::attributes::Attributes;

use crate::document::names::quoted;
use crate::document::{Diagnostic, Diagnostics, Span};

/// Checks `<?xml …?>`. `reads` ends the sentence about the only encoding.
pub(super) fn declaration(
    declaration: &BytesDecl<'_>,
    at: Span,
    reads: &str,
    faults: &mut Diagnostics,
) {
    // A byte order mark may stand before it.
    if at.start != 0 && at.start != 3 {
        faults.push(
            Diagnostic::error(at, "an XML declaration that is not at the beginning")
                .expected("it as the very first characters of the document")
                .help("remove it, or what stands before it"),
        );
    }
    if !has_its_parts(declaration) {
        faults.push(malformed(at));
        return;
    }
    match declaration.version() {
        Ok(version) if version == "1.0" => {}
        Ok(version) => faults.push(
            Diagnostic::error(at, format!("XML version {}", quoted(&version)))
                .expected("`1.0`")
                .help("write <?xml version=\"1.0\" encoding=\"UTF-8\"?>"),
        ),
        Err(_) => faults.push(malformed(at)),
    }
    match declaration.encoding() {
        None => {}
        Some(Ok(encoding)) if encoding.eq_ignore_ascii_case("utf-8") => {}
        Some(Ok(encoding)) => faults.push(
            Diagnostic::error(at, format!("encoding {}", quoted(&encoding)))
                .expected(format!("`UTF-8`, the only one that {reads}"))
                .help("save the document as UTF-8 and write encoding=\"UTF-8\""),
        ),
        Some(Err(_)) => faults.push(malformed(at)),
    }
}

/// Whether it has a version and, after it, at most an encoding and whether it
/// stands alone.
fn has_its_parts(declaration: &str) -> bool {
    let mut names = ["version", "encoding", "standalone"].into_iter();
    let mut parts = Attributes::new(declaration, "xml".len());
    parts.with_checks(false).all(|part| {
        part.is_ok_and(|part| {
            let name = part.key.0;
            let at = name.as_ptr() as usize - declaration.as_ptr() as usize;
            declaration[..at].ends_with(|one: char| one.is_ascii_whitespace())
                && names.any(|one| one == name)
                && (name != "standalone" || matches!(&*part.value, "yes" | "no"))
        })
    })
}

/// Checks `<?…?>`, which says nothing to a device.
pub(super) fn instruction(text: &str, at: Span, faults: &mut Diagnostics) {
    let end = text.find(|one: char| one.is_ascii_whitespace());
    let name = &text[..end.unwrap_or(text.len())];
    let begins = |one: char| one.is_alphabetic() || matches!(one, '_' | ':');
    if name.starts_with(begins) && !name.eq_ignore_ascii_case("xml") {
        return;
    }
    faults.push(
        Diagnostic::error(
            at,
            format!("a processing instruction called {}", quoted(name)),
        )
        .expected("a name that begins with a letter and is not `xml`")
        .help("remove it"),
    );
}

fn malformed(at: Span) -> Diagnostic {
    Diagnostic::error(at, "a malformed XML declaration")
        .expected("its version, then its encoding")
        .help("write <?xml version=\"1.0\" encoding=\"UTF-8\"?>")
}

/// Checks `<!DOCTYPE …>`: one that names a document type elsewhere is accepted
/// and not fetched, because senders write it; one that defines anything is
/// refused, because definitions make entities and entities make bombs.
pub(super) fn document_type(text: &str, at: Span, root: &str, faults: &mut Diagnostics) {
    let mut rest = text.trim();
    let end = rest
        .find(|one: char| one.is_ascii_whitespace() || one == '[')
        .unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    rest = after.trim_start();
    if name != root {
        faults.push(
            Diagnostic::error(at, format!("document type {}", quoted(name)))
                .expected(format!("`{root}`"))
                .help("remove the DOCTYPE; no device needs it"),
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
                .help("remove the part between `[` and `]`, or the whole DOCTYPE"),
        );
    } else if !whole || !rest.is_empty() {
        faults.push(
            Diagnostic::error(at, "a malformed DOCTYPE")
                .expected("`PUBLIC` with two texts in quotes, or `SYSTEM` with one")
                .help("remove the DOCTYPE; no device needs it"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::schema::ROOT;

    fn faults(text: &str) -> Vec<String> {
        let mut faults = Diagnostics::new();
        document_type(text, Span::default(), ROOT, &mut faults);
        faults
            .sorted()
            .iter()
            .map(|fault| fault.found.clone())
            .collect()
    }

    #[test]
    fn a_declaration_has_its_parts_in_their_order() {
        let good = [
            r#"xml version="1.0""#,
            r#"xml version='1.0' encoding='utf-8'"#,
            "xml version = \"1.0\"\n standalone=\"no\" ",
        ];
        for text in good {
            assert!(has_its_parts(text), "{text}");
        }
        let bad = [
            r#"xml version="1.0" foo="bar""#,
            r#"xml version="1.0" standalone="maybe""#,
            r#"xml version="1.0" encoding="UTF-8" encoding="UTF-8""#,
            r#"xml encoding="UTF-8" version="1.0""#,
            r#"xml version="1.0"encoding="UTF-8""#,
            r#"xml version="1.0" foo"#,
            "xml version=1.0",
        ];
        for text in bad {
            assert!(!has_its_parts(text), "{text}");
        }
    }

    #[test]
    fn an_instruction_has_a_name_of_its_own() {
        for (text, good) in [
            ("xml-stylesheet href='a'", true),
            ("_", true),
            ("", false),
            ("1bad", false),
            ("XML x", false),
        ] {
            let mut faults = Diagnostics::new();
            instruction(text, Span::default(), &mut faults);
            assert_eq!(faults.is_empty(), good, "{text}");
        }
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
