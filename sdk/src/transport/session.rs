//! What the requests of one call share: a runtime, a connection, and the addresses of the server.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Runtime;

use super::dns::{KnownAddresses, Resolver};
use super::{ClientError, Http};
use crate::config::Settings;

/// What the requests of one call share. It is made when it is first needed, and ends with [`close`](Self::close).
#[derive(Debug, Default)]
pub(crate) struct Session {
    parts: Mutex<Parts>,
    known: Arc<KnownAddresses>,
    /// Whether a response was received, so that a further request may go over an earlier connection.
    answered: AtomicBool,
}

#[derive(Debug, Default)]
struct Parts {
    runtime: Option<Arc<Runtime>>,
    client: Option<reqwest::Client>,
}

impl Session {
    /// The runtime that serves the call's connections.
    pub(crate) fn runtime(&self) -> Result<Arc<Runtime>, ClientError> {
        let mut parts = self.parts();
        if let Some(runtime) = &parts.runtime {
            return Ok(Arc::clone(runtime));
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map(Arc::new)
            .map_err(ClientError::Runtime)?;
        parts.runtime = Some(Arc::clone(&runtime));
        Ok(runtime)
    }

    /// The client, whose requests share a connection.
    pub(crate) fn client(
        &self,
        http: &Http,
        settings: &Settings,
    ) -> Result<reqwest::Client, ClientError> {
        let mut parts = self.parts();
        if let Some(client) = &parts.client {
            return Ok(client.clone());
        }
        let resolver = Resolver {
            // The rest of the deadline is for joining the look-up's thread.
            time_limit: settings.deadline().mul_f64(0.8),
            known: Arc::clone(&self.known),
        };
        let client = http.client(settings, resolver)?;
        parts.client = Some(client.clone());
        Ok(client)
    }

    /// Notes that a response came from this address.
    pub(crate) fn answered_by(&self, address: Option<SocketAddr>) {
        self.answered.store(true, Ordering::Relaxed);
        if let Some(address) = address {
            self.known.prefer(address);
        }
    }

    /// Whether an earlier request was answered, and may have left its connection for the next one.
    pub(crate) fn has_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    /// Looks names up afresh, since no address that is known accepted a connection.
    pub(crate) fn forget_addresses(&self) {
        self.known.clear();
    }

    /// Closes the connection. What is spawned on the runtime and refers to the session would keep both alive otherwise.
    pub(crate) fn close(&self) {
        let Parts { runtime, client } = std::mem::take(&mut *self.parts());
        if let (Some(runtime), Some(client)) = (&runtime, client) {
            drop(client);
            // The connection's task sees that there will be no further request, and ends TLS with a close_notify. What
            // it does not do at once it would have to wait for.
            runtime.block_on(async {
                for _ in 0..3 {
                    tokio::task::yield_now().await;
                }
            });
        }
    }

    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
