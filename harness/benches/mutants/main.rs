//! Examines mutants of the samples: each is the sample with one small change, and a rule has to find it.
//!
//! `just mutants carrier-json-c --sample 60` mutates the sources, compiles each mutant, runs `check` on each that
//! compiles, and prints the score and the survivors with their change. A survivor is either equivalent to the sample,
//! and listed with the reason in `equivalent.toml`, or shows that a rule is missing.

mod equivalent;
mod mutant;
mod operators;
mod results;
mod sample;
mod summary;
mod tokens;
mod work;

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use equivalent::Equivalents;
use sample::Sample;
use summary::Summary;

/// Mutates a sample, and reports which mutants `check` does not find.
///
/// Exit codes: 0 every mutant was found or is listed as equivalent; 1 others survived; 2 usage; 3 a mutant could not
/// be examined, or the sample itself fails.
#[derive(Debug, Parser)]
#[command(name = "mutants", bin_name = "just mutants")]
struct Args {
    /// The sample whose sources are mutated.
    #[arg(value_name = "SAMPLE", required = true)]
    samples: Vec<Sample>,
    /// Examine only so many mutants of each sample, chosen by the seed.
    #[arg(long, value_name = "N")]
    sample: Option<NonZeroUsize>,
    /// The seed of the choice.
    #[arg(long, value_name = "S", default_value = "1")]
    seed: u64,
    /// Mutate only the files whose name contains this.
    #[arg(long, value_name = "FILE")]
    only: Option<String>,
    /// How many mutants are examined at once.
    #[arg(long, value_name = "N", default_value = "3")]
    jobs: NonZeroUsize,
    /// Examine again what an earlier run of the same program has examined.
    #[arg(long)]
    fresh: bool,
    /// Print the mutants and examine none.
    #[arg(long)]
    list: bool,
    /// Passed by `cargo bench`, and ignored.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut out = io::stdout();
    let mut code = 0;
    for &sample in &args.samples {
        match examine(sample, &args, &mut out) {
            Ok(summary) => code = code.max(summary.exit_code()),
            Err(reason) => {
                // An error of standard error cannot be reported.
                let _ = writeln!(io::stderr(), "error: {}: {reason}", sample.name());
                return ExitCode::from(3);
            }
        }
    }
    ExitCode::from(code)
}

/// Examines the mutants of one sample.
fn examine(sample: Sample, args: &Args, out: &mut dyn Write) -> Result<Summary, String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = workspace.parent().ok_or("the harness is a member")?;
    let only = args.only.as_deref().unwrap_or_default();
    let all = sample.mutants(workspace, only)?;
    let equivalents = Equivalents::read(workspace, sample, &all, only.is_empty())?;
    let count = all.len();
    let chosen = match args.sample {
        Some(most) => mutant::choose(all, most.get(), args.seed),
        None => all,
    };
    if args.list {
        for mutant in &chosen {
            print(out, mutant)?;
        }
        return Ok(Summary::default());
    }
    let heading = format!("{}: {} of {count} mutants", sample.name(), chosen.len());
    print(out, heading)?;
    let results = work::run(sample, workspace, &chosen, args.jobs, args.fresh)?;
    let summary = Summary::of(&chosen, &results, &equivalents);
    summary.print(out).map_err(|error| error.to_string())?;
    Ok(summary)
}

fn print(out: &mut dyn Write, line: impl std::fmt::Display) -> Result<(), String> {
    writeln!(out, "{line}").map_err(|error| format!("cannot print: {error}"))
}
