//! From tags and attributes to a [`Document`], with every fault on the way.
//!
//! Both readers drive this one: it knows which element may stand where, which
//! attributes it has and what they may hold. A fault never stops it; what was
//! most likely meant is checked further, so that one pass finds them all.

use std::borrow::Cow;

use super::element::{Attribute, Datatype, Document, Element, ElementTag, Version};
use super::limits::{MAX_ATTRIBUTES, MAX_DEPTH};
use super::names::{nearest, one_of, quoted};
use super::schema::{METADATA, ROOT, attributes_of};
use super::{Diagnostic, Diagnostics, Located, Role, Span, foreign, value};

/// The state of reading.
pub(super) struct Builder {
    pub(super) faults: Diagnostics,
    role: Role,
    document: Option<Document>,
    stack: Vec<Open>,
    /// Elements that are open below the deepest level.
    too_deep: usize,
    /// Attributes of the tag at hand so far.
    attributes: usize,
    /// The document is of another type; the rest is not read.
    foreign: bool,
    /// The fault of a root that is none, until its first child shows what it is.
    unknown_root: Option<Diagnostic>,
}

/// An element whose end has not come yet.
struct Open {
    context: Context,
    /// Whether its parent gets it. Faulty elements are checked, not kept.
    keep: bool,
    element: Element,
}

/// What an open element is for those inside of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    Root,
    /// An element of the document type.
    Known,
    /// Not of the document type; its content is checked on its own.
    Unknown,
}

impl Builder {
    pub(super) fn new(role: Role) -> Self {
        Self {
            faults: Diagnostics::new(),
            role,
            document: None,
            stack: Vec::with_capacity(8),
            too_deep: 0,
            attributes: 0,
            foreign: false,
            unknown_root: None,
        }
    }

    /// How many elements are open, the root among them.
    pub(super) fn depth(&self) -> usize {
        self.stack.len() + self.too_deep
    }

