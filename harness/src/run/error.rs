//! Why a test bed cannot be set up, or a run not be made.

use std::path::PathBuf;

use ics_device::printable;
#[cfg(windows)]
use windows_sys::Win32::Foundation::{
    ERROR_COMMITMENT_LIMIT, ERROR_INTERNAL_ERROR, ERROR_NO_SYSTEM_RESOURCES,
    ERROR_NOT_ENOUGH_MEMORY, ERROR_TOO_MANY_OPEN_FILES,
};

use crate::failure::in_full;
use crate::plugin::copy::CopyError;
use crate::testbed::error::SetupError;

/// Why the test bed cannot be set up, or a plugin prepared.
#[derive(Debug, thiserror::Error)]
pub enum TestBedError {
    /// The private folder could not be created.
    #[error("cannot create a private folder: {0}; set TMPDIR to a writable folder")]
    Folder(#[from] std::io::Error),
    /// The isolation or the servers could not be set up.
    #[error(transparent)]
    Scenario(#[from] SetupError),
    /// The plugin could not be copied.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The plugin's file is not the one that was inspected.
    #[error(
        "{} changed while it was examined, so no verdict belongs to it: examine it again when nothing writes to it",
        printable::path(.0)
    )]
    Changed(PathBuf),
    /// The user interrupted the command.
    #[error("interrupted")]
    Cancelled,
}

/// Why one run was not made.
#[derive(Clone, Debug)]
pub enum RunError {
    /// The isolation in use does not support this scenario, for this reason.
    Unsupported(String),
    /// The profile has no use for this scenario, for this reason.
    NotApplicable(String),
    /// The harness could not do its work, for this reason.
    Failed(String),
    /// As [`RunError::Failed`], because the system has no process, descriptor or memory left: fewer runs at once may succeed.
    Exhausted(String),
}

/// A run that was not made because of this error.
pub(super) fn failed(error: impl std::error::Error) -> RunError {
    if is_exhausted(&error) {
        RunError::Exhausted(in_full(&error))
    } else {
        RunError::Failed(in_full(&error))
    }
}

/// Whether an error means that the system has no process, descriptor or memory left.
fn is_exhausted(error: &dyn std::error::Error) -> bool {
    #[cfg(target_os = "linux")]
    const CODES: &[i32] = &[
        libc::EAGAIN,
        libc::EMFILE,
        libc::ENFILE,
        libc::ENOBUFS,
        libc::ENOMEM,
    ];
    #[cfg(windows)]
    const CODES: &[i32] = &[
        ERROR_TOO_MANY_OPEN_FILES.cast_signed(),
        ERROR_NOT_ENOUGH_MEMORY.cast_signed(),
        ERROR_NO_SYSTEM_RESOURCES.cast_signed(),
        ERROR_COMMITMENT_LIMIT.cast_signed(),
        // What Wine answers on a busy machine where a process cannot be started in time.
        ERROR_INTERNAL_ERROR.cast_signed(),
    ];
    let mut next = error.source();
    while let Some(cause) = next {
        let code = cause
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::raw_os_error);
        if code.is_some_and(|code| CODES.contains(&code)) {
            return true;
        }
        next = cause.source();
    }
    false
}
