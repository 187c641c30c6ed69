//! `explain`: the whole story of one rule.

use std::fmt::Write as _;

use anstyle::Style;
use clap::Args;

use super::{Ending, Failure, print};
use crate::rules::{self, Examination, Rule};
use crate::world::World;
use crate::world::isolation::Isolation;

const BOLD: Style = Style::new().bold();

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ics-harness explain http/captive-portal")]
pub(crate) struct ExplainArgs {
    /// The rule's id, such as tls/expired.
    rule: String,
}

pub(super) fn run(args: &ExplainArgs) -> Result<Ending, Failure> {
    let rule = rules::find(&args.rule).ok_or_else(|| {
        Failure::Usage(format!(
            "there is no rule `{}`{}; `ics-harness rules` lists them all",
            args.rule,
            nearest(&args.rule)
                .map_or_else(String::new, |near| format!(", did you mean `{near}`?"))
        ))
    })?;
    print(&story(rule))?;
    Ok(Ending::Well)
}

fn story(rule: &Rule) -> String {
    let mut text = format!("{BOLD}{}{BOLD:#} ({})\n\n", rule.id, rule.level.word());
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}\n", rule.title);
    let _ = writeln!(text, "Clause    {}", rule.clause);
    let _ = writeln!(text, "Expected  {}", rule.expected);
    let _ = writeln!(text, "Help      {}", rule.help);
    match &rule.examination {
        Examination::File(_) => {
            let _ = writeln!(text, "\nExamined by reading the file; nothing is loaded.");
        }
        Examination::Every(_) => {
            let _ = writeln!(
                text,
                "\nExamined over every run that is made for the other rules."
            );
        }
        Examination::Run(spec, _) => {
            let _ = writeln!(text, "\nThe world: {}", spec.world);
            let _ = writeln!(text, "The worker, in a process of its own:");
            for (number, step) in spec.script.iter().enumerate() {
                let _ = writeln!(text, "  {:>2}. {}", number + 1, step);
            }
            let name = if spec.world == World::ALLOW {
                "allow"
            } else {
                rule.id
            };
            let _ = writeln!(
                text,
                "\nTry it by hand:\n  ics-harness call PLUGIN --world {name}"
            );
            if Isolation::loopback().supports(&spec.world).is_ok() {
                let _ = writeln!(text, "  ics-harness serve --world {name}");
            }
        }
    }
    text
}

/// The id that was probably meant.
fn nearest(id: &str) -> Option<&'static str> {
    let name = id.rsplit('/').next().unwrap_or(id);
    rules::all()
        .map(|rule| rule.id)
        .find(|known| known.contains(name) && !name.is_empty())
}
