//! Cancels all runs, for example when the user presses Ctrl-C.

use std::io;
use std::os::windows::io::RawHandle;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use windows_sys::Win32::System::Console::{
    CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT, SetConsoleCtrlHandler,
};

use super::event::{Event, check, wait_for_any};

/// How long the process may take to clean up when its console is closed: the system ends it when its handler returns, and
/// does not wait for longer than this.
const PATIENCE: Duration = Duration::from_secs(4);

/// What the console's handler cancels. A command has one.
static ON_SIGNALS: OnceLock<Cancel> = OnceLock::new();

/// A cancellation token: it is cancelled once, and wakes every waiting run. Clones share
/// their state.
#[derive(Clone, Debug)]
pub struct Cancel(Arc<Event>);

impl Cancel {
    pub fn new() -> io::Result<Self> {
        Ok(Self(Arc::new(Event::new()?)))
    }

    /// Cancels on Ctrl-C and Ctrl-Break, which do nothing else from then on, and when the console is closed.
    pub fn on_signals(&self) -> io::Result<()> {
        ON_SIGNALS
            .set(self.clone())
            .map_err(|_| io::Error::other("Ctrl-C has another meaning already"))?;
        // SAFETY: The handler is a function that lives as long as the process.
        check(unsafe { SetConsoleCtrlHandler(Some(on_event), 1) })
    }

    pub fn cancel(&self) {
        self.0.set();
    }

    pub fn is_cancelled(&self) -> bool {
        matches!(
            wait_for_any(&[self.handle()], Some(Duration::ZERO)),
            Ok(Some(_))
        )
    }

    /// Waits for the cancellation.
    pub fn wait(&self) -> io::Result<()> {
        wait_for_any(&[self.handle()], None).map(drop)
    }

    /// Set once it is cancelled.
    pub(super) fn handle(&self) -> RawHandle {
        self.0.handle()
    }
}

/// The system calls this on a thread of its own.
unsafe extern "system" fn on_event(event: u32) -> i32 {
    let Some(cancel) = ON_SIGNALS.get() else {
        return 0;
    };
    cancel.cancel();
    if matches!(
        event,
        CTRL_CLOSE_EVENT | CTRL_LOGOFF_EVENT | CTRL_SHUTDOWN_EVENT
    ) {
        std::thread::sleep(PATIENCE);
    }
    1
}
