//! `discover`: what a plugin asks, without knowing its protocol.

use std::path::PathBuf;

use clap::Args;
use ics_device::printable::PrintableLines;

use super::output::{Output, keep_apart};
use super::{ExitStatus, Failure, TestBedArgs};
use crate::discover::{DiscoverError, discover};
use crate::run::{RunRecord, answer_name};
use crate::terminal::eprint;
use crate::testbed::authority::Trust;

const EXAMPLES: &str = "\
Examples:
  ics-harness discover ./libentitlement.so
  ics-harness discover ./libentitlement.so --output conformance.toml
  ics-harness discover ./libentitlement.so --ca test-ca.pem --ca-key test-ca.key

It runs the plugin with plausible answers, until no further request comes, and writes the
beginning of a profile. What only the operator knows is marked TODO there. Then: `profile check`,
and `check --profile`.
Exit codes: 0 written; 1 the plugin sent no request; 2 usage; 3 harness error; 130 interrupted.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DiscoverArgs {
    /// A library file, or a plugin's source folder (with Cargo.toml or Makefile), which is built first.
    #[arg(value_name = "PLUGIN")]
    plugin: PathBuf,
    /// Write the profile to FILE instead of standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    test_bed: TestBedArgs,
}

pub(super) fn run(args: &DiscoverArgs) -> Result<ExitStatus, Failure> {
    keep_apart(
        &args.test_bed.with_plugin(&args.plugin),
        args.output.as_deref(),
    )?;
    let output = Output::open(args.output.as_deref())?;
    let plugin = args.test_bed.find_plugin(&args.plugin)?;
    let conditions = args.test_bed.conditions(Some(&plugin))?;
    if conditions.options.upstream.is_some() {
        return Err(Failure::Usage(
            "discover gives answers of its own; `ics-harness record` writes a profile with those of a real server"
                .to_owned(),
        ));
    }
    let (test_bed, cancel) = args.test_bed.open(Trust::Replace, [&conditions])?;
    let progress = |text: &str| eprint(&format!("{}\n", PrintableLines(text)));
    let found = discover(&plugin, &test_bed, &conditions, &cancel, &progress);
    let discovery = match found {
        Ok(discovery) => discovery,
        Err(_) if cancel.is_cancelled() => return Err(Failure::Stopped),
        Err(DiscoverError::TestBed(error)) => return Err(error.into()),
        Err(error) => return Err(Failure::harness(error)),
    };
    if discovery.draft.steps.is_empty() {
        eprint(&no_request(&discovery.last));
        return Ok(ExitStatus::Failed);
    }
    let steps = discovery.draft.steps.len();
    eprint(&format!(
        "{steps} step{} in {} runs; what only the operator knows is marked TODO in the profile\n",
        if steps == 1 { "" } else { "s" },
        discovery.runs
    ));
    output.put(discovery.draft.toml().as_bytes(), true)?;
    Ok(ExitStatus::Success)
}

/// Why there is nothing to write, and what was seen.
fn no_request(record: &RunRecord) -> String {
    let answer = record.calls().next().map(|call| answer_name(call.value));
    let mut text = record.transcript.for_people().to_string();
    if let Some(end) = record.early_end() {
        text += &format!("{end}\n");
    }
    let transcript = &record.transcript;
    let why = if transcript.refused_handshakes() + transcript.unused_handshakes() > 0 {
        "it rejects the test bed's certificate: give the test bed the authority that it trusts with --ca and --ca-key, or a \
         test build the test bed's (`ics-harness ca export`)"
    } else if transcript.questions() > 0 {
        "it resolves a name, and does not connect"
    } else {
        "it sends nothing at all; perhaps it needs a file beside it, or a variable (`[plugin]` in a profile)"
    };
    text += &format!(
        "the plugin sent no request ({}): {why}\n",
        answer.unwrap_or_else(|| "no answer".to_owned())
    );
    PrintableLines(&text).to_string()
}
