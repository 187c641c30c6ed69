//! The layout as Markdown.

use super::page::PARTS;
use super::{Example, Language, Page};

/// The parts of a page.
pub(crate) fn page(page: &Page) -> String {
    PARTS
        .into_iter()
        .zip(page.parts)
        .map(|(heading, part)| format!("\n## {heading}\n\n{part}\n"))
        .collect()
}

/// An example in one language.
pub(crate) fn example(example: &Example, language: Language) -> String {
    format!(
        "\n## Example in {}: {}\n\n```{}\n{}\n```\n",
        language.name(),
        example.name,
        language.fence(),
        example.source(language).trim_end()
    )
}
