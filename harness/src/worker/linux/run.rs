//! The harness's side of a run: starts it, listens, keeps the time, and sees to
//! it that nothing is left.

use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, Instant};

use super::report_validator::{Account, Heard};
use super::supervisor_handle::Running;
use crate::testbed::Scenario;
use crate::worker::observation::Observation;
use crate::worker::protocol::{Bounded, Gone, Orders};
use crate::worker::script::Step;
use crate::worker::{Cancel, Options, WorkerError};

/// How many blocks of reports are read once the worker is gone. What a worker can have left in the channel is less;
/// only a process that is no part of the run could go on writing.
const LAST_BLOCKS: usize = 256;

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
    let mut running = Running::start(&plugin, options)?;
    let mut run = Run {
        limit: options.limit,
        account: Account::new(script, &token),
        hung: None,
        alive: started,
        stdout: Bounded::default(),
        stderr: Bounded::default(),
        buffer: vec![0; 64 << 10],
    };
    running.order(&Orders {
        token,
        plugin: plugin.into_os_string(),
        script: script.to_vec(),
    })?;
    let gone = run.listen(&mut running, change_scenario, cancelled)?;
    let seconds = started.elapsed().as_secs_f64();
    run.take_the_rest(&mut running)?;
    running.end(cancelled)?;
    let settled = run.account.settle(&gone, run.hung);
    Ok(Observation {
        steps: settled.steps,
        end: settled.end,
        unfinished: settled.unfinished,
        out_of_range: settled.out_of_range,
        stdout: run.stdout.into_output(),
        stderr: run.stderr.into_output(),
        stray: settled.stray,
        seconds,
    })
}

/// What is known of a run that goes on.
struct Run<'a> {
    limit: Duration,
    account: Account<'a>,
    /// For how many seconds it was waited for, if it was given up.
    hung: Option<u64>,
    /// The last sign of life.
    alive: Instant,
    stdout: Bounded,
    stderr: Bounded,
    buffer: Vec<u8>,
}

impl Run<'_> {
    /// Listens until all processes of the run are gone. A run that gives no sign of life is ended.
    fn listen(
        &mut self,
        running: &mut Running,
        change_scenario: &mut dyn FnMut(Scenario) -> Result<(), String>,
        cancelled: &Cancel,
    ) -> Result<Gone, WorkerError> {
        loop {
            let Some(left) = self.limit.checked_sub(self.alive.elapsed()) else {
                self.hung = Some(self.limit.as_secs());
                return running.put_down(Some(cancelled));
            };
            running.wait(left, cancelled)?;
            running.take_output(&mut self.stdout, &mut self.stderr)?;
            if let Some(gone) = running.gone()? {
                return Ok(gone);
            }
            let heard = self.hear(running)?.1;
            if let Some(scenario) = heard.change_scenario {
                change_scenario(scenario).map_err(WorkerError::ChangeScenario)?;
                running.go_on()?;
            }
            if heard.alive {
                // After the change, because the parent's own time for it is not the worker's.
                self.alive = Instant::now();
            }
        }
    }

    /// Hears one block of reports, and says how long it was.
    fn hear(&mut self, running: &mut Running) -> Result<(usize, Heard), WorkerError> {
        let count = running.read_reports(&mut self.buffer)?;
        Ok((count, self.account.hear(&self.buffer[..count])))
    }

    /// Takes what is still in the channel and the pipes. All who could write to them are gone.
    fn take_the_rest(&mut self, running: &mut Running) -> Result<(), WorkerError> {
        for _ in 0..LAST_BLOCKS {
            if self.hear(running)?.0 == 0 {
                break;
            }
        }
        running.take_output(&mut self.stdout, &mut self.stderr)
    }
}

/// Sixty-four random bits as text: what begins a true report.
fn token() -> io::Result<String> {
    let mut bits = [0; 8];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bits)?;
    Ok(format!("{:016x}", u64::from_ne_bytes(bits)))
}
