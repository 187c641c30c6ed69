//! The harness's side of a run: starts it, listens, keeps the time, and sees to
//! it that nothing is left.

use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, Instant};

use super::report_validator::{Progress, ReportValidator};
use super::supervisor_handle::SupervisorHandle;
use crate::testbed::Scenario;
use crate::worker::observation::Observation;
use crate::worker::protocol::{BoundedBuffer, Instructions, WorkerExit};
use crate::worker::script::Step;
use crate::worker::{Cancel, Options, WorkerError};

/// How many blocks of reports are read once the worker is gone. What a worker can have left in the channel is less;
/// only a process that is no part of the run could go on writing.
const MAX_FINAL_READS: usize = 256;

/// See [`crate::worker::run`].
pub(in crate::worker) fn run(
    plugin: &Path,
    script: &[Step],
    options: &Options,
    change_scenario: &mut dyn FnMut(Scenario) -> Result<(), String>,
    cancelled: &Cancel,
) -> Result<Observation, WorkerError> {
    let started = Instant::now();
    let plugin = std::path::absolute(plugin).map_err(WorkerError::Channel)?;
    let token = token().map_err(WorkerError::Channel)?;
    let mut supervisor = SupervisorHandle::start(&plugin, options)?;
    let mut run = Run {
        limit: options.limit,
        validator: ReportValidator::new(script, &token),
        hung: None,
        alive: started,
        stdout: BoundedBuffer::default(),
        stderr: BoundedBuffer::default(),
        buffer: vec![0; 64 << 10],
    };
    supervisor.send_instructions(&Instructions {
        token,
        plugin: plugin.into_os_string(),
        script: script.to_vec(),
    })?;
    let exit = run.listen(&mut supervisor, change_scenario, cancelled)?;
    let seconds = started.elapsed().as_secs_f64();
    run.drain(&mut supervisor)?;
    supervisor.wait_for_exit(cancelled)?;
    let result = run.validator.finish(&exit, run.hung);
    Ok(Observation {
        steps: result.steps,
        end: result.end,
        unfinished: result.unfinished,
        out_of_range: result.out_of_range,
        stdout: run.stdout.into_output(),
        stderr: run.stderr.into_output(),
        stray: result.stray,
        seconds,
    })
}

/// What is known of a run that goes on.
struct Run<'a> {
    limit: Duration,
    validator: ReportValidator<'a>,
    /// For how many seconds it was waited for, if it was given up.
    hung: Option<u64>,
    /// The last sign of life.
    alive: Instant,
    stdout: BoundedBuffer,
    stderr: BoundedBuffer,
    buffer: Vec<u8>,
}

impl Run<'_> {
    /// Listens until all processes of the run are gone. A run that gives no sign of life is ended.
    fn listen(
        &mut self,
        supervisor: &mut SupervisorHandle,
        change_scenario: &mut dyn FnMut(Scenario) -> Result<(), String>,
        cancelled: &Cancel,
    ) -> Result<WorkerExit, WorkerError> {
        loop {
            let Some(left) = self.limit.checked_sub(self.alive.elapsed()) else {
                self.hung = Some(self.limit.as_secs());
                return supervisor.terminate(Some(cancelled));
            };
            supervisor.wait(left, cancelled)?;
            supervisor.read_output(&mut self.stdout, &mut self.stderr)?;
            if let Some(exit) = supervisor.read_exit()? {
                return Ok(exit);
            }
            let progress = self.read_reports(supervisor)?.1;
            if let Some(scenario) = progress.change_scenario {
                change_scenario(scenario).map_err(WorkerError::ChangeScenario)?;
                supervisor.resume_worker()?;
            }
            if progress.alive {
                // After the change, because the parent's own time for it is not the worker's.
                self.alive = Instant::now();
            }
        }
    }

    /// Hears one block of reports, and says how long it was.
    fn read_reports(
        &mut self,
        supervisor: &mut SupervisorHandle,
    ) -> Result<(usize, Progress), WorkerError> {
        let count = supervisor.read_reports(&mut self.buffer)?;
        Ok((count, self.validator.push(&self.buffer[..count])))
    }

    /// Takes what is still in the channel and the pipes. All who could write to them are gone.
    fn drain(&mut self, supervisor: &mut SupervisorHandle) -> Result<(), WorkerError> {
        for _ in 0..MAX_FINAL_READS {
            if self.read_reports(supervisor)?.0 == 0 {
                break;
            }
        }
        supervisor.read_output(&mut self.stdout, &mut self.stderr)
    }
}

/// Sixty-four random bits as text: what begins a true report.
fn token() -> io::Result<String> {
    let mut bits = [0; 8];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bits)?;
    Ok(format!("{:016x}", u64::from_ne_bytes(bits)))
}
