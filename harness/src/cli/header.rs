//! `header`: the header of the contract, written or compared.

use std::path::PathBuf;

use ics_device::printable::{self, Printable, PrintableLines};

use super::output::put;
use super::{ExitStatus, Failure, print};
use crate::header::{Language, check, generate, module_definition};
use crate::terminal::eprint;

const EXAMPLES: &str = "\
Examples:
  ics-harness header > IcsEntitlement.h
  ics-harness header --language c++ --output IcsEntitlement.hpp
  ics-harness header --language python --output ics_entitlement.py      for a host
  ics-harness header --check include/IcsEntitlement.h
  ics-harness header --def IcsEntitlement.def
  llvm-dlltool -m i386:x86-64 -d IcsEntitlement.def -D plugin.dll -l plugin.lib

Exit codes: 0 written, or --check found no difference; 1 --check found a difference; 2 usage;
3 harness error.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct HeaderArgs {
    /// The language of the header.
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
    /// Write the module-definition file for a Windows linker to this file instead. An import library is made from it
    /// with `lib /def:` or llvm-dlltool.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["language", "output", "guard", "check"])]
    def: Option<PathBuf>,
}

/// The result of the command.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    status: ExitStatus,
    /// For standard output.
    stdout: String,
    /// For standard error.
    stderr: String,
}

/// Writes the header, or compares it. A difference goes to standard output,
/// the command that fixes it to standard error.
pub(super) fn run(args: &HeaderArgs) -> Result<ExitStatus, Failure> {
    let outcome = work(args)?;
    print(&outcome.stdout)?;
    eprint(&outcome.stderr);
    Ok(outcome.status)
}

fn work(args: &HeaderArgs) -> Result<Outcome, Failure> {
    let guard = args.guard.as_deref();
    let mut outcome = Outcome {
        status: ExitStatus::Success,
        stdout: String::new(),
        stderr: String::new(),
    };
    if let Some(file) = &args.def {
        put(module_definition().as_bytes(), Some(file), true)?;
        return Ok(outcome);
    }
    if let Some(file) = &args.check {
        if let Some(difference) = check(file, args.language, guard).map_err(Failure::usage)? {
            outcome.status = ExitStatus::Failed;
            outcome.stdout = PrintableLines(difference).to_string();
            outcome.stderr = format!(
                "{} is not the header that is generated from the contract. To fix it:\n    {}\n",
                printable::path(file),
                Printable(fixing_command(
                    args.language,
                    guard,
                    &file.display().to_string()
                )),
            );
        }
        return Ok(outcome);
    }
    let text = generate(args.language, guard).map_err(Failure::usage)?;
    match &args.output {
        Some(file) => put(text.as_bytes(), Some(file), true)?,
        None => outcome.stdout = text,
    }
    Ok(outcome)
}

fn fixing_command(language: Language, guard: Option<&str>, file: &str) -> String {
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

    /// Runs the command, and expects it to do its work.
    fn run_with(arguments: &[&str]) -> Outcome {
        let arguments = [&["header"], arguments].concat();
        let Command { args } = Command::try_parse_from(arguments).expect("good arguments");
        work(&args).expect("it runs")
    }

    /// Success without any output.
    const SILENT_SUCCESS: Outcome = Outcome {
        status: ExitStatus::Success,
        stdout: String::new(),
        stderr: String::new(),
    };

    #[test]
    fn what_is_written_passes_the_check_and_a_change_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("my header.h");
        let name = file.to_str().expect("a UTF-8 path");
        for language in ["c", "c++", "cython"] {
            assert_eq!(
                run_with(&["--language", language, "--output", name]),
                SILENT_SUCCESS
            );
            let check = ["--language", language, "--check", name];
            assert_eq!(run_with(&check), SILENT_SUCCESS);
            let text = std::fs::read_to_string(&file).expect("readable");
            assert_eq!(run_with(&["--language", language]).stdout, text);
            std::fs::write(&file, text.replace("IsEntitled(", "isEntitled(")).expect("written");
            let outcome = run_with(&check);
            assert_eq!(outcome.status, ExitStatus::Failed);
            assert!(outcome.stdout.starts_with("--- "), "{}", outcome.stdout);
            assert!(outcome.stdout.contains("isEntitled("), "{}", outcome.stdout);
            let fix = format!("--language {language} --output '{name}'");
            assert!(outcome.stderr.contains(&fix), "{}", outcome.stderr);
        }
    }

    #[test]
    fn a_file_is_written_or_checked_and_not_both() {
        let both = ["header", "--output", "a", "--check", "b"];
        assert!(Command::try_parse_from(both).is_err());
    }

    #[test]
    fn the_module_definition_is_written_instead_of_a_header() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("plugin.def");
        let name = file.to_str().expect("a UTF-8 path");
        assert_eq!(run_with(&["--def", name]), SILENT_SUCCESS);
        let text = std::fs::read_to_string(&file).expect("readable");
        assert_eq!(text, module_definition());
        let both = ["header", "--def", "a", "--output", "b"];
        assert!(Command::try_parse_from(both).is_err());
    }

    #[test]
    fn the_fixing_command_can_be_pasted() {
        assert_eq!(
            fixing_command(Language::Cxx, Some("A_H"), "my plugin's/x.h"),
            r"ics-harness header --language c++ --guard A_H --output 'my plugin'\''s/x.h'"
        );
        assert_eq!(
            fixing_command(Language::C, None, "include/IcsEntitlement.h"),
            "ics-harness header --language c --output include/IcsEntitlement.h"
        );
    }
}
