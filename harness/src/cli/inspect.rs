//! `inspect`: what can be read from a plugin's file without loading it.

use std::io::Write;
use std::path::{Path, PathBuf};

use ics_device::printable::{Printable, Utf8};
use rustls::pki_types::CertificateDer;

use super::trust_args::TrustArgs;
use super::{ExitStatus, Failure, error_line, named, print, print_json};
use crate::plugin::PluginError;
use crate::plugin::inspect::{ExportKind, Format, Inspection, inspect_trusting, signatures_of};
use crate::plugin::lacking::{Lacking, lacking};
use crate::plugin::signature::Signatures;
use crate::terminal::eprint;
use crate::worker::wine::{INSTALL, SUPPLIED, Wine};

const EXAMPLES: &str = "\
Examples:
  ics-harness inspect libentitlement.so
  ics-harness inspect MOEntitlement.dll --json
  ics-harness inspect MOEntitlement.dll --trust oem-root.pem
  ics-harness inspect *.dll --trust oem-root.pem --signature

ELF, PE and Mach-O files of any machine can be inspected; `check` judges what is found.
Of a DLL, what it imports and the installed Wine lacks is named: a call of that ends a run.
Several files are separated by empty lines, and with --json are a list of documents.
Exit codes: 0 shown, even if a file is damaged; 1 with --signature, unless each file has a
signature that is valid, not weak and, with --trust, leads to a root; 2 usage, or a file cannot
be read; 3 harness error.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct InspectArgs {
    /// Library files.
    #[arg(value_name = "FILE", required = true, value_parser = named())]
    files: Vec<PathBuf>,
    #[command(flatten)]
    trust: TrustArgs,
    /// Check the code signature of a DLL and nothing else: exit code 1 if it is not valid.
    #[arg(long)]
    signature: bool,
    /// Print one JSON document instead of text.
    #[arg(long)]
    json: bool,
}

/// Describes the files on standard output. A damaged file is described too: `check`
/// judges it. What cannot be read is said of each file, and the others are described.
pub(super) fn run(args: &InspectArgs) -> Result<ExitStatus, Failure> {
    let roots = args.trust.roots()?;
    let roots = roots.as_deref();
    let mut status = ExitStatus::Success;
    let mut documents = Vec::new();
    let mut printed = false;
    for file in &args.files {
        let found = match args.signature {
            true => Found::signatures(file, roots),
            false => Found::all(file, roots),
        };
        let found = match found {
            Ok(found) => found,
            Err(failure) => {
                let (failed, message) = failure.into_parts();
                eprint(&error_line(&message));
                status = status.max(failed);
                continue;
            }
        };
        status = status.max(found.status(roots.is_some()));
        if args.json {
            documents.push(found);
            continue;
        }
        let mut text = Vec::new();
        if printed {
            text.push(b'\n');
        }
        found.describe(&mut text).map_err(Failure::harness)?;
        print(&String::from_utf8_lossy(&text))?;
        printed = true;
    }
    match (args.json, args.files.as_slice(), documents.as_slice()) {
        (false, _, _) | (true, [_], []) => {}
        (true, [_], [document]) => print_json(document)?,
        (true, _, documents) => print_json(&documents)?,
    }
    Ok(status)
}

/// What is shown of one file; with `--json` as it is.
#[derive(serde::Serialize)]
#[serde(untagged)]
enum Found {
    All {
        #[serde(flatten)]
        inspection: Box<Inspection>,
        /// What the library imports and the installed Wine has not; none if that was not looked up.
        #[serde(rename = "wine_lacks")]
        wine: WineSupport,
    },
    Signatures {
        /// The file, as it was named.
        path: String,
        #[serde(flatten)]
        signatures: Signatures,
    },
}

