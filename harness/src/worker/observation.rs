//! What was seen of one run: pure data, from which rules judge.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What was seen of the plugin's process in one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The finished steps, in the script's order.
    pub steps: Vec<StepReport>,
    /// How the worker ended.
    pub end: End,
    /// How many calls or rounds were finished in the step that was cut short; 0 if none was.
    #[serde(default)]
    pub unfinished: u32,
    /// The first value other than the three that a finished call of the step that was cut short returned. The values
    /// of finished steps are in their calls.
    #[serde(default)]
    pub out_of_range: Option<i32>,
    /// What the plugin printed to standard output.
    pub stdout: Output,
    /// What the plugin printed to standard error.
    pub stderr: Output,
    /// What came over the worker's channel that the worker did not write: the plugin writes to descriptors that
    /// are not its own.
    #[serde(default)]
    pub stray: Output,
    /// The whole run, in seconds, from the start of the worker to its end.
    pub seconds: f64,
}

/// What one step brought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    /// Its index in the script.
    pub step: usize,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The calls it made.
    pub calls: Vec<Call>,
    /// What it saw of the process.
    pub snapshot: Option<Box<Snapshot>>,
    /// Why it could not be done, such as the loader's message.
    pub error: Option<String>,
}

/// One call of `IsEntitled`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// What it returned, read as a C int.
    pub value: i32,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Processor time that the whole process used meanwhile, in seconds.
    pub cpu: f64,
    /// Whether errno was the same after the call.
    pub errno_kept: bool,
}

/// How a worker ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// It did its whole script and exited cleanly.
    Finished,
    /// A signal killed it.
    Killed {
        /// Such as `SIGSEGV`.
        signal: String,
        /// The step it was in; one past the last if the script was done.
        step: usize,
    },
    /// The plugin ended the process.
    Exited {
        /// The exit code.
        code: i32,
        /// The step it was in.
        step: usize,
    },
    /// No sign of life for longer than the limit; it was killed.
    Hung {
        /// The step it was in.
        step: usize,
        /// How long it was waited for, in seconds.
        seconds: u64,
    },
    /// The plugin closed or replaced the descriptor that the worker reports on, or wrote into its reports, so that
    /// nothing more is known.
    ChannelLost {
        /// The step it was in.
        step: usize,
    },
}

/// BoundedBuffer output of the worker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The first bytes, as text.
    pub text: String,
    /// How many bytes there were in all.
    pub bytes: u64,
}

/// The process at one moment. Everything that the worker itself needs for its
/// own work is left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Threads beside the worker's own, as `tid name`. One that is on its way out is not counted.
    pub threads: Vec<String>,
    /// Child processes, orphaned grandchildren among them, as `pid name`, and ` (ended)` after one that nobody has
    /// waited for.
    pub children: Vec<String>,
    /// Open descriptors and what they are.
    pub descriptors: BTreeMap<i32, String>,
    /// Memory that is the process's own, in KiB (`Anonymous + Pss_Shmem + Swap` of smaps_rollup). Pages of mapped
    /// files are left out: whether they count as private depends on what other processes do at the moment.
    pub memory: u64,
    /// Signals whose disposition is not the default, and what it is: `ignored`, or which handler.
    pub signals: BTreeMap<String, String>,
    /// The signal mask and the alternate stack of the main thread, in words.
    pub signal_mask: String,
    /// See `signal_mask`.
    pub alternate_stack: String,
    /// The current folder.
    pub folder: String,
    /// The environment.
    pub environment: BTreeMap<String, String>,
    /// Whether the library is mapped.
    pub mapped: bool,
    /// Thread-local keys that can still be made.
    pub keys_free: u32,
}
