//! The types of nodes' values, and how their text is read.

use std::borrow::Cow;
use std::num::IntErrorKind;

use super::{cellular, formats};
use crate::document::Datatype;
use crate::document::names::{nearest, one_of};

/// The type of a node's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// `true` or `false`, `1` or `0`, in any letter case.
    Boolean,
    /// `0` or `1`.
    Flag,
    /// One of these words, in any letter case.
    Choice(&'static [&'static str]),
    /// A GUID, with or without braces, in any letter case.
    Guid,
    /// GUIDs with commas between them: the purposes of a connection.
    Purposes,
    /// A whole number between two, both included.
    Integer {
        min: u32,
        max: u32,
        /// What is counted, such as `minutes`; nothing for plain numbers.
        unit: &'static str,
    },
    Text,
    /// Text that is not shown to people.
    Secret,
    /// The name of a connection.
    Name,
    /// Names of connections with semicolons between them.
    Names,
    Telephone,
    /// A web link, with or without its scheme.
    WebLink,
    /// `app://…`.
    AppLink,
    /// `@<path of a resource library>,-<string id>`.
    StringReference,
    /// The path of a file on the device.
    FilePath,
}

/// Why a value is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotTaken {
    pub expected: String,
    /// What to write instead, if that can be guessed.
    pub help: Option<String>,
}

impl ValueType {
    /// A whole number from `min` to `max`, both included.
    pub(super) const fn whole(min: u32, max: u32, unit: &'static str) -> Self {
        Self::Integer { min, max, unit }
    }

    /// What is expected, as a fragment such as `a whole number from 1 to 8`.
    pub fn describe(self) -> String {
        match self {
            Self::Boolean => "true or false".to_owned(),
            Self::Flag => "0 or 1".to_owned(),
            Self::Choice(words) => one_of(words.iter().copied()),
            Self::Guid => "a GUID, such as `00112233-4455-6677-8899-AABBCCDDEEFF`".to_owned(),
            Self::Purposes => {
                format!(
                    "GUIDs with `,` between them, such as `{}` for the Internet",
                    cellular::INTERNET
                )
            }
            Self::Integer { min, max, .. } if min == max => format!("`{min}`"),
            Self::Integer { min, max, unit } => {
                let of = if unit.is_empty() { "" } else { " of " };
                format!("a whole number{of}{unit} from {min} to {max}")
            }
            Self::Text | Self::Secret => "text".to_owned(),
            Self::Name => "the name of a connection".to_owned(),
            Self::Names => "names of connections with `;` between them".to_owned(),
            Self::Telephone => "a telephone number".to_owned(),
            Self::WebLink => "a web link, such as `http://www.operator.example/help`".to_owned(),
            Self::AppLink => "an application link, such as `app://MOapp`".to_owned(),
            Self::StringReference => {
                "a string of a resource library, such as `@HotSpotMOHelp.dll,-101`".to_owned()
            }
            Self::FilePath => {
                r"the path of a file, such as `C:\Windows\System32\MOEntitlement.dll`".to_owned()
            }
        }
    }

    /// The `datatype` that its values have in a response.
    pub fn datatype(self) -> Datatype {
        match self {
            Self::Boolean => Datatype::Boolean,
            Self::Flag | Self::Integer { .. } => Datatype::Integer,
            _ => Datatype::String,
        }
    }

    /// Whether a document may give its value with this `datatype`. Text can hold
    /// any value, and a number can stand for true or false.
    pub fn allows(self, datatype: Datatype) -> bool {
        datatype == self.datatype()
            || datatype == Datatype::String
            || (self == Self::Boolean && datatype == Datatype::Integer)
            || (self == Self::Flag && datatype == Datatype::Boolean)
    }

