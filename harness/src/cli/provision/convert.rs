//! `provision convert`: an OEM's form to a provisioning document, and back.

use std::path::PathBuf;
use std::slice;

use clap::{Args, ValueEnum};
use ics_device::document::{Diagnostic, Diagnostics, Document, Role, Span, xml};
use ics_device::oem::{self, Form, Unheld};
use ics_device::printable::Printable;
use ics_device::state::State;

use super::super::document::Input;
use super::super::output::put;
use super::targets::plan;
use super::{ExitStatus, Failure, forms};
use crate::terminal::eprint;

const EXAMPLES: &str = "\
Examples:
  ics-harness provision convert answer-file.xml --to provisioningdoc
  ics-harness provision convert customizations.xml --to provisioningdoc --variant Contoso
  ics-harness provision convert hotspot.xml --to mcsf -o answer-file.xml
  ics-harness provision convert hotspot.xml --to wcd --leave-out -o customizations.xml

A form with several variants and no settings for all devices needs --variant; the error
lists them. Static or Common is chosen by that name.

Exit codes: 0 it is written; 1 it was refused, or the form cannot hold all of it; 2 usage,
a variant has to be chosen, or the file cannot be read; 3 it cannot be written.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ConvertArgs {
    /// An MCSF answer file, WCD customizations, or a provisioning document; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What to write.
    #[arg(long, value_enum)]
    to: Target,
    /// The section of the form to convert, by its name; without it the one for all devices, else the only variant.
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// Leave out what the target form cannot hold, with a warning for each; it is an error otherwise.
    #[arg(long)]
    leave_out: bool,
    /// The file to write instead of standard output; never the input.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Target {
    /// A provisioning document as XML.
    Provisioningdoc,
    /// A customization answer file (MCSF).
    Mcsf,
    /// Customizations of Windows Configuration Designer.
    Wcd,
}

pub(super) fn run(args: &ConvertArgs) -> Result<ExitStatus, Failure> {
    let targets = plan(slice::from_ref(&args.file), args.output.as_deref(), "xml")?;
    let mut input = Input::read(&args.file)?;
    let mut opened = forms::open(&mut input, Role::Request, args.variant.as_deref())?;
    // A new device: what another one has is not in the form either.
    opened.apply(&mut State::default());
    let is_sound = !opened.faults.refuse();
    let text = match &opened.document {
        Some(document) if is_sound => {
            if let Some(at) = opened.variant.filter(|_| args.to.is_form()) {
                opened.faults.push(without_targets(at));
            }
            args.write(document, &mut opened.faults)?
        }
        _ => None,
    };
    eprint(&input.render(&opened.faults));
    let Some(text) = text else {
        let counts = opened.faults.counts();
        let name = Printable(&input.name);
        let hint = match is_sound && !args.leave_out {
            true => "; --leave-out leaves out what the form cannot hold",
            false => "",
        };
        eprint(&format!("{name}: {counts}; nothing is written{hint}\n"));
        return Ok(ExitStatus::Failed);
    };
    eprint(&opened.describe_others(&input));
    put(text.as_bytes(), targets[0].as_deref(), true)?;
    Ok(ExitStatus::Success)
}

impl Target {
    fn is_form(self) -> bool {
        match self {
            Self::Provisioningdoc => false,
            Self::Mcsf | Self::Wcd => true,
        }
    }
}

/// The warning that a variant is written for all devices.
fn without_targets(at: Span) -> Diagnostic {
    Diagnostic::warning(at, "settings for the devices of some targets")
        .expected(
            "settings for all devices, which is what they become: the written form has no targets",
        )
        .help("put the targets and a variant around them in the written form")
}

impl ConvertArgs {
    /// The document as what was asked for; nothing if the faults refuse that.
    fn write(
        &self,
        document: &Document,
        faults: &mut Diagnostics,
    ) -> Result<Option<String>, Failure> {
        let unheld = match self.leave_out {
            true => Unheld::LeaveOut,
            false => Unheld::Refuse,
        };
        let form = match self.to {
            Target::Provisioningdoc => {
                // What was read holds no character that XML does not have.
                return xml::write(document).map(Some).map_err(Failure::harness);
            }
            Target::Mcsf => Form::Mcsf,
            Target::Wcd => Form::Wcd,
        };
        Ok(oem::write(document, form, unheld, faults))
    }
}
