//! The scripts that several rules share, so that one run serves them all.

use crate::worker::script::{On, Step};

/// Load, one call, unload.
pub const ONE_CALL: &[Step] = &[
    Step::Load { on: On::Main },
    Step::Call {
        on: On::Main,
        times: 1,
    },
    Step::Unload { on: On::Main },
];

/// Load, two calls, unload.
pub(super) const TWO_CALLS: &[Step] = &[
    Step::Load { on: On::Main },
    Step::Call {
        on: On::Main,
        times: 1,
    },
    Step::Call {
        on: On::Main,
        times: 1,
    },
    Step::Unload { on: On::Main },
];

/// One call between two looks at the process, which has a child of its own to reap.
pub(super) const WATCHED_CALL: &[Step] = &[
    Step::Load { on: On::Main },
    Step::KeepChild,
    Step::Snapshot,
    Step::Call {
        on: On::Main,
        times: 1,
    },
    Step::Snapshot,
    Step::Unload { on: On::Main },
];