    /// Reads a value and returns it as it is stored.
    ///
    /// # Errors
    /// What was expected, if the value is not of this type.
    pub fn read(self, text: &str) -> Result<Cow<'_, str>, NotTaken> {
        match self {
            Self::Boolean => {
                read_boolean(text).map(|value| Cow::Borrowed(if value { "true" } else { "false" }))
            }
            Self::Flag => matches!(text, "0" | "1").then_some(Cow::Borrowed(text)),
            Self::Choice(words) => {
                let word = words.iter().find(|one| one.eq_ignore_ascii_case(text));
                word.map(|word| Cow::Borrowed(*word))
            }
            Self::Guid => formats::guid(text).map(Cow::Owned),
            Self::Purposes => {
                let guids: Option<Vec<_>> = text
                    .split(',')
                    .map(|one| formats::guid(one.trim()))
                    .collect();
                guids.map(|guids| Cow::Owned(guids.join(",")))
            }
            Self::Integer { min, max, .. } => read_integer(text, min, max),
            Self::Text | Self::Secret => Some(Cow::Borrowed(text)),
            Self::Name => formats::is_name(text).then_some(Cow::Borrowed(text)),
            Self::Names => formats::names(text).map(|names| Cow::Owned(names.join(";"))),
            Self::Telephone => formats::is_telephone(text).then_some(Cow::Borrowed(text)),
            Self::WebLink => formats::is_web_link(text).then_some(Cow::Borrowed(text)),
            Self::AppLink => formats::is_app_link(text).then_some(Cow::Borrowed(text)),
            Self::StringReference => {
                formats::StringReference::parse(text).map(|_| Cow::Borrowed(text))
            }
            Self::FilePath => formats::is_file_path(text).then_some(Cow::Borrowed(text)),
        }
        .ok_or_else(|| NotTaken {
            expected: self.describe(),
            help: self.help(text),
        })
    }

    /// Whether this is a value in the form in which it is stored.
    ///
    /// # Errors
    /// What was expected.
    pub fn check_stored(self, value: &str) -> Result<(), String> {
        match self.read(value) {
            Ok(stored) if stored == value => Ok(()),
            Ok(stored) => Err(format!("it written as `{stored}`")),
            Err(not_taken) => Err(not_taken.expected),
        }
    }

    /// What an invalid value probably means.
    fn help(self, text: &str) -> Option<String> {
        match self {
            Self::Boolean => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "enabled" | "1" => Some("write `true`".to_owned()),
                "false" | "no" | "off" | "disabled" | "0" => Some("write `false`".to_owned()),
                _ => None,
            },
            Self::Flag => {
                let flag = Self::Boolean.help(text)?;
                Some(flag.replace("true", "1").replace("false", "0"))
            }
            Self::Choice(words) => {
                nearest(text.trim(), words.iter().copied()).map(|word| format!("write `{word}`"))
            }
            Self::Purposes => {
                let named = |(_, name): &&(&str, &str)| name.eq_ignore_ascii_case(text.trim());
                let (guid, _) = cellular::PURPOSES.iter().find(named)?;
                Some(format!("write `{guid}`"))
            }
            // Numbers that count nothing are codes: the nearest one means something else.
            Self::Integer { min, max, unit } if unit.is_empty() && min != max => None,
            Self::Integer { min, max, .. } => {
                let near = match text.trim().parse::<u32>() {
                    Ok(value) => value.clamp(min, max),
                    Err(error) if *error.kind() == IntErrorKind::PosOverflow => max,
                    Err(_) if text.trim().parse::<i64>().is_ok() => min,
                    Err(_) => return None,
                };
                Some(format!("write `{near}`"))
            }
            Self::AppLink
                if !text.contains("://") && formats::is_app_link(&format!("app://{text}")) =>
            {
                Some(format!("write `app://{text}`"))
            }
            Self::WebLink if text.trim() != text => suggest(text.trim(), formats::is_web_link),
            Self::FilePath => suggest(text.trim().trim_end_matches(['.', '\\']), |path| {
                !path.is_empty() && formats::is_file_path(path)
            }),
            Self::StringReference => formats::StringReference::corrected(text)
                .map(|corrected| format!("write `{corrected}`")),
            _ => None,
        }
    }
}

fn suggest(text: &str, is: impl Fn(&str) -> bool) -> Option<String> {
    is(text).then(|| format!("write `{text}`"))
}

fn read_boolean(text: &str) -> Option<bool> {
    if text == "1" || text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text == "0" || text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

fn read_integer(text: &str, min: u32, max: u32) -> Option<Cow<'_, str>> {
    // `parse` would take a plus sign.
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value = text
        .parse()
        .ok()
        .filter(|value| (min..=max).contains(value))?;
    Some(if text.len() > 1 && text.starts_with('0') {
        Cow::Owned(u32::to_string(&value))
    } else {
        Cow::Borrowed(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTES: ValueType = ValueType::Integer {
        min: 1,
        max: 120,
        unit: "minutes",
    };

    #[test]
    fn a_value_is_stored_in_one_form() {
        for (value_type, text, stored) in [
            (ValueType::Boolean, "TRUE", "true"),
            (ValueType::Boolean, "1", "true"),
            (ValueType::Boolean, "False", "false"),
            (ValueType::Boolean, "0", "false"),
            (MINUTES, "007", "7"),
            (MINUTES, "120", "120"),
            (ValueType::Names, " a ; b;", "a;b"),
            (ValueType::Text, "", ""),
        ] {
            assert_eq!(value_type.read(text).as_deref(), Ok(stored), "{text}");
        }
    }

    #[test]
    fn a_bad_value_is_reported_with_what_to_write() {
        for (value_type, text, help) in [
            (ValueType::Boolean, "yes", Some("write `true`")),
            (ValueType::Boolean, "maybe", None),
            (MINUTES, "0", Some("write `1`")),
            (MINUTES, "-3", Some("write `1`")),
            (MINUTES, "+5", Some("write `5`")),
            (MINUTES, "121", Some("write `120`")),
            (MINUTES, "99999999999", Some("write `120`")),
            (MINUTES, "five", None),
            (MINUTES, "", None),
            (ValueType::AppLink, "MOapp", Some("write `app://MOapp`")),
            (
                ValueType::StringReference,
                "help.dll,-101",
                Some("write `@help.dll,-101`"),
            ),
            (
                ValueType::StringReference,
                "@help.dll,101",
                Some("write `@help.dll,-101`"),
            ),
            (ValueType::StringReference, "help", None),
        ] {
            let error = value_type.read(text).expect_err(text);
            assert_eq!(error.help.as_deref(), help, "{text}");
            assert_eq!(error.expected, value_type.describe());
        }
    }
}
