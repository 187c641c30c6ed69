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
    run_on(args, &mut std::io::stdout().lock(), &mut std::io::stderr())
}

fn run_on(
    args: &HeaderArgs,
    output: &mut impl Write,
    messages: &mut impl Write,
) -> Result<ExitCode, HeaderError> {
    let guard = args.guard.as_deref();
    if let Some(file) = &args.check {
        let Some(difference) = check(file, args.language, guard)? else {
            return Ok(ExitCode::SUCCESS);
        };
        print(&difference.to_string(), output)?;
        let mend = format!(
            "{} is not the header that the contract gives. To mend it:\n    {}\n",
            file.display(),
            mending_command(args.language, guard, &file.display().to_string()),
        );
        // The exit code already says it: a closed standard error changes nothing.
        drop(messages.write_all(mend.as_bytes()));
        return Ok(ExitCode::from(1));
    }
    let text = generate(args.language, guard)?;
    match &args.output {
        Some(file) => std::fs::write(file, text).map_err(|source| HeaderError::Write {
            path: file.clone(),
            source,
        })?,
        None => print(&text, output)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn print(text: &str, output: &mut impl Write) -> Result<(), HeaderError> {
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
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: HeaderArgs,
    }

    /// The exit code, standard output and standard error of a command.
    fn run_with(arguments: &[&str]) -> (String, String, String) {
        let arguments = [&["header"], arguments].concat();
        let Command { args } = Command::try_parse_from(arguments).expect("good arguments");
        let (mut output, mut messages) = (Vec::new(), Vec::new());
        let code = run_on(&args, &mut output, &mut messages).expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (format!("{code:?}"), text(output), text(messages))
    }

    #[test]
    fn what_is_written_passes_the_check_and_a_change_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("my header.h");
        let name = file.to_str().expect("a UTF-8 path");
        let (success, failure) = (
            format!("{:?}", ExitCode::SUCCESS),
            format!("{:?}", ExitCode::from(1)),
        );
        for language in ["c", "c++", "cython"] {
            let (code, output, _) = run_with(&["--language", language, "--output", name]);
            assert_eq!((code, output.as_str()), (success.clone(), ""));
            let check = ["--language", language, "--check", name];
            assert_eq!(
                run_with(&check),
                (success.clone(), String::new(), String::new())
            );
            let text = std::fs::read_to_string(&file).expect("readable");
            assert_eq!(run_with(&["--language", language]).1, text);
            std::fs::write(&file, text.replace("IsEntitled(", "isEntitled(")).expect("written");
            let (code, output, messages) = run_with(&check);
            assert_eq!(code, failure);
            assert!(output.starts_with("--- "), "{output}");
            assert!(output.contains("isEntitled("), "{output}");
            assert!(
                messages.contains(&format!("--language {language} --output '{name}'")),
                "{messages}"
            );
        }
    }

    #[test]
    fn a_file_is_written_or_checked_and_not_both() {
        let both = ["header", "--output", "a", "--check", "b"];
        assert!(Command::try_parse_from(both).is_err());
    }

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
