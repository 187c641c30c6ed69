//! The command line: one file a subcommand.
//!
//! Machine-readable output goes to standard output or a named file; messages go
//! to standard error, except where the text is the output.

mod bench;
mod ca;
mod call;
mod check;
mod device;
mod device_log;
mod document;
mod explain;
mod header;
pub mod inspect;
mod output;
mod plugin_source;
mod provision;
mod rules;
mod schema;
mod serve;
mod simulate;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory, Parser, Subcommand};
use ics_device::printable::{self, Printable, Utf8};
use ics_device::units::parse_duration;
use serde::Serialize;

use crate::failure::in_full;
use crate::plugin::Plugin;
use crate::run::{Profile, TestBed, TestBedError};
use crate::terminal;
use crate::terminal::style::{BAD, HEADING};
use crate::testbed::authority::{Authority, CaError, Trust};
use crate::testbed::isolation::IsolationChoice;
use crate::testbed::protocol::Protocol;
use crate::testbed::servers::Ports;
use crate::worker::Cancel;

const EXAMPLES: &str = "\
Examples:
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
    /// Test plugins against the rules of the contract.
    Check(check::CheckArgs),
    /// Call IsEntitled once in one scenario, and show the answer and the network traffic.
    Call(call::CallArgs),
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
    /// List the rules of the contract.
    Rules(rules::RulesArgs),
    /// Explain one rule in detail.
    Explain(explain::ExplainArgs),
    /// Write a certificate authority for test builds of plugins.
    Ca(ca::CaArgs),
    /// Write the C, C++ or Cython header of the contract.
    Header(header::HeaderArgs),
    /// Serve scenarios on loopback addresses, to develop a plugin against.
    Serve(serve::ServeArgs),
    /// Write the JSON Schema of the report that `check --json` writes.
    Schema(schema::SchemaArgs),
}

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
        Command::Check(args) => check::run(&args),
        Command::Call(args) => call::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Provision(args) => provision::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Device(args) => device::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Ca(args) => ca::run(&args),
        Command::Header(args) => header::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Schema(args) => schema::run(&args),
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

/// An error message, as one line.
fn error_line(message: &str) -> String {
    format!("{BAD}error{BAD:#}: {}\n", Printable(message))
}

/// A [`Cancel`] that is triggered by SIGINT and SIGTERM. Call this before creating
/// anything that has to be cleaned up.
pub(crate) fn stopping() -> Result<Cancel, Failure> {
    let cancel = Cancel::new().map_err(Failure::harness)?;
    cancel.on_signals().map_err(Failure::harness)?;
    Ok(cancel)
}

/// The options of all commands that run a plugin in a test bed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Test bed")]
pub(crate) struct TestBedArgs {
    /// The protocol of the operator's server: its allow and deny responses
    /// [default: the one that the plugin's Cargo.toml names, else carrier-json].
    #[arg(long, value_name = "NAME", value_parser = protocol_parser())]
    protocol: Option<Protocol>,
    /// How the plugin's network is separated from the machine's.
    #[arg(long, value_name = "KIND", value_enum, default_value_t = IsolationChoice::Auto)]
    isolation: IsolationChoice,
    /// The operator's HTTP port, in a private network.
    #[arg(long, value_name = "PORT", default_value_t = 80)]
    http_port: u16,
    /// The operator's HTTPS port, in a private network.
    #[arg(long, value_name = "PORT", default_value_t = 443)]
    https_port: u16,
    /// The certificate of the authority that the test bed signs with, for a plugin that trusts no other; a PEM file
    /// [default: a new authority].
    #[arg(long, value_name = "CERT", requires = "ca_key")]
    ca: Option<PathBuf>,
    /// The private key of that authority; a PEM file.
    #[arg(long, value_name = "KEY", requires = "ca")]
    ca_key: Option<PathBuf>,
    /// The longest time that one call may take, such as `30s` or `1500ms`.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = deadline)]
    deadline: Duration,
    /// How long a rule may idle, or repeat calls or rounds of load, call and unload, such as `60s`. A rule that does not finish
    /// in this time is judged by what it has seen.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = deadline)]
    budget: Duration,
    /// The cargo profile that a crate is built with. `dev` is built quickest, but is not what is
    /// shipped [default: `plugin`, if its workspace has that profile, else `release`].
    #[arg(long, value_name = "NAME")]
    cargo_profile: Option<String>,
}

