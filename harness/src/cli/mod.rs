//! The command line: one file a subcommand.
//!
//! Machine-readable output goes to standard output or a named file; messages go
//! to standard error, except where the text is the output.

mod bench;
mod ca;
mod call;
mod certify;
mod check;
mod completions;
mod device;
mod device_log;
mod discover;
mod document;
mod explain;
mod header;
pub mod inspect;
mod man;
mod new;
mod output;
mod plugin_source;
mod profile;
mod provision;
mod record;
mod report;
mod report_args;
mod rules;
mod schema;
mod serve;
mod simulate;
mod test_bed_args;
mod trust_args;
mod upstream_args;

use std::ffi::OsString;
use std::num::{IntErrorKind, ParseIntError};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{CommandFactory, Parser, Subcommand};
use ics_device::printable::{Printable, PrintableLines, Utf8};
use serde::Serialize;

use crate::failure::in_full;
use crate::run::TestBedError;
use crate::terminal;
use crate::terminal::style::BAD;
use crate::testbed::authority::CaError;
use crate::worker::Cancel;

const EXAMPLES: &str = "\
Examples:
  ics-harness new my-operator --language rust
  ics-harness check sample-plugins/carrier-json
  ics-harness check ./libentitlement.so --json report.json
  ics-harness explain http/captive-portal
  ics-harness call ./libentitlement.so --scenario http/500

Exit codes: 0 conformant, or done; 1 a rule failed; 2 usage; 3 harness error; 4 undecided;
130 interrupted. The help of each command says what they mean there.";

/// Test entitlement plugins of Internet Sharing: run a plugin in network scenarios, working and faulty, and
/// report which rules of the contract it breaks.
#[derive(Debug, Parser)]
#[command(name = "ics-harness", version, styles = terminal::style::CLAP, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a project of a plugin in Rust, C or C++, which builds and passes `check`.
    New(new::NewArgs),
    /// Test plugins against the rules of the contract.
    Check(check::CheckArgs),
    /// Call IsEntitled once in one scenario, and show the answer and the network traffic.
    Call(call::CallArgs),
    /// Make or verify a bundle with the verdict on conformant plugins, to be handed in.
    Certify(certify::CertifyArgs),
    /// Show, merge and convert reports that `check` has written.
    Report(report::ReportCommandArgs),
    /// Find out what a plugin asks, and write the beginning of a profile.
    Discover(discover::DiscoverArgs),
    /// Record a plugin's exchanges with a real server, as a profile or a HAR file.
    Record(record::RecordArgs),
    /// Measure loading, calls and unloading of a plugin, alone or compared with another one.
    Bench(bench::BenchArgs),
    /// Show a library's format, machine, exports and dependencies without loading it.
    Inspect(inspect::InspectArgs),
    /// Check, show, apply, convert and sign provisioning documents.
    Provision(provision::ProvisionArgs),
    /// Simulate a device over a timeline.
    Simulate(simulate::SimulateArgs),
    /// Run a simulated device interactively, in real time.
    Device(device::DeviceArgs),
    /// Check and show profiles: what an operator's server is asked, and what it responds.
    Profile(profile::ProfileArgs),
    /// List the rules of the contract.
    Rules(rules::RulesArgs),
    /// Explain one rule in detail.
    Explain(explain::ExplainArgs),
    /// Write a certificate authority for test builds of plugins.
    Ca(ca::CaArgs),
    /// Write the header of the contract, for C and C++, or for hosts in other languages.
    Header(header::HeaderArgs),
    /// Serve scenarios on loopback addresses, to develop a plugin against.
    Serve(serve::ServeArgs),
    /// Write the JSON Schema of the report that `check --json` writes.
    Schema(schema::SchemaArgs),
    /// Write what a shell completes of this program's command line.
    Completions(completions::CompletionsArgs),
    /// Write the manual pages.
    Man(man::ManArgs),
}

pub(crate) use test_bed_args::TestBedArgs;

/// How a command ended, and so its exit code. The variants are ordered by severity: the
/// worst of several is their maximum.
///
/// These codes are stable. A command's help says which of them it uses, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitStatus {
    /// The plugin conforms, or the command did its work: 0.
    Success,
    /// Undecided: nothing ran, or a rule that counts could not be examined: 4.
    Undecided,
    /// A rule failed, or a comparison found a difference: 1.
    Failed,
    /// A named file cannot be read: 2.
    InputUnreadable,
    /// The command line is wrong, or names something that does not exist: 2.
    Usage,
    /// The harness could not do its work: 3.
    HarnessError,
    /// The user interrupted the command: 128 + SIGINT, as shells report it: 130.
    Interrupted,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Success => 0,
            ExitStatus::Failed => 1,
            ExitStatus::InputUnreadable | ExitStatus::Usage => 2,
            ExitStatus::HarnessError => 3,
            ExitStatus::Undecided => 4,
            ExitStatus::Interrupted => 130,
        })
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line is wrong, or names something that does not exist or cannot be used.
    Usage(String),
    /// The harness could not do its work.
    Harness(String),
    /// The user interrupted the command.
    Stopped,
}

