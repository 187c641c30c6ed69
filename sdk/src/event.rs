//! What is told about a call through `tracing`, where the author asked for it. Otherwise nothing.

use std::panic::PanicHookInfo;

use crate::{Decision, Unavailable};

/// Tells how a call ended: an answer at level DEBUG, no answer and why at level WARN.
pub(crate) fn answered(answer: &Result<Decision, Unavailable>) {
    #[cfg(feature = "tracing")]
    match answer {
        Ok(decision) => tracing::debug!(?decision, "the server decided"),
        Err(unavailable) => tracing::warn!(reason = %unavailable, "no answer was had"),
    }
    #[cfg(not(feature = "tracing"))]
    let _ = answer;
}

/// Tells of a panic at level ERROR.
pub(crate) fn panicked(panic: &PanicHookInfo<'_>) {
    #[cfg(feature = "tracing")]
    tracing::error!(%panic, "the plugin panicked");
    #[cfg(not(feature = "tracing"))]
    let _ = panic;
}
