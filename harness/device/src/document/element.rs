//! What a provisioning document consists of.
//!
//! The elements and attributes are those of OMA Client Provisioning and of
//! Microsoft's extension of it (the MSPROV document type).

use super::{Located, Span};

/// One document: its version and what stands directly under the root.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// The root's `version`, if it was given.
    pub version: Option<Located<Version>>,
    /// Characteristics, queries and, in a response, errors; in document order.
    pub children: Vec<Element>,
    /// The root's start tag.
    pub at: Span,
    /// Whether its reader had to stop before its end: missing parts are then no
    /// faults of their own. Such a document is refused.
    pub cut: bool,
}

/// Positions do not count: see [`Located`].
impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version && self.children == other.children
    }
}

impl Eq for Document {}

/// A document's `version`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// OMA Client Provisioning 1.0.
    V1_0,
    /// OMA Client Provisioning 1.1.
    V1_1,
}

impl Version {
    /// Both, as they are written.
    pub const ALL: [Self; 2] = [Self::V1_0, Self::V1_1];

    /// As it stands in the document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1_0 => "1.0",
            Self::V1_1 => "1.1",
        }
    }
}

/// Which element it is. The six that end in `Error` occur in responses only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ElementTag {
    /// `characteristic`: a group of settings.
    Characteristic,
    /// `parm`: one setting and its value.
    Parm,
    /// `nocharacteristic`: delete the group; in a response: it does not exist.
    NoCharacteristic,
    /// `noparm`: delete the setting; in a response: it does not exist.
    NoParm,
    /// `characteristic-query`: say what the group holds.
    CharacteristicQuery,
    /// `parm-query`: say the setting's value.
    ParmQuery,
    /// `characteristic-error`: the group could not be worked on.
    CharacteristicError,
    /// `parm-error`: the setting could not be set.
    ParmError,
    /// `nocharacteristic-error`: the group could not be deleted.
    NoCharacteristicError,
    /// `noparm-error`: the setting could not be deleted.
    NoParmError,
    /// `characteristic-query-error`: the group could not be queried.
    CharacteristicQueryError,
    /// `parm-query-error`: the setting could not be queried.
    ParmQueryError,
}

impl ElementTag {
    /// All of them, those of requests first.
    pub const ALL: [Self; 12] = [
        Self::Characteristic,
        Self::Parm,
        Self::NoCharacteristic,
        Self::NoParm,
        Self::CharacteristicQuery,
        Self::ParmQuery,
        Self::CharacteristicError,
        Self::ParmError,
        Self::NoCharacteristicError,
        Self::NoParmError,
        Self::CharacteristicQueryError,
        Self::ParmQueryError,
    ];

    /// The element's name in the document.
    pub fn name(self) -> &'static str {
        match self {
            Self::Characteristic => "characteristic",
            Self::Parm => "parm",
            Self::NoCharacteristic => "nocharacteristic",
            Self::NoParm => "noparm",
            Self::CharacteristicQuery => "characteristic-query",
            Self::ParmQuery => "parm-query",
            Self::CharacteristicError => "characteristic-error",
            Self::ParmError => "parm-error",
            Self::NoCharacteristicError => "nocharacteristic-error",
            Self::NoParmError => "noparm-error",
            Self::CharacteristicQueryError => "characteristic-query-error",
            Self::ParmQueryError => "parm-query-error",
        }
    }

    /// The tag with this name; names are case-sensitive.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tag| tag.name() == name)
    }

    /// The attribute that names what it is about: `type` or `name`.
    pub fn key(self) -> &'static str {
        if self.names_group() { "type" } else { "name" }
    }

    /// Whether it is about a characteristic and not about a parm.
    pub fn names_group(self) -> bool {
        matches!(
            self,
            Self::Characteristic
                | Self::NoCharacteristic
                | Self::CharacteristicQuery
                | Self::CharacteristicError
                | Self::NoCharacteristicError
                | Self::CharacteristicQueryError
        )
    }

    /// Whether it is one of the `-error` elements, which a request cannot have.
    pub fn is_error(self) -> bool {
        self.error() == self
    }

    /// What this element becomes in the response when it could not be done.
    #[must_use]
    pub fn error(self) -> Self {
        match self {
            Self::Characteristic | Self::CharacteristicError => Self::CharacteristicError,
            Self::Parm | Self::ParmError => Self::ParmError,
            Self::NoCharacteristic | Self::NoCharacteristicError => Self::NoCharacteristicError,
            Self::NoParm | Self::NoParmError => Self::NoParmError,
            Self::CharacteristicQuery | Self::CharacteristicQueryError => {
                Self::CharacteristicQueryError
            }
            Self::ParmQuery | Self::ParmQueryError => Self::ParmQueryError,
        }
    }
}