impl Found {
    fn all(file: &Path, roots: Option<&[CertificateDer<'static>]>) -> Result<Self, Failure> {
        can_be_read(file)?;
        let inspection = inspect_trusting(file, roots).map_err(Failure::usage)?;
        Ok(Self::All {
            wine: WineSupport::of(&inspection, file.parent()),
            inspection: Box::new(inspection),
        })
    }

    fn signatures(file: &Path, roots: Option<&[CertificateDer<'static>]>) -> Result<Self, Failure> {
        can_be_read(file)?;
        Ok(Self::Signatures {
            path: Utf8(file.as_os_str().as_encoded_bytes()).to_string(),
            signatures: signatures_of(file, roots).map_err(Failure::usage)?,
        })
    }

    /// A file that is not signed, or whose signatures are not valid, is refused by the exit code where these are checked.
    fn status(&self, with_roots: bool) -> ExitStatus {
        let Self::Signatures { signatures, .. } = self else {
            return ExitStatus::Success;
        };
        let best = signatures.best();
        let accepted = best.is_some_and(|it| !it.weak && (it.trusted || !with_roots));
        match accepted && signatures.problem.is_none() {
            true => ExitStatus::Success,
            false => ExitStatus::Failed,
        }
    }

    fn describe(&self, output: &mut impl Write) -> std::io::Result<()> {
        match self {
            Self::All { inspection, wine } => {
                describe(inspection, output)?;
                wine.describe(output)
            }
            Self::Signatures { path, signatures } => {
                writeln!(output, "{}", Printable(path))?;
                let lines = signature_lines(signatures);
                lines
                    .iter()
                    .try_for_each(|(label, value)| write_line(output, label, value))
            }
        }
    }
}

/// Refuses standard input, from which no command reads a library.
fn can_be_read(file: &Path) -> Result<(), Failure> {
    match file == Path::new("-") {
        true => Err(Failure::usage(PluginError::StandardInput)),
        false => Ok(()),
    }
}

/// Whether Wine has what a library for Windows imports.
#[derive(serde::Serialize)]
#[serde(untagged)]
enum WineSupport {
    /// It is no library for Windows that Wine could run.
    NotLooked,
    NotInstalled,
    Lacks(Vec<Lacking>),
}

impl WineSupport {
    fn of(inspection: &Inspection, folder: Option<&Path>) -> Self {
        // Wine's libraries for 64-bit x86 export what those for other machines do.
        if Format::HOST == Format::Pe || inspection.format != Format::Pe {
            return Self::NotLooked;
        }
        let Some(wine) = Wine::installed_libraries() else {
            return Self::NotInstalled;
        };
        // A file name without a folder is one of the current folder.
        let beside = match folder {
            Some(folder) if folder.as_os_str().is_empty() => Some(Path::new(".")),
            folder => folder,
        };
        let folders: Vec<&Path> = [wine.as_path()].into_iter().chain(beside).collect();
        Self::Lacks(lacking(&inspection.imports, &folders))
    }

    fn describe(&self, output: &mut impl Write) -> std::io::Result<()> {
        let mut label = "Wine lacks";
        let mut line = |value: &str| {
            writeln!(output, "  {label:<14}{}", Printable(value))?;
            label = "";
            Ok(())
        };
        match self {
            Self::NotLooked => Ok(()),
            Self::NotInstalled => line(&format!("not known, without Wine: {INSTALL}")),
            Self::Lacks(lacking) if lacking.is_empty() => line("nothing that it imports"),
            Self::Lacks(lacking) => lacking.iter().try_for_each(|it| {
                match it.functions.is_empty() && it.library.eq_ignore_ascii_case(SUPPLIED) {
                    true => line(&format!("{it} (`check` brings it)")),
                    false => line(&it.to_string()),
                }
            }),
        }
    }
}

/// Writes the text form: one property a line, its name first.
///
/// # Errors
///
/// The output cannot be written.
pub fn describe(inspection: &Inspection, output: &mut impl Write) -> std::io::Result<()> {
    let Inspection {
        path,
        size,
        sha256,
        format,
        kind,
        problems,
        machine,
        exports,
        entitlement,
        needed,
        // They are many; what Wine lacks of them is written by others.
        imports: _,
        name,
        sdk,
        linking,
        signatures,
        secrets,
    } = inspection;
    writeln!(output, "{}", Printable(path))?;
    let mut line = |label: &str, value: &str| write_line(output, label, value);
    line("size", &format!("{size} bytes"))?;
    line("sha256", sha256)?;
    line("format", &format!("{}, {}", format.name(), kind.name()))?;
    for problem in problems {
        line("problem", &problem.to_string())?;
    }
    if let Some(machine) = machine {
        line("machine", &machine.to_string())?;
    }
    if let Some(name) = name {
        line("library name", name)?;
    }
    line("entitlement", &entitlement.to_string())?;
    if let Some(help) = entitlement.help() {
        line("", &format!("help: {help}"))?;
    }
    line(
        "made with",
        &sdk.as_ref().map_or_else(
            || "not the SDK: it has no SDK marker".to_owned(),
            |sdk| format!("SDK {}, settings format {}", sdk.sdk, sdk.settings),
        ),
    )?;
    let mut label = "needs";
    for library in needed {
        line(label, library)?;
        label = "";
    }
    for weakness in &linking.weaknesses {
        line("weakness", weakness.describe())?;
    }
    for secret in secrets {
        line("secret", secret)?;
    }
    if let Some(signatures) = signatures {
        for (label, value) in signature_lines(signatures) {
            line(label, &value)?;
        }
    }
    let mut label = "exports";
    for export in exports {
        let name = match (&export.name, export.ordinal) {
            (Some(name), _) => name.clone(),
            (None, Some(ordinal)) => format!("#{ordinal}"),
            (None, None) => "(no name)".to_owned(),
        };
        let kind = match &export.kind {
            ExportKind::Function => "function".to_owned(),
            ExportKind::Data => "data".to_owned(),
            ExportKind::Forwarded { to } => format!("forwarded to {to}"),
        };
        line(label, &format!("{name} ({kind})"))?;
        label = "";
    }
    Ok(())
}

fn write_line(output: &mut impl Write, label: &str, value: &str) -> std::io::Result<()> {
    writeln!(output, "  {label:<14}{}", Printable(value))
}

/// The signatures of a library for Windows, line by line.
fn signature_lines(signatures: &Signatures) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if let Some(problem) = &signatures.problem {
        lines.push(("signature", format!("problem: {problem}")));
    } else if signatures.signatures.is_empty() {
        lines.push((
            "signature",
            "none; a signature in a catalogue is not looked for".to_owned(),
        ));
    }
    for signature in &signatures.signatures {
        let valid = match (signature.faults.is_empty(), &signature.not_supported) {
            (false, _) => "not valid",
            (true, Some(_)) => "checked only in part",
            (true, None) => "valid for this file",
        };
        lines.push((
            "signature",
            format!("{}, {valid}, by {}", signature.digest, signature.signer),
        ));
        if let Some(stamped) = &signature.stamped {
            lines.push((
                "",
                format!(
                    "stamped {} ({}) by {}",
                    stamped.at, stamped.kind, stamped.by
                ),
            ));
        }
        lines.extend(
            signature
                .faults
                .iter()
                .map(|fault| ("", format!("fault: {fault}"))),
        );
        lines.extend(
            signature
                .not_supported
                .iter()
                .map(|what| ("", format!("not supported: {what}"))),
        );
        lines.extend(
            signature
                .notes
                .iter()
                .map(|note| ("", format!("note: {note}"))),
        );
        match (&signature.untrusted, signature.trusted) {
            (Some(why), _) => lines.push(("", format!("not trusted: {why}"))),
            (None, true) => lines.push(("", "trusted: it leads to one of the roots".to_owned())),
            (None, false) if signature.not_supported.is_some() => {}
            (None, false) => {
                lines.push((
                    "",
                    "whether it is trusted is not known: name roots with --trust".to_owned(),
                ));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::inspect::inspect_bytes;

    #[test]
    fn a_damaged_file_is_described_with_help() {
        let mut output = Vec::new();
        let inspection = inspect_bytes("my\u{1b}plugin.so", b"\x7fELF\x02\x01\x01");
        describe(&inspection, &mut output).expect("written");
        let text = String::from_utf8(output).expect("UTF-8");
        let expected = "\
my\\u{1b}plugin.so
  size          7 bytes
  sha256        HASH
  format        ELF, no library
  problem       malformed: Invalid ELF header size or alignment
  entitlement   IsEntitled is not exported
                help: define IsEntitled and export it: include IcsEntitlement.h
  made with     not the SDK: it has no SDK marker
";
        assert_eq!(text.replace(&inspection.sha256, "HASH"), expected);
    }
}
