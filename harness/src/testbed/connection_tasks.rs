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

    /// The runtime on which they serve.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Lets one more task serve.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks();
        // Those that are done need not be kept until the scenario's end.
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(task, &self.handle);
    }

    /// Waits until all tasks have ended, so long at most, then ends those that
    /// are left and says how many they were. Not to be called by a task.
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
        // A set of tasks is whole after every one of its methods.
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
