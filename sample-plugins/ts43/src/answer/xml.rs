//! A configuration document in XML: characteristics with parms.
//!
//! A value with an `&` that begins no reference is accepted, since servers send URLs so. Entities of a document type are
//! not expanded.

use ics_entitlement::Unavailable;
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use super::{Document, only};

/// A characteristic of the document with its own parms.
struct Characteristic {
    kind: String,
    parms: Vec<(String, String)>,
}

impl Characteristic {
    /// The value of the parm of that name, in whichever letter case.
    fn parm(&self, name: &str) -> Result<Option<&str>, Unavailable> {
        let named = self
            .parms
            .iter()
            .filter(|(other, _)| other.eq_ignore_ascii_case(name));
        only(name, named.map(|(_, value)| value.as_str()))
    }
}

/// Reads a document.
pub(super) fn document(text: &str, app: &str) -> Result<Document, Unavailable> {
    let characteristics = characteristics(text)?;
    let of_kind = |kind: &'static str| {
        let all = characteristics.iter();
        all.filter(move |characteristic| characteristic.kind.eq_ignore_ascii_case(kind))
    };
    let version = match only("VERS", of_kind("VERS"))? {
        Some(vers) => match (vers.parm("version")?, vers.parm("validity")?) {
            (Some(version), Some(validity)) => Some((version.to_owned(), validity.to_owned())),
            _ => return Err(Unavailable::because("VERS without version or validity")),
        },
        None => None,
    };
    let mut ours = Vec::new();
    for application in of_kind("APPLICATION") {
        if application
            .parm("AppID")?
            .is_some_and(|id| id.eq_ignore_ascii_case(app))
        {
            ours.push(application);
        }
    }
    let status = match only("the application", ours.into_iter())? {
        Some(application) => application.parm("EntitlementStatus")?.map(str::to_owned),
        None => None,
    };
    Ok(Document { version, status })
}

/// The characteristics directly below the root. Those within another one are other things' and are left out.
fn characteristics(text: &str) -> Result<Vec<Characteristic>, Unavailable> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut found = Vec::new();
    let mut has_root = false;
    // How many elements are open.
    let mut depth = 0_usize;
    loop {
        match reader.read_event()? {
            Event::Start(element) => {
                open(&element, depth, &mut has_root, &mut found)?;
                depth += 1;
            }
            Event::Empty(element) => open(&element, depth, &mut has_root, &mut found)?,
            // The reader has compared the name with that of the open element.
            Event::End(_) => depth -= 1,
            Event::Text(text) if depth == 0 && !is_blank(&text) => {
                return Err(Unavailable::because("text outside of the document"));
            }
            Event::CData(_) | Event::GeneralRef(_) if depth == 0 => {
                return Err(Unavailable::because("text outside of the document"));
            }
            Event::Eof if depth == 0 && has_root => return Ok(found),
            Event::Eof => return Err(Unavailable::because("the document is incomplete")),
            Event::Text(_)
            | Event::CData(_)
            | Event::GeneralRef(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_) => {}
        }
    }
}

/// Takes notice of an element that begins below `depth` open ones.
fn open(
    element: &BytesStart<'_>,
    depth: usize,
    has_root: &mut bool,
    found: &mut Vec<Characteristic>,
) -> Result<(), Unavailable> {
    let name = element.name();
    match depth {
        0 if *has_root || name.as_ref() != "wap-provisioningdoc" => {
            return Err(Unavailable::because("not one wap-provisioningdoc"));
        }
        0 => *has_root = true,
        1 if name.as_ref() == "characteristic" => found.push(Characteristic {
            kind: attribute(element, "type")?,
            parms: Vec::new(),
        }),
        2 if name.as_ref() == "parm" => {
            if let Some(characteristic) = found.last_mut() {
                let parm = (attribute(element, "name")?, attribute(element, "value")?);
                characteristic.parms.push(parm);
            }
        }
        _ => {}
    }
    Ok(())
}

