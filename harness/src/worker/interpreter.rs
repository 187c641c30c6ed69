//! The worker: loads the plugin and executes the script.
//!
//! A step that fails is reported with its error, and the script continues. Everything
//! else that can happen here is caused by the plugin, and is observed by the parent.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::calls::{Budget, Pace};
use super::files::PrivateFolders;
use super::host_load;
use super::job_thread::JobThread;
use super::os::{Channel, EntryPoint, LoadedPlugin, SystemSteps};
use super::protocol::{Instructions, Report};
use super::reporter::Reporter;
use super::{calls, protocol, reason};
use crate::clock::shared_seconds;
use crate::worker::observation::{Call, Snapshot, StepReport};
use crate::worker::script::{Step, ThreadRef};
use crate::worker::{ScenarioChange, Snapshots};

/// Executes the script, then exits normally, so that exit handlers run.
pub(super) fn main(
    instructions: Instructions,
    reporter: Reporter,
    channel: BufReader<Channel>,
) -> ! {
    let watched = instructions.snapshots == Snapshots::AfterEachStep;
    let system = SystemSteps::begin(watched);
    let mut interpreter = Interpreter {
        plugin: PathBuf::from(instructions.plugin),
        second: instructions.second.map(PathBuf::from),
        loaded_copy: None,
        folders: PrivateFolders::of(instructions.containment.as_ref()),
        reporter: Arc::new(reporter),
        channel,
        loaded: None,
        threads: BTreeMap::new(),
        system,
        budget: Budget::new(instructions.budget),
        calls_now: 0,
        calls_later: instructions.script.iter().map(Step::max_calls).sum(),
        called_before: false,
        out_of_time: false,
    };
    if watched && let Ok(baseline) = interpreter.snapshot(Detail::Quick) {
        let baseline = Report::Baseline(Box::new(baseline));
        interpreter.reporter.send(&baseline);
    }
    for (index, step) in instructions.script.iter().enumerate() {
        interpreter.reporter.begin();
        interpreter.calls_now = step.max_calls();
        interpreter.calls_later -= interpreter.calls_now;
        let (began, started) = (shared_seconds(), Instant::now());
        let mut output = StepOutput::default();
        if step.calls() {
            interpreter.system.begin_watch();
        }
        let error = match interpreter.leaves_out(step) {
            true => None,
            false => interpreter.step(step, &mut output).err(),
        };
        interpreter.called_before = step.calls();
        let watched_step = match step.calls() {
            true => interpreter.system.end_watch(),
            false => None,
        };
        let seconds = started.elapsed().as_secs_f64();
        if watched && output.snapshot.is_none() && step.changes_the_process() {
            // One that cannot be taken is missing in the report, and judges see that.
            output.snapshot = interpreter.snapshot(Detail::Quick).ok().map(Box::new);
        }
        interpreter.reporter.done(StepReport {
            step: index,
            began,
            seconds,
            calls: output.calls,
            snapshot: output.snapshot,
            error,
            watched: watched_step,
            reason: reason::take(),
        });
    }
    interpreter.reporter.begin();
    interpreter.reporter.send(&Report::Finished);
    // Handlers that the plugin registered run now, as they would in the device's service.
    std::process::exit(0)
}

/// How much a snapshot reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// Everything that can be read in well under a millisecond.
    Quick,
    /// Also the process's memory, and how many thread-local keys are left.
    WithMemory,
}

/// What a snapshot omits, and which library it looks for.
#[derive(Debug)]
pub(super) struct WorkerResources<'a> {
    /// The threads of the script, other than the calling one.
    pub(super) threads: Vec<i32>,
    pub(super) channel: Channel,
    /// The library to find in the address space.
    pub(super) plugin: &'a Path,
    pub(super) detail: Detail,
    /// The folders whose files are listed.
    pub(super) folders: &'a PrivateFolders,
}

