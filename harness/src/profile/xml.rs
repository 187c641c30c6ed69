//! Places in XML: a small path, and what stands there.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// A path such as `/doc/item[@type='a']/@value` for an attribute, or `/doc/item` for the text of an element. Names are
/// compared without their prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlPath {
    elements: Vec<Element>,
    /// The attribute; the element's text if none.
    attribute: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Element {
    name: String,
    /// An attribute and its value that it must have.
    having: Option<(String, String)>,
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub value: String,
    /// Where the value is, in bytes, without quotes.
    pub at: Range<usize>,
    /// Where the whole element is.
    pub element: Range<usize>,
}

impl FromStr for XmlPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let path = text
            .strip_prefix('/')
            .ok_or("a path in XML begins with `/`")?;
        let mut elements = Vec::new();
        let mut attribute = None;
        for part in segments(path) {
            if attribute.is_some() {
                return Err("nothing can follow an attribute".to_owned());
            }
            if let Some(name) = part.strip_prefix('@') {
                attribute = Some(name_of(name)?);
                continue;
            }
            let (name, having) = match part.split_once('[') {
                Some((name, condition)) => (name, Some(condition_of(condition)?)),
                None => (part, None),
            };
            elements.push(Element {
                name: name_of(name)?,
                having,
            });
        }
        if elements.is_empty() {
            return Err("a path in XML names an element, such as `/doc/item/@value`".to_owned());
        }
        Ok(Self {
            elements,
            attribute,
        })
    }
}

/// The parts between slashes that are not inside of quotes.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    let mut quote = None;
    path.split(move |character| {
        match (quote, character) {
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            _ => {}
        }
        quote.is_none() && character == '/'
    })
}

fn name_of(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    if text.is_empty() || !text.chars().all(allowed) {
        return Err(format!("`{text}` is not a name"));
    }
    Ok(text.to_owned())
}

/// What stands between brackets, such as `@type='a']`.
fn condition_of(text: &str) -> Result<(String, String), String> {
    let parsed = || {
        let (name, value) = text.strip_suffix(']')?.strip_prefix('@')?.split_once('=')?;
        let quote = value
            .chars()
            .next()
            .filter(|quote| matches!(quote, '\'' | '"'))?;
        let value = value.strip_prefix(quote)?.strip_suffix(quote)?;
        Some((name.trim(), value))
    };
    let (name, value) = parsed()
        .ok_or_else(|| format!("`[{text}` is not a condition such as `[@type='APPLICATION']`"))?;
    Ok((name_of(name)?, value.to_owned()))
}

impl fmt::Display for XmlPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for element in &self.elements {
            write!(formatter, "/{}", element.name)?;
            if let Some((name, value)) = &element.having {
                write!(formatter, "[@{name}='{value}']")?;
            }
        }
        match &self.attribute {
            Some(name) => write!(formatter, "/@{name}"),
            None => Ok(()),
        }
    }
}

