//! Name look-up by the system's resolver, on a thread that cannot outlive the library.
//!
//! `getaddrinfo` honours the device's configuration (nsswitch, hosts, search domains) but cannot be
//! interrupted. With glibc it is configured to give up before the deadline. Its thread is joined
//! when it answers in time. When the deadline passes first, the library is pinned in memory, so that
//! the late thread does not return into unmapped code.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::oneshot;

use crate::host::{self, Thread};

/// The most look-ups that may be unanswered at a time. It bounds the number of threads in a host
/// that calls repeatedly while no name server answers.
const LATE_LIMIT: usize = 32;

/// In bytes. `getaddrinfo` and the nsswitch modules that it loads need less.
const STACK: usize = 256 << 10;

static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// The resolver that reqwest calls.
#[derive(Debug)]
pub(super) struct Resolver {
    /// How long a look-up may take when name servers do not answer.
    pub(super) time_limit: Duration,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        let time_limit = self.time_limit;
        Box::pin(async move {
            let addresses = look_up(name, time_limit).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

async fn look_up(name: String, time_limit: Duration) -> io::Result<Vec<SocketAddr>> {
    if RUNNING.fetch_add(1, Ordering::Relaxed) >= LATE_LIMIT {
        RUNNING.fetch_sub(1, Ordering::Relaxed);
        return Err(io::Error::other("too many look-ups are still unanswered"));
    }
    let (answer, answered) = oneshot::channel();
    let work = Box::new(move || {
        let addresses = catch_unwind(|| {
            host::limit_name_servers(time_limit);
            let found = (name.as_str(), 0).to_socket_addrs();
            found.map(Iterator::collect)
        });
        RUNNING.fetch_sub(1, Ordering::Relaxed);
        // After the deadline the receiver is gone.
        let _ =
            answer.send(addresses.unwrap_or_else(|_| Err(io::Error::other("the look-up failed"))));
    });
    let thread = Thread::spawn(STACK.max(host::STACK / 2), work).inspect_err(|_| {
        RUNNING.fetch_sub(1, Ordering::Relaxed);
    })?;
    let mut thread = LookUp(Some(thread));
    let addresses = answered
        .await
        .unwrap_or_else(|_| Err(io::Error::other("the look-up failed")));
    thread.join();
    addresses
}

/// The thread of a look-up. It is dropped without having been joined when the deadline has passed.
struct LookUp(Option<Thread>);

impl LookUp {
    fn join(&mut self) {
        if let Some(thread) = self.0.take() {
            thread.join();
        }
    }
}

impl Drop for LookUp {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            match host::pin() {
                Ok(()) => thread.detach(),
                // A thread whose code is unmapped crashes the host; waiting only delays it.
                Err(_) => thread.join(),
            }
        }
    }
}
