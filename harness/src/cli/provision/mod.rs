//! `provision`: provisioning documents and OEMs' forms of them checked, shown, applied, converted,
//! signed and verified.
//!
//! Faults go to standard error with their lines and carets; documents and
//! answers go to standard output or the file that `--output` names.

mod apply;
mod check;
mod convert;
mod encode;
mod forms;
mod nodes;
mod push;
mod query;
mod show;
mod sms;
mod targets;
mod waiting;

use std::path::Path;

use clap::{Args, Subcommand};
use ics_device::csp;
use ics_device::printable::Printable;
use ics_device::simulation::describe_change;
use ics_device::state::{Folder, FolderError, State};

use super::document::ProvidersArgs;
use super::{ExitStatus, Failure};

const EXAMPLES: &str = "\
Examples:
  ics-harness provision check hotspot.xml                       every mistake
  ics-harness provision show hotspot.xml                        as a tree
  ics-harness provision apply hotspot.xml --state my-device     the answer
  ics-harness provision query HotSpot --state my-device         what it has
  ics-harness provision encode hotspot.xml -o hotspot.wbxml     over the air
  ics-harness provision convert answer-file.xml --to provisioningdoc    of an OEM's form
  ics-harness provision sign hotspot.xml --method userpin --pin 1234 -o h.push
  ics-harness provision sms gateway.log                         what short messages hold

Exit codes: 0 success; 1 a document or a push was refused; 2 usage, or a file cannot be
read; 3 the harness could not do its work.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ProvisionArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Report every fault of documents, with its place and what to write instead.
    Check(check::CheckArgs),
    /// Show a document as a tree: what it sets, what stays at its default, and when changes take effect.
    Show(show::ShowArgs),
    /// Apply documents to a device's folder and write the device's response.
    Apply(apply::ApplyArgs),
    /// Query a device and write its response.
    Query(query::QueryArgs),
    /// Write documents as WBXML.
    Encode(encode::EncodeArgs),
    /// Write WBXML documents, or those inside pushes, as XML.
    Decode(encode::DecodeArgs),
    /// Convert an OEM's form (MCSF answer file, WCD customizations) to a provisioning document, and back.
    Convert(convert::ConvertArgs),
    /// Wrap a document in a push message, with a MAC that authenticates the sender.
    Sign(push::SignArgs),
    /// Authenticate the sender of a push message.
    Verify(push::VerifyArgs),
    /// Join short messages of logs and files to pushes, and show the documents in them.
    Sms(sms::SmsArgs),
    /// List the nodes that documents can set, with the specification's sentences.
    Nodes(nodes::NodesArgs),
}

pub(super) fn run(args: &ProvisionArgs) -> Result<ExitStatus, Failure> {
    match &args.command {
        Command::Check(args) => check::run(args),
        Command::Show(args) => show::run(args),
        Command::Apply(args) => apply::run(args),
        Command::Query(args) => query::run(args),
        Command::Encode(args) => encode::encode(args),
        Command::Decode(args) => encode::decode(args),
        Command::Convert(args) => convert::run(args),
        Command::Sign(args) => push::sign(args),
        Command::Verify(args) => push::verify(args),
        Command::Sms(args) => sms::run(args),
        Command::Nodes(args) => nodes::run(args),
    }
}

/// What a document changed, one line a node.
fn describe_changes(changes: &[csp::Change]) -> String {
    let line = |change: &csp::Change| {
        format!(
            "  {}, {}\n",
            Printable(describe_change(change)),
            change.effective.describe()
        )
    };
    match changes {
        [] => "  it changes nothing\n".to_owned(),
        _ => changes.iter().map(line).collect(),
    }
}

/// The state in a device's folder, read without locking it.
fn peek(folder: &Path) -> Result<State, Failure> {
    Folder::peek(folder).map_err(|error| match error {
        FolderError::NoDevice(_) => {
            Failure::Usage(format!("{error} (`provision apply` does that)"))
        }
        error => Failure::usage(error),
    })
}