impl XmlPath {
    /// The first value at this path. None if there is none, or the text before it is not XML.
    pub fn find(&self, text: &str) -> Option<Found> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_end_names = false;
        // How deep the reader is, and how many elements of the path are open.
        let (mut depth, mut matched) = (0, 0);
        let mut hit: Option<Found> = None;
        loop {
            let before = offset(&reader);
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    if hit.is_none() && matched == depth && self.fits(matched, &start) {
                        matched += 1;
                        if matched == self.elements.len() {
                            let found = self.begin(text, &start, before..offset(&reader));
                            // Another element of the same path may have it.
                            matched -= usize::from(found.is_none());
                            hit = found;
                        }
                    }
                    depth += 1;
                }
                Event::Empty(empty) => {
                    let last = matched == depth && matched + 1 == self.elements.len();
                    if hit.is_none()
                        && last
                        && self.fits(matched, &empty)
                        && let Some(found) = self.begin(text, &empty, before..offset(&reader))
                    {
                        return Some(found);
                    }
                }
                Event::End(_) => {
                    if let Some(mut found) = hit.take_if(|_| matched == depth) {
                        found.element.end = offset(&reader);
                        if self.attribute.is_none() {
                            found.at.end = before;
                            found.value = unescaped(text.get(found.at.clone())?);
                        }
                        return Some(found);
                    }
                    matched -= usize::from(matched == depth && matched > 0);
                    depth = usize::checked_sub(depth, 1)?;
                }
                Event::Eof => return None,
                _ => {}
            }
        }
    }

    fn fits(&self, matched: usize, start: &BytesStart<'_>) -> bool {
        let Some(element) = self.elements.get(matched) else {
            return false;
        };
        let name = start.local_name();
        let has = |(name, value): &(String, String)| {
            attribute(start, name).is_some_and(|found| unescaped(found) == *value)
        };
        name.as_ref() == element.name && element.having.as_ref().is_none_or(has)
    }

    /// What the start tag of the last element of the path has.
    fn begin(&self, text: &str, start: &BytesStart<'_>, tag: Range<usize>) -> Option<Found> {
        let Some(name) = &self.attribute else {
            let empty = text.get(tag.clone())?.ends_with("/>");
            // The text begins behind the tag; its end is known at the end tag.
            let at = if empty {
                tag.end - 2..tag.end - 2
            } else {
                tag.end..tag.end
            };
            return Some(Found {
                value: String::new(),
                at,
                element: tag,
            });
        };
        let value = attribute(start, name)?;
        // What the reader returns is borrowed from the text.
        let begin = (value.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
        let at = begin..begin + value.len();
        let value = unescaped(text.get(at.clone())?);
        Some(Found {
            value,
            at,
            element: tag,
        })
    }
}

fn offset(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

/// The raw value of an attribute.
fn attribute<'a>(start: &'a BytesStart<'_>, name: &str) -> Option<&'a str> {
    start
        .attributes()
        .with_checks(false)
        .flatten()
        .find_map(|one| match one.value {
            std::borrow::Cow::Borrowed(value) if one.key.local_name().as_ref() == name => {
                Some(value)
            }
            _ => None,
        })
}

/// The value without entities. What is not well-formed, such as a single `&`, stays.
fn unescaped(text: &str) -> String {
    quick_xml::escape::unescape(text.trim())
        .map_or_else(|_| text.trim().to_owned(), |text| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"<?xml version="1.0"?>
<doc version="1.1"><item type="VERS"><parm name="status" value="9"/></item>
<item type='APP'><parm name="id" value="a&amp;b"/><parm value="1" name="status"/></item>
<n:text> yes </n:text><none/></doc>"#;

    fn find(path: &str) -> Option<Found> {
        path.parse::<XmlPath>().unwrap().find(DOCUMENT)
    }

    #[test]
    fn values_are_found_with_their_place() {
        let found = find("/doc/item[@type='APP']/parm[@name='status']/@value").unwrap();
        assert_eq!(found.value, "1");
        assert_eq!(&DOCUMENT[found.at], "1");
        assert_eq!(
            &DOCUMENT[found.element],
            r#"<parm value="1" name="status"/>"#
        );
        assert_eq!(
            find("/doc/item/parm[@name='id']/@value").unwrap().value,
            "a&b"
        );
        let text = find("/doc/text").unwrap();
        assert_eq!((text.value.as_str(), &DOCUMENT[text.at]), ("yes", " yes "));
        assert_eq!(&DOCUMENT[text.element], "<n:text> yes </n:text>");
        assert_eq!(find("/doc/@version").unwrap().value, "1.1");
        assert_eq!(find("/doc/none").unwrap().value, "");
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for path in [
            "/item",
            "/doc/item/@none",
            "/doc/item[@type='X']/parm/@value",
            "/doc/text/more",
        ] {
            assert_eq!(find(path), None, "{path}");
        }
        assert_eq!("/a".parse::<XmlPath>().unwrap().find("no XML"), None);
        assert_eq!(
            "/a/b".parse::<XmlPath>().unwrap().find("<a></a></a><b/>"),
            None
        );
    }

    #[test]
    fn a_path_is_written_as_it_is_read() {
        for path in ["/doc/item[@type='APP']/parm[@name='a/b']/@value", "/doc"] {
            assert_eq!(path.parse::<XmlPath>().unwrap().to_string(), path);
        }
        for wrong in ["", "doc", "/", "/@a", "/a/@b/c", "/a[b]", "/a b", "//"] {
            assert!(wrong.parse::<XmlPath>().is_err(), "{wrong}");
        }
    }
}