    /// The attribute that says what the tag at hand is about.
    pub(super) fn key(&self) -> &'static str {
        self.stack
            .last()
            .map_or("name", |open| open.element.tag.key())
    }

    /// Whether the root has begun.
    pub(super) fn has_root(&self) -> bool {
        self.document.is_some()
    }

    /// Whether the document is of another type.
    pub(super) fn is_foreign(&self) -> bool {
        self.foreign
    }

    /// A start tag begins. `at` covers its name, `whole` all of it.
    pub(super) fn open(&mut self, name: &str, at: Span, whole: Span) {
        self.attributes = 0;
        if self.stack.len() >= MAX_DEPTH {
            self.too_deep += 1;
            if self.too_deep == 1 {
                self.faults.push(
                    Diagnostic::error(at, format!("an element at depth {}", MAX_DEPTH + 1))
                        .expected(format!("at most {MAX_DEPTH} elements inside each other")),
                );
            }
            return;
        }
        if self.stack.is_empty() {
            self.open_root(name, at, whole);
            return;
        }
        if let Some(fault) = self.unknown_root.take() {
            if ElementTag::from_name(name).is_none() {
                self.foreign = true;
                self.faults.push(fault);
                return;
            }
            self.faults.push(fault.help(format!("write `{ROOT}`")));
        }
        let known = ElementTag::from_name(name).or_else(|| self.unknown_element(name, at));
        let context = if known.is_some() {
            Context::Known
        } else {
            Context::Unknown
        };
        let keep = known.is_some_and(|tag| self.may_stand_here(tag, at));
        let tag = known.unwrap_or(ElementTag::Characteristic);
        let element = Element {
            at: whole,
            ..Element::new(tag, String::new())
        };
        self.stack.push(Open {
            context,
            keep,
            element,
        });
    }

    fn open_root(&mut self, name: &str, at: Span, whole: Span) {
        let element = Element::new(ElementTag::Characteristic, String::new());
        if self.document.is_some() {
            self.faults.push(
                Diagnostic::error(at, format!("a second root element {}", quoted(name)))
                    .expected("the end of the document")
                    .help(format!("put everything into one <{ROOT}>")),
            );
            self.stack.push(Open {
                context: Context::Unknown,
                keep: false,
                element,
            });
            return;
        }
        self.document = Some(Document {
            at: whole,
            ..Document::default()
        });
        self.stack.push(Open {
            context: Context::Root,
            keep: true,
            element,
        });
        if name == ROOT {
            return;
        }
        if let Some(fault) = foreign::by_root(name, at) {
            self.foreign = true;
            self.faults.push(fault);
            return;
        }
        let tag = ElementTag::from_name(name);
        let fault = Diagnostic::error(at, format!("root element {}", quoted(name)))
            .expected(format!("`{ROOT}`"));
        if tag.is_none() && nearest(name, [ROOT]).is_none() {
            // What it holds says whether it is the root under another name.
            self.unknown_root = Some(fault);
            return;
        }
        self.faults.push(match tag {
            Some(_) => fault.help(format!("put it between <{ROOT}> and </{ROOT}>")),
            None => fault.help(format!("write `{ROOT}`")),
        });
        if let Some(tag) = tag {
            // What it holds is checked as if the root were there.
            let element = Element {
                at: whole,
                ..Element::new(tag, String::new())
            };
            self.stack.clear();
            self.stack.push(Open {
                context: Context::Known,
                keep: tag.names_group(),
                element,
            });
        }
    }

    /// Reports an element that the document type does not have, and says what it
    /// is taken for.
    fn unknown_element(&mut self, name: &str, at: Span) -> Option<ElementTag> {
        if self.faults.is_full() {
            self.faults.push(Diagnostic::error(at, "unknown element"));
            return None;
        }
        let kinds = || {
            ElementTag::ALL
                .into_iter()
                .filter(|tag| self.allows(*tag))
                .map(ElementTag::name)
        };
        let near = if name == ROOT {
            None
        } else {
            nearest(name, kinds())
        };
        let fault = Diagnostic::error(at, format!("unknown element {}", quoted(name)));
        let fault = match near {
            _ if name == ROOT => fault.expected("the root only once, around everything"),
            _ => fault.expected(one_of(kinds())),
        };
        self.faults.push(match near {
            Some(near) => fault.help(format!("write `{near}`")),
            None => fault.help("remove it"),
        });
        near.and_then(ElementTag::from_name)
    }

    fn allows(&self, tag: ElementTag) -> bool {
        self.role == Role::Response || !tag.is_error()
    }

    /// Whether an element with this tag may stand in the one that is open.
    fn may_stand_here(&mut self, tag: ElementTag, at: Span) -> bool {
        if !self.allows(tag) {
            self.faults.push(
                Diagnostic::error(at, format!("`{}` in a request", tag.name()))
                    .expected("a request; only a device's response has `-error` elements")
                    .help("remove it"),
            );
            return false;
        }
        let Some(parent) = self.stack.last() else {
            return false;
        };
        let fault = match (parent.context, parent.element.tag) {
            (Context::Unknown, _)
            | (Context::Known, ElementTag::Characteristic | ElementTag::CharacteristicError) => {
                return true;
            }
            (Context::Root, _) if tag.names_group() => return true,
            (Context::Root, _) => {
                Diagnostic::error(at, format!("`{}` directly under the root", tag.name()))
                    .expected("it inside the `characteristic` whose setting it is")
                    .help("put it into <characteristic type=\"…\">")
            }
            (Context::Known, parent) => {
                let parent = parent.name();
                Diagnostic::error(at, format!("`{}` inside `{parent}`", tag.name()))
                    .expected(format!("nothing there: `{parent}` holds no elements"))
                    .help(format!("end the tag before it: <{parent} …/>"))
            }
        };
        self.faults.push(fault);
        false
    }

    /// One attribute of the tag at hand; the spans cover its name and its value.
    pub(super) fn attribute(&mut self, name: &str, at: Span, text: Cow<'_, str>, text_at: Span) {
        let Some(open) = self.stack.last_mut() else {
            return;
        };
        if self.too_deep > 0 || self.foreign {
            return;
        }
        self.attributes += 1;
        if self.attributes > MAX_ATTRIBUTES {
            if self.attributes == MAX_ATTRIBUTES + 1 {
                self.faults.push(
                    Diagnostic::error(at, format!("attribute number {}", self.attributes))
                        .expected(format!("at most {MAX_ATTRIBUTES} attributes in an element")),
                );
            }
            return;
        }
        let allowed = match open.context {
            Context::Root => &["version"],
            Context::Known => attributes_of(open.element.tag, self.role),
            Context::Unknown => return,
        };
        let exact = allowed.iter().copied().find(|one| *one == name);
        let near = || nearest(name, allowed.iter().copied());
        let Some(known) = exact.or_else(near) else {
            self.faults
                .push(unknown_attribute(name, at, allowed).help("remove it"));
            return;
        };
        let misspelt = exact
            .is_none()
            .then(|| unknown_attribute(name, at, allowed));
        let element = &mut open.element;
        let text = Located::new(text.into_owned(), text_at);
        let faults = &mut self.faults;
        let first = match known {
            "version" => match self.document.as_mut() {
                Some(document) => {
                    let all = Version::ALL.map(|version| (version.as_str(), version));
                    set(
                        &mut document.version,
                        choice("version", &text, &all, faults),
                    )
                }
                None => true,
            },
            "type" | "name" => {
                let first = element.name.at == Span::default();
                if text.is_empty() {
                    open.keep = false;
                    faults.push(
                        Diagnostic::error(text_at, format!("an empty `{known}`"))
                            .expected("a name")
                            .help("write the name of the setting or group, or remove the element"),
                    );
                }
                if first {
                    element.name = text;
                }
                first
            }
            "value" => set(&mut element.value, Some(text)),
            "desc" => set(&mut element.desc, Some(text)),
            "datatype" => {
                let all = Datatype::ALL.map(|datatype| (datatype.as_str(), datatype));
                set(
                    &mut element.datatype,
                    choice("datatype", &text, &all, faults),
                )
            }
            "recursive" => {
                let all = [("true", true), ("false", false)];
                let text = lower_case(text, faults);
                set(
                    &mut element.recursive,
                    choice("recursive", &text, &all, faults),
                )
            }
            _ => {
                let first = element.attributes.iter().all(|one| *one.name != known);
                if first {
                    let name = Located::new(known.to_owned(), at);
                    element.attributes.push(Attribute { name, value: text });
                }
                first
            }
        };
        if let Some(fault) = misspelt {
            // A misspelt one is one fault, whatever else the element has.
            self.faults.push(match first {
                true => fault.help(format!("write `{known}`")),
                false => fault.help("remove it"),
            });
        } else if !first {
            self.faults.push(
                Diagnostic::error(at, format!("attribute `{known}` for the second time"))
                    .expected("each attribute once in an element")
                    .help("remove one of the two"),
            );
        }
    }

    /// The attributes of the tag at hand are over, and so is the tag, which was
    /// `whole`.
    pub(super) fn opened(&mut self, whole: Span) {
        let Some(open) = self.stack.last_mut() else {
            return;
        };
        if self.too_deep > 0 || open.context != Context::Known {
            return;
        }
        let element = &mut open.element;
        element.at = whole;
        if element.name.at == Span::default() {
            open.keep = false;
        }
        if element.spoilt {
            return;
        }
        if element.name.at == Span::default() {
            let (tag, key) = (element.tag.name(), element.tag.key());
            self.faults.push(
                Diagnostic::error(element.at, format!("`{tag}` without `{key}`"))
                    .expected(format!("the attribute `{key}`"))
                    .help(format!("write <{tag} {key}=\"…\" …")),
            );
        }
        if let (Some(datatype), Some(text)) = (&element.datatype, &element.value)
            && let Err(expected) = value::check(datatype.value, text)
        {
            let found = format!("{} is no {}", quoted(text), datatype.as_str());
            self.faults.push(
                Diagnostic::error(text.at, found)
                    .expected(expected)
                    .help("write such a value, or the datatype that this one has"),
            );
        }
    }

    /// Nothing that follows can be read.
    pub(super) fn cut(&mut self) {
        if let Some(document) = &mut self.document {
            document.cut = true;
        }
    }

    /// A part of the tag at hand is broken.
    pub(super) fn spoil(&mut self) {
        if let Some(open) = self.stack.last_mut()
            && self.too_deep == 0
        {
            open.element.spoilt = true;
        }
    }

    /// The element that was opened last ends.
    pub(super) fn close(&mut self) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        let Some(open) = self.stack.pop() else { return };
        match (open.context, self.stack.last_mut(), self.document.as_mut()) {
            (Context::Root, _, Some(document)) => document.children = open.element.children,
            (Context::Known, Some(parent), _) if open.keep => {
                parent.element.children.push(open.element);
            }
            // The root was left out, which is a fault; what it would hold is not.
            (Context::Known, None, Some(document)) if open.keep => {
                document.children.push(open.element);
            }
            _ => {}
        }
    }

    /// Text that is not white space stands between the tags.
    pub(super) fn text(&mut self, at: Span) {
        let fault = Diagnostic::error(at, "text between elements");
        if self.depth() == 0 {
            let fault = fault.expected(format!("nothing outside of `{ROOT}`"));
            return self.faults.push(fault.help("remove it"));
        }
        let fault = fault.expected("elements and white space; values stand in attributes");
        let holds_parms = self.stack.last().is_some_and(|open| {
            open.context == Context::Known && open.element.tag == ElementTag::Characteristic
        });
        self.faults.push(match holds_parms {
            true => fault.help("write it as a value: <parm name=\"…\" value=\"…\"/>"),
            false => fault.help("remove it"),
        });
    }

    /// What was read. The document is there as soon as a root was; whether it
    /// may be used is for the faults to say.
    pub(super) fn finish(mut self, end: usize) -> (Option<Document>, Diagnostics) {
        while self.depth() > 0 {
            self.close();
        }
        if let Some(fault) = self.unknown_root.take() {
            self.foreign = true;
            self.faults.push(fault);
        }
        if self.document.is_none() && !self.faults.refuse() {
            self.faults.push(
                Diagnostic::error(Span::point(end), "no root element")
                    .expected(format!("<{ROOT}>"))
                    .help(format!("write <{ROOT}> … </{ROOT}>")),
            );
        }
        (if self.foreign { None } else { self.document }, self.faults)
    }
}

