//! Ends all runs at once, as when the user presses Ctrl-C.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A switch that is thrown once and wakes everything that waits for it. Clones
/// are the same switch.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<(Mutex<bool>, Condvar)>);

impl Cancel {
    /// A switch that is not thrown.
    pub fn new() -> io::Result<Self> {
        Ok(Self::default())
    }

    /// Console events end the process, as is the default of the system: there is no run to clean up after.
    pub fn on_signals(&self) -> io::Result<()> {
        Ok(())
    }

    /// Throws the switch.
    pub fn cancel(&self) {
        let (thrown, changed) = &*self.0;
        *thrown.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }

    /// Whether the switch was thrown.
    pub fn is_cancelled(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the switch is thrown.
    pub fn wait(&self) -> io::Result<()> {
        let (thrown, changed) = &*self.0;
        let guard = thrown.lock().unwrap_or_else(PoisonError::into_inner);
        drop(changed.wait_while(guard, |thrown| !*thrown));
        Ok(())
    }
}
