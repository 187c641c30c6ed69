//! `report`: shows saved reports, merges several, and writes them in other forms.

use std::path::PathBuf;

use clap::Args;
use ics_device::printable;

use super::check::status;
use super::report_args::ReportArgs;
use super::{ExitStatus, Failure};
use crate::report::{self, Report, terminal};
use crate::terminal::eprint;
use crate::terminal::style::WARN;

const EXAMPLES: &str = "\
Examples:
  ics-harness report report.json                               show it as `check` did
  ics-harness report report.json --report html=report.html     a page for people
  ics-harness report part-*.json --report json=all.json        one report of several
  ics-harness report so.json dll.json --report markdown=-      two plugins side by side

Exit codes: those of `check` for the worst plugin; 2 usage, or a file that is no report; 4 also if
the examination was interrupted, or a part is missing.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReportCommandArgs {
    /// Reports that `check --report json=FILE` wrote.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    output: ReportArgs,
}

pub(super) fn run(args: &ReportCommandArgs) -> Result<ExitStatus, Failure> {
    let mut output = args.output.open(&args.files)?;
    let reports = args
        .files
        .iter()
        .map(|path| {
            let name = printable::path(path);
            let text = std::fs::read_to_string(path)
                .map_err(|error| Failure::Usage(format!("cannot read {name}: {error}")))?;
            let report =
                report::read(&text).map_err(|error| Failure::Usage(format!("{name}: {error}")))?;
            Ok((name.to_string(), report))
        })
        .collect::<Result<Vec<(String, Report)>, Failure>>()?;
    let report = report::merged(reports).map_err(Failure::usage)?;
    if args.output.is_empty() {
        let mut text = Vec::new();
        for plugin in &report.plugins {
            terminal::summary(&mut text, plugin, report.options.strict)
                .map_err(Failure::harness)?;
        }
        terminal::overview(&mut text, &report.plugins, report.options.strict)
            .map_err(Failure::harness)?;
        eprint(&String::from_utf8_lossy(&text));
    }
    let mut status = status(&report.plugins);
    if let Some(why) = report.incompleteness() {
        eprint(&format!("{WARN}Incomplete{WARN:#}: {why}.\n"));
        status = status.max(ExitStatus::Undecided);
    }
    if let Some(problem) = output.events_of(&report) {
        return Err(Failure::Harness(problem));
    }
    output.write(&report)?;
    Ok(status)
}
