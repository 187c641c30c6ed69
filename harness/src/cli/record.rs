//! `record`: the exchanges of a plugin with a real server, as a profile or as a HAR file.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use ics_device::printable::Printable;

use super::output::{Output, keep_apart};
use super::{ExitStatus, Failure, TestBedArgs};
use crate::discover::draft::Draft;
use crate::discover::{har, one_call, steps_of};
use crate::run::{Conditions, RunError, answer_name};
use crate::terminal::eprint;
use crate::testbed::authority::Trust;
use crate::testbed::exchanges::ExchangeLog;

const EXAMPLES: &str = "\
Examples:
  ics-harness record ./libentitlement.so --upstream https://test.operator.example
  ics-harness record ./libentitlement.so --upstream https://test.operator.example:8443 \\
      --resolve test.operator.example:192.0.2.7 --output conformance.toml
  ics-harness record ./libentitlement.so --upstream http://localhost:8080 --har allow.har

The plugin is called once in its private network, and again if it tries a port that was not
served; its requests are passed on to the server, and the responses back. What comes out holds
them as they were, tokens and identities included.
Exit codes: 0 written; 1 the plugin sent no request; 2 usage; 3 harness error, or no response from
the server; 130 interrupted.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RecordArgs {
    /// A library file, or a plugin's source folder (with Cargo.toml or Makefile), which is built first.
    #[arg(value_name = "PLUGIN")]
    plugin: PathBuf,
    /// Write a profile to FILE instead of standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write a HAR file instead of a profile.
    #[arg(long, value_name = "FILE", conflicts_with = "output")]
    har: Option<PathBuf>,
    #[command(flatten)]
    test_bed: TestBedArgs,
}

pub(super) fn run(args: &RecordArgs) -> Result<ExitStatus, Failure> {
    let output = args.har.as_deref().or(args.output.as_deref());
    keep_apart(&args.test_bed.with_plugin(&args.plugin), output)?;
    let output = Output::open(output)?;
    let plugin = args.test_bed.find_plugin(&args.plugin)?;
    let mut conditions = args.test_bed.conditions(Some(&plugin))?;
    if conditions.options.upstream.is_none() {
        return Err(Failure::Usage(
            "name the server to record with --upstream, such as --upstream https://test.operator.example"
                .to_owned(),
        ));
    }
    let log = Arc::new(ExchangeLog::default());
    conditions.options.log = Some(Arc::clone(&log));
    let (test_bed, cancel) = args.test_bed.open(Trust::Replace, [&conditions])?;
    let mut draft = Draft::new(&plugin.name, &conditions).seen_in(test_bed.isolation());
    let (record, exchanges) = loop {
        // Which requests the profile expects does not matter: the server knows.
        let conditions = Conditions {
            profile: draft.profile().map_err(Failure::harness)?,
            ..conditions.clone()
        };
        let prepared = test_bed.prepare(&plugin, conditions)?;
        let record = match one_call(&test_bed, &prepared, &cancel) {
            Ok(record) => record,
            Err(_) if cancel.is_cancelled() => return Err(Failure::Stopped),
            Err(RunError::Unsupported(reason) | RunError::NotApplicable(reason)) => {
                return Err(Failure::Usage(reason));
            }
            Err(RunError::Failed(reason) | RunError::Exhausted(reason)) => {
                return Err(Failure::Harness(reason));
            }
        };
        let exchanges = log.take();
        if !draft.serve_new_ports(&record) {
            break (record, exchanges);
        }
        eprint("it tries another port, which is served from now on; it is called again\n");
    };
    eprint(&record.transcript.for_people().to_string());
    let answer = record.calls().next().map(|call| answer_name(call.value));
    eprint(&format!(
        "{}\n",
        Printable(answer.unwrap_or_else(|| "no answer".to_owned()))
    ));
    if let Some(reason) = record.upstream_failure() {
        return Err(Failure::Harness(reason.to_owned()));
    }
    if exchanges.is_empty() {
        eprint("the plugin sent no request; `ics-harness discover` says why\n");
        return Ok(ExitStatus::Failed);
    }
    if args.har.is_some() {
        output.put(har::write(&exchanges).as_bytes(), true)?;
    } else {
        draft.steps = steps_of(&exchanges);
        draft.keep_used_ports(&record);
        output.put(draft.toml().as_bytes(), true)?;
    }
    Ok(ExitStatus::Success)
}