/// The `datatype` of a value. It helps to parse the value; it is no bounds check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Datatype {
    Integer,
    String,
    Float,
    /// `true`, `false`, `1` or `0`, in any letter case.
    Boolean,
    /// Bytes in base64.
    Binary,
    /// A list of texts.
    MultipleString,
}

impl Datatype {
    pub const ALL: [Self; 6] = [
        Self::Integer,
        Self::String,
        Self::Float,
        Self::Boolean,
        Self::Binary,
        Self::MultipleString,
    ];

    /// As it stands in the document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::String => "string",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::Binary => "binary",
            Self::MultipleString => "multiplestring",
        }
    }
}

/// An attribute that has no field of its own in [`Element`]: metadata that the
/// MSPROV document type knows and no setting here uses (`semantic-type`, …).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name, which is one that the document type knows.
    pub name: Located<String>,
    pub value: Located<String>,
}

/// One element under the root.
#[derive(Clone, Debug)]
pub struct Element {
    pub tag: ElementTag,
    /// Its `type` or `name` (see [`ElementTag::key`]).
    pub name: Located<String>,
    /// `value`, of `parm` and `parm-error`. Absent and empty differ.
    pub value: Option<Located<String>>,
    /// `datatype`, of `parm` and `parm-error`.
    pub datatype: Option<Located<Datatype>>,
    /// `recursive`, of `characteristic-query`. Absent means true: the whole subtree.
    pub recursive: Option<Located<bool>>,
    /// `desc`, of the `-error` elements: why it could not be done. Of a `parm` and
    /// a `noparm` in a response: that it is done and not in effect yet.
    pub desc: Option<Located<String>>,
    /// What else the document type knows and this one had.
    pub attributes: Vec<Attribute>,
    /// What it holds, in document order.
    pub children: Vec<Element>,
    pub at: Span,
    /// Whether its reader found a part of it broken: missing parts are then no
    /// faults of their own. A document that holds such an element is refused.
    pub spoilt: bool,
}

impl Element {
    /// An element with a name and nothing else.
    pub fn new(tag: ElementTag, name: impl Into<Located<String>>) -> Self {
        Self {
            tag,
            name: name.into(),
            value: None,
            datatype: None,
            recursive: None,
            desc: None,
            attributes: Vec::new(),
            children: Vec::new(),
            at: Span::default(),
            spoilt: false,
        }
    }

    /// A `parm` with its value.
    pub fn parm(name: impl Into<Located<String>>, value: impl Into<Located<String>>) -> Self {
        Self {
            value: Some(value.into()),
            ..Self::new(ElementTag::Parm, name)
        }
    }

    /// A `characteristic` and what it holds.
    pub fn characteristic(name: impl Into<Located<String>>, children: Vec<Element>) -> Self {
        Self {
            children,
            ..Self::new(ElementTag::Characteristic, name)
        }
    }

    /// The response to this element when it could not be done: renamed, with the
    /// reason, without what it held.
    #[must_use]
    pub fn failed(&self, desc: impl Into<String>) -> Self {
        let tag = self.tag.error();
        Self {
            value: if tag == ElementTag::ParmError {
                self.value.clone()
            } else {
                None
            },
            desc: Some(Located::from(desc.into())),
            at: self.at,
            ..Self::new(tag, self.name.clone())
        }
    }

    /// Its attributes as they are written, in one order for all.
    pub fn written_attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        let recursive = self
            .recursive
            .map(|one| if one.value { "true" } else { "false" });
        let own = [
            (self.tag.key(), Some(self.name.as_str())),
            ("value", self.value.as_ref().map(|text| text.as_str())),
            ("datatype", self.datatype.map(|one| one.as_str())),
            ("recursive", recursive),
            ("desc", self.desc.as_ref().map(|text| text.as_str())),
        ];
        let others = self
            .attributes
            .iter()
            .map(|one| (one.name.as_str(), one.value.as_str()));
        own.into_iter()
            .filter_map(|(name, text)| Some((name, text?)))
            .chain(others)
    }

    /// Whether a query asks for the whole subtree and not for one level.
    pub fn is_recursive(&self) -> bool {
        self.recursive.is_none_or(|recursive| recursive.value)
    }
}

/// Positions do not count: see [`Located`].
impl PartialEq for Element {
    fn eq(&self, other: &Self) -> bool {
        self.tag == other.tag
            && self.name == other.name
            && self.value == other.value
            && self.datatype == other.datatype
            && self.recursive == other.recursive
            && self.desc == other.desc
            && self.attributes == other.attributes
            && self.children == other.children
    }
}

impl Eq for Element {}
