//! The tasks that serve the connections of one scenario, so that the scenario can
//! end when the last of them has.

use std::future::Future;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// The tasks of one scenario.
#[derive(Clone)]
pub(crate) struct ConnectionTasks {
    handle: Handle,
    tasks: Arc<Mutex<JoinSet<()>>>,
}

impl ConnectionTasks {
    pub(crate) fn new(handle: Handle) -> Self {
        Self {
            handle,
            tasks: Arc::default(),
        }
    }

    /// The runtime of the tasks.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Starts a task.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
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
