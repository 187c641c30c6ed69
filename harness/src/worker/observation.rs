//! What was observed of one run: pure data, which rules evaluate.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// What was observed of the plugin's process in one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The state of the process before the first step, if snapshots are taken after each step.
    #[serde(default)]
    pub baseline: Option<Box<Snapshot>>,
    /// The finished steps, in the script's order.
    pub steps: Vec<StepReport>,
    /// How the worker ended.
    pub end: End,
    /// How many calls or rounds were finished in the step that was interrupted; 0 if none was.
    #[serde(default)]
    pub unfinished: u32,
    /// The first value outside the enumeration that a call of the interrupted step returned. The values of finished
    /// steps are in their calls.
    #[serde(default)]
    pub out_of_range: Option<i32>,
    /// What the plugin printed to standard output.
    pub stdout: Output,
    /// What the plugin printed to standard error.
    pub stderr: Output,
    /// Bytes on the worker's channel that are no valid report: the plugin writes to descriptors that are not its own.
    #[serde(default)]
    pub stray: Output,
    /// What is known besides of a run on Windows, or under Wine; none of any other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub windows: Option<OnWindows>,
    /// The duration of the run in seconds, from the start of the worker to its end.
    pub seconds: f64,
    /// When the worker ended, by the clock that all processes of the system share.
    #[serde(default)]
    pub ended: Option<f64>,
}

#[cfg(test)]
impl Observation {
    /// What is observed of a run of these steps that prints nothing and ends like this.
    pub(crate) fn of_steps(steps: Vec<StepReport>, end: End) -> Self {
        Self {
            baseline: None,
            seconds: steps.iter().map(|step| step.seconds).sum(),
            steps,
            end,
            unfinished: 0,
            out_of_range: None,
            stdout: Output::default(),
            stderr: Output::default(),
            stray: Output::default(),
            windows: None,
            ended: None,
        }
    }
}

/// What is known besides of a run on Windows, or under Wine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnWindows {
    /// The system's libraries with HTTP or TLS that the process had loaded at any time, in lower case.
    pub stack: BTreeSet<String>,
    /// Why the end of the process shows nothing about the plugin, if it does not.
    pub inconclusive: Option<String>,
}

/// The result of one step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    /// Its index in the script.
    pub step: usize,
    /// When it began, by the clock that all processes of the system share.
    #[serde(default)]
    pub began: Option<f64>,
    /// How long it took, in seconds.
    pub seconds: f64,
    pub calls: Vec<Call>,
    /// The state of the process after the step: of [`Step::Snapshot`](super::script::Step::Snapshot), and of each
    /// step that changes it, if [`Snapshots::AfterEachStep`](super::Snapshots) was chosen.
    pub snapshot: Option<Box<Snapshot>>,
    /// Why it failed, such as the loader's message.
    pub error: Option<String>,
    /// What another thread saw during the step: of each step with calls after
    /// [`Step::Watch`](super::script::Step::Watch).
    #[serde(default)]
    pub watched: Option<Watched>,
    /// Why the plugin decided nothing, as it said itself in the last call of the step: plugins made with the SDK tell a
    /// host that asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What another thread of the process saw while the plugin was called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    /// How often it looked.
    pub looks: u32,
    /// What was changed and changed back, as text.
    pub changes: Vec<String>,
}

/// One call of `IsEntitled`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// What it returned, read as a C int.
    pub value: i32,
    /// When it began, by the clock that all processes of the system share.
    #[serde(default)]
    pub began: Option<f64>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Processor time that the whole process used during the call, in seconds.
    pub cpu: f64,
    /// How long the thread of the process that waited longest for a processor did so, in seconds. Only
    /// [`Step::MeasuredCall`](super::script::Step::MeasuredCall) measures it, and not on Windows, which does not tell a
    /// process how long its threads were ready to run: that is known to traces of the kernel (ETW), which an administrator
    /// begins.
    #[serde(default)]
    pub queued: Option<f64>,
    /// Whether errno was the same after the call.
    pub errno_kept: bool,
}

#[cfg(test)]
impl Call {
    /// A call that returned this value after so many seconds.
    pub(crate) fn returning(value: i32, seconds: f64) -> Self {
        Self {
            value,
            began: None,
            seconds,
            cpu: 0.0,
            queued: None,
            errno_kept: true,
        }
    }
}

