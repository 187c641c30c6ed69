//! Names to addresses by the system's own resolver, on a thread that can't outlive the library.
//!
//! getaddrinfo knows what the device knows (nsswitch, hosts, search domains) and can't be
//! interrupted. Where glibc lets us, it is told to give up before the deadline. Its thread is
//! joined when it answers in time. When the deadline comes first the library is pinned, so that
//! the late thread finds its code.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::oneshot;

use crate::host::{self, Thread};

/// How many late threads there may be. A host that asks again and again while no name server
/// answers must not drown in them.
const LATE_LIMIT: usize = 32;

/// getaddrinfo and the parts of nsswitch that it loads need less.
const STACK: usize = 256 << 10;

static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// The resolver of the client.
#[derive(Debug)]
pub(super) struct Resolver {
    /// How long a look-up may take, for name servers that say nothing.
    pub(super) patience: Duration,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        let patience = self.patience;
        Box::pin(async move {
            let addresses = look_up(name, patience).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

async fn look_up(name: String, patience: Duration) -> io::Result<Vec<SocketAddr>> {
    if RUNNING.fetch_add(1, Ordering::Relaxed) >= LATE_LIMIT {
        RUNNING.fetch_sub(1, Ordering::Relaxed);
        return Err(io::Error::other("too many look-ups are still unanswered"));
    }
    let (answer, answered) = oneshot::channel();
    let work = Box::new(move || {
        let addresses = catch_unwind(|| {
            host::limit_name_servers(patience);
            let found = (name.as_str(), 0).to_socket_addrs();
            found.map(Iterator::collect)
        });
        RUNNING.fetch_sub(1, Ordering::Relaxed);
        // Nobody waits any more when the deadline has passed.
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

/// The thread of a look-up. Dropped before it was joined, it was given up at the deadline.
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
                // A thread without code kills the host; waiting only makes it late.
                Err(_) => thread.join(),
            }
        }
    }
}
