//! The steps of a worker.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::testbed::Scenario;

/// One step of a worker's script. Threads are named by small numbers;
/// [`ThreadRef::Main`] is the worker's first thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Loads the library with every symbol bound (`RTLD_NOW`), and looks up `IsEntitled`.
    Load {
        on: ThreadRef,
    },
    Unload {
        on: ThreadRef,
    },
    /// Loads a second copy of the library, from another file, on the main thread.
    LoadCopy,
    /// Calls `IsEntitled` of the second copy once on the main thread.
    CallCopy,
    /// Unloads the second copy on the main thread.
    UnloadCopy,
    /// Starts a thread that waits for steps.
    SpawnThread {
        thread: u8,
        /// The size of its stack in KiB; the platform's default if absent.
        stack: Option<u32>,
    },
    /// Ends and joins that thread.
    JoinThread {
        thread: u8,
    },
    /// Calls `IsEntitled`, one call after the other.
    Call {
        on: ThreadRef,
        times: u32,
    },
    /// Calls once on the main thread, while another thread measures how long the plugin waited for a processor.
    MeasuredCall,
    /// Calls once on a thread of its own, which the host cancels (`pthread_cancel`). The call is reported if it returned.
    CancelledCall {
        when: CancelMoment,
    },
    /// Forks, and calls once in the child process.
    CallInFork,
    /// Calls once on the main thread, and sets the wall clock of the plugin back an hour while it waits. The call is
    /// reported if the plugin reads a clock that can be set.
    CallWithClockSetBack,
    /// Calls on the main thread of a host that is in this condition. It ends with the step.
    CallUnder {
        condition: HostCondition,
        times: u32,
    },
    /// Calls on many threads at once; all begin together.
    CallConcurrently {
        threads: u32,
        /// The number of calls on each thread.
        calls: u32,
    },
    /// Calls on short-lived threads, one after the other, one call each.
    CallSequentially {
        threads: u32,
    },
    /// Rounds of load, call, unload.
    Rounds {
        count: u32,
        /// Whether each round has a short-lived thread of its own, or all run on the main thread.
        own_thread: bool,
    },
    /// Creates a zombie child process of the worker, as a host may have one. It is in the snapshots after this step
    /// unless the plugin reaps it.
    LeaveZombie,
    /// Has another thread look at the process during each later step with calls, until the process ends. It must come
    /// before [`Step::Load`], so that the plugin's own threads are watched, too; and the main thread makes the calls.
    Watch,
    /// Records the state of the process.
    Snapshot,
    /// Waits, while two other threads allocate memory and open files.
    IdleWithLoad {
        milliseconds: u32,
    },
    /// Has the parent change the scenario, and waits until it is changed.
    ChangeScenario(Scenario),
}

/// What a host may have done to its own process, so that a call is harder than usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostCondition {
    /// A signal with a handler arrives on the calling thread every millisecond, and interrupts system calls.
    FrequentSignals,
    /// The descriptors 0, 1 and 2 are closed.
    NoStandardDescriptors,
    /// Only so many more descriptors can be opened.
    DescriptorsLeft(u8),
    /// No thread and no process can be created. The calls are made on a thread of their own.
    NoThreads,
    /// `SIGCHLD` is ignored, so that children are reaped by the kernel.
    ChildrenIgnored,
}

/// When a host cancels the thread of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CancelMoment {
    /// The request is pending when the call begins, and acts at the first cancellation point.
    BeforeTheCall,
    /// Once the thread has waited for the same thing for a while.
    WhileItWaits,
}

/// The thread that a step runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThreadRef {
    /// The worker's first thread.
    Main,
    /// A thread made by [`Step::SpawnThread`].
    Thread(u8),
}

/// How long the call has taken when the wall clock is set back: a call that waits for a server has begun to wait.
pub const CLOCK_SET_BACK_AFTER: Duration = Duration::from_secs(1);

/// Loads on the main thread.
pub const LOAD: Step = Step::Load {
    on: ThreadRef::Main,
};
/// Calls once on the main thread.
pub const CALL: Step = calls(1);
/// Unloads on the main thread.
pub const UNLOAD: Step = Step::Unload {
    on: ThreadRef::Main,
};

/// Calls `times` times on the main thread, one after the other.
pub const fn calls(times: u32) -> Step {
    Step::Call {
        on: ThreadRef::Main,
        times,
    }
}

impl Step {
    /// Whether the plugin's function is called in this step.
    pub fn calls(&self) -> bool {
        matches!(
            self,
            Self::Call { .. }
                | Self::CallCopy
                | Self::MeasuredCall
                | Self::CancelledCall { .. }
                | Self::CallInFork
                | Self::CallWithClockSetBack
                | Self::CallUnder { .. }
                | Self::CallConcurrently { .. }
                | Self::CallSequentially { .. }
                | Self::Rounds { .. }
        )
    }
}

