//! The command line: one file a subcommand.
//!
//! What machines read goes to standard output or a named file; everything for
//! people goes to standard error, except where the words are the output.

mod bench;
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
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser, Subcommand};
use serde::Serialize;

use crate::failure::in_full;
use crate::plugin::Plugin;
use crate::run::{Profile, TestBed, TestBedError};
use crate::terminal::{self, style::BAD};
use crate::testbed::authority::Trust;
use crate::testbed::isolation::Wanted;
use crate::testbed::protocol::Protocol;
use crate::testbed::servers::Ports;
use crate::worker::Cancel;
use ics_device::printable::{Printable, Utf8};
use ics_device::units::parse_duration;

const EXAMPLES: &str = "\
Examples:
  ics-harness check sample-plugins/carrier-json
  ics-harness check ./libentitlement.so --json report.json
  ics-harness explain http/captive-portal
  ics-harness call ./libentitlement.so --scenario http/500

Exit codes: 0 conformant; 1 a rule failed; 2 usage; 3 the harness could not do its work;
4 nothing ran, or a rule that must hold could not be examined.";

/// Examines entitlement plugins of Internet Sharing: loads any plugin, puts it
/// into good and bad scenarios, and says which rule of the contract it breaks.
#[derive(Debug, Parser)]
#[command(name = "ics-harness", version, styles = terminal::style::CLAP, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Examine plugins: a library file, or the folder of a plugin's source, which is built first.
    Check(check::CheckArgs),
    /// Call IsEntitled once, in a scenario of your choice.
    Call(call::CallArgs),
    /// Measure loading, calls and unloading, alone or against another plugin.
    Bench(bench::BenchArgs),
    /// Say what a library file itself says: format, machine, exports, needed libraries.
    Inspect(inspect::InspectArgs),
    /// Check, show, apply, convert and sign provisioning documents.
    Provision(provision::ProvisionArgs),
    /// Simulate a device over a timeline.
    Simulate(simulate::SimulateArgs),
    /// Run a simulated device interactively, in real time.
    Device(device::DeviceArgs),
    /// List the rules of the contract.
    Rules(rules::RulesArgs),
    /// Tell the whole story of one rule.
    Explain(explain::ExplainArgs),
    /// Write the C, C++ or Cython header of the contract.
    Header(header::HeaderArgs),
    /// Serve scenarios on loopback, to develop a plugin against.
    Serve(serve::ServeArgs),
    /// Write the JSON Schema of the report that `check --json` makes.
    Schema(schema::SchemaArgs),
}

/// How a command ended, and so its exit code. The order is by severity, so that
/// the worst of several is their maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitStatus {
    /// Conformant, or the work was done: 0.
    Success,
    /// Nothing ran, or a rule that must hold could not be examined: 4.
    Undecided,
    /// A rule failed, or a comparison found a difference: 1.
    Failed,
    /// Some of the named input cannot be read: 2, as other wrong usage.
    InputUnreadable,
    /// The harness could not do its work: 3.
    HarnessError,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Success => 0,
            ExitStatus::Failed => 1,
            ExitStatus::InputUnreadable => 2,
            ExitStatus::HarnessError => 3,
            ExitStatus::Undecided => 4,
        })
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What was asked for makes no sense or is not there: exit code 2.
    Usage(String),
    /// The harness could not do its work: exit code 3.
    Harness(String),
    /// The user asked to stop: exit code 130, as shells say it.
    Stopped,
}

impl From<TestBedError> for Failure {
    fn from(error: TestBedError) -> Self {
        match error {
            TestBedError::Cancelled => Self::Stopped,
            // The plugin's own settings file is the user's business.
            TestBedError::Copy(error) => Self::usage(error),
            error => Self::harness(error),
        }
    }
}

impl Failure {
    /// For `map_err`: the user's business.
    pub(crate) fn usage(error: impl std::error::Error) -> Self {
        Self::Usage(in_full(&error))
    }

    /// For `map_err`: the harness's own trouble.
    pub(crate) fn harness(error: impl std::error::Error) -> Self {
        Self::Harness(in_full(&error))
    }
}

/// The commands and their options.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Parses the command line and does what it says.
pub fn main() -> ExitCode {
    let cli = match parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let result = match cli.command {
        Command::Check(args) => check::run(&args).map(ExitCode::from),
        Command::Call(args) => call::run(&args).map(ExitCode::from),
        Command::Bench(args) => bench::run(&args).map(ExitCode::from),
        Command::Inspect(args) => inspect::run(&args).map(ExitCode::from),
        Command::Provision(args) => provision::run(&args).map(ExitCode::from),
        Command::Simulate(args) => simulate::run(&args).map(ExitCode::from),
        Command::Device(args) => device::run(&args).map(ExitCode::from),
        Command::Rules(args) => rules::run(&args).map(ExitCode::from),
        Command::Explain(args) => explain::run(&args).map(ExitCode::from),
        Command::Header(args) => header::run(&args).map(ExitCode::from),
        Command::Serve(args) => serve::run(&args).map(ExitCode::from),
        Command::Schema(args) => schema::run(&args).map(ExitCode::from),
    };
    let (code, words) = match result {
        Ok(code) => return code,
        Err(Failure::Usage(words)) => (2, words),
        Err(Failure::Harness(words)) => (3, words),
        Err(Failure::Stopped) => (130, "stopped; nothing is left running".to_owned()),
    };
    terminal::eprint(&error_line(&words));
    ExitCode::from(code)
}

