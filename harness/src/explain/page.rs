//! The text of the pages, and the reader of their format.
//!
//! A page is the section `## group/name` of `pages/group.md`. It has the three parts of [`PARTS`], in that order,
//! and ends with the line `Example: name`. A part consists of paragraphs; a line that is indented by four
//! spaces is shown as it is.

use super::Example;

/// The headings of a page's parts.
pub const PARTS: [&str; 3] = [
    "On the wire",
    "Why a device meets it",
    "What a correct plugin does",
];

/// The sources, one a group of rules.
const SOURCES: [&str; 14] = [
    include_str!("pages/file.md"),
    include_str!("pages/load.md"),
    include_str!("pages/answer.md"),
    include_str!("pages/dns.md"),
    include_str!("pages/connect.md"),
    include_str!("pages/tls.md"),
    include_str!("pages/http.md"),
    include_str!("pages/http2.md"),
    include_str!("pages/steps.md"),
    include_str!("pages/time.md"),
    include_str!("pages/threads.md"),
    include_str!("pages/host.md"),
    include_str!("pages/privacy.md"),
    include_str!("pages/profile.md"),
];

/// The explanation of one rule.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// The id of the rule.
    pub rule: &'static str,
    /// The text under each heading of [`PARTS`].
    pub parts: [&'static str; 3],
    pub example: &'static Example,
}

/// The page of all rules that profiles add.
pub const OF_PROFILES: &str = "profile/NAME";

/// The page of a rule.
pub fn find(rule: &str) -> Option<Page> {
    sections()
        .find(|section| id(section) == rule)
        .and_then(|section| parse(section).ok())
}

/// All pages, in the order of their files; in the place of one that is not well-formed, what is wrong with it.
pub fn pages() -> impl Iterator<Item = Result<Page, String>> {
    sections().map(parse)
}

fn sections() -> impl Iterator<Item = &'static str> {
    SOURCES
        .into_iter()
        .flat_map(|source| source.split("\n## ").skip(1))
}

/// The rule that a section explains.
fn id(section: &str) -> &str {
    section.lines().next().unwrap_or_default()
}

fn parse(section: &'static str) -> Result<Page, String> {
    let rule = id(section);
    let fault = |what: &str| format!("the page of {rule} {what}");
    let (text, name) = section
        .rsplit_once("\nExample: ")
        .ok_or_else(|| fault("has no line `Example: name`"))?;
    let name = name.trim_end();
    let mut blocks = text.split("\n### ").skip(1);
    let mut parts = [""; 3];
    for (part, heading) in parts.iter_mut().zip(PARTS) {
        let block = blocks.next().unwrap_or_default();
        *part = block
            .strip_prefix(heading)
            .map(str::trim_ascii_end)
            .map(|text| text.trim_start_matches('\n'))
            .filter(|text| !text.is_empty())
            .ok_or_else(|| fault(&format!("lacks the part `### {heading}`, or it is empty")))?;
    }
    if let Some(other) = blocks.next() {
        return Err(fault(&format!("has one part too many: {:?}", id(other))));
    }
    let example =
        Example::find(name).ok_or_else(|| fault(&format!("names no example: {name:?}")))?;
    Ok(Page {
        rule,
        parts,
        example,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_page_is_well_formed_and_there_is_one_for_a_rule() {
        let mut seen = HashSet::new();
        for page in pages() {
            let page = page.unwrap_or_else(|fault| panic!("{fault}"));
            assert!(seen.insert(page.rule), "{} has two pages", page.rule);
        }
        assert!(seen.len() > 100, "only {} pages were found", seen.len());
    }

    #[test]
    fn the_sources_have_nothing_between_pages() {
        for source in SOURCES {
            let before = source.split("\n## ").next().unwrap_or_default();
            assert!(
                before.starts_with("# ") && before.lines().count() == 1,
                "a source begins with one heading and an empty line: {before:?}"
            );
        }
    }

    #[test]
    fn every_rule_has_a_page() {
        let missing: Vec<_> = crate::rules::all()
            .filter(|rule| find(rule.id).is_none())
            .map(|rule| rule.id)
            .collect();
        assert!(
            missing.is_empty(),
            "write a section in harness/src/explain/pages for {missing:?}"
        );
    }

    #[test]
    fn every_page_belongs_to_a_rule() {
        let rules: HashSet<_> = crate::rules::all().map(|rule| rule.id).collect();
        let orphans: Vec<_> = pages()
            .flatten()
            .map(|page| page.rule)
            .filter(|rule| !rules.contains(rule) && *rule != OF_PROFILES)
            .collect();
        assert!(
            orphans.is_empty(),
            "remove the sections in harness/src/explain/pages for {orphans:?}, or write the rules"
        );
    }

    #[test]
    fn every_example_belongs_to_a_page() {
        let named: HashSet<_> = pages().flatten().map(|page| page.example.name).collect();
        for example in Example::all() {
            assert!(
                named.contains(example.name),
                "no page names {}",
                example.name
            );
        }
    }

    #[test]
    fn the_texts_are_plain() {
        for page in pages().flatten() {
            for part in page.parts {
                let ticks = part.lines().filter(|line| !line.starts_with("    "));
                let ticks: usize = ticks.map(|line| line.matches('`').count()).sum();
                assert!(
                    ticks.is_multiple_of(2),
                    "{}: an odd backtick in {part:?}",
                    page.rule
                );
                assert!(
                    !part.contains(['\t', '\u{a0}']) && part.lines().all(|line| line.len() <= 130),
                    "{}: a tab, a hard space or a very long line in {part:?}",
                    page.rule
                );
            }
        }
    }

    #[test]
    fn a_malformed_page_is_named_with_what_it_lacks() {
        for (section, wanted) in [
            (
                "a/b\n\n### On the wire\n\nx\n",
                "has no line `Example: name`",
            ),
            (
                "a/b\n\n### On the wire\n\nExample: quiet\n",
                "lacks the part `### On the wire`",
            ),
            (
                "a/b\n\n### On the wire\n\nx\n\n### What a correct plugin does\n\nx\n\nExample: quiet\n",
                "lacks the part `### Why a device meets it`",
            ),
            (
                "a/b\n### On the wire\nx\n### Why a device meets it\nx\n### What a correct plugin does\nx\n\nExample: no\n",
                "names no example: \"no\"",
            ),
        ] {
            let fault = parse(section).expect_err(section);
            assert!(fault.starts_with("the page of a/b "), "{fault}");
            assert!(fault.contains(wanted), "{fault}");
        }
    }
}
