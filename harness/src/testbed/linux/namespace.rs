//! The namespaces that the harness enters once, before any thread exists: one
//! of users, so that no root is needed, and one of mounts, in which the
//! test bed's name server and authority lie over the system's.
//!
//! There is no way back out of a namespace. A child process therefore goes
//! the whole way first, and the harness itself only where the child came through.

use std::fs;
use std::io::{self, PipeReader, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use rustix::io::Errno;
use rustix::mount::{MountPropagationFlags, mount_change};
use rustix::process::{Pid, WaitOptions, getegid, geteuid, waitpid};
use rustix::thread::UnshareFlags;

use super::network::{Network, unshare};
use super::overlay::Overlay;
use crate::failure::in_full;
use crate::testbed::Tcp;
use crate::testbed::authority::{Authority, Trust};
use crate::testbed::error::SetupError;

/// Who root is inside: somebody ordinary, so that what is executed has no capability.
const UNPRIVILEGED_ID: u32 = 1000;

/// What the child says when it came through. Anything else is why it did not.
const SUCCEEDED: &str = "succeeded";

/// Namespaces that a child process could enter and set up, so that this process can too.
pub(in crate::testbed) struct NamespaceProbe(Overlay);

impl NamespaceProbe {
    /// Writes the files that are to be laid over the system's into `folder`,
    /// and has a child process enter, mount them, and make a test bed's network.
    ///
    /// # Errors
    /// If any of it fails. This process is then where it was.
    pub(in crate::testbed) fn run(
        authority: &Authority,
        folder: &Path,
        trust: Trust,
    ) -> Result<Self, SetupError> {
        require_single_thread()?;
        // What the files need of the system is read before anything covers it.
        let overlay = Overlay::write(authority, folder, trust)?;
        try_in_a_child(|| {
            enter(&overlay)?;
            // Scenarios have networks on threads of their own; a child has only this one.
            Network::enter()?.set_up(Tcp::Accepts)
        })?;
        Ok(Self(overlay))
    }

    /// Enters with this process.
    ///
    /// # Errors
    /// If the system has changed its mind. This process may then be half inside.
    pub(in crate::testbed) fn enter(self) -> Result<(), SetupError> {
        enter(&self.0)
    }
}

/// Enters both namespaces and lays the test bed's files over the system's.
fn enter(overlay: &Overlay) -> Result<(), SetupError> {
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNS)
        .map_err(SetupError::step("enter a user and a mount namespace"))?;
    // A group map by an ordinary user is allowed only where setgroups is not.
    write_map("/proc/self/setgroups", "deny")?;
    write_map(
        "/proc/self/uid_map",
        &format!("{} {user} 1", mapped_id(user)),
    )?;
    write_map(
        "/proc/self/gid_map",
        &format!("{} {group} 1", mapped_id(group)),
    )?;
    mount_change(
        "/",
        MountPropagationFlags::PRIVATE | MountPropagationFlags::REC,
    )
    .map_err(|error| SetupError::step("make the mounts private")(error.into()))?;
    overlay.mount()
}

/// The kernel lets no process with a second thread enter a user namespace,
/// and a child of such a process could not be trusted to do anything.
fn require_single_thread() -> Result<(), SetupError> {
    let step = "count the threads of the process";
    let threads = fs::read_dir("/proc/self/task")
        .map_err(SetupError::step(step))?
        .count();
    match threads {
        1 => Ok(()),
        threads => Err(SetupError::Refused(format!(
            "a namespace is entered with one thread, and the process has {threads}"
        ))),
    }
}

/// Does `attempt` in a forked child and says what came of it.
fn try_in_a_child(attempt: impl FnOnce() -> Result<(), SetupError>) -> Result<(), SetupError> {
    let step = || SetupError::step("try a namespace in a child process");
    let (theirs, ours) = io::pipe().map_err(step())?;
    // SAFETY: `require_single_thread` saw to it that the process has one thread, so the child has all of its state in order.
    match unsafe { libc::fork() } {
        -1 => Err(step()(io::Error::last_os_error())),
        0 => {
            // Nothing may unwind into the frames of the parent, whose files it would remove.
            let result = catch_unwind(AssertUnwindSafe(attempt));
            let message = match result {
                Ok(Ok(())) => SUCCEEDED.to_owned(),
                Ok(Err(error)) => in_full(&error),
                Err(_) => "the child process panicked".to_owned(),
            };
            // Silence is a failure as well.
            let _ = (&ours).write_all(message.as_bytes());
            // SAFETY: `_exit` ends the process at once; what the parent has to do at its end is not the child's.
            unsafe { libc::_exit(0) }
        }
        child => {
            drop(ours);
            let message = read_result(theirs, child).map_err(step())?;
            match message.as_str() {
                SUCCEEDED => Ok(()),
                "" => Err(SetupError::Refused(
                    "the child process that tried a namespace was killed".to_owned(),
                )),
                _ => Err(SetupError::Refused(message)),
            }
        }
    }
}

/// What the child says before it ends.
fn read_result(mut from: PipeReader, child: i32) -> io::Result<String> {
    let mut message = String::new();
    let read = from.read_to_string(&mut message);
    // Any other error says that the child is gone: whoever ignores SIGCHLD need not wait.
    while let Err(Errno::INTR) = waitpid(Pid::from_raw(child), WaitOptions::empty()) {}
    read.map(|_| message)
}

fn mapped_id(id: u32) -> u32 {
    if id == 0 { UNPRIVILEGED_ID } else { id }
}

fn write_map(path: &str, content: &str) -> Result<(), SetupError> {
    fs::write(path, content).map_err(SetupError::step(format!("write `{content}` to {path}")))
}