/// The results of a step.
#[derive(Default)]
struct StepOutput {
    calls: Vec<Call>,
    snapshot: Option<Box<Snapshot>>,
}

struct Interpreter {
    plugin: PathBuf,
    /// A second copy of the plugin.
    second: Option<PathBuf>,
    loaded_copy: Option<LoadedPlugin>,
    /// The folders whose files are in snapshots.
    folders: PrivateFolders,
    reporter: Arc<Reporter>,
    channel: BufReader<Channel>,
    loaded: Option<LoadedPlugin>,
    threads: BTreeMap<u8, JobThread>,
    /// The steps that each system makes in its own way.
    system: SystemSteps,
    /// The budget of the whole run.
    budget: Budget,
    /// The calls of the current step.
    calls_now: u64,
    /// The calls of the steps after it.
    calls_later: u64,
    /// Whether the step before was one of calls.
    called_before: bool,
    /// Whether the harness has no time for more calls.
    out_of_time: bool,
}

impl Interpreter {
    /// Whether there is no time for a step: for no more calls at all, or for the repetition of a call.
    fn leaves_out(&self, step: &Step) -> bool {
        let repeats = matches!(step, Step::Call { times: 2.., .. }) && self.called_before;
        match step {
            Step::IdleWithLoad { .. } => self.out_of_time,
            _ => step.calls() && (self.out_of_time || (repeats && self.budget.is_over())),
        }
    }

    fn step(&mut self, step: &Step, output: &mut StepOutput) -> Result<(), String> {
        match *step {
            Step::Load { on } => self.load(on),
            Step::Unload { on } => self.unload(on),
            Step::LoadCopy => self.load_copy(),
            Step::CallCopy => {
                let entry = self.loaded_copy.as_ref().ok_or(NOT_LOADED)?.entry();
                output.calls.push(calls::once(entry, &self.reporter));
                Ok(())
            }
            Step::UnloadCopy => {
                let loaded = self.loaded_copy.take().ok_or(NOT_LOADED)?;
                loaded.unload().map_err(|error| error.to_string())
            }
            Step::SpawnThread { thread, stack } => self.spawn_thread(thread, stack),
            Step::JoinThread { thread } => self.join_thread(thread),
            Step::Call { on, times } => self.call(on, times, output),
            Step::CallConcurrently { threads, calls } => calls::concurrently(
                self.entry()?,
                threads,
                calls,
                self.pace(),
                &mut output.calls,
            ),
            Step::CallSequentially { threads } => {
                calls::sequentially(self.entry()?, threads, &self.pace(), &mut output.calls)
            }
            Step::Rounds { count, own_thread } => calls::rounds(
                &self.plugin,
                count,
                own_thread,
                &self.pace(),
                &mut output.calls,
            ),
            Step::Snapshot => {
                output.snapshot = Some(Box::new(self.snapshot(Detail::WithMemory)?));
                Ok(())
            }
            Step::IdleWithLoad { milliseconds } => {
                // Of a small budget, half remains for the calls after it.
                let idle = self
                    .budget
                    .half_of_the_rest(Duration::from_millis(milliseconds.into()));
                host_load::idle_with_load(idle, &self.reporter)
            }
            Step::ChangeScenario(_) => self.change_scenario(),
            Step::MeasuredCall
            | Step::CancelledCall { .. }
            | Step::CallInFork
            | Step::CallWithClockSetBack
            | Step::CallUnder { .. }
            | Step::LeaveZombie
            | Step::Watch => {
                let entry = self.loaded.as_ref().map(LoadedPlugin::entry);
                let entry = entry.ok_or_else(|| NOT_LOADED.to_owned());
                output.calls = self.system.make(step, entry, &self.pace())?;
                Ok(())
            }
        }
    }