/// The value of an attribute; empty if there is none.
fn attribute(element: &BytesStart<'_>, name: &str) -> Result<String, Unavailable> {
    let mut found = String::new();
    // The iterator reports an attribute that occurs twice.
    for attribute in element.attributes() {
        let attribute = attribute?;
        if attribute.key.as_ref() == name {
            let raw = &attribute.value;
            found = unescape(raw).map_or_else(|_| raw.to_string(), |value| value.into_owned());
        }
    }
    Ok(found)
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERS: &str = r#"<characteristic type="VERS"><parm name="version" value="1"/><parm name="validity" value="172800"/></characteristic>"#;
    const OURS: &str = r#"<characteristic type="APPLICATION"><parm name="AppID" value="ap2099"/><parm name="EntitlementStatus" value="1"/></characteristic>"#;

    fn of(content: &str) -> Result<Document, Unavailable> {
        let text = format!(
            "<?xml version=\"1.0\"?>\n<wap-provisioningdoc version=\"1.1\">{content}</wap-provisioningdoc>\n"
        );
        document(&text, "ap2099")
    }

    #[track_caller]
    fn status(content: &str) -> Option<String> {
        of(content).unwrap().status
    }

    #[test]
    fn a_document_has_version_and_status() {
        let expected = Document {
            version: Some(("1".to_owned(), "172800".to_owned())),
            status: Some("1".to_owned()),
        };
        assert_eq!(of(&format!("{VERS}\n{OURS}")).unwrap(), expected);
    }

    #[test]
    fn an_ampersand_need_not_be_escaped() {
        let token = r#"<characteristic type="TOKEN"><parm name="token" value="a&b&amp;c=&"/></characteristic>"#;
        assert_eq!(status(&format!("{token}{OURS}")).as_deref(), Some("1"));
        // Also in the characteristic that decides.
        let url =
            r#"<parm name="ServiceFlow_URL" value="https://o.example/?a=1&b=2"/></characteristic>"#;
        let ours = OURS.replace("</characteristic>", url);
        assert_eq!(status(&ours).as_deref(), Some("1"));
    }

    #[test]
    fn references_are_resolved() {
        assert_eq!(
            status(&OURS.replace("\"1\"", "\"&#49;\"")).as_deref(),
            Some("1")
        );
    }

    #[test]
    fn names_may_be_in_another_letter_case() {
        let ours = OURS
            .replace("AppID", "appid")
            .replace("EntitlementStatus", "ENTITLEMENTSTATUS")
            .replace("APPLICATION", "Application");
        assert_eq!(status(&ours).as_deref(), Some("1"));
    }

    #[test]
    fn the_status_of_another_application_is_not_read() {
        let other = OURS.replace("ap2099", "ap2004");
        assert_eq!(status(&other), None);
        let denied = OURS.replace("\"1\"", "\"0\"");
        assert_eq!(status(&format!("{other}{denied}")).as_deref(), Some("0"));
        // Nor that of a part of the application, or of something around it.
        let part = OURS
            .replace(
                r#"<parm name="Ent"#,
                r#"<characteristic type="x"><parm name="Ent"#,
            )
            .replace("</characteristic>", "</characteristic></characteristic>");
        assert_eq!(status(&part), None);
        assert_eq!(
            status(&format!(
                "<characteristic type=\"x\">{OURS}</characteristic>"
            )),
            None
        );
    }

    #[test]
    fn what_occurs_twice_is_an_error() {
        let denied = OURS.replace("\"1\"", "\"0\"");
        let parm = r#"<parm name="entitlementstatus" value="0"/></characteristic>"#;
        for content in [
            format!("{OURS}{denied}"),
            format!("{OURS}{OURS}"),
            format!("{VERS}{VERS}{OURS}"),
            OURS.replace("</characteristic>", parm),
            OURS.replace("value=\"1\"", "value=\"1\" value=\"0\""),
        ] {
            assert!(of(&content).is_err(), "{content}");
        }
    }

    #[test]
    fn what_is_no_complete_document_is_an_error() {
        let whole = format!("<wap-provisioningdoc>{OURS}</wap-provisioningdoc>");
        assert!(document(&whole, "ap2099").is_ok());
        for end in 0..whole.len() {
            assert!(
                document(&whole[..end], "ap2099").is_err(),
                "{}",
                &whole[..end]
            );
        }
        for text in [
            format!("{whole}x"),
            format!("{whole}&amp;"),
            format!("{whole}{whole}"),
            format!("x{whole}"),
            format!("<html>{OURS}</html>"),
            OURS.to_owned(),
            "<wap-provisioningdoc></characteristic>".to_owned(),
        ] {
            assert!(document(&text, "ap2099").is_err(), "{text}");
        }
    }

    #[test]
    fn a_document_type_is_skipped_and_expands_nothing() {
        let text = format!(
            "<!DOCTYPE wap-provisioningdoc [<!ENTITY one \"1\">]>\n<wap-provisioningdoc>{}</wap-provisioningdoc>",
            OURS.replace("\"1\"", "\"&one;\"")
        );
        let status = document(&text, "ap2099").unwrap().status;
        assert_eq!(status.as_deref(), Some("&one;"));
    }
}
