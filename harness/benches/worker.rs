//! Compares a worker run with a C program that forks, executes itself, loads the library
//! and unloads it. The goal is at most twice the time.
//!
//! `cargo bench -p ics-harness --bench worker [-- LIBRARY]`. Without a library,
//! a C plugin of one function is compiled. It shows the overhead of a worker and is not
//! compared with the goal, since loading it takes almost no time on either side. The two
//! programs alternate, so that other load on the machine affects both.

use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use ics_harness::worker::observation::End;
use ics_harness::worker::script::{Step, ThreadRef};
use ics_harness::worker::{self, Cancel, Options};

/// The number of pairs of measurements.
const PAIRS: usize = 60;

/// The number of runs in one measurement.
const RUNS: u32 = 5;

/// The highest permitted ratio with a real plugin.
const GOAL: f64 = 2.0;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = folder.path().join("dlopen");
    compile(&sources.join("benches/dlopen.c"), &program, &["-ldl"])?;
    let library = std::env::args_os()
        .skip(1)
        .find(|argument| argument != "--bench");
    let judged = library.is_some();
    let plugin = match library {
        Some(library) => std::path::absolute(PathBuf::from(library))?,
        None => {
            let plugin = folder.path().join("value.so");
            compile(
                &sources.join("tests/plugins/value.c"),
                &plugin,
                &["-shared", "-fPIC"],
            )?;
            plugin
        }
    };
    let options = Options {
        program: Some(env!("CARGO_BIN_EXE_ics-harness").into()),
        ..Options::default()
    };
    let cancel = Cancel::new()?;
    let (mut worker, mut c, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        let worker_run = worker_seconds(&plugin, &options, &cancel)?;
        let c_run = c_seconds(&program, &plugin)?;
        worker.push(worker_run);
        c.push(c_run);
        ratios.push(worker_run / c_run);
    }
    let ratio = median(&mut ratios);
    // On a busy machine the minimum times are more reliable than the medians.
    let minimum = |times: &[f64]| times.iter().copied().fold(f64::INFINITY, f64::min);
    writeln!(
        io::stdout(),
        "worker {:.3} ms, C {:.3} ms a run; median of {PAIRS} ratios {ratio:.2}, goal {GOAL}; \
         minimum {:.3} ms and {:.3} ms, ratio {:.2}",
        median(&mut worker) * 1e3,
        median(&mut c) * 1e3,
        minimum(&worker) * 1e3,
        minimum(&c) * 1e3,
        minimum(&worker) / minimum(&c),
    )?;
    if judged && ratio > GOAL {
        return Err("a worker run takes more than the goal".into());
    }
    Ok(())
}

/// Seconds for one worker run.
fn worker_seconds(
    plugin: &Path,
    options: &Options,
    cancel: &Cancel,
) -> Result<f64, Box<dyn Error>> {
    let script = [
        Step::Load {
            on: ThreadRef::Main,
        },
        Step::Unload {
            on: ThreadRef::Main,
        },
    ];
    let started = Instant::now();
    for _ in 0..RUNS {
        let observation = worker::run(
            plugin,
            &script,
            options,
            &mut |_| Ok(worker::ScenarioChange::Made),
            cancel,
        )?;
        if observation.end != End::Finished
            || observation.steps.iter().any(|step| step.error.is_some())
        {
            return Err(format!("the worker could not load it: {observation:?}").into());
        }
    }
    Ok(started.elapsed().as_secs_f64() / f64::from(RUNS))
}

/// Seconds for one round of the C program, as it reports them.
fn c_seconds(program: &Path, plugin: &Path) -> Result<f64, Box<dyn Error>> {
    let output = Command::new(program)
        .arg(RUNS.to_string())
        .arg(plugin)
        .output()?;
    if !output.status.success() {
        return Err("the C program could not load it".into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn compile(source: &Path, output: &Path, flags: &[&str]) -> Result<(), Box<dyn Error>> {
    let status = Command::new("cc")
        .arg("-O2")
        .arg(source)
        .arg("-o")
        .arg(output)
        .args(flags)
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("cc could not compile {}", source.display()).into())
    }
}