    fn load(&mut self, on: ThreadRef) -> Result<(), String> {
        if self.loaded.is_some() {
            return Err("the plugin is already loaded".to_owned());
        }
        let plugin = self.plugin.clone();
        let loaded = self.run_on(on, move || LoadedPlugin::load(&plugin))?;
        self.loaded = Some(loaded.map_err(|error| error.to_string())?);
        Ok(())
    }

    fn load_copy(&mut self) -> Result<(), String> {
        if self.loaded_copy.is_some() {
            return Err("the second copy is already loaded".to_owned());
        }
        let second = self.second.as_ref().ok_or("there is no second copy")?;
        let loaded = LoadedPlugin::load(second).map_err(|error| error.to_string())?;
        self.loaded_copy = Some(loaded);
        Ok(())
    }

    fn unload(&mut self, on: ThreadRef) -> Result<(), String> {
        let loaded = self.loaded.take().ok_or(NOT_LOADED)?;
        self.run_on(on, move || loaded.unload())?
            .map_err(|error| error.to_string())
    }

    fn pace(&self) -> Pace {
        Pace {
            reporter: Arc::clone(&self.reporter),
            budget: self
                .budget
                .share(self.calls_now, self.calls_now + self.calls_later),
        }
    }

    fn entry(&self) -> Result<EntryPoint, String> {
        self.loaded
            .as_ref()
            .map(LoadedPlugin::entry)
            .ok_or_else(|| NOT_LOADED.to_owned())
    }

    fn call(&self, on: ThreadRef, times: u32, output: &mut StepOutput) -> Result<(), String> {
        let entry = self.entry()?;
        let pace = self.pace();
        output.calls = self.run_on(on, move || calls::repeatedly(entry, times, &pace))?;
        Ok(())
    }

    fn spawn_thread(&mut self, number: u8, stack: Option<u32>) -> Result<(), String> {
        if self.threads.contains_key(&number) {
            return Err(format!("thread {number} is already running"));
        }
        let thread = JobThread::start(stack)
            .map_err(|error| format!("cannot start thread {number}: {error}"))?;
        self.threads.insert(number, thread);
        Ok(())
    }

    fn join_thread(&mut self, number: u8) -> Result<(), String> {
        let thread = self
            .threads
            .remove(&number)
            .ok_or_else(|| no_thread(number))?;
        thread
            .join()
            .map_err(|error| format!("cannot join thread {number}: {error}"))
    }

    /// Runs a job on the step's thread, and waits for its result.
    fn run_on<T: Send + 'static>(
        &self,
        on: ThreadRef,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, String> {
        match on {
            ThreadRef::Main => Ok(job()),
            ThreadRef::Thread(number) => self
                .threads
                .get(&number)
                .ok_or_else(|| no_thread(number))?
                .run(job)
                .map_err(|error| format!("thread {number}: {error}")),
        }
    }

    fn snapshot(&self, detail: Detail) -> Result<Snapshot, String> {
        let threads = self.threads.values().map(|thread| thread.tid).collect();
        let own = WorkerResources {
            threads,
            channel: self.reporter.channel(),
            plugin: Path::new(&self.plugin),
            detail,
            folders: &self.folders,
        };
        self.system
            .snapshot(&own)
            .map_err(|error| format!("cannot read the state of the process: {error}"))
    }

    fn change_scenario(&mut self) -> Result<(), String> {
        self.reporter.send(&Report::ChangeScenario);
        let mut answer = Vec::new();
        self.channel
            .read_until(b'\n', &mut answer)
            .map_err(|error| format!("cannot read whether the scenario was changed: {error}"))?;
        match protocol::change_of(&answer) {
            Some(ScenarioChange::Made) => Ok(()),
            Some(ScenarioChange::OutOfTime) => {
                self.out_of_time = true;
                Ok(())
            }
            None => Err("the harness did not answer".to_owned()),
        }
    }
}

const NOT_LOADED: &str = "no plugin is loaded";

fn no_thread(number: u8) -> String {
    format!("there is no thread {number}")
}
