//! `new`: a project of a plugin, outside of this repository.

use std::path::PathBuf;

use clap::Args;
use ics_device::printable;

use super::{ExitStatus, Failure, named, print};
use crate::new_project::{
    Language, Project, ProjectName, Protocol, ProtocolError, SdkSource, WriteError,
};

const EXAMPLES: &str = "\
Examples:
  ics-harness new my-operator --language rust
  ics-harness new my-operator --language c --protocol carrier-json --output plugins/my-operator
  ics-harness new my-operator --language c++ --profile conformance.toml
  ics-harness new my-operator --language rust --sdk https://git.oem.example/ics-entitlement

The project builds and passes `check` as it is. It has a test against `serve`, a workflow for CI,
a profile, a provisioning document, and notes on signing. With --profile, the plugin sends the
profile's first request and returns UNAVAILABLE until you complete its decision, in a place that
is marked TODO.
Exit codes: 0 made; 2 usage, or the folder is not empty; 3 harness error.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct NewArgs {
    /// The name of the plugin: lower-case letters, digits, `-` and `_`.
    #[arg(value_name = "NAME")]
    name: ProjectName,
    /// The language of the project.
    #[arg(long, value_enum)]
    language: Language,
    /// The protocol of a sample, `minimal` or `carrier-json`, which the project is complete for.
    #[arg(long, value_name = "NAME", default_value = "minimal")]
    protocol: String,
    /// A profile of the operator's own protocol, whose decision is left to be completed.
    #[arg(long, value_name = "FILE", conflicts_with = "protocol", value_parser = named())]
    profile: Option<PathBuf>,
    /// Where a project in Rust has the SDK from: a checkout, its folder sdk, or the URL of a git repository
    /// [default: the checkout that this program was built from].
    #[arg(long, value_name = "PATH-OR-GIT-URL")]
    sdk: Option<String>,
    /// The folder of the project, which must be absent or empty [default: NAME].
    #[arg(long, value_name = "FOLDER", value_parser = named())]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &NewArgs) -> Result<ExitStatus, Failure> {
    let protocol = match &args.profile {
        Some(file) => Protocol::of_profile(file),
        None => Protocol::named(&args.protocol),
    };
    let project = Project {
        name: args.name.clone(),
        language: args.language,
        protocol: protocol.map_err(|error: ProtocolError| Failure::Usage(error.to_string()))?,
        sdk: sdk(args)?,
    };
    let folder = match &args.output {
        Some(folder) => folder.clone(),
        None => PathBuf::from(args.name.as_str()),
    };
    project.write(&folder).map_err(|error| match error {
        WriteError::NotEmpty(_) | WriteError::NotAFolder(_) => Failure::usage(error),
        WriteError::Unwritable { .. } => Failure::harness(error),
    })?;
    print(&summary(&project, &folder))?;
    Ok(ExitStatus::Success)
}

fn sdk(args: &NewArgs) -> Result<SdkSource, Failure> {
    match (&args.sdk, args.language) {
        (Some(named), Language::Rust) => SdkSource::named(named).map_err(Failure::usage),
        (None, Language::Rust) => Ok(SdkSource::of_this_checkout()),
        (Some(_), Language::C | Language::Cxx) => Err(Failure::Usage(
            "--sdk is for --language rust: projects in C and C++ need the header alone, which they get".to_owned(),
        )),
        (None, Language::C | Language::Cxx) => Ok(SdkSource::Unknown),
    }
}

/// What was made, what is left to do, and the next commands.
fn summary(project: &Project, folder: &std::path::Path) -> String {
    let mut text = format!("{} has\n", printable::path(folder));
    for file in project.files() {
        text += &format!("    {}\n", file.path);
    }
    if project.protocol.is_incomplete() {
        text += "The plugin returns UNAVAILABLE until you complete its decision, which is marked TODO.\n";
    }
    if project.language == Language::Rust && project.sdk == SdkSource::Unknown {
        text += "TODO: write the repository or the path of the SDK into Cargo.toml (or name it with --sdk).\n";
    }
    text += &format!("Next, in {}:\n", printable::path(folder));
    for command in project.commands() {
        text += &format!("    {command}\n");
    }
    text
}
