//! Scripts that several rules or commands use: rules with the same script and scenario
//! share one run.

use crate::worker::script::{CALL, LOAD, Step, UNLOAD};

pub const ONE_CALL: &[Step] = &[LOAD, CALL, UNLOAD];

pub const TWO_CALLS: &[Step] = &[LOAD, CALL, CALL, UNLOAD];
