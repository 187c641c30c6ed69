//! Whether a library exports the entitlement function, and what is wrong with the export
//! if it does not.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Export, ExportKind};
use crate::abi::EXPORT_NAME;

/// The state of the entitlement export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Entitlement {
    /// A function of that name is exported.
    Function,
    /// The name is exported and is a variable.
    Data,
    /// The name is exported, and forwarded to a function of another library.
    Forwarded {
        /// The library and the name in it.
        to: String,
    },
    /// A C++ or Rust compiler mangled the name.
    Mangled {
        /// What is exported instead.
        symbol: String,
    },
    /// A calling convention decorated the name.
    Decorated {
        /// What is exported instead.
        symbol: String,
    },
    /// Letter case or underscores differ.
    Misspelt {
        /// What is exported instead.
        symbol: String,
    },
    /// The function is in the library but not exported.
    Hidden,
    /// Functions are exported by ordinal, and none by this name.
    OrdinalOnly { ordinals: Vec<u16> },
    /// The function is not in the library.
    Missing,
}

impl Entitlement {
    /// The state according to a table of exports; `hidden` means that the library has the
    /// function but does not export it.
    pub(super) fn of(exports: &[Export], hidden: bool) -> Self {
        let named = exports
            .iter()
            .find(|export| export.name.as_deref() == Some(EXPORT_NAME));
        if let Some(export) = named {
            return match &export.kind {
                ExportKind::Function => Self::Function,
                ExportKind::Data => Self::Data,
                ExportKind::Forwarded { to } => Self::Forwarded { to: to.clone() },
            };
        }
        let find = |matches: fn(&str) -> bool| {
            exports
                .iter()
                .filter_map(|export| export.name.as_deref())
                .find(|name| matches(name))
                .map(str::to_owned)
        };
        if let Some(symbol) = find(is_mangled) {
            return Self::Mangled { symbol };
        }
        if let Some(symbol) = find(is_decorated) {
            return Self::Decorated { symbol };
        }
        if let Some(symbol) = find(is_misspelt) {
            return Self::Misspelt { symbol };
        }
        if hidden {
            return Self::Hidden;
        }
        let ordinals: Vec<u16> = exports
            .iter()
            .filter(|export| export.name.is_none() && export.kind != ExportKind::Data)
            .filter_map(|export| export.ordinal)
            .collect();
        if ordinals.is_empty() {
            Self::Missing
        } else {
            Self::OrdinalOnly { ordinals }
        }
    }

    /// How to fix it; none if nothing is wrong.
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Function => return None,
            Self::Data => "define IsEntitled as a function, and not as a variable or a pointer",
            Self::Forwarded { .. } => "define IsEntitled in this library instead of forwarding it",
            Self::Mangled { .. } => {
                "declare it extern \"C\" (include IcsEntitlement.h where it is defined; in Rust, \
                 use the SDK's export!)"
            }
            Self::Decorated { .. } => {
                "use the C calling convention (no __stdcall, __fastcall or __vectorcall), or give \
                 the plain name in a .def file: EXPORTS IsEntitled"
            }
            Self::Misspelt { .. } => "the name is IsEntitled, in exactly this spelling",
            Self::Hidden => {
                "export it: include IcsEntitlement.h where it is defined, remove `static`, and \
                 name it in the version script or .def file if there is one"
            }
            Self::OrdinalOnly { .. } => "export it by name: remove NONAME from the .def file",
            Self::Missing => "define IsEntitled and export it: include IcsEntitlement.h",
        })
    }
}

impl std::fmt::Display for Entitlement {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Function => write!(formatter, "{EXPORT_NAME} is exported as a function"),
            Self::Data => write!(
                formatter,
                "{EXPORT_NAME} is exported as data, not as a function"
            ),
            Self::Forwarded { to } => {
                write!(
                    formatter,
                    "{EXPORT_NAME} is exported, and is forwarded to {to}"
                )
            }
            Self::Mangled { symbol } => write!(
                formatter,
                "{EXPORT_NAME} is not exported; {symbol} is, its mangled name"
            ),
            Self::Decorated { symbol } => write!(
                formatter,
                "{EXPORT_NAME} is not exported; {symbol} is, its decorated name"
            ),
            Self::Misspelt { symbol } => write!(
                formatter,
                "{EXPORT_NAME} is not exported; {symbol} is, which is another name"
            ),
            Self::Hidden => write!(
                formatter,
                "{EXPORT_NAME} is in the library but not exported"
            ),
            Self::OrdinalOnly { ordinals } => {
                write!(
                    formatter,
                    "{EXPORT_NAME} is not exported by name; only by ordinal:"
                )?;
                ordinals
                    .iter()
                    .take(8)
                    .try_for_each(|ordinal| write!(formatter, " {ordinal}"))
            }
            Self::Missing => write!(formatter, "{EXPORT_NAME} is not exported"),
        }
    }
}

