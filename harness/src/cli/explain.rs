//! `explain`: the whole story of one rule.

use clap::Args;

use super::{ExitStatus, Failure, print};
use crate::rules::{self, Examination, Rule};
use crate::terminal::style::STRONG;
use crate::testbed::Scenario;
use crate::testbed::isolation::Isolation;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ics-harness explain http/captive-portal")]
pub(crate) struct ExplainArgs {
    /// The rule's id, such as tls/expired.
    rule: String,
}

pub(super) fn run(args: &ExplainArgs) -> Result<ExitStatus, Failure> {
    let rule = rules::find(&args.rule).ok_or_else(|| {
        Failure::Usage(format!(
            "there is no rule `{}`{}; `ics-harness rules` lists them all",
            args.rule,
            nearest(&args.rule)
                .map_or_else(String::new, |near| format!(", did you mean `{near}`?"))
        ))
    })?;
    print(&story(rule))?;
    Ok(ExitStatus::Success)
}

fn story(rule: &Rule) -> String {
    let mut text = format!("{STRONG}{}{STRONG:#} ({})\n\n", rule.id, rule.level.word());
    text.push_str(&format!("{}\n\n", rule.title));
    text.push_str(&format!("Clause    {}\n", rule.clause));
    text.push_str(&format!("Expected  {}\n", rule.expected));
    text.push_str(&format!("Help      {}\n", rule.help));
    match &rule.examination {
        Examination::File(_) => {
            text.push_str("\nExamined by reading the file; nothing is loaded.\n");
        }
        Examination::Every(_) => {
            text.push_str("\nExamined over every run that is made for the other rules.\n");
        }
        Examination::Run(spec, _) => {
            text.push_str(&format!("\nThe scenario: {}\n", spec.scenario));
            text.push_str("The worker, in a process of its own:\n");
            for (number, step) in spec.script.iter().enumerate() {
                text.push_str(&format!("  {:>2}. {}\n", number + 1, step));
            }
            let name = if spec.scenario == Scenario::ALLOW {
                "allow"
            } else {
                rule.id
            };
            text.push_str(&format!(
                "\nTry it by hand:\n  ics-harness call PLUGIN --scenario {name}\n"
            ));
            if Isolation::loopback().supports(&spec.scenario).is_ok() {
                text.push_str(&format!("  ics-harness serve --scenario {name}\n"));
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
