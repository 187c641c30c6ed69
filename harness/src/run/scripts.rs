//! Scripts that several callers share: rules that use the same one in the same
//! scenario share one run.

use crate::worker::script::{CALL, LOAD, Step, UNLOAD};

/// Load, one call, unload.
pub const ONE_CALL: &[Step] = &[LOAD, CALL, UNLOAD];

/// Load, two calls, unload.
pub const TWO_CALLS: &[Step] = &[LOAD, CALL, CALL, UNLOAD];

/// One call between two snapshots of the process, which has a child of its own to reap.
pub const WATCHED_CALL: &[Step] = &[
    LOAD,
    Step::LeaveZombie,
    Step::Snapshot,
    CALL,
    Step::Snapshot,
    UNLOAD,
];
