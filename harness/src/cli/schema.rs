//! `schema`: the form of the report that `check --json` makes.

use std::path::PathBuf;

use clap::Args;

use super::output::put;
use super::{ExitStatus, Failure};
use crate::report::json;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ics-harness schema\n  ics-harness schema --output report.schema.json"
)]
pub(crate) struct SchemaArgs {
    /// Write it to FILE instead of standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &SchemaArgs) -> Result<ExitStatus, Failure> {
    put(json::schema().as_bytes(), args.output.as_deref(), true)?;
    Ok(ExitStatus::Success)
}
