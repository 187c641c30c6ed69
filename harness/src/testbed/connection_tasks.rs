//! The tasks that serve the connections of one scenario, so that the scenario can
//! end when the last of them has.

use std::future::Future;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How many connections of one run are served at once: with their buffers they may take some ten megabytes. More wait
/// in the kernel's queue until one ends.
const MAX_CONNECTIONS: usize = 512;

/// The tasks of one scenario.
#[derive(Clone)]
pub(crate) struct ConnectionTasks {
    handle: Handle,
    tasks: Arc<Mutex<JoinSet<()>>>,
    /// One permit for each connection that may be open.
    permits: Arc<Semaphore>,
}

impl ConnectionTasks {
    pub(crate) fn new(handle: Handle) -> Self {
        Self {
            handle,
            tasks: Arc::default(),
            permits: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
        }
    }

    /// The runtime of the tasks.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Waits until one more connection may be open.
    pub(crate) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }

    /// [`ConnectionTasks::permit`] without waiting.
    pub(crate) fn try_permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).try_acquire_owned().ok()
    }

    /// Starts a task that serves a connection.
    pub(crate) fn spawn(
        &self,
        permit: Option<OwnedSemaphorePermit>,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let task = async move {
            task.await;
            drop(permit);
        };
        let mut tasks = self.tasks();
        // Finished tasks need not be kept until the scenario's end.
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(task, &self.handle);
    }

    /// Waits until all tasks have ended, for `limit` at most, then aborts the others and
    /// returns how many they were. Must not be called by a task.
    pub(crate) fn wait_or_abort(&self, limit: Duration) -> usize {
        let mut tasks = mem::take(&mut *self.tasks());
        if tasks.is_empty() {
            return 0;
        }
        self.handle.block_on(async {
            let all = async { while tasks.join_next().await.is_some() {} };
            if timeout(limit, all).await.is_ok() {
                return 0;
            }
            while tasks.try_join_next().is_some() {}
            let left = tasks.len();
            tasks.shutdown().await;
            left
        })
    }

    fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        // A set of tasks is consistent after each of its methods, so that a poisoned lock is harmless.
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
