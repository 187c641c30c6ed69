//! The worker itself: loads the plugin and does what the script says.
//!
//! A step that cannot be done is reported with its error, and the script goes
//! on. Whatever else happens here is the plugin's doing and is seen from
//! outside.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::load::{EntryPoint, Loaded};
use super::reporter::Reporter;
use super::snapshot::{self, Own};
use super::threads::Waiting;
use super::{calls, host_load};
use crate::worker::observation::{Call, Snapshot, StepReport};
use crate::worker::protocol::{Orders, Report};
use crate::worker::script::{Step, ThreadRef};

/// Does the whole script, then exits as a program does.
pub(super) fn main(
    orders: Orders,
    reporter: Reporter,
    channel: BufReader<&'static UnixStream>,
) -> ! {
    warm_up();
    let mut child = Child {
        plugin: PathBuf::from(orders.plugin),
        reporter: Arc::new(reporter),
        channel,
        loaded: None,
        threads: BTreeMap::new(),
    };
    for (index, step) in orders.script.iter().enumerate() {
        child.reporter.begin();
        let started = Instant::now();
        let mut seen = Seen::default();
        let error = child.step(step, &mut seen).err();
        child.reporter.done(StepReport {
            step: index,
            seconds: started.elapsed().as_secs_f64(),
            calls: seen.calls,
            snapshot: seen.snapshot,
            error,
        });
    }
    child.reporter.begin();
    child.reporter.send(&Report::Finished);
    // Handlers that the plugin registered run now, as they would in the device's service.
    std::process::exit(0)
}

/// Has Rust's standard library take the one thread-local key that it takes for itself, so that it does not look as if
/// the plugin had.
fn warm_up() {
    drop(std::thread::current());
}

/// What a step brings.
#[derive(Default)]
struct Seen {
    calls: Vec<Call>,
    snapshot: Option<Box<Snapshot>>,
}

struct Child {
    plugin: PathBuf,
    reporter: Arc<Reporter>,
    channel: BufReader<&'static UnixStream>,
    loaded: Option<Loaded>,
    threads: BTreeMap<u8, Waiting>,
}

impl Child {
    fn step(&mut self, step: &Step, seen: &mut Seen) -> Result<(), String> {
        match *step {
            Step::Load { on } => self.load(on),
            Step::Unload { on } => self.unload(on),
            Step::SpawnThread { thread, stack } => self.begin(thread, stack),
            Step::JoinThread { thread } => self.end(thread),
            Step::Call { on, times } => self.call(on, times, seen),
            Step::CallConcurrently { threads, calls } => calls::concurrently(
                self.entry()?,
                threads,
                calls,
                &self.reporter,
                &mut seen.calls,
            ),
            Step::CallSequentially { threads } => {
                calls::sequentially(self.entry()?, threads, &self.reporter, &mut seen.calls)
            }
            Step::Rounds { count, own_thread } => calls::rounds(
                &self.plugin,
                count,
                own_thread,
                &self.reporter,
                &mut seen.calls,
            ),
            Step::LeaveZombie => host_load::leave_zombie()
                .map_err(|error| format!("cannot make a child process: {error}")),
            Step::Snapshot => {
                seen.snapshot = Some(Box::new(self.snapshot()?));
                Ok(())
            }
            Step::IdleWithLoad { milliseconds } => {
                host_load::idle_with_load(milliseconds, &self.reporter)
            }
            Step::ChangeScenario(_) => self.change_scenario(),
        }
    }

    fn load(&mut self, on: ThreadRef) -> Result<(), String> {
        if self.loaded.is_some() {
            return Err("the plugin is already loaded".to_owned());
        }
        let plugin = self.plugin.clone();
        let loaded = self.on(on, move || Loaded::load(&plugin))?;
        self.loaded = Some(loaded.map_err(|error| error.to_string())?);
        Ok(())
    }

    fn unload(&mut self, on: ThreadRef) -> Result<(), String> {
        let loaded = self.loaded.take().ok_or(NOT_LOADED)?;
        self.on(on, move || loaded.unload())?
            .map_err(|error| error.to_string())
    }

    fn entry(&self) -> Result<EntryPoint, String> {
        self.loaded
            .as_ref()
            .map(Loaded::entry)
            .ok_or_else(|| NOT_LOADED.to_owned())
    }

    fn call(&self, on: ThreadRef, times: u32, seen: &mut Seen) -> Result<(), String> {
        let entry = self.entry()?;
        let reporter = Arc::clone(&self.reporter);
        seen.calls = self.on(on, move || calls::repeatedly(entry, times, &reporter))?;
        Ok(())
    }

    fn begin(&mut self, number: u8, stack: Option<u32>) -> Result<(), String> {
        if self.threads.contains_key(&number) {
            return Err(format!("thread {number} has already begun"));
        }
        let thread = Waiting::start(stack)
            .map_err(|error| format!("cannot start thread {number}: {error}"))?;
        self.threads.insert(number, thread);
        Ok(())
    }

    fn end(&mut self, number: u8) -> Result<(), String> {
        let thread = self
            .threads
            .remove(&number)
            .ok_or_else(|| no_thread(number))?;
        thread
            .end()
            .map_err(|error| format!("cannot join thread {number}: {error}"))
    }

    /// Runs a job where the step wants it, and waits for its result.
    fn on<T: Send + 'static>(
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

    fn snapshot(&self) -> Result<Snapshot, String> {
        snapshot::take(&Own {
            threads: self.threads.values().map(|thread| thread.tid).collect(),
            channel: self.reporter.descriptor(),
            plugin: Path::new(&self.plugin),
        })
        .map_err(|error| format!("cannot look at the process: {error}"))
    }

    fn change_scenario(&mut self) -> Result<(), String> {
        self.reporter.send(&Report::ChangeScenario);
        let mut answer = Vec::new();
        self.channel
            .read_until(b'\n', &mut answer)
            .map_err(|error| format!("cannot hear whether the scenario was changed: {error}"))?;
        if answer == b"\n" {
            Ok(())
        } else {
            Err("the harness did not answer".to_owned())
        }
    }
}

const NOT_LOADED: &str = "no plugin is loaded";

fn no_thread(number: u8) -> String {
    format!("there is no thread {number}")
}
