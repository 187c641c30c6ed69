//! `schema`: the form of the report that `check --json` makes.

use std::path::PathBuf;

use clap::Args;

use super::{Ending, Failure, print};
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

pub(super) fn run(args: &SchemaArgs) -> Result<Ending, Failure> {
    match &args.output {
        None => print(&json::schema())?,
        Some(file) => std::fs::write(file, json::schema()).map_err(|error| {
            Failure::Harness(format!("cannot write {}: {error}", file.display()))
        })?,
    }
    Ok(Ending::Well)
}
