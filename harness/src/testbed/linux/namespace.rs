//! The namespaces that the harness enters once, before any thread exists: a user
//! namespace, so that no root is needed, and a mount namespace, in which the test bed's
//! name server and authority are bind-mounted over the system's.
//!
//! A process cannot leave a namespace. A child process therefore performs all steps
//! first, and the harness itself only if the child succeeded.

use std::fs;
use std::io::{self, PipeReader, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use rustix::io::Errno;
use rustix::mount::{MountPropagationFlags, mount_change};
use rustix::process::{Pid, WaitOptions, getegid, geteuid, waitpid};
use rustix::thread::{UnshareFlags, set_capabilities};

use super::containment;
use super::network::{Network, unshare};
use super::overlay::Overlay;
use crate::failure::in_full;
use crate::testbed::Tcp;
use crate::testbed::authority::{Authority, Trust};
use crate::testbed::containment::View;
use crate::testbed::error::SetupError;

/// The user ID of root inside: not 0, so that executed programs have no capability.
const UNPRIVILEGED_ID: u32 = 1000;

/// The child's message if it succeeded. Any other message is its error.
const SUCCEEDED: &str = "succeeded";

/// Namespaces that a child process could enter and set up, so that this process can too.
pub(in crate::testbed) struct NamespaceProbe {
    overlay: Overlay,
    /// The view that each run can have, or why it can have none.
    view: Result<View, SetupError>,
}

impl NamespaceProbe {
    /// Writes the files that are bind-mounted over the system's into `folder`, and has a
    /// child process enter, mount them, and set up a network.
    ///
    /// # Errors
    /// If any step fails. This process has then entered no namespace.
    pub(in crate::testbed) fn run(
        authority: &Authority,
        folder: &Path,
        trust: Trust,
    ) -> Result<Self, SetupError> {
        require_single_thread()?;
        // The contents that are taken from the system's files are read before these are covered.
        let overlay = Overlay::write(authority, folder, trust)?;
        try_in_a_child(|| {
            enter(&overlay)?;
            // Each scenario enters its network on its own thread; the child has only this one.
            Network::enter()?.set_up(Tcp::Accepts)
        })?;
        let mut view = containment::view(folder);
        overlay.targets().for_each(|target| view.show(target));
        let possible = try_in_a_child(|| {
            enter(&overlay)?;
            // A run's supervisor has no capabilities when it begins.
            set_capabilities(None, containment::NONE)
                .map_err(|error| SetupError::step("give up capabilities")(error.into()))?;
            containment::enter(&view)
        });
        Ok(Self {
            overlay,
            view: possible.map(|()| view),
        })
    }

    /// Enters the namespaces with this process, and returns the view for runs, or why they have none.
    ///
    /// # Errors
    /// If a step fails that succeeded in the child. This process may then have entered some of the namespaces.
    pub(in crate::testbed) fn enter(self) -> Result<Result<View, SetupError>, SetupError> {
        enter(&self.overlay)?;
        Ok(self.view)
    }
}

/// Enters both namespaces, and mounts the test bed's files over the system's.
fn enter(overlay: &Overlay) -> Result<(), SetupError> {
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNS)
        .map_err(SetupError::step("enter a user and a mount namespace"))?;
    // An unprivileged user may write a group map only if setgroups is denied.
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

/// The kernel permits no process with a second thread to enter a user namespace, and a
/// forked child of such a process may only call async-signal-safe functions.
fn require_single_thread() -> Result<(), SetupError> {
    let step = "count the threads of the process";
    let threads = fs::read_dir("/proc/self/task")
        .map_err(SetupError::step(step))?
        .count();
    match threads {
        1 => Ok(()),
        threads => Err(SetupError::Refused(format!(
            "a namespace can only be entered by a process with one thread, and this one has {threads}"
        ))),
    }
}

/// Runs `attempt` in a forked child, and returns its result.
fn try_in_a_child(attempt: impl FnOnce() -> Result<(), SetupError>) -> Result<(), SetupError> {
    let step = || SetupError::step("try a namespace in a child process");
    let (theirs, ours) = io::pipe().map_err(step())?;
    // SAFETY: `require_single_thread` has checked that the process has one thread, so the child's state is consistent.
    match unsafe { libc::fork() } {
        -1 => Err(step()(io::Error::last_os_error())),
        0 => {
            // A panic must not unwind into the parent's frames, whose destructors would remove its files.
            let result = catch_unwind(AssertUnwindSafe(attempt));
            let message = match result {
                Ok(Ok(())) => SUCCEEDED.to_owned(),
                Ok(Err(error)) => in_full(&error),
                Err(_) => "the child process panicked".to_owned(),
            };
            // The parent treats an empty message as a failure.
            let _ = (&ours).write_all(message.as_bytes());
            // SAFETY: `_exit` ends the process at once; the child must not run the parent's exit handlers.
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

/// Reads the child's message, and waits for its end.
fn read_result(mut from: PipeReader, child: i32) -> io::Result<String> {
    let mut message = String::new();
    let read = from.read_to_string(&mut message);
    // Any other error means that the child is gone: if SIGCHLD is ignored, there is nothing to wait for.
    while let Err(Errno::INTR) = waitpid(Pid::from_raw(child), WaitOptions::empty()) {}
    read.map(|_| message)
}

/// The ID inside of the namespace.
pub(super) fn mapped_id(id: u32) -> u32 {
    if id == 0 { UNPRIVILEGED_ID } else { id }
}

fn write_map(path: &str, content: &str) -> Result<(), SetupError> {
    fs::write(path, content).map_err(SetupError::step(format!("write `{content}` to {path}")))
}
