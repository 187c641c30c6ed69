//! The namespaces that the harness enters once, before any thread exists: one
//! of users, so that no root is needed, and one of mounts, in which the
//! world's name server and authority lie over the system's.

use std::fs;
use std::path::Path;
use std::thread;

use rustix::mount::{MountPropagationFlags, mount_change};
use rustix::process::{getegid, geteuid};
use rustix::thread::{UnshareFlags, unshare_unsafe};

use super::authority::Authority;
use super::error::WorldError;
use super::isolation::Trust;
use super::network::Network;
use super::overlay::Overlay;

/// Who root is inside: somebody ordinary, so that what is executed has no capability.
const ORDINARY: u32 = 1000;

/// Enters both namespaces and lays the world's files over the system's.
pub(crate) fn enter(authority: &Authority, folder: &Path, trust: Trust) -> Result<(), WorldError> {
    // What the files need of the system is read before anything covers it.
    let overlay = Overlay::write(authority, folder, trust)?;
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNS)
        .map_err(WorldError::step("enter a user and a mount namespace"))?;
    // A group map by an ordinary user is allowed only where setgroups is not.
    write_map("/proc/self/setgroups", "deny")?;
    write_map("/proc/self/uid_map", &format!("{} {user} 1", inside(user)))?;
    write_map(
        "/proc/self/gid_map",
        &format!("{} {group} 1", inside(group)),
    )?;
    mount_change(
        "/",
        MountPropagationFlags::PRIVATE | MountPropagationFlags::REC,
    )
    .map_err(|error| WorldError::step("make the mounts private")(error.into()))?;
    overlay.lay()?;
    try_network()
}

/// Gives the calling thread, and no other, what is named by `flags` anew.
pub(super) fn unshare(flags: UnshareFlags) -> std::io::Result<()> {
    debug_assert!(!flags.contains(UnshareFlags::FILES));
    // SAFETY: the one danger of unshare is FILES, after which threads disagree
    // about descriptors; the callers in this module and in `network` never set it.
    unsafe { unshare_unsafe(flags) }.map_err(Into::into)
}

/// Learns now whether worlds can have networks, not at the first world: on a
/// thread that ends at once, so that the process keeps its own network.
fn try_network() -> Result<(), WorldError> {
    let trial = thread::Builder::new()
        .name("network-trial".to_owned())
        .spawn(|| Network::enter().map(drop))
        .map_err(WorldError::step("start a thread"))?;
    match trial.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn inside(id: u32) -> u32 {
    if id == 0 { ORDINARY } else { id }
}

fn write_map(path: &str, content: &str) -> Result<(), WorldError> {
    fs::write(path, content).map_err(WorldError::step(format!("write `{content}` to {path}")))
}
