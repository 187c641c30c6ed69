//! The process that a plugin is loaded in.
//!
//! The parent never loads a plugin: each run re-executes the harness as a
//! hidden worker that executes a script and reports over a channel of its own.
//! A crash, an exit or a hang of the plugin is a result, not an error.
//!
//! `run` is the parent's side of it, and `report_validator` checks the worker's reports against its script; `interpreter` is
//! the worker's side. What each system does in its own way is in `linux/` and `windows/`, behind one API (`os`).
//!
//! On Windows two processes take part: the parent starts the worker suspended in a job object, and ends the run by ending the
//! job (`windows/mod.rs`). What follows is about Linux.
//!
//! There, three processes take part. The *parent* is the harness. It executes a
//! *supervisor*, which forks the *worker* before the plugin is loaded. The
//! supervisor is the subreaper of the worker's orphans, so that it can end every
//! descendant of one run, including daemons, and of no other run.
//!
//! # What is trusted
//!
//! The end of a run comes from the supervisor, over a channel of which the
//! plugin's process holds neither end. What the worker reports is untrusted, since
//! the plugin can write to the same channel: it is validated against the script,
//! and it never turns a worker that was killed by a signal into one that finished.
//! Each wait of the parent ends at its time-out or when the run is cancelled,
//! whatever the plugin, the worker and the supervisor do.
//!
//! # What a plugin can still do
//!
//! It can forge its own results and times, as it could by returning other values. A
//! plugin that writes false reports and also finds the shared memory in which
//! the worker counts its steps can make a crash in a call look like a crash in a
//! later step; it stays a crash. One that ends its process with the code 0 after
//! both looks as if it had finished.
//!
//! All of these processes belong to one user, and Linux lets a process signal
//! all processes of its user. A plugin that stops its supervisor hangs: at the
//! time limit the parent sends SIGCONT, and the supervisor ends the run; if it is
//! stopped again and again, the parent ends the run itself. A plugin that kills its supervisor dies
//! with it, unless it has cleared its parent-death signal, and the run ends in
//! [`WorkerError::Supervisor`]; daemons that it started before then remain, as
//! children of init. One that signals every process that it may, with
//! `kill(-1, SIGKILL)`, kills the harness and every other process of that user, unless the kernel confines signals
//! (Landlock, since Linux 6.12):
//! examine untrusted plugins as a separate user or in a container. A PID namespace would keep signals in, but it needs a
//! `/proc` of its own, which the kernel refuses where parts of the outer one
//! are masked, as in most containers, and it adds up to a millisecond to a run.
//!
//! A run with more than 256 processes at once is ended. Where the kernel confines signals, the supervisor then kills all
//! of them with one call; elsewhere it kills one after the other, and a plugin whose processes leave their group and fork
//! faster than that keeps the supervisor busy until the parent gives the run up.
//!
//! The supervisor is not dumpable, so that an unprivileged plugin cannot access its
//! memory and descriptors. One with `CAP_SYS_PTRACE`, as
//! root has outside of a namespace, can still access them; and the harness itself,
//! which other programs of the user may debug, is not protected this way.

mod calls;
mod files;
mod host_end;
mod host_load;
mod interpreter;
mod job_thread;
pub mod observation;
#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod os;
#[cfg(windows)]
#[path = "windows/mod.rs"]
mod os;
mod protocol;
mod reason;
mod report_validator;
mod reporter;
mod run;
pub mod script;
pub mod wine;

#[cfg(not(any(target_os = "linux", windows)))]
compile_error!(
    "ics-harness runs on Linux and Windows; the device's documents, service and simulation are in the crate ics-device"
);

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use os::{Cancel, main_if_worker};

use crate::testbed::Scenario;
use crate::testbed::containment::Containment;
use observation::Observation;
use script::Step;
use wine::Wine;

