//! Does what a help text says, as its reader would: each form of help has one rule here,
//! and one that has none fails the test.

use std::ops::Range;

use ics_device::document::Diagnostic;

/// What came of a help text.
pub(crate) enum Applied {
    /// The corrected document.
    Fixed(Vec<u8>),
    /// It says what to do elsewhere: what to send, ask for or save.
    Advice,
}

/// Help that no change of the document follows from.
const ADVICE: [&str; 9] = [
    "save the document as UTF-8",
    "send the whole document",
    "send less at once",
    "ask for less",
    "correct the tags before this place",
    "open it as a push",
    "write the settings as OMA Client Provisioning",
    "write them as OMA Client Provisioning",
    "convert it to a provisioning document first",
];

/// The rule for this help, and the document after it.
pub(crate) fn apply(bytes: &[u8], fault: &Diagnostic) -> (&'static str, Applied) {
    let help = fault.help.as_deref().expect("a fault with help");
    if bytes.first().is_some_and(|first| *first < 0x20) {
        return binary(bytes, fault, help);
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        assert_eq!(help, "save the document as UTF-8");
        let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        return ("UTF-8", Applied::Fixed(text.into_bytes()));
    };
    let text = text.to_owned();
    let at = fault.at.start as usize..fault.at.end() as usize;
    let (rule, text) = Text(text).apply(at, help, &fault.found);
    match text {
        Some(text) => (rule, Applied::Fixed(text.into_bytes())),
        None => (rule, Applied::Advice),
    }
}

fn binary(bytes: &[u8], fault: &Diagnostic, help: &str) -> (&'static str, Applied) {
    let (start, end) = (fault.at.start as usize, fault.at.end() as usize);
    let mut fixed = bytes.to_vec();
    let rule = if help == "write 0b as the second byte" {
        fixed[1] = 0x0B;
        "second byte"
    } else if help.starts_with("write 0b in place of these ") {
        fixed.splice(start..end, [0x0B]);
        "bytes of the identifier"
    } else if help.starts_with("clear the tag's upper bit") {
        fixed[start] &= 0x7F;
        fixed.remove(end);
        "upper bit"
    } else if help == "leave the switch out" {
        fixed.drain(start..end);
        "switch"
    } else if help.starts_with("remove them; the root element ended") {
        fixed.truncate(start);
        "bytes after the end"
    } else if help == "write the document as UTF-8" {
        fixed.splice(start..end, [0x6A]);
        "character set"
    } else if help == "write a string (03)" {
        fixed.splice(start..end, *b"\x03x\0");
        "string for an extension"
    } else if help == "remove it" {
        fixed.drain(start..end);
        "remove bytes"
    } else if ADVICE.iter().any(|start| help.starts_with(start)) {
        return ("advice", Applied::Advice);
    } else {
        panic!("no rule for the help {help:?} of {:?}", fault.found)
    };
    (rule, Applied::Fixed(fixed))
}

struct Text(String);

impl Text {
    fn apply(&self, at: Range<usize>, help: &str, found: &str) -> (&'static str, Option<String>) {
        let text = &self.0;
        let marked = &text[at.clone()];
        let is_tag = marked.starts_with('<') || text[..at.start].ends_with('<');
        let with = |range: Range<usize>, new: &str| {
            let mut text = text.clone();
            text.replace_range(range, new);
            Some(text)
        };
        if help == "save the document as UTF-8 without a byte order mark" {
            return ("no mark", with(at, ""));
        }
        if help.starts_with("save the document as UTF-8 and write") {
            return ("encoding", Some(text.replace(&self.encoding(), "UTF-8")));
        }
        if let Some(name) = help.strip_prefix("write `datatype=\"") {
            let name = name.split('"').next().unwrap_or_default();
            return ("datatype", with(at, name));
        }
        if help == "write `- -`" {
            let comment = marked.trim_start_matches("<!--").trim_end_matches("-->");
            return (
                "comment",
                with(at, &format!("<!--{}-->", comment.replace("--", "- -"))),
            );
        }
        if help == "write `-->` where the comment ends" {
            let end = text[at.start..]
                .find('\n')
                .map_or(text.len(), |end| at.start + end);
            return ("comment's end", with(end..end, "-->"));
        }
        if help == "write `\"` at the value's end" {
            let value = &text[at.start + 1..];
            let end = value
                .find([' ', '/', '>'])
                .map_or(text.len(), |end| at.start + 1 + end);
            return ("quote", with(end..end, "\""));
        }
        if help.starts_with("write `") {
            let new = backquoted(help);
            if new.starts_with("<characteristic") || new.starts_with("<parm") {
                return ("element", with(self.element(at.start), new));
            }
            if is_tag && !marked.starts_with('<') {
                return ("element's name", Some(self.rename(at, new)));
            }
            return ("write", with(at, new));
        }
        self.apply_markup(at.clone(), help)
            .or_else(|| self.apply_removal(at.clone(), help, is_tag))
            .or_else(|| self.apply_addition(at, help, found))
            .or_else(|| {
                let is_advice = ADVICE.iter().any(|start| help.starts_with(start));
                is_advice.then_some(("advice", None))
            })
            .unwrap_or_else(|| panic!("no rule for the help {help:?} of {found:?} in\n{text}"))
    }

