//! `device`: a simulated device at the terminal.

mod prompt;
mod run;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use ics_device::document::push::Imsi;
use ics_device::message::LangId;
use ics_device::simulation::ServerState;

use super::document::ProvidersArgs;
use super::plugin_source::{self, PluginSourceArgs};
use super::{ExitStatus, Failure, TestBedArgs, simulate};

const EXAMPLES: &str = "\
Examples:
  ics-harness device run my-device --plugin sample-plugins/carrier-json
  echo 'apply hotspot.xml
  on
  join 3
  status' | ics-harness device run my-device --plugin sample-plugins/carrier-json

Type `help` for the commands. The device's state stays in the folder: documents can be applied to
it with `ics-harness provision apply` as well, while the device does not run.
Exit codes: 0 it was ended, by `quit` or at the end of the input; 2 usage; 3 harness error.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DeviceArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a simulated device interactively, in real time.
    Run(RunArgs),
}

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, mut_arg("deadline", plugin_source::deadline))]
struct RunArgs {
    /// The folder that stores the device's state; created if it does not exist.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    #[command(flatten)]
    source: PluginSourceArgs,
    /// The state of the server at the beginning: `allow`, `deny`, or a rule that has a scenario.
    #[arg(long = "scenario", value_name = "RULE-OR-NAME", default_value = "allow", value_parser = simulate::server)]
    server: ServerState,
    /// The user's language.
    #[arg(long, value_name = "TAG", default_value = "en-US", value_parser = language)]
    language: LangId,
    /// The number of the SIM, by which pushes can be proven: 6 to 15 digits.
    #[arg(long, value_name = "DIGITS", value_parser = imsi)]
    imsi: Option<Imsi>,
    #[command(flatten)]
    providers: ProvidersArgs,
    #[command(flatten)]
    scenario: TestBedArgs,
}

fn language(tag: &str) -> Result<LangId, String> {
    LangId::from_tag(tag)
        .ok_or_else(|| "it is not known here; write a tag such as en-US or de-DE".to_owned())
}

/// For clap: the digits of an IMSI.
pub(super) fn imsi(digits: &str) -> Result<Imsi, String> {
    Imsi::new(digits).ok_or_else(|| "an IMSI has 6 to 15 digits".to_owned())
}

pub(super) fn run(args: &DeviceArgs) -> Result<ExitStatus, Failure> {
    match &args.command {
        Command::Run(args) => run::run(args),
    }
}