/// Reads the command line. Help, and an error, are printed here.
fn parse() -> Result<Cli, ExitCode> {
    Cli::try_parse().map_err(|error| {
        // An error repeats arguments: it is made again of how they are shown.
        let shown = |argument: OsString| Printable(Utf8(argument.as_encoded_bytes())).to_string();
        let again = Cli::try_parse_from(std::env::args_os().map(shown));
        let error = again.err().unwrap_or(error);
        let text = error.render().ansi().to_string();
        if error.use_stderr() {
            terminal::eprint(&text);
        } else {
            // As for any output, a reader that has gone is no failure.
            drop(terminal::print(&text));
        }
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
    })
}

/// An error on a line of its own.
fn error_line(words: &str) -> String {
    format!("{BAD}error{BAD:#}: {}\n", Printable(words))
}

/// The switch that ends what goes on when the user asks to stop. It comes
/// before anything that would have to be cleaned up.
pub(crate) fn stopping() -> Result<Cancel, Failure> {
    let cancel = Cancel::new().map_err(Failure::harness)?;
    cancel.on_signals().map_err(Failure::harness)?;
    Ok(cancel)
}

/// What all commands that set up a scenario have in common.
#[derive(Debug, Args)]
#[command(next_help_heading = "Scenario")]
pub(crate) struct TestBedArgs {
    /// What the server says to mean yes and no [default: what the crate says, else carrier-json].
    #[arg(long, value_name = "NAME", value_parser = protocol)]
    protocol: Option<Protocol>,
    /// How the plugin is cut off from the machine. `auto` takes a private network where that is to be had.
    #[arg(long, value_enum, default_value_t = Wanted::Auto)]
    isolation: Wanted,
    /// The port on which the operator's server speaks http, in a private network.
    #[arg(long, value_name = "PORT", default_value_t = 80)]
    http_port: u16,
    /// The port on which the operator's server speaks https, in a private network.
    #[arg(long, value_name = "PORT", default_value_t = 443)]
    https_port: u16,
    /// The longest that a call may take, such as `30s` or `1500ms`.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = deadline)]
    deadline: Duration,
}

impl TestBedArgs {
    /// Sets up the test bed, while the process has one thread, and the switch
    /// that ends all runs when the user asks to stop.
    pub(crate) fn open(&self, trust: Trust) -> Result<(TestBed, Cancel), Failure> {
        let cancel = stopping()?;
        Ok((TestBed::open(self.isolation, trust)?, cancel))
    }

    /// What is known of the operator whose server the plugin asks. Without a
    /// plugin, or where it does not say which protocol it speaks, that is the
    /// default one.
    pub(crate) fn profile(&self, plugin: Option<&Plugin>) -> Result<Profile, Failure> {
        Ok(Profile {
            protocol: self.protocol_of(plugin)?,
            ports: Ports {
                http: self.http_port,
                https: self.https_port,
            },
            deadline: self.deadline,
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

/// No call is waited for longer.
const LONGEST: Duration = Duration::from_secs(3600);

fn protocol(name: &str) -> Result<Protocol, String> {
    Protocol::built_in(name).ok_or_else(|| {
        format!(
            "the built-in protocols are: {}",
            Protocol::BUILT_IN.join(", ")
        )
    })
}

/// For clap: a duration that can be waited for.
fn deadline(text: &str) -> Result<Duration, String> {
    let duration = parse_duration(text).map_err(|expected| format!("write {expected}"))?;
    if duration.is_zero() || duration > LONGEST {
        return Err("it must be more than nothing and no more than an hour".to_owned());
    }
    Ok(duration)
}

/// Writes a text that is the command's output. A reader that has gone, as in
/// `| head`, is no failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    match terminal::print(text) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(unwritable(&error)),
        _ => Ok(()),
    }
}

/// Writes a value as JSON that is the command's output.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(Failure::harness)?;
    print(&format!("{}\n", terminal::json(&text)))
}

/// Why the command's output cannot be written.
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
    fn a_deadline_is_more_than_nothing_and_no_more_than_an_hour() {
        assert_eq!(deadline("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(deadline("1h"), Ok(LONGEST));
        for (wrong, words) in [
            ("30", "write a number and a unit, such as `30s`"),
            ("0s", "more than nothing"),
            ("61m", "no more than an hour"),
        ] {
            let told = deadline(wrong).expect_err(wrong);
            assert!(told.contains(words), "{told}");
        }
    }
}
