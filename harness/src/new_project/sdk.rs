//! Where a project in Rust has the SDK from.

use std::path::{Path, PathBuf};

use super::literal::toml_string;

/// Where a project in Rust has the SDK from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SdkSource {
    /// The folder of the crate `ics-entitlement`.
    Folder(PathBuf),
    /// The URL of a git repository with the crate.
    Git(String),
    /// Not known: the author has to write it.
    Unknown,
}

/// Why there is no SDK at a place.
#[derive(Debug, thiserror::Error)]
pub enum SdkError {
    #[error(
        "{0} has no crate ics-entitlement; name a checkout of its repository, its folder sdk, or the URL of a git \
         repository, such as `https://git.oem.example/ics-entitlement`"
    )]
    Absent(PathBuf),
    #[error("the path {0} is not UTF-8, which a Cargo.toml is")]
    NotText(PathBuf),
}

impl SdkSource {
    /// What the user named: a URL, or a path.
    ///
    /// # Errors
    /// If the SDK is not at the path.
    pub fn named(text: &str) -> Result<Self, SdkError> {
        if text.contains("://") {
            return Ok(Self::Git(text.to_owned()));
        }
        let named = Path::new(text);
        let folders = [named.to_owned(), named.join("sdk")];
        let mut folders = folders.iter().filter(|folder| is_sdk(folder));
        let folder = folders
            .next()
            .and_then(|folder| folder.canonicalize().ok())
            .ok_or_else(|| SdkError::Absent(named.to_owned()))?;
        match folder.to_str() {
            Some(_) => Ok(Self::Folder(folder)),
            None => Err(SdkError::NotText(folder)),
        }
    }

    /// The SDK of the checkout that this program was built from, if that is still there.
    pub fn of_this_checkout() -> Self {
        Self::named(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).unwrap_or(Self::Unknown)
    }

    /// The line of `[dependencies]`.
    pub(super) fn dependency(&self) -> String {
        match self {
            Self::Folder(folder) => format!(
                "ics-entitlement = {{ path = {} }}",
                toml_string(&folder.to_string_lossy())
            ),
            Self::Git(url) => format!("ics-entitlement = {{ git = {} }}", toml_string(url)),
            Self::Unknown => "# TODO: the URL of the repository with the SDK, or `path = \"…\"`.\n\
                              ics-entitlement = { git = \"https://TODO.example/ics-entitlement\" }"
                .to_owned(),
        }
    }

    /// What is left to do for it, as a sentence of the README.
    pub(super) fn note(&self) -> &'static str {
        match self {
            Self::Folder(_) => {
                "`Cargo.toml` names the SDK by a path of this machine. For CI and others, name its repository: \
                 `ics-entitlement = { git = \"…\" }`."
            }
            Self::Git(_) => {
                "Keep `Cargo.lock` under version control: it says which version of the SDK was examined."
            }
            Self::Unknown => "TODO: write the SDK's repository or path into `Cargo.toml`.",
        }
    }
}

fn is_sdk(folder: &Path) -> bool {
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    let manifest: toml::Table = manifest.parse().unwrap_or_default();
    let name = manifest
        .get("package")
        .and_then(|package| package.get("name"));
    name.and_then(toml::Value::as_str) == Some("ics-entitlement")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sdk_is_named_by_a_url_a_checkout_or_its_folder() {
        let url = "https://git.oem.example/ics-entitlement";
        assert_eq!(
            SdkSource::named(url).expect("a URL"),
            SdkSource::Git(url.to_owned())
        );
        let SdkSource::Folder(folder) = SdkSource::of_this_checkout() else {
            panic!("the tests run in a checkout");
        };
        let again = SdkSource::named(folder.to_str().expect("text")).expect("the folder itself");
        assert_eq!(again, SdkSource::Folder(folder));
        let empty = tempfile::tempdir().expect("a folder");
        let nowhere = SdkSource::named(empty.path().to_str().expect("text"));
        assert!(matches!(nowhere, Err(SdkError::Absent(_))), "{nowhere:?}");
    }
}
