//! Name look-up by the system's resolver, for reqwest. How the system is asked is in `host`.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
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
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        let time_limit = self.time_limit;
        Box::pin(async move {
            let addresses = look_up(&name, time_limit).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
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
