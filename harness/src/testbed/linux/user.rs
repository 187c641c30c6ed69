//! A namespace for a program that sets up what runs use, as the user that runs have.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::mount::{MountPropagationFlags, mount_bind, mount_change};
use rustix::process::{getegid, geteuid};
use rustix::thread::UnshareFlags;

use super::namespace::mapped_id;
use super::network::unshare;

/// Has this process, which must have one thread, enter a user and a mount namespace, in which the system's list of users is
/// the one that is made for a user and a group, and in which Wine's sockets are in `folder`.
///
/// # Errors
/// If the kernel refuses a step, or a file cannot be written.
pub(crate) fn enter_as_user(folder: &Path, list: &dyn Fn(u32, u32) -> String) -> io::Result<()> {
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    let (own, own_group) = (mapped_id(user), mapped_id(group));
    let users = folder.join("users");
    fs::write(&users, list(own, own_group))?;
    let sockets = folder.join("sockets");
    fs::create_dir(&sockets)?;
    // It stays, empty: what is mounted over it is not seen outside.
    let covered = PathBuf::from(format!("/tmp/.wine-{own}"));
    fs::create_dir_all(&covered)?;
    unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNS)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{own} {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("{own_group} {group} 1"))?;
    mount_change(
        "/",
        MountPropagationFlags::PRIVATE | MountPropagationFlags::REC,
    )?;
    mount_bind(&users, "/etc/passwd")?;
    mount_bind(&sockets, &covered)?;
    // Wine's server wants a folder that no one else can read.
    Ok(rustix::fs::chmod(&covered, 0o700.into())?)
}
