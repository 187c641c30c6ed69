//! `schema`: the JSON Schema of the report that `check --json` writes.

use std::path::PathBuf;

use clap::Args;

use super::output::put;
use super::{ExitStatus, Failure};
use crate::report::json;

const EXAMPLES: &str = "\
Examples:
  ics-harness schema
  ics-harness schema --output report.schema.json

Exit codes: 0 written; 2 usage; 3 harness error.";

#[derive(Debug, Args)]
#[command(
    after_help = EXAMPLES
)]
pub(crate) struct SchemaArgs {
    /// Write to FILE instead of standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &SchemaArgs) -> Result<ExitStatus, Failure> {
    put(json::schema().as_bytes(), args.output.as_deref(), true)?;
    Ok(ExitStatus::Success)
}
