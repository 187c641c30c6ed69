//! What all test networks share: one runtime on one thread, the authority, the profile
//! and the ports.

use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use super::authority::Authority;
use super::error::SetupError;
use super::exchanges::ExchangeLog;
use super::upstream::Upstream;
use crate::profile::Profile;

/// The ports of the operator's server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// On loopback, 0 means any free port.
    pub http: u16,
    /// On loopback, 0 means any free port.
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

/// What servers do besides what the profile says.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// Responds in place of the profile's allow responses.
    pub upstream: Option<Arc<Upstream>>,
    /// Keeps the exchanges.
    pub log: Option<Arc<ExchangeLog>>,
    /// Shows identities and credentials in transcripts to people.
    pub reveal: bool,
}

impl PartialEq for ServerOptions {
    fn eq(&self, other: &Self) -> bool {
        same(self.upstream.as_ref(), other.upstream.as_ref())
            && same(self.log.as_ref(), other.log.as_ref())
            && self.reveal == other.reveal
    }
}

impl Eq for ServerOptions {}

/// Whether both are the same value, or none.
fn same<T>(one: Option<&Arc<T>>, other: Option<&Arc<T>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// The servers of all test networks. A socket belongs to the network namespace in which
/// it was created, so one thread can serve networks that are isolated from each other.
pub struct Servers {
    pub(crate) shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The data that the tasks of every test network use.
pub(crate) struct Shared {
    pub(crate) handle: Handle,
    pub(crate) profile: Arc<Profile>,
    pub(crate) authority: Arc<Authority>,
    pub(crate) ports: Ports,
    pub(crate) options: ServerOptions,
}

impl Servers {
    /// Starts the servers' thread. Isolation must have been entered before.
    ///
    /// # Errors
    /// If the system cannot start a thread or open a poll descriptor.
    pub fn new(
        profile: Arc<Profile>,
        authority: impl Into<Arc<Authority>>,
        ports: Ports,
    ) -> Result<Self, SetupError> {
        Self::with_options(profile, authority, ports, ServerOptions::default())
    }

    /// As [`Servers::new`], with these options.
    ///
    /// # Errors
    /// As for [`Servers::new`].
    pub fn with_options(
        profile: Arc<Profile>,
        authority: impl Into<Arc<Authority>>,
        ports: Ports,
        options: ServerOptions,
    ) -> Result<Self, SetupError> {
        super::os::raise_descriptor_limit();
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(SetupError::step("start a runtime"))?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("test-servers".to_owned())
            .spawn(move || {
                // An error means that the sender was dropped, which also stops the runtime.
                let _ = runtime.block_on(stopped);
            })
            .map_err(SetupError::step("start the servers' thread"))?;
        Ok(Self {
            shared: Arc::new(Shared {
                handle,
                profile,
                authority: authority.into(),
                ports,
                options,
            }),
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The authority that signs the scenarios' certificates.
    pub fn authority(&self) -> &Authority {
        &self.shared.authority
    }

    /// The ports as requested; 0 means any free one.
    pub fn ports(&self) -> Ports {
        self.shared.ports
    }

    pub fn options(&self) -> &ServerOptions {
        &self.shared.options
    }

    /// What the servers are asked and respond.
    pub fn profile(&self) -> &Arc<Profile> {
        &self.shared.profile
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may have ended already, if a task panicked.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
