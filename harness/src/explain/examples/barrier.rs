//! Nothing but one of the three values leaves the function. `export!` has this barrier; without it:

use std::panic::{self, AssertUnwindSafe};

use ics_entitlement::abi::ICS_ENTITLEMENT_RESULT::{self, ENTITLEMENT_UNAVAILABLE};

/// Needs `panic = "unwind"`: with "abort" the first panic ends the host.
pub fn guarded(check: impl FnOnce() -> ICS_ENTITLEMENT_RESULT) -> ICS_ENTITLEMENT_RESULT {
    match panic::catch_unwind(AssertUnwindSafe(check)) {
        Ok(result) => result,
        Err(payload) => {
            // Dropping the payload could panic as well, and that would leave the function.
            std::mem::forget(payload);
            ENTITLEMENT_UNAVAILABLE
        }
    }
}

/// A code of the server is mapped by name. Casting a number to the enum is undefined behaviour.
pub fn from_code(code: u32) -> ICS_ENTITLEMENT_RESULT {
    match code {
        1 => ICS_ENTITLEMENT_RESULT::ENTITLEMENT_SUCCESS,
        2 => ICS_ENTITLEMENT_RESULT::ENTITLEMENT_FAILED,
        _ => ENTITLEMENT_UNAVAILABLE,
    }
}
