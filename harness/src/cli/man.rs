//! `man`: the manual pages.

use std::path::PathBuf;

use clap::Args;

use super::{ExitStatus, Failure};

const EXAMPLES: &str = "\
Examples:
  ics-harness man ~/.local/share/man/man1     then: man ics-harness-check

Exit codes: 0 written; 2 usage; 3 harness error.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ManArgs {
    /// The folder to write a page for each command to.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(super) fn run(args: &ManArgs) -> Result<ExitStatus, Failure> {
    let folder = &args.folder;
    if !folder.is_dir() {
        return Err(Failure::Usage(format!(
            "{} is not a folder; make it first",
            folder.display()
        )));
    }
    let command = super::command().disable_help_subcommand(true);
    clap_mangen::generate_to(command, folder).map_err(Failure::harness)?;
    Ok(ExitStatus::Success)
}
