//! Name look-up by `getaddrinfo`, on a thread that cannot outlive the library.
//!
//! `getaddrinfo` honours the device's configuration (nsswitch, hosts, search domains) but cannot be
//! interrupted. With glibc it is configured to give up before the deadline. Its thread is joined
//! when it answers in time. When the deadline passes first, the library is pinned in memory, so that
//! the late thread does not return into unmapped code.

use std::io;
use std::net::ToSocketAddrs;
use std::panic::catch_unwind;
use std::time::Duration;

#[cfg(all(target_os = "linux", target_env = "gnu"))]
use super::resolver::limit_name_servers;
use super::{Found, Thread};

/// In bytes. `getaddrinfo` and the nsswitch modules that it loads need less.
const STACK: usize = 256 << 10;

/// The thread of a look-up. It is dropped without having been joined when the deadline has passed.
#[must_use]
pub(crate) struct LookUp(Option<Thread>);

impl LookUp {
    /// Starts to look up `name`, and has the result given to `found` by another thread. Where name servers do not answer,
    /// the look-up ends after about `time_limit`, if the system's resolver can be told so.
    pub(crate) fn start(name: &str, time_limit: Duration, found: Found) -> io::Result<Self> {
        let name = name.to_owned();
        let work = Box::new(move || {
            let addresses = catch_unwind(|| {
                limit_name_servers(time_limit);
                let addresses = (name.as_str(), 0).to_socket_addrs();
                addresses.map(Iterator::collect)
            });
            found(addresses.unwrap_or_else(|_| Err(io::Error::other("the look-up failed"))));
        });
        let thread = Thread::spawn(STACK.max(super::STACK / 2), work)?;
        Ok(Self(Some(thread)))
    }

    /// Waits for the thread of a look-up whose result has been given.
    pub(crate) fn join(mut self) {
        if let Some(thread) = self.0.take() {
            thread.join();
        }
    }
}

impl Drop for LookUp {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            match super::pin() {
                Ok(()) => thread.detach(),
                // A thread whose code is unmapped crashes the host; waiting only delays it.
                Err(_) => thread.join(),
            }
        }
    }
}

/// Only glibc's resolver can be configured for one thread. Elsewhere the system's limits apply.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn limit_name_servers(_: Duration) {}
