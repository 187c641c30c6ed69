//! `explain`: one rule in detail.

use clap::Args;

use super::{ExitStatus, Failure, print};
use crate::rules::{self, Examination, Rule};
use crate::terminal::style::STRONG;
use crate::testbed::Scenario;
use crate::testbed::isolation::Isolation;

const EXAMPLES: &str = "\
Examples:
  ics-harness explain http/captive-portal
  ics-harness explain load/unload

`ics-harness rules` lists the ids of all rules.
Exit codes: 0 explained; 2 usage.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExplainArgs {
    /// The id of a rule, such as tls/expired.
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
    print(&describe(rule))?;
    Ok(ExitStatus::Success)
}

fn describe(rule: &Rule) -> String {
    let mut text = format!("{STRONG}{}{STRONG:#} ({})\n\n", rule.id, rule.level.name());
    text.push_str(&format!("{}\n\n", rule.title));
    text.push_str(&format!("Clause    {}\n", rule.clause));
    text.push_str(&format!("Expected  {}\n", rule.expected));
    text.push_str(&format!("Help      {}\n", rule.help));
    match &rule.examination {
        Examination::File(_) => {
            text.push_str("\nExamined by reading the file, without loading it.\n");
        }
        Examination::AllRuns(_) => {
            text.push_str("\nExamined in every run that is made for the other rules.\n");
        }
        Examination::Run(spec, _) => {
            text.push_str(&format!("\nScenario: {}\n", spec.scenario));
            text.push_str("Steps of the worker, a process of its own:\n");
            for (number, step) in spec.script.iter().enumerate() {
                text.push_str(&format!("  {:>2}. {}\n", number + 1, step));
            }
            let name = if spec.scenario == Scenario::ALLOW {
                "allow"
            } else {
                rule.id
            };
            text.push_str(&format!(
                "\nTry it manually:\n  ics-harness call PLUGIN --scenario {name}\n"
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