/// How a worker ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// It finished its script and exited with code 0.
    Finished,
    /// A signal killed it.
    Killed {
        /// Such as `SIGSEGV`.
        signal: String,
        /// The index of the step; one past the last if all were done.
        step: usize,
    },
    /// The plugin ended the process.
    Exited {
        code: i32,
        /// As in `Killed`.
        step: usize,
    },
    /// It sent no report for longer than the limit, and was killed.
    Hung {
        /// As in `Killed`.
        step: usize,
        /// The limit in seconds.
        seconds: u64,
    },
    /// More processes were running at once than a run may have, and it was ended.
    TooManyProcesses {
        limit: u32,
        /// As in `Killed`.
        step: usize,
    },
    /// The plugin closed or replaced the descriptor of the report channel, or wrote to it, so that nothing more is
    /// known.
    ChannelLost {
        /// As in `Killed`.
        step: usize,
    },
}

/// Output of the worker, of which at most 64 KiB are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The first 64 KiB; bytes that are not UTF-8 are escaped.
    pub text: String,
    /// How many bytes were written in total.
    pub bytes: u64,
}

/// The state of the process at one moment, without the worker's own resources.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Threads other than the worker's own, as `tid name`, without exiting ones.
    pub threads: Vec<String>,
    /// Those of them that are blocked in a system call on one of `lookup_descriptors`.
    #[serde(default)]
    pub lookup_threads: Vec<String>,
    /// Child processes, including orphaned grandchildren, as `pid name`, with ` (ended)` after a zombie.
    pub children: Vec<String>,
    /// Open descriptors and what `/proc/self/fd` links them to.
    pub descriptors: BTreeMap<i32, String>,
    /// Those of them that are sockets connected to the port of name servers.
    #[serde(default)]
    pub lookup_descriptors: BTreeSet<i32>,
    /// The files and empty folders in the run's own folders: its home, temporary ones and the like.
    #[serde(default)]
    pub files: BTreeSet<String>,
    /// Memory that is the process's own, in KiB (`Anonymous + Pss_Shmem + Swap` of smaps_rollup). Pages of mapped
    /// files are left out: whether they count as private depends on what other processes do at the moment.
    /// Only [`Step::Snapshot`](super::script::Step::Snapshot) measures it, because that takes a millisecond.
    pub memory: Option<u64>,
    /// What is allocated by malloc and not freed, in bytes modulo 2^32 (`mallinfo`). Only where glibc allocates, and with
    /// `memory`.
    #[serde(default)]
    pub heap: Option<u32>,
    /// How many heaps the process has (`GetProcessHeaps`); 0 where the system counts none.
    #[serde(default)]
    pub heaps: u32,
    /// The file names of the libraries that are mapped. Only with `memory`.
    #[serde(default)]
    pub libraries: BTreeSet<String>,
    /// The most memory that the process has had resident so far, in KiB (`VmHWM` of /proc/self/status).
    #[serde(default)]
    pub peak_memory: u64,
    /// Signals whose disposition is not the default: `ignored`, or the file that contains the handler.
    pub signals: BTreeMap<String, String>,
    /// The signal mask of the main thread, as text.
    pub signal_mask: String,
    /// The alternate signal stack of the main thread, as text.
    pub alternate_stack: String,
    /// The current folder.
    pub folder: String,
    pub environment: BTreeMap<String, String>,
    /// Whether the library is mapped.
    pub mapped: bool,
    /// How many more thread-local keys can be created (`pthread_key_create`). None after a step that asks for no snapshot:
    /// counting them takes a while.
    pub keys_free: Option<u32>,
    /// Timers that are armed (`alarm`, `setitimer`) or exist (`timer_create`), by name.
    pub timers: BTreeMap<String, String>,
    /// In octal.
    pub umask: String,
    /// The locale of the process, and the main thread's own one, if it has one.
    pub locale: BTreeMap<String, String>,
    /// The resource limits, as `/proc/self/limits` lists them.
    pub limits: BTreeMap<String, String>,
    /// The rounding mode of the main thread, and what else controls its floating-point unit.
    pub rounding: String,
    /// The main thread's nice value, scheduling policy and processors.
    pub priority: BTreeMap<String, String>,
    /// The flags of the descriptors 0, 1 and 2, such as `O_NONBLOCK`; on Windows the standard handles and whether child
    /// processes inherit them.
    pub standard_descriptors: BTreeMap<i32, String>,
    /// The code pages and modes of the console; empty if the process has none, as on other systems than Windows.
    #[serde(default)]
    pub console: String,
    /// Users, groups, capabilities and related flags of the process.
    pub credentials: BTreeMap<String, String>,
    /// The name of the main thread.
    pub thread_name: String,
    /// Whether the main thread can be cancelled (`pthread_setcancelstate`), and when.
    pub cancellation: String,
    /// The main thread's resolver settings (`_res`).
    pub resolver: String,
    /// Locked memory in KiB (`VmLck`).
    pub locked_memory: u64,
    /// Private writable address space in KiB, used or not (`VmData`).
    pub writable_memory: u64,
}
