//! Threads that make the steps of a script.

use std::io;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use super::os::{self, Thread};

/// Work for a thread.
type Job = Box<dyn FnOnce() + Send>;

/// A thread that waits for jobs.
#[derive(Debug)]
pub(super) struct JobThread {
    thread: Thread,
    jobs: Sender<Job>,
    /// The system's ID of the thread, by which snapshots omit it.
    pub(super) tid: i32,
}

impl JobThread {
    /// Starts the thread, and returns when it waits for jobs.
    pub(super) fn start(stack: Option<u32>) -> io::Result<Self> {
        let (jobs, queue): (Sender<Job>, Receiver<Job>) = channel();
        let (ready, tid) = sync_channel(1);
        let thread = Thread::start(stack, move || {
            send(&ready, os::thread_id());
            for job in queue {
                job();
            }
        })?;
        let tid = tid.recv().map_err(io::Error::other)?;
        Ok(Self { thread, jobs, tid })
    }

    /// Runs a job on the thread and waits for its result.
    pub(super) fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        let (done, result) = sync_channel(1);
        self.jobs
            .send(Box::new(move || send(&done, job())))
            .map_err(|_| io::Error::other("the thread has ended"))?;
        result
            .recv()
            .map_err(|_| io::Error::other("the thread has ended"))
    }

    /// Ends the thread after its last job, and joins it.
    pub(super) fn join(self) -> io::Result<()> {
        drop(self.jobs);
        self.thread.join()
    }
}

/// Sends a value that is not needed if the receiver has been dropped.
fn send<T>(to: &SyncSender<T>, value: T) {
    drop(to.send(value));
}
