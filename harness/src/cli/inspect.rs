//! `inspect`: what can be read from a plugin's file without loading it.

use std::io::Write;
use std::path::{Path, PathBuf};

use ics_device::printable::{self, Printable};
use rustls::pki_types::CertificateDer;

use super::trust_args::TrustArgs;
use super::{ExitStatus, Failure, named, print, print_json};
use crate::plugin::PluginError;
use crate::plugin::inspect::{ExportKind, Format, Inspection, inspect_trusting, signatures_of};
use crate::plugin::lacking::{Lacking, lacking};
use crate::plugin::signature::Signatures;
use crate::worker::wine::{INSTALL, SUPPLIED, Wine};

const EXAMPLES: &str = "\
Examples:
  ics-harness inspect libentitlement.so
  ics-harness inspect MOEntitlement.dll --json
  ics-harness inspect MOEntitlement.dll --trust oem-root.pem
  ics-harness inspect MOEntitlement.dll --trust oem-root.pem --signature

ELF, PE and Mach-O files of any machine can be inspected; `check` judges what is found.
Of a DLL, what it imports and the installed Wine lacks is named: a call of that ends a run.
Exit codes: 0 shown, even if the file is damaged; 1 with --signature, unless a signature is
valid, not weak and, with --trust, leads to a root; 2 usage, or the file cannot be read;
3 harness error.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct InspectArgs {
    /// A library file.
    #[arg(value_name = "FILE", value_parser = named())]
    file: PathBuf,
    #[command(flatten)]
    trust: TrustArgs,
    /// Check the code signature of a DLL and nothing else: exit code 1 if it is not valid.
    #[arg(long)]
    signature: bool,
    /// Print one JSON document instead of text.
    #[arg(long)]
    json: bool,
}

/// Describes the file on standard output. A damaged file is described too: `check`
/// judges it.
pub(super) fn run(args: &InspectArgs) -> Result<ExitStatus, Failure> {
    if args.file == Path::new("-") {
        return Err(Failure::usage(PluginError::StandardInput));
    }
    let roots = args.trust.roots()?;
    if args.signature {
        return check_signature(&args.file, roots.as_deref(), args.json);
    }
    let inspection = inspect_trusting(&args.file, roots.as_deref()).map_err(Failure::usage)?;
    let wine = WineSupport::of(&inspection, args.file.parent());
    if args.json {
        let wine_lacks = match &wine {
            WineSupport::Lacks(lacking) => Some(lacking.as_slice()),
            WineSupport::NotLooked | WineSupport::NotInstalled => None,
        };
        print_json(&Document {
            inspection: &inspection,
            wine_lacks,
        })?;
    } else {
        let mut text = Vec::new();
        describe(&inspection, &mut text)
            .and_then(|()| wine.describe(&mut text))
            .map_err(Failure::harness)?;
        print(&String::from_utf8_lossy(&text))?;
    }
    Ok(ExitStatus::Success)
}

/// Describes the signatures alone. A file that is not signed, or whose signatures are not valid, is refused by the exit code.
fn check_signature(
    file: &Path,
    roots: Option<&[CertificateDer<'static>]>,
    json: bool,
) -> Result<ExitStatus, Failure> {
    let signatures = signatures_of(file, roots).map_err(Failure::usage)?;
    if json {
        print_json(&signatures)?;
    } else {
        let mut text = Vec::new();
        describe_signatures(file, &signatures, &mut text).map_err(Failure::harness)?;
        print(&String::from_utf8_lossy(&text))?;
    }
    let best = signatures.best();
    let accepted = best.is_some_and(|it| !it.weak && (it.trusted || roots.is_none()));
    Ok(match accepted && signatures.problem.is_none() {
        true => ExitStatus::Success,
        false => ExitStatus::Failed,
    })
}

fn describe_signatures(
    file: &Path,
    signatures: &Signatures,
    output: &mut impl Write,
) -> std::io::Result<()> {
    writeln!(output, "{}", printable::path(file))?;
    for (label, value) in signature_lines(signatures) {
        write_line(output, label, &value)?;
    }
    Ok(())
}

/// What is printed with `--json`.
#[derive(serde::Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    inspection: &'a Inspection,
    /// What the library imports and the installed Wine has not; none if that was not looked up.
    wine_lacks: Option<&'a [Lacking]>,
}

/// Whether Wine has what a library for Windows imports.
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
        let valid = match signature.faults.is_empty() {
            true => "valid for this file",
            false => "not valid",
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
                .notes
                .iter()
                .map(|note| ("", format!("note: {note}"))),
        );
        match (&signature.untrusted, signature.trusted) {
            (Some(why), _) => lines.push(("", format!("not trusted: {why}"))),
            (None, true) => lines.push(("", "trusted: it leads to one of the roots".to_owned())),
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
