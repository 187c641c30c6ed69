//! Cancels everything that waits, for example when a program stops.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A cancellation token: it is cancelled once, and wakes everything that waits for it.
/// Clones share their state.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<(Mutex<bool>, Condvar)>);

impl Cancel {
    pub fn new() -> io::Result<Self> {
        Ok(Self::default())
    }

    /// Does nothing: console events end the process by default, and there is no run to clean up after.
    pub fn on_signals(&self) -> io::Result<()> {
        Ok(())
    }

    pub fn cancel(&self) {
        let (cancelled, changed) = &*self.0;
        *cancelled.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }

    pub fn is_cancelled(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the cancellation.
    pub fn wait(&self) -> io::Result<()> {
        let (cancelled, changed) = &*self.0;
        let guard = cancelled.lock().unwrap_or_else(PoisonError::into_inner);
        drop(changed.wait_while(guard, |cancelled| !*cancelled));
        Ok(())
    }
}
