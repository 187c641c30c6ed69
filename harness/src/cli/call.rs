//! `call`: one call of `IsEntitled` in one scenario.

use std::path::{Path, PathBuf};

use clap::Args;
use ics_device::document::names::{nearest, quoted};
use ics_device::printable::{self, Printable, PrintableLines};

use super::{ExitStatus, Failure, TestBedArgs, named};
use crate::abi::ICS_ENTITLEMENT_RESULT;
use crate::profile::Profile;
use crate::rules;
use crate::run::scripts::ONE_CALL;
use crate::run::{RunError, RunRecord, RunSpec, UNAVAILABLE, answer_name};
use crate::terminal::eprint;
use crate::testbed::Scenario;
use crate::testbed::authority::Trust;
use crate::testbed::capture::CaptureFile;
use crate::testbed::isolation::IsolationKind;
use crate::testbed::mask::Masking;
use crate::worker::observation::End;

const EXAMPLES: &str = "\
Examples:
  ics-harness call sample-plugins/minimal                       the server allows
  ics-harness call ./libentitlement.so --scenario deny          the server denies
  ics-harness call ./libentitlement.so --scenario tls/expired   the scenario of a rule
  ics-harness call ./libentitlement.so --server https://test.operator.example   a real server
  ics-harness call ./libentitlement.so --scenario http/500 --pcap call.pcapng   for Wireshark

The answer goes to standard output, the transcript of the network traffic to standard error, with
the reason of an UNAVAILABLE, which plugins made with the SDK tell.
Exit codes: 0 one of the three values was returned; 1 anything else happened; 2 usage; 3 harness
error; 4 undecided: the isolation in use cannot show this scenario; 130 interrupted.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CallArgs {
    /// A library file, or a plugin's source folder (with Cargo.toml or Makefile), which is built first.
    #[arg(value_name = "PLUGIN", value_parser = named())]
    plugin: PathBuf,
    /// `allow`, `deny`, the id of a rule, for the scenario of that rule, or `profile/NAME`.
    #[arg(long, value_name = "RULE-OR-NAME", default_value = "allow")]
    scenario: String,
    /// Write the network traffic to FILE as pcapng, with the secrets of the TLS sessions, so that Wireshark shows what was
    /// encrypted. Nothing in it is masked. It needs a private network.
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,
    #[command(flatten)]
    test_bed: TestBedArgs,
}

/// How the names of a profile's responses begin.
const PROFILE: &str = "profile/";

/// The scenario with that name, of the contract or of a response that the profile names.
pub(super) fn scenario(name: &str, profile: &Profile) -> Result<Scenario, String> {
    let of_profile = rules::of_profile(profile);
    let known = || rules::all().chain(of_profile.iter().copied());
    if let Some(scenario) = rules::scenario_named(name, known()) {
        return Ok(scenario);
    }
    let near = nearest(name, known().map(|rule| rule.id).chain(["allow", "deny"])).map_or_else(
        || ".".to_owned(),
        |near| format!("; did you mean `{near}`?"),
    );
    Err(format!(
        "there is no scenario {}{near} Scenarios are `allow`, `deny`, the rules that have one (`ics-harness rules` lists \
         them), and `profile/NAME` for a response with a name in the profile",
        quoted(name)
    ))
}

pub(super) fn run(args: &CallArgs) -> Result<ExitStatus, Failure> {
    // The names of the profile are known only with the plugin.
    if !args.scenario.starts_with(PROFILE) {
        scenario(&args.scenario, &Profile::default_one()).map_err(Failure::Usage)?;
    }
    let plugin = args.test_bed.find_plugin(&args.plugin)?;
    let conditions = args.test_bed.conditions(Some(&plugin))?;
    let scenario = scenario(&args.scenario, &conditions.profile).map_err(Failure::Usage)?;
    let inspection = &plugin.inspection;
    if !inspection.is_whole_library() {
        eprint(&format!(
            "{}\n",
            Printable(format!("it cannot be loaded: {}", inspection.what_it_is()))
        ));
        return Ok(ExitStatus::Failed);
    }
    let (test_bed, cancel) = args.test_bed.open(Trust::Replace, [&conditions])?;
    if let Some(reason) = test_bed.cannot_run(&plugin) {
        eprint(&format!("{}\n", Printable(reason)));
        return Ok(ExitStatus::Undecided);
    }
    let test_bed = match &args.pcap {
        Some(_) if test_bed.isolation().kind() != IsolationKind::Namespace => {
            return Err(Failure::Usage(format!(
                "--pcap: traffic can be captured in a private network only, and this is isolation `{}`",
                test_bed.isolation().name()
            )));
        }
        Some(_) => test_bed.with_capture()?,
        None => test_bed,
    };
    let masking = conditions.masking();
    let prepared = test_bed.prepare(&plugin, conditions)?;
    let spec = RunSpec::new(scenario, ONE_CALL).unwatched();
    match test_bed.run(spec, &prepared, &cancel) {
        Ok(record) => {
            if let (Some(file), Some(capture)) = (&args.pcap, &record.capture) {
                save(capture, file)?;
            }
            show(&record, &masking)
        }
        Err(RunError::Unsupported(reason) | RunError::NotApplicable(reason)) => {
            eprint(&format!("{}\n", Printable(reason)));
            Ok(ExitStatus::Undecided)
        }
        Err(RunError::Failed(_) | RunError::Exhausted(_)) if cancel.is_cancelled() => {
            Err(Failure::Stopped)
        }
        Err(RunError::Failed(reason) | RunError::Exhausted(reason)) => {
            Err(Failure::Harness(reason))
        }
    }
}

fn save(capture: &CaptureFile, file: &Path) -> Result<(), Failure> {
    let copied = std::fs::copy(capture.path(), file);
    copied.map(drop).map_err(|error| {
        Failure::Harness(format!("cannot write {}: {error}", printable::path(file)))
    })
}

fn show(record: &RunRecord, masking: &Masking) -> Result<ExitStatus, Failure> {
    let observation = &record.observation;
    let mut text = record.transcript.for_people().to_string();
    for (name, output) in [
        ("stdout", &observation.stdout),
        ("stderr", &observation.stderr),
    ] {
        if output.bytes > 0 {
            // Its lines are indented, so that none can be mistaken for a line of the harness.
            let lines = PrintableLines(&masking.text(output.text.trim_end())).to_string();
            text.push_str(&format!(
                "the plugin printed {} bytes on {name}: {}\n",
                output.bytes,
                lines.replace('\n', "\n    ")
            ));
        }
    }
    if let Some(error) = record.error() {
        text.push_str(&format!("{}\n", Printable(error)));
    }
    if let Some(end) = record.early_end() {
        text.push_str(&format!("{}\n", Printable(end)));
    }
    eprint(&text);
    let Some(call) = record.calls().next() else {
        return Ok(ExitStatus::Failed);
    };
    if call.value == UNAVAILABLE {
        let own = record.own_reason();
        let seen = match own {
            // To the plugin it is a response like any other.
            Some(_) => record.test_bed_reason().map(str::to_owned),
            None => record.seen_reason(),
        };
        let own = own.map(|reason| format!("the plugin says: {reason}"));
        for why in own.into_iter().chain(seen) {
            eprint(&format!("{}\n", Printable(masking.text(&why))));
        }
    }
    super::print(&format!(
        "{} after {:.3} s\n",
        answer_name(call.value),
        call.seconds
    ))?;
    let answered =
        observation.end == End::Finished && ICS_ENTITLEMENT_RESULT::from_raw(call.value).is_some();
    Ok(if answered {
        ExitStatus::Success
    } else {
        ExitStatus::Failed
    })
}