/// How a worker is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long a worker may be silent before it is killed. The end of a call or of a step restarts the time; a call
    /// in progress does not.
    pub limit: Duration,
    /// Variables of the worker's environment, in addition to the few that are always set. They override those.
    pub environment: BTreeMap<String, String>,
    /// The worker's current folder; the parent's own if absent.
    pub folder: Option<PathBuf>,
    /// A second copy of the plugin, for [`Step::LoadCopy`].
    pub second: Option<PathBuf>,
    /// When the state of the process is recorded.
    pub snapshots: Snapshots,
    /// How long a run may take before its repeated calls and rounds end early. Each such step makes at least one.
    pub budget: Duration,
    /// How many bytes of address space the worker's process and each other one may use; not limited, if absent.
    pub address_space: Option<u64>,
    /// What the run may see and change of the machine; everything that its user may, if absent.
    pub containment: Option<Containment>,
    /// Counts the calls and rounds while the run goes on.
    pub counter: CallCounter,
    /// Wine, for a plugin for Windows.
    pub wine: Option<Wine>,
    /// The harness's program, which calls [`main_if_worker`] first; the running program if absent.
    pub program: Option<PathBuf>,
}

/// How many calls and rounds of a run have been made, while it goes on. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct CallCounter(Arc<AtomicU64>);

impl CallCounter {
    /// Calls and rounds so far, the untrusted word of the worker. If a step ended early, all of its calls count.
    pub fn made(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Sets the number.
    pub fn set(&self, made: u64) {
        self.0.store(made, Ordering::Relaxed);
    }
}

/// How many processes a run may have that have not ended, the worker among them. A plugin needs none.
const MAX_PROCESSES: u32 = 256;

/// How long repeated calls and rounds may take in a run.
pub const DEFAULT_BUDGET: Duration = Duration::from_secs(60);

/// What became of a change of the scenario that a script asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScenarioChange {
    Made,
    /// There is no time for the rest of a long sequence of scenarios. The worker then makes no more calls, and all later
    /// changes have to be answered in the same way.
    OutOfTime,
}

/// When the state of the worker's process is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Snapshots {
    /// Before the first step and after each one that can change it. The worker also has a zombie child, as a host may
    /// have one.
    AfterEachStep,
    /// Only in [`Step::Snapshot`].
    WhereScripted,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limit: Duration::from_secs(30),
            environment: BTreeMap::new(),
            folder: None,
            second: None,
            snapshots: Snapshots::WhereScripted,
            budget: DEFAULT_BUDGET,
            address_space: None,
            containment: None,
            counter: CallCounter::default(),
            wine: None,
            program: None,
        }
    }
}

/// Why a run has no result. Unless a variant states otherwise, the plugin is not the cause.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The worker could not be started.
    #[error("cannot start a worker from {program}")]
    Start { program: String, source: io::Error },
    /// The channel to the worker failed.
    #[error("cannot communicate with the worker")]
    Channel(#[source] io::Error),
    /// The supervisor ended before the worker did.
    #[error("the worker's supervisor ended early ({0}); the plugin may have stopped or killed it")]
    Supervisor(String),
    /// Processes of the run could not be ended.
    #[error("processes that the plugin started could not be ended within {0:?}")]
    Lingers(Duration),
    /// Wine failed, or did not start in time.
    #[error("Wine: {0}")]
    Wine(String),
    /// The scenario could not be changed.
    #[error("cannot change the scenario: {0}")]
    ChangeScenario(String),
    /// The run was cancelled.
    #[error("cancelled")]
    Cancelled,
}

/// Adds to the containment of a run what Wine needs.
pub(crate) fn contain_wine(wine: &Wine, containment: &mut Containment) {
    os::contain_wine(wine, containment);
}

/// Runs `script` on `plugin` in a fresh worker, and returns when the worker
/// and all its descendants have ended.
///
/// The worker is started from the calling thread and so runs in that
/// thread's network and mounts. `change_scenario` is called on this thread too, for
/// each [`Step::ChangeScenario`]; if it fails, so does the run. It can also end the calls.
///
/// # Errors
/// If the harness failed; a crash, an exit and a hang of the plugin are in the observation.
pub fn run(
    plugin: &Path,
    script: &[Step],
    options: &Options,
    change_scenario: &mut dyn FnMut(Scenario) -> Result<ScenarioChange, String>,
    cancelled: &Cancel,
) -> Result<Observation, WorkerError> {
    run::run(plugin, script, options, change_scenario, cancelled)
}
