//! What a node of a configuration service provider is, as data.

use super::ValueType;

/// One parm that a provider knows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    /// Its name in a document. One that stands in a characteristic of its entry has
    /// that one's name before it, as in `DevSpecificCellular/GPRSInfoAccessPointName`.
    pub name: &'static str,
    /// Other spellings that its own public page has.
    pub aliases: &'static [&'static str],
    /// The type of its values.
    pub value_type: ValueType,
    /// Whether it is required.
    pub presence: Presence,
    /// The default value, as it would be stored.
    pub default: Option<&'static str>,
    /// A short description of what it depends on.
    pub depends: Option<&'static str>,
    /// When a change takes effect.
    pub effective: EffectiveWhen,
    /// The sentence of the specification that states its purpose.
    pub sentence: &'static str,
}

impl Node {
    /// An optional node with text, which the tables of nodes fill in.
    pub(super) const OPTIONAL: Self = Self {
        name: "",
        aliases: &[],
        value_type: ValueType::Text,
        presence: Presence::Optional,
        default: None,
        depends: None,
        effective: EffectiveWhen::AtOnce,
        sentence: "",
    };

    /// A value for people, with its unit. That of a secret is not shown.
    pub fn display(&self, value: &str) -> String {
        match self.value_type {
            ValueType::Integer { unit, .. } if !unit.is_empty() => format!("{value} {unit}"),
            ValueType::Secret => "(not shown)".to_owned(),
            _ if value.is_empty() => "(empty)".to_owned(),
            _ => value.to_owned(),
        }
    }

    /// As [`display`](Self::display); the default where no value is set.
    pub fn display_or_default(&self, value: Option<&str>) -> String {
        match (value, self.default) {
            (Some(value), _) => self.display(value),
            (None, Some(default)) => format!("{} by default", self.display(default)),
            (None, None) if self.value_type == ValueType::Names => "any, by default".to_owned(),
            (None, None) => "not set".to_owned(),
        }
    }
}

/// Whether a node is required.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    Required,
    /// Required under the condition that is named.
    RequiredIf(&'static str),
    Optional,
    /// Optional, with a warning where it is missing.
    Advised,
    /// No longer supported: accepted with a warning and stored nowhere.
    Obsolete,
}

impl Presence {
    pub fn describe(self) -> String {
        match self {
            Self::Required => "required".to_owned(),
            Self::RequiredIf(condition) => format!("required if {condition}"),
            Self::Optional => "optional".to_owned(),
            Self::Advised => "advised".to_owned(),
            Self::Obsolete => "no longer supported".to_owned(),
        }
    }
}

/// When a change takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectiveWhen {
    /// As soon as the document is applied.
    AtOnce,
    /// The same, except that the first time a reboot may be required.
    AtOnceOrReboot,
    /// When the user next attempts to enable sharing.
    NextAttempt,
    /// When the plugin is next asked.
    NextCheck,
    /// When sharing is stopped and started again.
    SharingRestart,
    /// When the service starts again; a reboot may be required.
    ServiceStart,
    Reboot,
    /// When a message is next shown.
    NextMessage,
    Never,
}

impl EffectiveWhen {
    pub fn describe(self) -> &'static str {
        match self {
            Self::AtOnce => "at once",
            Self::AtOnceOrReboot => {
                "at once; the first time it may need a reboot, if Settings is open"
            }
            Self::NextAttempt => "at the next attempt to enable",
            Self::NextCheck => "at the next check",
            Self::SharingRestart => "when sharing is stopped and started again",
            Self::ServiceStart => "when the service starts again; it may need a reboot",
            Self::Reboot => "after a reboot",
            Self::NextMessage => "when a message is next shown",
            Self::Never => "never",
        }
    }
}
