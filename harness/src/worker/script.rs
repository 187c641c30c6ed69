//! What a worker does, step by step.

use serde::{Deserialize, Serialize};

use crate::world::World;

/// One step of a worker's script. Threads are named by small numbers;
/// [`On::Main`] is the worker's first thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Loads the library with every symbol bound and finds `IsEntitled`.
    Load {
        /// Where.
        on: On,
    },
    /// Unloads it.
    Unload {
        /// Where.
        on: On,
    },
    /// Starts a thread that waits for steps.
    Begin {
        /// Its number.
        thread: u8,
        /// Its stack in KiB; the platform's default if absent.
        stack: Option<u32>,
    },
    /// Ends and joins that thread.
    End {
        /// Its number.
        thread: u8,
    },
    /// Calls `IsEntitled`, one call after the other.
    Call {
        /// Where.
        on: On,
        /// How often.
        times: u32,
    },
    /// Calls on many threads at once; all begin together.
    Together {
        /// How many threads.
        threads: u32,
        /// How many calls on each.
        calls: u32,
    },
    /// Calls on short-lived threads, one after the other, one call each.
    InTurn {
        /// How many threads.
        threads: u32,
    },
    /// Rounds of load, call, unload.
    Rounds {
        /// How many.
        count: u32,
        /// Whether each round has a short-lived thread of its own, or all are on the main thread.
        own_thread: bool,
    },
    /// Leaves a child process of the worker's own that has ended and waits to be reaped, as a host may have one. It
    /// is in the snapshots after this step unless the plugin reaped it.
    KeepChild,
    /// Looks at the process as it is now.
    Snapshot,
    /// Lives on for so long, with two other threads working (allocating, opening files).
    LiveOn {
        /// Milliseconds.
        milliseconds: u32,
    },
    /// Asks the parent to change the world, and waits until it is changed.
    Shift(World),
}

/// The thread that a step runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum On {
    /// The worker's first thread.
    Main,
    /// A thread made by [`Step::Begin`].
    Thread(u8),
}