impl TestBedArgs {
    /// Finds the plugin of an argument; a folder is built first. The build is announced, because it
    /// takes a while; what it is doing is then shown by cargo or make.
    pub(crate) fn find_plugin(&self, argument: &Path) -> Result<Plugin, Failure> {
        if argument.is_dir() {
            terminal::eprint(&format!(
                "{HEADING}{:>12}{HEADING:#} {}\n",
                "Building",
                printable::path(argument)
            ));
        }
        Plugin::find(argument, self.cargo_profile.as_deref()).map_err(Failure::usage)
    }

    /// Sets up the test bed, while the process has one thread, and the [`Cancel`]
    /// that ends all runs when the user interrupts the command.
    pub(crate) fn open(&self, trust: Trust) -> Result<(TestBed, Cancel), Failure> {
        let cancel = stopping()?;
        let authority = self.authority()?;
        Ok((TestBed::open(self.isolation, trust, authority)?, cancel))
    }

    /// The authority of `--ca`, or a new one.
    fn authority(&self) -> Result<Authority, Failure> {
        match (&self.ca, &self.ca_key) {
            (Some(certificate), Some(key)) => Ok(Authority::from_files(certificate, key)?),
            _ => Authority::new().map_err(Failure::harness),
        }
    }

    /// The operator's profile. Its protocol is that of `--protocol`, else the one that
    /// the plugin names, else the default one.
    pub(crate) fn profile(&self, plugin: Option<&Plugin>) -> Result<Profile, Failure> {
        let named = plugin.is_some_and(|plugin| plugin.protocol.is_some());
        Ok(Profile {
            protocol: self.protocol_of(plugin)?,
            assumed: self.protocol.is_none() && !named,
            ports: Ports {
                http: self.http_port,
                https: self.https_port,
            },
            deadline: self.deadline,
            budget: self.budget,
        })
    }

    fn protocol_of(&self, plugin: Option<&Plugin>) -> Result<Protocol, Failure> {
        if let Some(protocol) = &self.protocol {
            return Ok(protocol.clone());
        }
        let named = plugin.and_then(|plugin| Some((&plugin.name, plugin.protocol.as_deref()?)));
        let Some((plugin, name)) = named else {
            return Ok(Protocol::default());
        };
        protocol(name).map_err(|reason| {
            Failure::Usage(format!(
                "{plugin} names a protocol in its Cargo.toml: {reason}"
            ))
        })
    }
}

/// The upper limit of `--deadline`.
const LONGEST: Duration = Duration::from_secs(3600);

/// For clap: a built-in protocol; the help lists their names.
fn protocol_parser() -> impl TypedValueParser<Value = Protocol> {
    PossibleValuesParser::new(Protocol::BUILT_IN).try_map(|name| protocol(&name))
}

fn protocol(name: &str) -> Result<Protocol, String> {
    Protocol::built_in(name).ok_or_else(|| {
        format!(
            "the built-in protocols are: {}",
            Protocol::BUILT_IN.join(", ")
        )
    })
}

/// For clap: a duration from more than zero to [`LONGEST`].
fn deadline(text: &str) -> Result<Duration, String> {
    let duration = parse_duration(text).map_err(|expected| format!("write {expected}"))?;
    if duration.is_zero() || duration > LONGEST {
        return Err("it must be more than zero and no more than an hour".to_owned());
    }
    Ok(duration)
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

    #[test]
    fn a_deadline_is_more_than_zero_and_no_more_than_an_hour() {
        assert_eq!(deadline("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(deadline("1h"), Ok(LONGEST));
        for (wrong, expected) in [
            ("30", "write a number and a unit, such as `30s`"),
            ("0s", "more than zero"),
            ("61m", "no more than an hour"),
        ] {
            let error = deadline(wrong).expect_err(wrong);
            assert!(error.contains(expected), "{error}");
        }
    }
}
