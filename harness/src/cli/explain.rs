//! `explain`: one rule in detail.

use clap::{Args, ValueEnum};
use ics_device::document::names;
use ics_device::printable::Printable;

use super::{ExitStatus, Failure, print};
use crate::explain::{self, Language};
use crate::rules::{self, Examination, Rule};
use crate::terminal;
use crate::terminal::style::STRONG;
use crate::testbed::Scenario;
use crate::testbed::isolation::Isolation;

const EXAMPLES: &str = "\
Examples:
  ics-harness explain http/captive-portal
  ics-harness explain load/unload --language c
  ics-harness explain tls/wrong-name --markdown > wrong-name.md
  ics-harness explain profile/NAME
  ics-harness explain --list

Exit codes: 0 explained; 2 usage; 3 harness error.";

/// The most columns that running text takes, however wide the terminal is.
const WIDEST: usize = 100;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExplainArgs {
    /// The id of a rule, such as tls/expired.
    rule: Option<String>,
    /// List the ids of all rules instead.
    #[arg(long, conflicts_with_all = ["rule", "language", "markdown"])]
    list: bool,
    /// The language of the example.
    #[arg(long, value_enum, default_value_t = Languages::All)]
    language: Languages,
    /// Print Markdown.
    #[arg(long)]
    markdown: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Languages {
    Rust,
    C,
    All,
}

impl Languages {
    fn selected(self) -> &'static [Language] {
        match self {
            Self::Rust => &[Language::Rust],
            Self::C => &[Language::C],
            Self::All => Language::ALL,
        }
    }
}

pub(super) fn run(args: &ExplainArgs) -> Result<ExitStatus, Failure> {
    if args.list {
        super::rules::list(&rules::all().collect::<Vec<_>>())?;
        return Ok(ExitStatus::Success);
    }
    let id = args.rule.as_deref().ok_or_else(|| {
        Failure::Usage(
            "no rule is named: write its id, such as tls/expired; `ics-harness explain --list` lists them all".to_owned(),
        )
    })?;
    let languages = args.language.selected();
    if let Some(name) = id.strip_prefix("profile/") {
        print(&of_profiles(name, languages, args.markdown))?;
        return Ok(ExitStatus::Success);
    }
    let rule = rules::find(id).ok_or_else(|| {
        Failure::Usage(format!(
            "there is no rule `{id}`{}; `ics-harness explain --list` lists them all",
            nearest(id).map_or_else(String::new, |near| format!(", did you mean `{near}`?"))
        ))
    })?;
    print(&if args.markdown {
        markdown(rule, languages)
    } else {
        text(rule, languages, terminal::width().min(WIDEST))
    })?;
    Ok(ExitStatus::Success)
}

/// What is true of all rules that profiles add. Without its profile nothing else is known of one.
fn of_profiles(name: &str, languages: &[Language], markdown: bool) -> String {
    let title = "If the server sends the response of this name, the plugin returns the answer that the profile has for it.";
    let page = explain::find(explain::OF_PROFILES).expect("a test reads every page");
    let id = format!("profile/{}", Printable(name));
    let mut text = if markdown {
        format!("# {id}\n\n{title}\n{}", explain::markdown_page(&page))
    } else {
        let width = terminal::width().min(WIDEST);
        let title = explain::paragraph("", title, width);
        let page = explain::terminal_page(&page, width);
        format!("{STRONG}{id}{STRONG:#} (must)\n\n{title}{page}")
    };
    for &language in languages {
        text.push_str(&if markdown {
            explain::markdown_example(page.example, language)
        } else {
            explain::terminal_example(page.example, language)
        });
    }
    text
}

fn text(rule: &Rule, languages: &[Language], width: usize) -> String {
    let mut text = format!("{STRONG}{}{STRONG:#} ({})\n\n", rule.id, rule.level.name());
    text.push_str(&explain::paragraph("", rule.title, width));
    text.push('\n');
    text.push_str(&explain::paragraph("Clause    ", rule.clause, width));
    text.push_str(&explain::paragraph("Expected  ", rule.expected, width));
    text.push_str(&explain::paragraph("Help      ", rule.help, width));
    let page = explain::find(rule.id);
    if let Some(page) = &page {
        text.push_str(&explain::terminal_page(page, width));
    }
    text.push('\n');
    for line in examined(rule) {
        text.push_str(&line);
        text.push('\n');
    }
    if let Some(page) = &page {
        for &language in languages {
            text.push_str(&explain::terminal_example(page.example, language));
        }
    }
    text
}

fn markdown(rule: &Rule, languages: &[Language]) -> String {
    let mut text = format!(
        "# {}\n\n{}\n\n- Level: {}\n- Clause: {}\n- Expected: {}\n- Help: {}\n",
        rule.id,
        rule.title,
        rule.level.name(),
        rule.clause,
        rule.expected,
        rule.help
    );
    let page = explain::find(rule.id);
    if let Some(page) = &page {
        text.push_str(&explain::markdown_page(page));
    }
    text.push_str(&format!(
        "\n## How it is examined\n\n```text\n{}\n```\n",
        examined(rule).join("\n")
    ));
    if let Some(page) = &page {
        for &language in languages {
            text.push_str(&explain::markdown_example(page.example, language));
        }
    }
    text
}

/// How the rule is examined, and how to try it by hand.
fn examined(rule: &Rule) -> Vec<String> {
    match &rule.examination {
        Examination::File(_) => {
            vec!["Examined by reading the file, without loading it.".to_owned()]
        }
        Examination::AllRuns(_) => {
            vec!["Examined in every run that is made for the other rules.".to_owned()]
        }
        Examination::Run(spec, _) => {
            let mut lines = vec![
                format!("Scenario: {}", spec.scenario),
                "Steps of the worker, a process of its own:".to_owned(),
            ];
            let steps = spec.script.iter().enumerate();
            lines.extend(steps.map(|(number, step)| format!("  {:>2}. {}", number + 1, step)));
            let name = if spec.scenario == Scenario::ALLOW {
                "allow"
            } else {
                rule.id
            };
            lines.extend([
                String::new(),
                "Try it manually:".to_owned(),
                format!("  ics-harness call PLUGIN --scenario {name}"),
            ]);
            if Isolation::loopback().supports(&spec.scenario).is_ok() {
                lines.push(format!("  ics-harness serve --scenario {name}"));
            }
            lines
        }
    }
}

/// The id that was probably meant: one that has the same name or part of it, or that differs by a few letters.
fn nearest(id: &str) -> Option<&'static str> {
    let id = id.to_ascii_lowercase();
    let name = id.rsplit('/').next().unwrap_or(&id);
    let ids = || rules::all().map(|rule| rule.id);
    let named = |known: &&str| known.rsplit('/').next() == Some(name);
    let close = || names::nearest(&id, ids());
    let part = || ids().find(|known| !name.is_empty() && known.contains(name));
    ids().find(named).or_else(close).or_else(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_rule_is_suggested() {
        for (id, near) in [
            ("captive-portal", Some("http/captive-portal")),
            ("HTTP/captive-portal", Some("http/captive-portal")),
            ("htpp/500", Some("http/500")),
            ("tls/wrongname", Some("tls/wrong-name")),
            ("sigpip", Some("host/sigpipe")),
            ("a-word-that-no-rule-has", None),
            ("", None),
        ] {
            assert_eq!(nearest(id), near, "{id}");
        }
    }
}
