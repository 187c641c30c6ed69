//! `ics-harness header`: the header of the contract, written or compared.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::header::{HeaderError, Language, check, generate};

/// The C, C++ or Cython header of the contract, from the embedded contract.
#[derive(Debug, clap::Args)]
pub struct HeaderArgs {
    /// What the header is written in.
    #[arg(long, value_enum, default_value_t)]
    language: Language,
    /// Write to this file instead of standard output.
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    output: Option<PathBuf>,
    /// The include guard of the C and C++ headers.
    #[arg(long, value_name = "NAME")]
    guard: Option<String>,
    /// Compare this file with the generated header; exit with 1 if they differ.
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
}

/// Writes the header, or compares it: 0 when written or the same, 1 when the
/// file differs, with the difference on standard output and the command that
/// mends it on standard error.
///
/// # Errors
///
/// The guard is bad, or a file or a stream cannot be read or written.
pub fn run(args: &HeaderArgs) -> Result<ExitCode, HeaderError> {
    let guard = args.guard.as_deref();
    if let Some(file) = &args.check {
        let Some(difference) = check(file, args.language, guard)? else {
            return Ok(ExitCode::SUCCESS);
        };
        print(&difference.to_string())?;
        let mend = format!(
            "{} is not the header that the contract gives. To mend it:\n    {}\n",
            file.display(),
            mending_command(args.language, guard, &file.display().to_string()),
        );
        // The exit code already says it: a closed standard error changes nothing.
        drop(std::io::stderr().write_all(mend.as_bytes()));
        return Ok(ExitCode::from(1));
    }
    let text = generate(args.language, guard)?;
    match &args.output {
        Some(file) => std::fs::write(file, text).map_err(|source| HeaderError::Write {
            path: file.clone(),
            source,
        })?,
        None => print(&text)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn print(text: &str) -> Result<(), HeaderError> {
    let mut output = std::io::stdout().lock();
    output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
        .map_err(|source| HeaderError::Write {
            path: PathBuf::from("standard output"),
            source,
        })
}

fn mending_command(language: Language, guard: Option<&str>, file: &str) -> String {
    let guard = guard.map_or_else(String::new, |name| format!(" --guard {name}"));
    let quoted = if file.contains(|c: char| c.is_whitespace() || "'\"$&;()<>|*?".contains(c)) {
        format!("'{}'", file.replace('\'', r"'\''"))
    } else {
        file.to_owned()
    };
    format!(
        "ics-harness header --language {}{guard} --output {quoted}",
        language.name()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mending_command_can_be_pasted() {
        assert_eq!(
            mending_command(Language::Cxx, Some("A_H"), "my plugin's/x.h"),
            r"ics-harness header --language c++ --guard A_H --output 'my plugin'\''s/x.h'"
        );
        assert_eq!(
            mending_command(Language::C, None, "include/IcsEntitlement.h"),
            "ics-harness header --language c --output include/IcsEntitlement.h"
        );
    }
}
