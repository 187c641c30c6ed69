//! The frame of each function of the API: null handles, errors and panics become the value that says that it failed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::call::IcsClientCall;
use crate::error::{Failure, IcsClientError};

/// Does an operation of a call, whose error it sets. Without a call, which a null handle has none of, it only returns
/// `failed`: so the call keeps the error of the operation that the null handle came from.
pub(crate) fn operation<T>(
    call: Option<&IcsClientCall>,
    failed: T,
    work: impl FnOnce(&IcsClientCall) -> Result<T, Failure>,
) -> T {
    let Some(call) = call else { return failed };
    let done = catch_unwind(AssertUnwindSafe(|| work(call))).unwrap_or_else(|payload| {
        // Dropping it may panic in turn.
        std::mem::forget(payload);
        Err(Failure::new(
            IcsClientError::Internal,
            "the library panicked",
        ))
    });
    match done {
        Ok(value) => {
            call.set_failure(None);
            value
        }
        Err(failure) => {
            call.set_failure(Some(failure));
            failed
        }
    }
}
