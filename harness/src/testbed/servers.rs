//! What all scenarios share: one runtime on one thread, the authority, the
//! protocol and the ports.

use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use super::authority::Authority;
use super::error::SetupError;
use super::protocol::Protocol;

/// The ports that the operator's server is expected on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// For http in clear. On loopback, 0 means any free port.
    pub http: u16,
    /// For https. On loopback, 0 means any free port.
    pub https: u16,
}

impl Default for Ports {
    fn default() -> Self {
        Self {
            http: 80,
            https: 443,
        }
    }
}

/// The servers of all scenarios. A socket belongs to the network it was made in,
/// so one thread serves scenarios that cannot see each other.
pub struct Servers {
    pub(crate) shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the tasks of every scenario need.
pub(crate) struct Shared {
    pub(crate) handle: Handle,
    pub(crate) protocol: Protocol,
    pub(crate) authority: Arc<Authority>,
    pub(crate) ports: Ports,
}

impl Servers {
    /// Starts the thread that serves. Isolation must have been entered before.
    ///
    /// # Errors
    /// If the system has no thread or no poll descriptor left.
    pub fn new(
        protocol: Protocol,
        authority: impl Into<Arc<Authority>>,
        ports: Ports,
    ) -> Result<Self, SetupError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(SetupError::step("start a runtime"))?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("test-servers".to_owned())
            .spawn(move || {
                // An error means that the sender is gone, which is a stop as well.
                let _ = runtime.block_on(stopped);
            })
            .map_err(SetupError::step("start the servers' thread"))?;
        Ok(Self {
            shared: Arc::new(Shared {
                handle,
                protocol,
                authority: authority.into(),
                ports,
            }),
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The authority that signs the scenarios' certificates.
    pub fn authority(&self) -> &Authority {
        &self.shared.authority
    }

    /// The ports that it was asked to take; 0 means any free one.
    pub fn ports(&self) -> Ports {
        self.shared.ports
    }

    /// The protocol that the scenarios speak.
    pub fn protocol(&self) -> &Protocol {
        &self.shared.protocol
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may have ended by itself, if a task panicked.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
