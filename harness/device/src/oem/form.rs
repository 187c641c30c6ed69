//! Which form a file is of, and what it is called.

use std::fmt;

use super::tree::local;
use super::vocabulary::{MCSF_FRAGMENT, MCSF_ROOT, WCD_ROOT, WCD_ROOT_MISSPELT};
use crate::document::ROOT;
use crate::document::names::nearest;

/// A form in which an OEM writes settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// The customization answer file of Windows Phone 8.1 and Windows 10 Mobile, or its
    /// `Settings` alone.
    Mcsf,
    /// `customizations.xml` of Windows Configuration Designer, also of COSA.
    Wcd,
}

/// Where the root element is looked for first, in bytes.
const BEGINNING: usize = 512;

/// What may stand before the root element.
const PROLOG: [(&str, &str); 3] = [("<!--", "-->"), ("<?", "?>"), ("<!", ">")];

impl Form {
    /// The form that the root element says, if it is of one.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        // Of nearly every file the beginning is enough, and the rest is read once, by its reader.
        let name = match bytes.get(..BEGINNING).and_then(root_name) {
            Some((name, true)) => name,
            _ => root_name(bytes)?.0,
        };
        let name = local(name);
        let is = |root: &str| name.eq_ignore_ascii_case(root);
        if is(ROOT) {
            // Nearly every file: its name is not compared with the others letter by letter.
            None
        } else if is(MCSF_ROOT) || is(MCSF_FRAGMENT) {
            Some(Self::Mcsf)
        } else if is(WCD_ROOT) || is(WCD_ROOT_MISSPELT) {
            Some(Self::Wcd)
        } else {
            match nearest(name, [MCSF_ROOT, WCD_ROOT])? {
                MCSF_ROOT => Some(Self::Mcsf),
                _ => Some(Self::Wcd),
            }
        }
    }

    /// A short name, as on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mcsf => "mcsf",
            Self::Wcd => "wcd",
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mcsf => "a customization answer file (MCSF)",
            Self::Wcd => "customizations of Windows Configuration Designer (WCD)",
        })
    }
}

/// The name of the first element, and whether something follows it.
fn root_name(bytes: &[u8]) -> Option<(&str, bool)> {
    // The rest of the text may be broken; its reader reports that.
    let text = bytes.utf8_chunks().next()?.valid();
    let mut rest = text.trim_start_matches('\u{FEFF}').trim_start();
    while let Some((begin, end)) = PROLOG.iter().find(|(begin, _)| rest.starts_with(begin)) {
        let mut inside = &rest[begin.len()..];
        // A document type may hold definitions, which the reader of the whole refuses.
        if *end == ">"
            && let Some((before, definitions)) = inside.split_once('[')
            && !before.contains('>')
        {
            inside = definitions.split_once(']')?.1;
        }
        rest = inside.split_once(end)?.1.trim_start();
    }
    let rest = rest.strip_prefix('<')?;
    let end = rest.find(|one: char| one.is_ascii_whitespace() || matches!(one, '>' | '/'));
    Some((&rest[..end.unwrap_or(rest.len())], end.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_says_which_form_it_is() {
        for (text, form) in [
            ("<ImageCustomizations/>", Some(Form::Mcsf)),
            (
                "\u{FEFF}<?xml version='1.0'?>\n<!-- <a> --><m:ImageCustomizations>",
                Some(Form::Mcsf),
            ),
            ("<Settings Path='HotSpot'", Some(Form::Mcsf)),
            ("<imagecustomization>", Some(Form::Mcsf)),
            ("<WindowsCustomizations>", Some(Form::Wcd)),
            ("<WindowsCustomizatons>", Some(Form::Wcd)),
            ("<wap-provisioningdoc/>", None),
            (
                "<!DOCTYPE ImageCustomizations [<!ENTITY a 'b'>]><ImageCustomizations>",
                Some(Form::Mcsf),
            ),
            (
                "<!DOCTYPE a SYSTEM 'b'><Settings Path='[x]'>",
                Some(Form::Mcsf),
            ),
            ("<!-- <ImageCustomizations/>", None),
            ("<apns/>", None),
            ("", None),
            ("\u{3}\u{b}j", None),
        ] {
            assert_eq!(Form::of(text.as_bytes()), form, "{text}");
        }
    }

    #[test]
    fn the_root_is_found_wherever_it_begins() {
        for length in (480..530).chain([4096]) {
            let text = format!("<!--{}--><ImageCustomizations/>", " ".repeat(length));
            let text = text + &" ".repeat(1024);
            assert_eq!(Form::of(text.as_bytes()), Some(Form::Mcsf), "{length}");
        }
    }
}
