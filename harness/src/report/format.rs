//! The forms that a report is written in.

use strum::{Display, EnumString, VariantNames};

use super::{Report, html, json, jsonl, junit, markdown, sarif};

/// A form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumString, VariantNames)]
#[strum(serialize_all = "lowercase")]
pub enum Format {
    /// One self-contained page for people.
    Html,
    /// The whole report, which `ics-harness report` reads.
    Json,
    /// JSON lines: events, one a line.
    Jsonl,
    /// JUnit XML, for the test pages of CI systems.
    Junit,
    /// Markdown, for a comment on a pull request.
    Markdown,
    /// SARIF 2.1.0, for code-scanning pages.
    Sarif,
}

/// Why a report cannot be written in a form. The report itself is at fault, or the program.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    #[error("cannot write the report as JSON")]
    Json(#[from] serde_json::Error),
    #[error("cannot write the report as JUnit XML")]
    Junit(#[from] quick_junit::SerializeError),
    #[error("cannot write the report as HTML")]
    Html(#[from] minijinja::Error),
}

impl Format {
    /// The names of all forms.
    pub fn names() -> &'static [&'static str] {
        Self::VARIANTS
    }

    /// The report in this form.
    ///
    /// # Errors
    /// If it cannot be represented so.
    pub fn text(self, report: &Report) -> Result<String, FormatError> {
        Ok(match self {
            Self::Html => html::text(report)?,
            Self::Json => json::text(report)?,
            Self::Jsonl => jsonl::text(report),
            Self::Junit => junit::text(report)?,
            Self::Markdown => markdown::text(report),
            Self::Sarif => sarif::text(report)?,
        })
    }
}
