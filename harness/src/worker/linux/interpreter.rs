//! The worker: loads the plugin and executes the script.
//!
//! A step that fails is reported with its error, and the script continues. Everything
//! else that can happen here is caused by the plugin, and is observed by the parent.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::calls::{Budget, Pace};
use super::files::PrivateFolders;
use super::load::{EntryPoint, LoadedPlugin};
use super::process_state::ResolverSettings;
use super::protocol::{Instructions, Report};
use super::reporter::Reporter;
use super::snapshot::{self, Detail, WorkerResources};
use super::threads::JobThread;
use super::watcher::Watcher;
use super::{calls, cancelled, conditions, forked, host_load, protocol, reason, run_queue};
use crate::worker::observation::{Call, Snapshot, StepReport};
use crate::worker::script::{Step, ThreadRef};
use crate::worker::{ScenarioChange, Snapshots};

/// Executes the script, then exits normally, so that exit handlers run.
pub(super) fn main(
    instructions: Instructions,
    reporter: Reporter,
    channel: BufReader<&'static UnixStream>,
) -> ! {
    warm_up();
    let watched = instructions.snapshots == Snapshots::AfterEachStep;
    if watched {
        // A host has children of its own, which a plugin must not reap. Without one, less is shown.
        drop(host_load::leave_zombie());
    }
    let mut interpreter = Interpreter {
        plugin: PathBuf::from(instructions.plugin),
        second: instructions.second.map(PathBuf::from),
        loaded_copy: None,
        folders: PrivateFolders::of(instructions.containment.as_ref()),
        reporter: Arc::new(reporter),
        channel,
        loaded: None,
        threads: BTreeMap::new(),
        resolver: OnceCell::new(),
        watcher: None,
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
        let started = Instant::now();
        let mut output = StepOutput::default();
        let watching = step.calls() && interpreter.watcher.is_some();
        if let Some(watcher) = interpreter.watcher.as_ref().filter(|_| watching) {
            watcher.begin();
        }
        let error = match interpreter.leaves_out(step) {
            true => None,
            false => interpreter.step(step, &mut output).err(),
        };
        interpreter.called_before = step.calls();
        let watcher = interpreter.watcher.as_ref().filter(|_| watching);
        let watched_step = watcher.map(Watcher::end);
        let seconds = started.elapsed().as_secs_f64();
        if watched && output.snapshot.is_none() && step.changes_the_process() {
            // One that cannot be taken is missing in the report, and judges see that.
            output.snapshot = interpreter.snapshot(Detail::Quick).ok().map(Box::new);
        }
        interpreter.reporter.done(StepReport {
            step: index,
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

/// Has Rust's standard library allocate its own thread-local key, so that it is not attributed to the plugin.
fn warm_up() {
    drop(std::thread::current());
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
    channel: BufReader<&'static UnixStream>,
    loaded: Option<LoadedPlugin>,
    threads: BTreeMap<u8, JobThread>,
    /// The resolver settings of a thread that changed none.
    resolver: OnceCell<ResolverSettings>,
    /// The thread that watches calls, if the script started it.
    watcher: Option<Watcher>,
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
            Step::MeasuredCall => {
                let call = run_queue::measured(self.entry()?, &self.reporter)?;
                output.calls.push(call);
                Ok(())
            }
            Step::CancelledCall { when } => {
                let call = cancelled::call(self.entry()?, when, &self.reporter)?;
                output.calls.extend(call);
                Ok(())
            }
            Step::CallInFork => {
                output
                    .calls
                    .push(forked::call(self.entry()?, &self.reporter)?);
                Ok(())
            }
            Step::CallUnder { condition, times } => {
                let entry = self.entry()?;
                let pace = self.pace();
                output.calls =
                    conditions::under(condition, move || calls::repeatedly(entry, times, &pace))?;
                Ok(())
            }
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
            Step::LeaveZombie => host_load::leave_zombie()
                .map_err(|error| format!("cannot make a child process: {error}")),
            Step::Watch => {
                let watcher = Watcher::start()
                    .map_err(|error| format!("the process cannot be watched: {error}"))?;
                self.watcher = Some(watcher);
                Ok(())
            }
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
        snapshot::take(&WorkerResources {
            threads: self.threads.values().map(|thread| thread.tid).collect(),
            channel: self.reporter.descriptor(),
            plugin: Path::new(&self.plugin),
            resolver: *self.resolver.get_or_init(ResolverSettings::default_ones),
            detail,
            folders: &self.folders,
        })
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