fn unknown_attribute(name: &str, at: Span, allowed: &'static [&'static str]) -> Diagnostic {
    let usual = allowed
        .iter()
        .copied()
        .filter(|one| !METADATA.contains(one));
    Diagnostic::error(at, format!("unknown attribute {}", quoted(name))).expected(one_of(usual))
}

/// A truth value in other letter case, which is warned of and taken: the document type
/// lists the words in lower case, and Microsoft's own values of this kind differ in it.
fn lower_case(text: Located<String>, faults: &mut Diagnostics) -> Located<String> {
    let lower = text.to_ascii_lowercase();
    if lower == *text || !matches!(lower.as_str(), "true" | "false") {
        return text;
    }
    faults.push(
        Diagnostic::warning(text.at, format!("recursive {}", quoted(&text)))
            .expected("`true` or `false`, in lower case")
            .help(format!("write `{lower}`")),
    );
    Located::new(lower, text.at)
}

/// One of the words that an attribute may hold. Another one is a fault, and what
/// it seems to mean is used.
fn choice<T: Copy>(
    attribute: &str,
    text: &Located<String>,
    all: &[(&'static str, T)],
    faults: &mut Diagnostics,
) -> Option<Located<T>> {
    let words = || all.iter().map(|(word, _)| *word);
    let found = |word: &str| all.iter().find(|(one, _)| *one == word);
    let near = || {
        let near = nearest(text, words());
        let fault = Diagnostic::error(text.at, format!("{attribute} {}", quoted(text)))
            .expected(one_of(words()));
        faults.push(match near {
            Some(near) => fault.help(format!("write `{near}`")),
            None => fault.help("remove the attribute, or write one of these"),
        });
        near.and_then(found)
    };
    let (_, value) = found(text).or_else(near)?;
    Some(Located::new(*value, text.at))
}

/// Sets what was not set yet; false if it was.
fn set<T>(slot: &mut Option<T>, value: Option<T>) -> bool {
    if slot.is_some() {
        return false;
    }
    *slot = value;
    true
}
