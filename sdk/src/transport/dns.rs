//! Name look-up by the system's resolver, for reqwest. How the system is asked is in `host`.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::oneshot;

use crate::host::LookUp;

/// The most look-ups that may be unanswered at a time. It bounds the number of threads in a host
/// that calls repeatedly while no name server answers.
const LATE_LIMIT: usize = 32;

static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// The resolver that reqwest calls.
#[derive(Debug)]
pub(super) struct Resolver {
    /// How long a look-up may take when name servers do not answer.
    pub(super) time_limit: Duration,
    pub(super) known: Arc<KnownAddresses>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        let time_limit = self.time_limit;
        let known = Arc::clone(&self.known);
        Box::pin(async move {
            let addresses = match known.of(&name) {
                Some(addresses) => addresses,
                None => {
                    let found = look_up(&name, time_limit).await.map_err(LookUpError)?;
                    known.add(name, found.clone());
                    found
                }
            };
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Marks an error as one of the look-up, in the errors of reqwest.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct LookUpError(io::Error);

/// The addresses that one call has looked up, so that its next connection needs no look-up, and does not wait for an
/// address again that did not respond.
#[derive(Debug, Default)]
pub(super) struct KnownAddresses(Mutex<HashMap<String, Vec<SocketAddr>>>);

impl KnownAddresses {
    /// Puts the address that a connection was made to first. The port, which a look-up does not find, is ignored.
    pub(super) fn prefer(&self, connected: SocketAddr) {
        for addresses in self.all().values_mut() {
            let position = addresses
                .iter()
                .position(|address| address.ip() == connected.ip());
            if let Some(position) = position {
                addresses[..=position].rotate_right(1);
            }
        }
    }

    /// Forgets them all, since none of them may be right any more.
    pub(super) fn clear(&self) {
        self.all().clear();
    }

    fn of(&self, name: &str) -> Option<Vec<SocketAddr>> {
        self.all().get(name).cloned()
    }

    fn add(&self, name: String, addresses: Vec<SocketAddr>) {
        self.all().insert(name, addresses);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Vec<SocketAddr>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn look_up(name: &str, time_limit: Duration) -> io::Result<Vec<SocketAddr>> {
    let unanswered = Unanswered::begin()?;
    let (answer, answered) = oneshot::channel();
    let found = Box::new(move |addresses| {
        drop(unanswered);
        // After the deadline the receiver is gone.
        let _ = answer.send(addresses);
    });
    let look_up = LookUp::start(name, time_limit, found)?;
    let addresses = answered
        .await
        .unwrap_or_else(|_| Err(io::Error::other("the look-up failed")));
    look_up.join();
    addresses
}

/// An unanswered look-up, which is counted until this is dropped.
struct Unanswered;

impl Unanswered {
    fn begin() -> io::Result<Self> {
        let before = RUNNING.fetch_add(1, Ordering::Relaxed);
        let this = Self;
        if before >= LATE_LIMIT {
            return Err(io::Error::other("too many look-ups are still unanswered"));
        }
        Ok(this)
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::Relaxed);
    }
}
