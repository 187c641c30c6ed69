//! Tests whether `check` gives the same verdicts every time, and measures how much longer
//! a whole run takes than its longest rule.
//!
//! `cargo bench -p ics-harness --bench steadiness -- sample-plugins/carrier-json --runs 20`
//! checks each plugin repeatedly, compares every verdict, and prints a table. With
//! `--load`, it keeps one busy thread for each processor running.

mod comparison;
mod load;

use std::fmt::Display;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use clap::Parser;
use comparison::{Comparison, Run};
use ics_harness::plugin::{self, ProfileName};
use ics_harness::report::Report;
use load::Load;

/// Checks plugins repeatedly, and reports whether a verdict differs.
///
/// Exit codes: 0 steady; 1 a verdict differs, or the ratio is exceeded; 2 usage;
/// 3 a check failed.
#[derive(Debug, Parser)]
#[command(
    name = "steadiness",
    bin_name = "cargo bench -p ics-harness --bench steadiness --"
)]
struct Args {
    /// Libraries, or folders of a plugin's source; relative to the workspace.
    #[arg(value_name = "PLUGIN", required = true)]
    plugins: Vec<PathBuf>,
    /// How many times each is checked.
    #[arg(long, value_name = "N", default_value = "20")]
    runs: NonZeroUsize,
    /// Keep all processors busy during the checks.
    #[arg(long)]
    load: bool,
    /// Fail if a run takes more than this many times its longest rule.
    #[arg(long, value_name = "TIMES", value_parser = ratio)]
    ratio: Option<f64>,
    /// Check only rules that match one of these patterns, as `check` does.
    #[arg(long, value_name = "GLOBS")]
    rules: Option<String>,
    /// Passed by `cargo bench`, and ignored.
    #[arg(long, hide = true)]
    bench: bool,
}

fn ratio(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(ratio) if ratio >= 1.0 => Ok(ratio),
        _ => Err("a number of at least 1 is expected, such as 1.5".to_owned()),
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    match examine_all(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(reason) => {
            // An error of standard error cannot be reported.
            let _ = writeln!(io::stderr(), "error: {reason}");
            ExitCode::from(3)
        }
    }
}

/// Whether every plugin is steady, and quick enough.
fn examine_all(args: &Args) -> Result<bool, String> {
    // Everything is built before anything is timed.
    let plugins = args.plugins.iter().map(|plugin| Plugin::find(plugin));
    let plugins = plugins.collect::<Result<Vec<_>, _>>()?;
    let _load = args.load.then(Load::start);
    let mut out = io::stdout();
    let mut steady = true;
    print(&mut out, Comparison::HEADING)?;
    for plugin in &plugins {
        let mut runs = Vec::new();
        for number in 1..=args.runs.get() {
            let run = plugin.examine(args.rules.as_deref())?;
            let progress = format!(
                "{} {number}/{}: {:.1} s",
                plugin.name, args.runs, run.seconds
            );
            print(&mut io::stderr(), progress)?;
            runs.push(run);
        }
        let compared = Comparison::of(&runs);
        print(&mut out, compared.line(&plugin.name))?;
        for difference in &compared.differences {
            print(&mut out, format!("  {difference}"))?;
        }
        let slow = args.ratio.is_some_and(|allowed| compared.ratio() > allowed);
        steady &= compared.differences.is_empty() && !slow;
    }
    Ok(steady)
}

fn print(out: &mut dyn Write, line: impl Display) -> Result<(), String> {
    writeln!(out, "{line}").map_err(|error| format!("cannot print: {error}"))
}

/// A plugin to be checked.
struct Plugin {
    name: String,
    library: PathBuf,
    profile: Option<PathBuf>,
}

impl Plugin {
    /// Builds the plugin if the path is a folder.
    fn find(path: &Path) -> Result<Self, String> {
        let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = harness.parent().unwrap_or(harness).join(path);
        let name = path.file_name().unwrap_or(path.as_os_str());
        let name = name.to_string_lossy().into_owned();
        let found = plugin::Plugin::find(&path, None).map_err(|error| error.to_string())?;
        Ok(Self {
            name,
            library: found.library,
            profile: found.profile.map(|profile| match profile {
                ProfileName::BuiltIn(name) => name.into(),
                ProfileName::File(file) => file,
            }),
        })
    }

    /// Runs `check` once and measures its time.
    fn examine(&self, rules: Option<&str>) -> Result<Run, String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ics-harness"));
        command.args(["check", "--json", "-"]).arg(&self.library);
        if let Some(profile) = &self.profile {
            command.arg("--profile").arg(profile);
        }
        if let Some(rules) = rules {
            command.args(["--rules", rules]);
        }
        let started = Instant::now();
        let output = command.stdin(Stdio::null()).output();
        let seconds = started.elapsed().as_secs_f64();
        let output = output.map_err(|error| format!("cannot start ics-harness: {error}"))?;
        let stderr = || String::from_utf8_lossy(&output.stderr).into_owned();
        let report: Report = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("{}: no report, {error}\n{}", self.name, stderr()))?;
        let report = report.plugins.into_iter().next();
        let report =
            report.ok_or_else(|| format!("{}: an empty report\n{}", self.name, stderr()))?;
        Ok(Run { seconds, report })
    }
}
