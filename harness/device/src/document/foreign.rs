//! Documents of other kinds that are sent to the same places, named as what they are.

use super::names::count;
use super::schema::ROOT;
use super::{Diagnostic, Span, sms};

/// A kind of document that is no provisioning document.
struct Kind {
    /// Its root elements, without a prefix.
    roots: &'static [&'static str],
    /// Its numbers among WBXML's public identifiers.
    ids: &'static [u32],
    /// How its public identifiers begin in words.
    names: &'static [&'static str],
    /// What it is.
    what: &'static str,
    /// What to do, where something can be done.
    help: Option<&'static str>,
}

const OTHER: Kind = Kind {
    roots: &[],
    ids: &[],
    names: &[],
    what: "",
    help: None,
};

/// Sources: the registry of WAP's public identifiers, and the documents themselves.
const KINDS: &[Kind] = &[
    Kind {
        roots: &["SyncML"],
        ids: &[0x0FD1, 0x0FD2, 0x0FD3, 0x0FD4, 0x1201, 0x1202, 0x1203],
        names: &["-//SYNCML//"],
        what: "a SyncML (OMA DM) document",
        help: Some(
            "write the settings as OMA Client Provisioning; \
             the HotSpot CSP cannot be reached by OMA DM",
        ),
    },
    Kind {
        roots: &["MgmtTree"],
        what: "a description of OMA DM nodes (DDF)",
        ..OTHER
    },
    Kind {
        roots: &["Envelope"],
        what: "a SOAP message",
        ..OTHER
    },
    Kind {
        roots: &["CHARACTERISTIC-LIST"],
        what: "settings in the older form of Nokia and Ericsson (OTA settings)",
        help: Some("write them as OMA Client Provisioning"),
        ..OTHER
    },
    Kind {
        roots: &["si"],
        ids: &[0x05],
        names: &["-//WAPFORUM//DTD SI "],
        what: "a service indication (WAP push with a link)",
        ..OTHER
    },
    Kind {
        roots: &["sl"],
        ids: &[0x06],
        names: &["-//WAPFORUM//DTD SL "],
        what: "a service loading message (WAP push)",
        ..OTHER
    },
    Kind {
        roots: &["co"],
        ids: &[0x07],
        names: &["-//WAPFORUM//DTD CO "],
        what: "a cache operation (WAP push)",
        ..OTHER
    },
    Kind {
        roots: &["emn"],
        ids: &[0x0D],
        names: &["-//WAPFORUM//DTD EMN "],
        what: "an e-mail notification (WAP push)",
        ..OTHER
    },
    Kind {
        roots: &["wml"],
        ids: &[0x02, 0x04, 0x09, 0x0A],
        names: &["-//WAPFORUM//DTD WML "],
        what: "a WML page",
        ..OTHER
    },
    Kind {
        roots: &["rights"],
        ids: &[0x0E],
        names: &["-//OMA//DTD DRMREL "],
        what: "an OMA DRM rights object",
        ..OTHER
    },
    Kind {
        roots: &["html"],
        what: "an HTML page",
        ..OTHER
    },
    Kind {
        roots: &["ImageCustomizations"],
        what: "an OEM's customization answer file (MCSF)",
        help: Some("convert it to a provisioning document first (`provision convert`)"),
        ..OTHER
    },
    Kind {
        roots: &["Settings"],
        what: "a part of an OEM's customization answer file (MCSF)",
        help: Some("convert it to a provisioning document first (`provision convert`)"),
        ..OTHER
    },
    Kind {
        roots: &["WindowsCustomizations", "WindowsCustomizatons"],
        what: "customizations of Windows Configuration Designer",
        help: Some("convert it to a provisioning document first (`provision convert`)"),
        ..OTHER
    },
    Kind {
        roots: &["apns"],
        what: "a list of access points for Android",
        ..OTHER
    },
    Kind {
        roots: &["plist"],
        what: "a property list of Apple",
        ..OTHER
    },
    Kind {
        roots: &["serviceproviders"],
        what: "a list of mobile broadband providers",
        ..OTHER
    },
];

impl Kind {
    fn fault(&self, at: Span) -> Diagnostic {
        let fault = Diagnostic::error(at, self.what)
            .expected(format!("an OMA Client Provisioning document: `{ROOT}`"));
        match self.help {
            Some(help) => fault.help(help),
            None => fault,
        }
    }
}

/// The fault of a document with this root element, if it is of a known other kind.
pub(super) fn by_root(name: &str, at: Span) -> Option<Diagnostic> {
    let local = name.rsplit(':').next().unwrap_or(name);
    let is_it = |kind: &&Kind| kind.roots.iter().any(|one| one.eq_ignore_ascii_case(local));
    Some(KINDS.iter().find(is_it)?.fault(at))
}

/// The fault of a WBXML document with this number for a public identifier.
pub(super) fn by_id(id: u32, at: Span) -> Option<Diagnostic> {
    let kind = KINDS.iter().find(|kind| kind.ids.contains(&id))?;
    Some(kind.fault(at))
}

/// The fault of a WBXML document with this public identifier in words.
pub(super) fn by_name(name: &str, at: Span) -> Option<Diagnostic> {
    let is_it = |kind: &&Kind| kind.names.iter().any(|start| name.starts_with(start));
    Some(KINDS.iter().find(is_it)?.fault(at))
}

/// The fault of a WBXML document without a registered type, whose body begins with the
/// root of Nokia's older settings.
pub(super) fn nokia_settings(at: Span) -> Option<Diagnostic> {
    by_root("CHARACTERISTIC-LIST", at)
}

/// The fault of text that is not XML at all, if it is of a known other kind.
pub(super) fn by_text(text: &str) -> Option<Diagnostic> {
    let begin = text.trim_start();
    if begin.starts_with('<') {
        return None;
    }
    let at = text.len() - begin.len();
    let mut help = None;
    let what = if begin.starts_with(['{', '[']) {
        match text.contains("\"Vers\"") || text.contains("\"Token\"") {
            true => "the answer of an entitlement server (GSMA TS.43) in JSON",
            false => "a JSON text",
        }
    } else if begin.starts_with("-----BEGIN ") {
        "a text in PEM form, such as a certificate"
    } else if !sms::parse(text.as_bytes()).0.is_empty() {
        help = Some("join them to the push that they hold: `ics-harness provision sms`");
        "short messages in hexadecimal digits"
    } else {
        return None;
    };
    let length = begin.find('\n').unwrap_or(begin.len());
    let fault = Diagnostic::error(Span::new(at, at + length.min(40)), what)
        .expected(format!("an OMA Client Provisioning document: `{ROOT}`"));
    Some(match help {
        Some(help) => fault.help(help),
        None => fault,
    })
}

/// The help for a public identifier that is not that of PROV, where the document is one
/// in all else.
pub(super) fn prov_identifier(length: usize) -> String {
    match length {
        1 => "write 0b as the second byte".to_owned(),
        _ => format!("write 0b in place of these {}", count(length, "byte")),
    }
}