    /// Help about tags and quotes.
    fn apply_markup(&self, at: Range<usize>, help: &str) -> Option<(&'static str, Option<String>)> {
        let text = &self.0;
        let marked = &text[at.clone()];
        let with = |range: Range<usize>, new: &str| {
            let mut text = text.clone();
            text.replace_range(range, new);
            Some(text)
        };
        Some(match help {
            "write a space" => ("space", with(at.start..at.start, " ")),
            "end the tag" => (
                "end of a tag",
                with(
                    at.end..at.end,
                    if marked.starts_with("<parm") {
                        "/>"
                    } else {
                        ">"
                    },
                ),
            ),
            "write it in quotes: \"…\"" => {
                let value = marked.split(['>', ' ']).next()?.trim_end_matches('/');
                (
                    "quotes",
                    with(at.start..at.start + value.len(), &format!("\"{value}\"")),
                )
            }
            "write name=\"value\"" | "write its value in quotes" => {
                let tag = self.tag(at.start);
                let name = text[tag.clone()]
                    .split_ascii_whitespace()
                    .next()?
                    .to_owned();
                let new = match name.as_str() {
                    "<characteristic" => "<characteristic type=\"HotSpot\">",
                    _ => "<parm name=\"MOHelpNumber\" value=\"611\"/>",
                };
                ("name and value", with(tag, new))
            }
            "write such a value, or the datatype that this one has" => {
                let element = self.tag(at.start);
                let part = &text[element.clone()];
                let start = part.find("datatype=\"")? + "datatype=\"".len();
                let length = part[start..].find('"')?;
                let start = element.start + start;
                (
                    "datatype of the value",
                    with(start..start + length, "string"),
                )
            }
            "write it as a value: <parm name=\"…\" value=\"…\"/>" => (
                "text",
                with(
                    at,
                    &format!("<parm name=\"MOHelpNumber\" value=\"{}\"/>", marked.trim()),
                ),
            ),
            _ if help.starts_with("write <?xml") => (
                "declaration",
                with(at, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"),
            ),
            _ if help.starts_with("write <wap-provisioningdoc>") => (
                "root",
                with(at, "<wap-provisioningdoc></wap-provisioningdoc>"),
            ),
            _ if help.starts_with("write the character itself") => {
                ("entity", with(at, &marked.replace('&', "&amp;")))
            }
            _ if help.starts_with("write </") && help.contains(" after what it holds") => {
                let tag = self.tag(at.start);
                if text[tag.clone()].starts_with("<parm") {
                    ("empty element", with(tag.end - 1..tag.end, "/>"))
                } else {
                    let name = help["write </".len()..].split('>').next()?;
                    let end = text.rfind("</wap-provisioningdoc>").unwrap_or(text.len());
                    ("end of an element", with(end..end, &format!("</{name}>")))
                }
            }
            _ if help.starts_with("write </") => {
                let new = &help["write ".len()..];
                let end = match marked.ends_with('>') {
                    true => at.end,
                    // The tag that lacks its end.
                    false => at.start + marked.trim_end().len(),
                };
                ("end tag", with(at.start..end, new))
            }
            _ if help.starts_with("write <") => {
                // The key of an element, which only its author knows.
                let name_end = at.start
                    + marked.find(|one: char| one.is_whitespace() || one == '/' || one == '>')?;
                let key = match marked.starts_with("<characteristic") {
                    true => " type=\"HotSpot\"",
                    false => " name=\"MOHelpNumber\"",
                };
                ("key", with(name_end..name_end, key))
            }
            _ if help.starts_with("put it between") => (
                "root around",
                Some(format!("<wap-provisioningdoc>{text}</wap-provisioningdoc>")),
            ),
            _ if help.starts_with("put everything into one") => {
                let rest = text.replacen("</wap-provisioningdoc>", "", 1);
                let second = rest.rfind("<wap-provisioningdoc>")?;
                let mut rest = rest;
                rest.replace_range(second..second + "<wap-provisioningdoc>".len(), "");
                ("one root", Some(rest))
            }
            _ if help.starts_with("put it into <characteristic") => {
                let element = self.element(at.start);
                let inner = format!(
                    "<characteristic type=\"HotSpot\">{}</characteristic>",
                    &text[element.clone()]
                );
                ("characteristic around", with(element, &inner))
            }
            _ if help.starts_with("end the tag before it") => {
                let parent = text[..at.start - 1].rfind("<parm")?;
                let tag = self.tag(parent);
                let mut text = text.clone();
                let close = text[tag.end..].find("</parm>")? + tag.end;
                text.replace_range(close..close + "</parm>".len(), "");
                text.replace_range(tag.end - 1..tag.end, "/>");
                ("end of the tag before", Some(text))
            }
            _ => return None,
        })
    }

    /// Help that takes something out.
    fn apply_removal(
        &self,
        at: Range<usize>,
        help: &str,
        is_tag: bool,
    ) -> Option<(&'static str, Option<String>)> {
        let text = &self.0;
        let marked = &text[at.clone()];
        let without = |range: Range<usize>| {
            let mut text = text.clone();
            text.replace_range(range, "");
            Some(text)
        };
        let first = help.split([';', ',']).next()?;
        Some(match first {
            "remove it"
                if marked.starts_with("</")
                    || marked.starts_with("<?")
                    || marked.starts_with("<!") =>
            {
                ("remove markup", without(at))
            }
            "remove it" if is_tag => ("remove the element", without(self.element(at.start))),
            "remove it" if self.is_attribute(&at) => {
                ("remove an attribute", without(self.attribute(at.start)))
            }
            "remove it" => ("remove", without(at)),
            "remove the attribute" => ("remove the attribute", without(self.attribute(at.start))),
            "remove one of the two" => ("remove one of two", without(self.attribute(at.start))),
            "remove the DOCTYPE" => ("remove the DOCTYPE", without(at)),
            _ if help.starts_with("remove the part between") => ("remove definitions", without(at)),
            _ if help.starts_with("write the name of the setting or group") => {
                ("remove the nameless", without(self.element(at.start)))
            }
            _ if help.starts_with("leave this out") => {
                ("leave out", without(self.element(at.start)))
            }
            _ if help.starts_with("remove UserName and Password") => {
                let mut text = Self(text.clone());
                for name in ["name=\"UserName\"", "name=\"Password\""] {
                    if let Some(at) = text.0.find(name) {
                        let element = text.element(at);
                        text.0.replace_range(element, "");
                    }
                }
                ("credentials", Some(text.0))
            }
            _ if help.starts_with("send what is for others") => {
                ("other provider", without(self.element(at.start)))
            }
            _ if help.starts_with("leave `") => {
                let name = backquoted(help);
                let names: Vec<_> = marked.split(';').filter(|one| *one != name).collect();
                let mut text = text.clone();
                text.replace_range(at, &names.join(";"));
                ("leave a name out", Some(text))
            }
            _ => return None,
        })
    }

    /// Help that puts something in.
    fn apply_addition(
        &self,
        at: Range<usize>,
        help: &str,
        found: &str,
    ) -> Option<(&'static str, Option<String>)> {
        let text = &self.0;
        let with = |range: Range<usize>, new: &str| {
            let mut text = text.clone();
            text.replace_range(range, new);
            Some(text)
        };
        let new = backquoted(help).replace('…', "x");
        Some(match help {
            "add `value=\"…\"`" => {
                let tag = self.tag(at.start);
                let end = tag.end - text[tag.clone()].len()
                    + text[tag].trim_end_matches(['/', '>']).len();
                ("add a value", with(end..end, " value=\"5\""))
            }
            "write one of these" => (
                "a purpose",
                with(at, "3E5545D2-1137-4DC8-A198-33F1C657515F"),
            ),
            "write the number that is printed on the SIM" => {
                ("a SIM's number", with(at, "8999000000000000001"))
            }
            _ if help.starts_with("add `<characteristic") => {
                let root = text.find("<wap-provisioningdoc>")? + "<wap-provisioningdoc>".len();
                ("add under the root", with(root..root, &new))
            }
            _ if help.starts_with("add `") && help.contains("inside it") => {
                let end = self.tag(at.start).end;
                if text[..end].ends_with("/>") {
                    let element = format!(">{new}</characteristic>");
                    ("add inside", with(end - 2..end, &element))
                } else {
                    ("add inside", with(end..end, &new))
                }
            }
            _ if help.starts_with("add `") => {
                let end = self.element(at.start).end;
                ("add", with(end..end, &new))
            }
            _ if help.starts_with("set ") => {
                let node = help["set ".len()..].split(' ').next()?;
                let entry = found.split('`').nth(1)?;
                let start = text.find(&format!("type=\"{entry}\""))?;
                let inside = text[start..].find(&format!("name=\"{node}\""));
                match inside.map(|inside| start + inside) {
                    Some(name) => {
                        let element = self.element(name);
                        (
                            "set",
                            with(element, &format!("<parm name=\"{node}\" value=\"{new}\"/>")),
                        )
                    }
                    None => {
                        let end = self.tag(start).end;
                        (
                            "set",
                            with(
                                end..end,
                                &format!("<parm name=\"{node}\" value=\"{new}\"/>"),
                            ),
                        )
                    }
                }
            }
            _ if help.starts_with("give EntitlementDll a path") => {
                let element = self.element(text.find("name=\"EntitlementDll\"")?);
                (
                    "give a path",
                    with(element, r#"<parm name="EntitlementDll" value="a.dll"/>"#),
                )
            }
            _ if help.starts_with("give ID_CAP_") => ("advice", None),
            _ if help.starts_with("provision `") => {
                let root = text.find("<wap-provisioningdoc>")? + "<wap-provisioningdoc>".len();
                let names = help.split('`').skip(1).step_by(2);
                let entry = |name| {
                    format!(
                        r#"<characteristic type="{name}"><parm name="PurposeGroups" value="3E5545D2-1137-4DC8-A198-33F1C657515F"/></characteristic>"#
                    )
                };
                let entries: String = names.map(entry).collect();
                let entry = format!(
                    r#"<characteristic type="CM_CellularEntries">{entries}</characteristic>"#
                );
                ("provision", with(root..root, &entry))
            }
            _ => return None,
        })
    }

    /// The encoding that the declaration names.
    fn encoding(&self) -> String {
        let start = self.0.find("encoding=\"").expect("it has one") + "encoding=\"".len();
        self.0[start..]
            .split('"')
            .next()
            .unwrap_or_default()
            .to_owned()
    }

    /// The start tag around this place.
    fn tag(&self, at: usize) -> Range<usize> {
        let text = &self.0;
        let start = text[..(at + 1).min(text.len())].rfind('<').expect("a tag");
        let mut quote = None;
        for (index, byte) in text.bytes().enumerate().skip(start) {
            match (quote, byte) {
                (None, b'"' | b'\'') => quote = Some(byte),
                (Some(open), _) if open == byte => quote = None,
                (None, b'>') => return start..index + 1,
                _ => {}
            }
        }
        start..text.len()
    }

    /// The element whose start tag is around this place, with what it holds.
    fn element(&self, at: usize) -> Range<usize> {
        let text = &self.0;
        let tag = self.tag(at);
        if text[tag.clone()].ends_with("/>") {
            return tag;
        }
        let name = text[tag.start + 1..tag.end - 1]
            .split_ascii_whitespace()
            .next()
            .unwrap_or_default();
        let (open, close) = (format!("<{name}"), format!("</{name}>"));
        let (mut depth, mut from) = (1, tag.end);
        while let Some(end) = text[from..].find(&close).map(|end| from + end) {
            let opened = text[from..end].match_indices(&open);
            let opened = opened.filter(|(one, _)| {
                let inner = self.tag(from + one);
                !text[inner].ends_with("/>")
            });
            depth += opened.count();
            depth -= 1;
            from = end + close.len();
            if depth == 0 {
                return tag.start..from;
            }
        }
        tag
    }

    /// Gives an element another name, in its end tag as well.
    fn rename(&self, at: Range<usize>, new: &str) -> String {
        let mut text = self.0.clone();
        let element = self.element(at.start);
        let close = format!("</{}>", &text[at.clone()]);
        if text[element.clone()].ends_with(&close) {
            text.replace_range(element.end - close.len()..element.end, &format!("</{new}>"));
        }
        text.replace_range(at, new);
        text
    }

    /// Whether this is the name of an attribute.
    fn is_attribute(&self, at: &Range<usize>) -> bool {
        self.0[at.end..].starts_with('=')
    }

    /// The attribute whose name or value is here, with the space before it.
    fn attribute(&self, at: usize) -> Range<usize> {
        let text = &self.0;
        let start = text[..at]
            .rfind(char::is_whitespace)
            .expect("a space before it");
        let value = start + text[start..].find('"').expect("a value") + 1;
        let end = value + text[value..].find('"').expect("its end") + 1;
        start..end
    }
}

/// The first text of a help in back-quotes.
fn backquoted(help: &str) -> &str {
    help.split('`').nth(1).unwrap_or_default()
}
