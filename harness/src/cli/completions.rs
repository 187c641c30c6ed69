//! `completions`: what a shell completes of this program's command line.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

use super::output::put;
use super::{ExitStatus, Failure};

const EXAMPLES: &str = "\
Examples:
  ics-harness completions bash > ~/.local/share/bash-completion/completions/ics-harness
  ics-harness completions zsh --output _ics-harness

Exit codes: 0 written; 2 usage; 3 harness error.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
    /// Write to FILE instead of standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &CompletionsArgs) -> Result<ExitStatus, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "ics-harness", &mut text);
    let mut text = String::from_utf8_lossy(&text).into_owned();
    if args.shell == Shell::Bash {
        // clap_complete 4.6 calls the commands of a program with a hyphen in its name by two names, so that none matches.
        text = text.replace("ics__subcmd__harness__", "ics__harness__");
    }
    put(text.as_bytes(), args.output.as_deref(), true)?;
    Ok(ExitStatus::Success)
}
