//! Builds mutants, one after the other, and examines several at once.

use std::fs;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use ics_harness::report::Report;

use super::mutant::Mutant;
use super::results::{Outcome, Results};
use super::sample::{Sample, Workshop};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ics-harness");

/// Examines each mutant that has no result yet.
pub(crate) fn run(
    sample: Sample,
    workspace: &Path,
    mutants: &[Mutant],
    jobs: NonZeroUsize,
    fresh: bool,
) -> Result<Results, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("mutants")
        .join(sample.name());
    let workshop = Workshop::open(sample, workspace, &folder)?;
    let results = Results::open(&folder.join("results.jsonl"), Path::new(PROGRAM), fresh)?;
    let todo: Vec<&Mutant> = mutants
        .iter()
        .filter(|mutant| !results.entries.contains_key(&mutant.id()))
        .collect();
    if todo.is_empty() {
        return Ok(results);
    }
    let original = workshop.build_original()?;
    let (outcome, _) = examine(sample, &original)?;
    if outcome != Outcome::Survived {
        return Err(format!("the sample itself does not pass: {outcome:?}"));
    }
    let results = Mutex::new(results);
    let (sender, built) = sync_channel(jobs.get());
    let built = Mutex::new(built);
    thread::scope(|scope| {
        let checkers: Vec<_> = (0..jobs.get())
            .map(|_| scope.spawn(|| check_all(sample, &built, &results)))
            .collect();
        let total = todo.len();
        for (mutant, number) in todo.into_iter().zip(1..) {
            let id = mutant.id();
            progress(&format!("{number}/{total} {mutant}"));
            let Some(library) = workshop.build(mutant, &id)? else {
                lock(&results).add(&id, Outcome::NotCompiled, 0.0)?;
                continue;
            };
            // The checkers end early only after an error, which is theirs to report.
            if sender.send((id, library)).is_err() {
                break;
            }
        }
        drop(sender);
        for checker in checkers {
            checker
                .join()
                .map_err(|_| "a checker panicked".to_owned())??;
        }
        Ok::<_, String>(())
    })?;
    Ok(results.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Examines libraries until there are no more.
fn check_all(
    sample: Sample,
    built: &Mutex<Receiver<(String, PathBuf)>>,
    results: &Mutex<Results>,
) -> Result<(), String> {
    loop {
        let next = lock(built).recv();
        let Ok((id, library)) = next else {
            return Ok(());
        };
        let (outcome, seconds) = examine(sample, &library)?;
        if let (Outcome::Killed { .. }, Some(folder)) = (&outcome, library.parent()) {
            // A survivor is kept, to be looked at.
            let _ = fs::remove_dir_all(folder);
        }
        lock(results).add(&id, outcome, seconds)?;
    }
}

/// Runs `check` on a library. The seconds are those that it took.
fn examine(sample: Sample, library: &Path) -> Result<(Outcome, f64), String> {
    let started = Instant::now();
    let output = Command::new(PROGRAM)
        .args([
            "check",
            "--strict",
            "--protocol",
            protocol(sample),
            "--json",
            "-",
        ])
        .arg(library)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot start ics-harness: {error}"))?;
    let seconds = started.elapsed().as_secs_f64();
    let report = serde_json::from_slice::<Report>(&output.stdout);
    let report = report
        .ok()
        .and_then(|report| report.plugins.into_iter().next());
    let outcome = report.map_or_else(
        || {
            let text = String::from_utf8_lossy(&output.stderr);
            let reason = text.lines().last().unwrap_or("no report").to_owned();
            Outcome::Unexamined { reason }
        },
        |report| Outcome::of(&report, output.status.success()),
    );
    Ok((outcome, seconds))
}

fn protocol(sample: Sample) -> &'static str {
    match sample {
        Sample::CarrierJson | Sample::CarrierJsonC => "carrier-json",
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn progress(line: &str) {
    // Standard error may be closed.
    let _ = writeln!(io::stderr(), "{line}");
}