/// Whether a name is a mangled one: Itanium C++ and old Rust (`_Z…10IsEntitled…`),
/// new Rust (`_R…10IsEntitled`), Microsoft C++ (`?IsEntitled@@…`).
fn is_mangled(name: &str) -> bool {
    let counted = format!("{}{EXPORT_NAME}", EXPORT_NAME.len());
    (name.starts_with("_Z") || name.starts_with("__Z") || name.starts_with("_R"))
        && name.contains(&counted)
        || name.starts_with('?') && name[1..].split('@').any(|part| part == EXPORT_NAME)
}

/// Whether a name is decorated by a calling convention of 32-bit Windows:
/// `_IsEntitled@0`, `@IsEntitled@0`, `IsEntitled@@0`, `_IsEntitled`.
fn is_decorated(name: &str) -> bool {
    let bare = name.strip_prefix(['_', '@']).unwrap_or(name);
    let (bare, size) = bare.split_once('@').unwrap_or((bare, "0"));
    let size = size.strip_prefix('@').unwrap_or(size);
    bare == EXPORT_NAME && !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a name differs in letter case and underscores only.
fn is_misspelt(name: &str) -> bool {
    let letters = name.bytes().filter(|&byte| byte != b'_');
    letters
        .map(|byte| byte.to_ascii_lowercase())
        .eq(EXPORT_NAME.bytes().map(|byte| byte.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Entitlement {
        let export = Export {
            name: Some(name.to_owned()),
            ordinal: None,
            kind: ExportKind::Function,
        };
        Entitlement::of(&[export], false)
    }

    #[test]
    fn a_variant_of_the_name_is_recognised() {
        for name in [
            "_Z10IsEntitledv",
            "_ZN3foo10IsEntitledEv",
            "_ZN7example10IsEntitled17h0123456789abcdefE",
            "_RNvCs1234_7example10IsEntitled",
            "?IsEntitled@@YA?AW4ICS_ENTITLEMENT_RESULT@@XZ",
            "?IsEntitled@foo@@YAHXZ",
        ] {
            assert!(
                matches!(of(name), Entitlement::Mangled { symbol } if symbol == name),
                "{name}"
            );
        }
        for name in [
            "_IsEntitled@0",
            "IsEntitled@0",
            "@IsEntitled@0",
            "IsEntitled@@0",
            "_IsEntitled",
        ] {
            assert!(
                matches!(of(name), Entitlement::Decorated { symbol } if symbol == name),
                "{name}"
            );
        }
        for name in ["isEntitled", "is_entitled", "ISENTITLED"] {
            assert!(
                matches!(of(name), Entitlement::Misspelt { symbol } if symbol == name),
                "{name}"
            );
        }
        for name in [
            "",
            "?",
            "@",
            "_",
            "IsEntitledEx",
            "IsEntitled@",
            "_Z11IsEntitledXv",
            "?NotIsEntitled@@YAHXZ",
        ] {
            assert_eq!(of(name), Entitlement::Missing, "{name}");
        }
        assert_eq!(of("IsEntitled"), Entitlement::Function);
    }

    #[test]
    fn the_plain_name_wins_over_a_variant() {
        let export = |name: &str| Export {
            name: Some(name.to_owned()),
            ordinal: None,
            kind: ExportKind::Function,
        };
        let exports = [export("_Z10IsEntitledv"), export("IsEntitled")];
        assert_eq!(Entitlement::of(&exports, true), Entitlement::Function);
    }

    #[test]
    fn all_but_the_right_state_have_a_help_text() {
        assert_eq!(Entitlement::Function.help(), None);
        for wrong in [Entitlement::Data, Entitlement::Hidden, Entitlement::Missing] {
            assert!(wrong.help().is_some_and(|help| help.contains("Entitle")));
        }
    }
}
