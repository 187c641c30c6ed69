//! `profile`: checks and shows profiles.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use ics_device::document::Colour;
use ics_device::printable::{self, PrintableLines};

use super::output::put;
use super::test_bed_args::{built_in_names, named_profile};
use super::{ExitStatus, Failure, print};
use crate::profile::{self, BUILT_IN, Profile, lint, show};
use crate::terminal;

const EXAMPLES: &str = "\
Examples:
  ics-harness profile show                        the names of the built-in profiles
  ics-harness profile show carrier-json           the text of a built-in one, to begin with
  ics-harness profile check conformance.toml      faults with their lines, and the sequence
  ics-harness profile schema --output profile.schema.json

A profile says what the operator's server is asked and what it responds. `check` looks for
conformance.toml beside the plugin, or takes --profile FILE.
Exit codes: 0 good, or shown; 1 the profile has faults; 2 usage; 3 harness error.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ProfileArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look for faults in a profile, and show it as a sequence of requests and responses.
    #[command(after_help = EXAMPLES)]
    Check {
        /// The profile.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Show the text of a built-in profile, or list their names.
    #[command(after_help = EXAMPLES)]
    Show {
        /// The built-in profile, or a file, which is shown as a sequence.
        #[arg(value_name = "NAME-OR-FILE")]
        name: Option<PathBuf>,
    },
    /// Write the JSON Schema of profiles, for editors.
    #[command(after_help = EXAMPLES)]
    Schema {
        /// Write to FILE instead of standard output.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

pub(super) fn run(args: &ProfileArgs) -> Result<ExitStatus, Failure> {
    match &args.command {
        Command::Check { file } => check(file),
        Command::Show { name: None } => {
            print(&format!("{}\n", BUILT_IN.join("\n")))?;
            Ok(ExitStatus::Success)
        }
        Command::Show { name: Some(name) } => {
            let built_in = name.to_str().and_then(profile::built_in_source);
            match built_in {
                Some(text) => print(text)?,
                None => print(&sequence(&*named_profile(name)?))?,
            }
            Ok(ExitStatus::Success)
        }
        Command::Schema { output } => {
            put(profile::schema().as_bytes(), output.as_deref(), true)?;
            Ok(ExitStatus::Success)
        }
    }
}

fn check(file: &Path) -> Result<ExitStatus, Failure> {
    let profile = match profile::read(file) {
        Ok(profile) => profile,
        Err(error @ profile::ProfileError::Unreadable { .. }) => {
            let hint = match file.to_str().filter(|name| BUILT_IN.contains(name)) {
                Some(name) => {
                    format!("; {name} is built in: see `ics-harness profile show {name}`")
                }
                None => format!("; name a file ({})", built_in_names()),
            };
            return Err(Failure::Usage(format!("{error}{hint}")));
        }
        Err(error) => {
            // Colours are removed where the output is not a terminal.
            terminal::eprint(&error.rendered(Colour::Always));
            terminal::eprint(&format!("{} has faults\n", printable::path(file)));
            return Ok(ExitStatus::Failed);
        }
    };
    print(&sequence(&profile))?;
    for warning in profile.notes.iter().cloned().chain(lint::lint(&profile)) {
        let warning = PrintableLines(&warning).to_string();
        terminal::eprint(&format!("{}: note: {warning}\n", printable::path(file)));
    }
    Ok(ExitStatus::Success)
}

fn sequence(profile: &Profile) -> String {
    PrintableLines(&show::sequence(profile)).to_string()
}