impl Step {
    /// How many calls or rounds it can make, and therefore how many heartbeats it can send.
    pub fn max_calls(&self) -> u64 {
        match *self {
            Self::Call { times, .. } | Self::CallUnder { times, .. } => times.into(),
            Self::CallCopy
            | Self::MeasuredCall
            | Self::CancelledCall { .. }
            | Self::CallInFork
            | Self::CallWithClockSetBack => 1,
            Self::CallConcurrently { threads, calls } => u64::from(threads) * u64::from(calls),
            Self::CallSequentially { threads } => threads.into(),
            Self::Rounds { count, .. } => count.into(),
            Self::Load { .. }
            | Self::Unload { .. }
            | Self::LoadCopy
            | Self::UnloadCopy
            | Self::SpawnThread { .. }
            | Self::JoinThread { .. }
            | Self::LeaveZombie
            | Self::Watch
            | Self::Snapshot
            | Self::IdleWithLoad { .. }
            | Self::ChangeScenario(_) => 0,
        }
    }

    /// Whether the host does something that only advice prepares a plugin for. What follows from it in the run is judged
    /// by the rule that the run is made for, and by no other.
    pub fn is_exceptional(&self) -> bool {
        matches!(
            self,
            Self::CancelledCall { .. } | Self::CallInFork | Self::CallWithClockSetBack
        )
    }

    /// Whether the plugin's code runs in this step, or the worker itself changes what a snapshot shows.
    pub fn changes_the_process(&self) -> bool {
        match self {
            Self::Load { .. }
            | Self::Unload { .. }
            | Self::LoadCopy
            | Self::CallCopy
            | Self::UnloadCopy
            | Self::JoinThread { .. }
            | Self::Call { .. }
            | Self::MeasuredCall
            | Self::CancelledCall { .. }
            | Self::CallInFork
            | Self::CallWithClockSetBack
            | Self::CallUnder { .. }
            | Self::CallConcurrently { .. }
            | Self::CallSequentially { .. }
            | Self::Rounds { .. }
            | Self::LeaveZombie
            | Self::IdleWithLoad { .. }
            | Self::Snapshot => true,
            Self::SpawnThread { .. } | Self::Watch | Self::ChangeScenario(_) => false,
        }
    }
}

impl fmt::Display for Step {
    /// The step as it reads after "during".
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load { on } => write!(formatter, "loading{on}"),
            Self::Unload { on } => write!(formatter, "unloading{on}"),
            Self::LoadCopy => formatter.write_str("loading a second copy"),
            Self::CallCopy => formatter.write_str("the call of the second copy"),
            Self::UnloadCopy => formatter.write_str("unloading the second copy"),
            Self::SpawnThread { thread, stack } => {
                write!(formatter, "starting thread {thread}")?;
                match stack {
                    Some(stack) => write!(formatter, " with {stack} KiB of stack"),
                    None => Ok(()),
                }
            }
            Self::JoinThread { thread } => write!(formatter, "the end of thread {thread}"),
            Self::Call { on, times: 1 } => write!(formatter, "the call{on}"),
            Self::Call { on, times } => {
                write!(formatter, "{times} calls{on}, one after the other")
            }
            Self::MeasuredCall => formatter.write_str("the call"),
            Self::CancelledCall {
                when: CancelMoment::BeforeTheCall,
            } => formatter.write_str("the call with a request to cancel its thread pending"),
            Self::CancelledCall {
                when: CancelMoment::WhileItWaits,
            } => formatter.write_str("the call whose thread is cancelled while it waits"),
            Self::CallInFork => formatter.write_str("the call in a forked process"),
            Self::CallWithClockSetBack => {
                formatter.write_str("the call during which the wall clock is set back")
            }
            Self::CallUnder { condition, .. } => write!(formatter, "the call {condition}"),
            Self::CallConcurrently { threads, calls } => {
                write!(
                    formatter,
                    "{calls} calls on each of {threads} threads at once"
                )
            }
            Self::CallSequentially { threads } => {
                write!(formatter, "a call on each of {threads} short-lived threads")
            }
            Self::Rounds { count, own_thread } => {
                write!(formatter, "{count} rounds of load, call, unload")?;
                match own_thread {
                    true => formatter.write_str(", each on a thread of its own"),
                    false => Ok(()),
                }
            }
            Self::LeaveZombie => formatter.write_str("leaving a child to be reaped"),
            Self::Watch => formatter.write_str("starting a thread that watches the process"),
            Self::Snapshot => formatter.write_str("a snapshot of the process"),
            Self::IdleWithLoad { milliseconds } => {
                write!(formatter, "idling for {milliseconds} ms")
            }
            Self::ChangeScenario(scenario) => {
                write!(formatter, "the change to the scenario: {scenario}")
            }
        }
    }
}

impl fmt::Display for HostCondition {
    /// The condition as it reads after "the call".
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FrequentSignals => formatter.write_str("with a signal every millisecond"),
            Self::NoStandardDescriptors => {
                formatter.write_str("with the descriptors 0, 1 and 2 closed")
            }
            Self::DescriptorsLeft(count) => write!(formatter, "with {count} descriptors left"),
            Self::NoThreads => formatter.write_str("where no thread can be created"),
            Self::ChildrenIgnored => formatter.write_str("with SIGCHLD ignored"),
        }
    }
}

impl fmt::Display for ThreadRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Main => Ok(()),
            Self::Thread(thread) => write!(formatter, " on thread {thread}"),
        }
    }
}
