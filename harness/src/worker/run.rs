//! The parent's side of a run: starts it, reads reports, enforces the time limit, and
//! ensures that no process is left.

use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::time::{Duration, Instant};

use super::os::RunHandle;
use crate::clock::shared_seconds;
use crate::testbed::Scenario;
use crate::worker::observation::Observation;
use crate::worker::protocol::{BoundedBuffer, Instructions, WorkerExit};
use crate::worker::report_validator::{Progress, ReportValidator};
use crate::worker::script::Step;
use crate::worker::{CallCounter, Cancel, Options, ScenarioChange, WorkerError};

/// How many blocks of reports are read once the worker has ended. A worker can leave less than this in the channel;
/// only a process outside of the run could continue to write.
const MAX_FINAL_READS: usize = 256;

/// How long Wine may take to start, on a machine that is busy with the start of many others. Alone it takes half a second.
const WINE_START: Duration = Duration::from_secs(60);

/// See [`crate::worker::run()`].
pub(super) fn run(
    plugin: &Path,
    script: &[Step],
    options: &Options,
    change_scenario: &mut dyn FnMut(Scenario) -> Result<ScenarioChange, String>,
    cancelled: &Cancel,
) -> Result<Observation, WorkerError> {
    let started = Instant::now();
    let plugin = std::path::absolute(plugin).map_err(WorkerError::Channel)?;
    let second = options.second.as_ref().map(std::path::absolute);
    let second = second.transpose().map_err(WorkerError::Channel)?;
    let token = token();
    let mut handle = RunHandle::start(options)?;
    let mut run = Run {
        limit: options.limit,
        validator: match &options.wine {
            Some(_) => ReportValidator::new(script, options.snapshots, &token).under_wine(),
            None => ReportValidator::new(script, options.snapshots, &token),
        },
        counter: &options.counter,
        hung: None,
        alive: started,
        stdout: BoundedBuffer::default(),
        stderr: BoundedBuffer::default(),
        buffer: vec![0; 64 << 10],
    };
    handle.send_instructions(&Instructions {
        token,
        plugin: plugin.into_os_string(),
        second: second.map(std::path::PathBuf::into_os_string),
        script: script.to_vec(),
        snapshots: options.snapshots,
        address_space: options.address_space,
        budget: options.budget,
        containment: options.containment.clone(),
        wine: options.wine.clone(),
    })?;
    let exit = run.listen(&mut handle, change_scenario, cancelled)?;
    let seconds = started.elapsed().as_secs_f64();
    let ended = shared_seconds();
    run.drain(&mut handle)?;
    handle.wait_for_exit(cancelled)?;
    if let Some(reason) = run.validator.wine_failure() {
        return Err(WorkerError::Wine(reason.to_owned()));
    }
    let result = run.validator.finish(&exit, run.hung);
    Ok(Observation {
        baseline: result.baseline,
        steps: result.steps,
        end: result.end,
        unfinished: result.unfinished,
        out_of_range: result.out_of_range,
        stdout: run.stdout.into_output(),
        stderr: run.stderr.into_output(),
        stray: result.stray,
        windows: result.windows,
        seconds,
        ended,
    })
}

/// The state of a run in progress.
struct Run<'a> {
    limit: Duration,
    validator: ReportValidator<'a>,
    counter: &'a CallCounter,
    /// The time limit in seconds, if it was exceeded.
    hung: Option<u64>,
    /// When the last report was accepted.
    alive: Instant,
    stdout: BoundedBuffer,
    stderr: BoundedBuffer,
    buffer: Vec<u8>,
}

impl Run<'_> {
    /// Reads reports until all processes of the run have ended. A run without reports is ended at the time limit.
    fn listen(
        &mut self,
        handle: &mut RunHandle,
        change_scenario: &mut dyn FnMut(Scenario) -> Result<ScenarioChange, String>,
        cancelled: &Cancel,
    ) -> Result<WorkerExit, WorkerError> {
        loop {
            let limit = match self.validator.waits_for_wine() {
                true => self.limit.max(WINE_START),
                false => self.limit,
            };
            let Some(left) = limit.checked_sub(self.alive.elapsed()) else {
                if self.validator.waits_for_wine() {
                    handle.terminate(Some(cancelled))?;
                    return Err(WorkerError::Wine(format!(
                        "it did not start within {} s",
                        limit.as_secs()
                    )));
                }
                self.hung = Some(self.limit.as_secs());
                return handle.terminate(Some(cancelled));
            };
            handle.wait(left, cancelled)?;
            handle.read_output(&mut self.stdout, &mut self.stderr)?;
            if let Some(exit) = handle.read_exit()? {
                return Ok(exit);
            }
            let progress = self.read_reports(handle)?.1;
            if let Some(scenario) = progress.change_scenario {
                let change = change_scenario(scenario).map_err(WorkerError::ChangeScenario)?;
                handle.resume_worker(change)?;
            }
            if progress.alive {
                // After the change, because the time that the parent needs for it does not count.
                self.alive = Instant::now();
            }
        }
    }

    /// Reads one block of reports, and returns its length.
    fn read_reports(&mut self, handle: &mut RunHandle) -> Result<(usize, Progress), WorkerError> {
        let count = handle.read_reports(&mut self.buffer)?;
        let progress = self.validator.push(&self.buffer[..count]);
        self.counter.set(progress.calls);
        Ok((count, progress))
    }

    /// Reads what is still in the channel and the pipes. All processes that could write to them have ended.
    fn drain(&mut self, handle: &mut RunHandle) -> Result<(), WorkerError> {
        for _ in 0..MAX_FINAL_READS {
            if self.read_reports(handle)?.0 == 0 {
                break;
            }
        }
        handle.read_output(&mut self.stdout, &mut self.stderr)
    }
}

/// 64 random bits in hexadecimal: the prefix of each report.
fn token() -> String {
    // The standard library seeds its hashes with random bits of the system.
    format!("{:016x}", RandomState::new().hash_one(()))
}