impl From<TestBedError> for Failure {
    fn from(error: TestBedError) -> Self {
        match error {
            TestBedError::Cancelled => Self::Stopped,
            TestBedError::Copy(error) if error.is_no_room() => Self::Harness(format!(
                "{}; make room there, or set TMPDIR to a folder of another file system",
                in_full(&error)
            )),
            // Copying adds to the plugin's settings file, which the user wrote.
            TestBedError::Copy(error) => Self::usage(error),
            error => Self::harness(error),
        }
    }
}

impl From<CaError> for Failure {
    fn from(error: CaError) -> Self {
        match error {
            CaError::Setup(error) => Self::harness(error),
            error => Self::usage(error),
        }
    }
}

impl Failure {
    /// For `map_err`: an error in what the user named.
    pub(crate) fn usage(error: impl std::error::Error) -> Self {
        Self::Usage(in_full(&error))
    }

    /// For `map_err`: an error of the harness itself.
    pub(crate) fn harness(error: impl std::error::Error) -> Self {
        Self::Harness(in_full(&error))
    }

    /// How the command ended, and the message for the user.
    fn into_parts(self) -> (ExitStatus, String) {
        match self {
            Self::Usage(message) => (ExitStatus::Usage, message),
            Self::Harness(message) => (ExitStatus::HarnessError, message),
            Self::Stopped => (
                ExitStatus::Interrupted,
                "interrupted; nothing is left running".to_owned(),
            ),
        }
    }
}

/// The commands and their options.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Parses the command line and runs the command.
pub fn main() -> ExitCode {
    let cli = match parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let result = match cli.command {
        Command::New(args) => new::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Call(args) => call::run(&args),
        Command::Discover(args) => discover::run(&args),
        Command::Record(args) => record::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Certify(args) => certify::run(args),
        Command::Bench(args) => bench::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Provision(args) => provision::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Device(args) => device::run(&args),
        Command::Profile(args) => profile::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Ca(args) => ca::run(&args),
        Command::Header(args) => header::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    };
    let status = result.unwrap_or_else(|failure| {
        let (status, message) = failure.into_parts();
        terminal::eprint(&error_line(&message));
        status
    });
    ExitCode::from(status)
}

/// Reads the command line. Help, and an error, are printed here.
fn parse() -> Result<Cli, ExitCode> {
    Cli::try_parse().map_err(|error| {
        // An error message repeats arguments: parse again with their printable form.
        let printable =
            |argument: OsString| Printable(Utf8(argument.as_encoded_bytes())).to_string();
        let again = Cli::try_parse_from(std::env::args_os().map(printable));
        let error = again.err().unwrap_or(error);
        let text = error.render().ansi().to_string();
        if error.use_stderr() {
            terminal::eprint(&text);
        } else {
            // As for any output, a closed pipe is not an error.
            drop(terminal::print(&text));
        }
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
    })
}

/// An error message. Its further lines, such as those that show a place in a profile, are indented: what it quotes
/// cannot be mistaken for a line of the harness.
fn error_line(message: &str) -> String {
    let lines = PrintableLines(message.trim_end()).to_string();
    format!("{BAD}error{BAD:#}: {}\n", lines.replace('\n', "\n  "))
}

/// Reads a number that cannot be zero.
pub(crate) fn at_least_one<N: FromStr<Err = ParseIntError>>(text: &str) -> Result<N, &'static str> {
    text.parse()
        .map_err(|error: ParseIntError| match error.kind() {
            IntErrorKind::Zero => "it has to be at least 1",
            IntErrorKind::PosOverflow => "it is too large",
            _ => "expected a number, such as 4",
        })
}

/// Reads a path that cannot be empty, as it is where a variable of a script is not set.
pub(crate) fn named() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().try_map(|text| match text.is_empty() {
        true => Err("the name is empty; is a variable not set?"),
        false => Ok(PathBuf::from(text)),
    })
}

/// A [`Cancel`] that is triggered by SIGINT and SIGTERM. Call this before creating
/// anything that has to be cleaned up.
pub(crate) fn stopping() -> Result<Cancel, Failure> {
    let cancel = Cancel::new().map_err(Failure::harness)?;
    cancel.on_signals().map_err(Failure::harness)?;
    Ok(cancel)
}

/// Writes the command's output to standard output. A closed pipe, as in `| head`, is
/// not an error.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    match terminal::print(text) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(unwritable(&error)),
        _ => Ok(()),
    }
}

/// Writes a value as JSON to standard output, as the command's output.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(Failure::harness)?;
    print(&format!("{}\n", terminal::json(&text)))
}

/// The failure for output that cannot be written to standard output.
pub(crate) fn unwritable(error: &std::io::Error) -> Failure {
    Failure::Harness(format!("cannot write to standard output: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        command().debug_assert();
    }
}
