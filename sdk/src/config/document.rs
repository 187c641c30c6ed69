//! The merged settings document: the compiled-in settings, overridden key by key by the file.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read};
use std::ops::Range;
#[cfg(feature = "http")]
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

/// The largest settings file that is read, in bytes. No settings need more.
const FILE_LIMIT: u64 = 1 << 20;

/// A settings file that cannot be read, or a setting that is invalid, with its position.
///
/// ```
/// use ics_entitlement::Context;
///
/// let error = Context::from_settings("# ours\ndedline = \"5s\"").unwrap_err();
/// assert_eq!(error.origin, "settings");
/// assert_eq!(error.place, Some((2, 1)));
/// assert!(error.message.starts_with("unknown field `dedline`"));
/// assert!(error.to_string().starts_with("settings:2:1: unknown field `dedline`"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    /// The path of the file; `compiled-in settings`; or `settings` for those passed to
    /// [`Context::from_settings`](crate::Context::from_settings).
    pub origin: String,
    /// Line and column of the invalid setting, counted from 1; `None` if the error is not about one
    /// position in the text.
    pub place: Option<(usize, usize)>,
    /// What was found and what was expected, in English.
    pub message: String,
}

impl std::error::Error for SettingsError {}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some((line, column)) => write!(f, "{}:{line}:{column}: ", self.origin)?,
            None => write!(f, "{}: ", self.origin)?,
        }
        f.write_str(&self.message)
    }
}

/// The text of both settings documents, with the path of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    defaults: Cow<'static, str>,
    path: PathBuf,
    /// The file's text, preceded by as many spaces as the defaults have bytes, so that an offset in
    /// the merged document shows which of the two texts it belongs to. Empty if there is no file.
    file: String,
}

/// Refuses a file that every user of the system may write: who names the server decides who may share.
#[cfg(unix)]
fn not_for_everybody(file: &std::fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let mode = file.metadata()?.permissions().mode();
    match mode & 0o002 {
        0 => Ok(()),
        _ => Err(io::Error::other(format!(
            "every user may write the file (mode {:03o}): take that away with chmod o-w",
            mode & 0o777
        ))),
    }
}

/// On Windows the permissions of the folder, which its files inherit, are for the device's maker to set.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix a file can be refused")]
fn not_for_everybody(_: &std::fs::File) -> io::Result<()> {
    Ok(())
}

impl Document {
    /// Reads the file `path`, which overrides `defaults`. A missing file is not an error.
    pub(crate) fn load(defaults: &'static str, path: PathBuf) -> Result<Self, SettingsError> {
        // Large enough for a typical file, so that it is read without reallocation.
        let mut file = String::with_capacity(defaults.len() + (4 << 10));
        file.extend(std::iter::repeat_n(' ', defaults.len()));
        let text = match std::fs::File::open(&path) {
            Ok(source) => not_for_everybody(&source)
                .and_then(|()| source.take(FILE_LIMIT).read_to_string(&mut file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                file.clear();
                Ok(0)
            }
            Err(error) => Err(error),
        };
        let text = text.and_then(|size| match size as u64 {
            FILE_LIMIT => Err(io::Error::other(
                "the file is larger than the 1 MiB that settings may have",
            )),
            _ => Ok(()),
        });
        text.map_err(|error| SettingsError {
            origin: path.display().to_string(),
            place: None,
            message: format!("the settings cannot be read: {error}"),
        })?;
        Ok(Self {
            defaults: Cow::Borrowed(defaults),
            path,
            file,
        })
    }

    /// These settings, of which `overrides` replace some. Paths in them are relative to the current folder.
    #[cfg(feature = "testing")]
    pub(crate) fn with_overrides(settings: &str, overrides: &str) -> Self {
        Self {
            defaults: Cow::Owned(settings.to_owned()),
            path: PathBuf::from("settings"),
            file: " ".repeat(settings.len()) + overrides,
        }
    }

    /// A document without a file. Paths in it are relative to the current folder.
    pub(crate) fn of(text: &str) -> Self {
        Self {
            defaults: Cow::Borrowed(""),
            path: PathBuf::from("settings"),
            file: text.to_owned(),
        }
    }

    /// The folder that relative paths in the settings refer to.
    #[cfg(feature = "http")]
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// The defaults with the file's keys applied, table by table.
    pub(super) fn merged(&self) -> Result<Spanned<DeTable<'_>>, SettingsError> {
        let mut merged = self.parse(&self.defaults)?;
        override_with(merged.get_mut(), self.parse(&self.file)?.into_inner());
        Ok(merged)
    }

    /// The table `[plugin]` of the merged document.
    pub(super) fn merged_plugin(&self) -> Result<Spanned<DeTable<'_>>, SettingsError> {
        let Some(value) = self.merged()?.get_mut().remove("plugin") else {
            return Ok(Spanned::new(0..0, DeTable::new()));
        };
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(table) => Ok(Spanned::new(span, table)),
            other => Err(self.located(
                format!("invalid type: {}, expected a table", other.type_str()),
                Some(span),
            )),
        }
    }

    /// Deserialises a table; an error gets the position of the invalid setting.
    pub(super) fn read<'d, T: Deserialize<'d>>(
        &'d self,
        table: Spanned<DeTable<'d>>,
    ) -> Result<T, SettingsError> {
        T::deserialize(Deserializer::from(table))
            .map_err(|error| self.located(error.message().to_owned(), error.span()))
    }

    fn parse<'d>(&'d self, text: &'d str) -> Result<Spanned<DeTable<'d>>, SettingsError> {
        DeTable::parse(text).map_err(|error| self.located(error.message().to_owned(), error.span()))
    }

    fn located(&self, message: String, span: Option<Range<usize>>) -> SettingsError {
        let start = span.unwrap_or_default().start;
        let (origin, text, start) = match start.checked_sub(self.defaults.len()) {
            Some(start) if !self.file.is_empty() => {
                let text = &self.file[self.defaults.len()..];
                (self.path.display().to_string(), text, start)
            }
            _ => ("compiled-in settings".to_owned(), &*self.defaults, start),
        };
        let before = text.get(..start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        SettingsError {
            origin,
            place: Some((
                before.matches('\n').count() + 1,
                before[line_start..].chars().count() + 1,
            )),
            message,
        }
    }
}

fn override_with<'d>(base: &mut DeTable<'d>, over: DeTable<'d>) {
    for (key, mut value) in over {
        let old = base.get_mut(&key).map(Spanned::get_mut);
        if let (Some(DeValue::Table(old)), DeValue::Table(new)) = (old, value.get_mut()) {
            override_with(old, std::mem::take(new));
        } else {
            // Removed first, so that the key's own position is that in the file.
            base.remove(&key);
            base.insert(key, value);
        }
    }
}
