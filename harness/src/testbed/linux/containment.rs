//! The containment of a run: a view of the file system, and limits that the plugin's
//! process puts on itself.
//!
//! The supervisor of a run enters the view while it has one thread. It does so in a user namespace of its own, so that
//! the plugin, without any capability, can neither undo a mount nor debug a process outside of the run. The worker then
//! restricts itself with Landlock and seccomp, each as far as the kernel has it.

use std::collections::BTreeMap;
use std::env;
use std::ffi::CString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};

use landlock::{
    ABI, AccessFs, CompatLevel, Compatible, RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
    path_beneath_rules,
};
use rustix::mount::{MountFlags, mount, mount_bind, mount_bind_recursive};
use rustix::process::{getegid, geteuid};
use rustix::thread::{
    CapabilitySet, CapabilitySets, UnshareFlags, set_capabilities, set_no_new_privs,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

use super::network::unshare;
use crate::testbed::containment::{Containment, View};
use crate::testbed::error::SetupError;

/// Folders in which other users, services and earlier runs leave files and sockets.
const SHARED: &[&str] = &["/tmp", "/var/tmp", "/run"];

/// The devices that a plugin has. A disk, which root may write to, is not among them.
const DEVICES: &[&str] = &[
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
];

/// Links in `/dev`, as the kernel's documentation names them.
const DEVICE_LINKS: &[(&str, &str)] = &[
    ("/dev/fd", "/proc/self/fd"),
    ("/dev/stdin", "/proc/self/fd/0"),
    ("/dev/stdout", "/proc/self/fd/1"),
    ("/dev/stderr", "/proc/self/fd/2"),
];

/// Folders with users' files. The first that exists is the plugin's home.
const HOMES: &[&str] = &["/home", "/root"];

/// Folders that are never hidden, though a variable may name them.
const SYSTEM: &[&str] = &[
    "/", "/usr", "/lib", "/etc", "/var", "/proc", "/sys", "/opt", "/bin", "/sbin",
];

/// Parts of `/proc` that change the whole machine. The rest of it is writable, since a process sets the names of its
/// threads there.
const MACHINE: &[&str] = &[
    "/proc/sys",
    "/proc/sysrq-trigger",
    "/proc/irq",
    "/proc/bus",
    "/proc/fs",
];

/// What all files of a run together may take, and how many they may be.
const SPACE: &str = "size=64m,nr_inodes=8192,mode=0755";

/// The folders that no run sees, and the plugin's home among them. `private` is the harness's own folder.
pub(in crate::testbed) fn view(private: &Path) -> View {
    let variable = |name| env::var_os(name).map(PathBuf::from);
    let named = [
        variable("HOME"),
        variable("XDG_RUNTIME_DIR"),
        Some(env::temp_dir()),
    ];
    let candidates = SHARED
        .iter()
        .chain(HOMES)
        .chain(["/dev"].iter())
        .map(PathBuf::from)
        .chain(named.into_iter().flatten())
        .chain([private.to_owned()]);
    let mut hidden: Vec<PathBuf> = candidates
        .filter_map(|path| path.canonicalize().ok())
        .filter(|path| path.is_dir() && !SYSTEM.iter().any(|system| path == Path::new(system)))
        .collect();
    // An outer folder comes before those inside it, which it hides too.
    hidden.sort();
    hidden.dedup_by(|inner, outer| inner.starts_with(&*outer));
    let home = HOMES
        .iter()
        .map(PathBuf::from)
        .find(|home| hidden.contains(home));
    View {
        home: home.or_else(|| hidden.first().cloned()).unwrap_or_default(),
        hidden,
        visible: DEVICES.iter().map(PathBuf::from).collect(),
        replaced: Vec::new(),
    }
}

/// Gives this process, which must have one thread, its view of the file system.
///
/// # Errors
/// If the kernel refuses a step. The process may then have entered a namespace.
pub(crate) fn enter(view: &View) -> Result<(), SetupError> {
    let folder = env::current_dir().ok();
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNS).map_err(SetupError::step(
        "enter a user and a mount namespace for a run",
    ))?;
    for (file, content) in [
        ("/proc/self/setgroups", "deny".to_owned()),
        ("/proc/self/uid_map", format!("{user} {user} 1")),
        ("/proc/self/gid_map", format!("{group} {group} 1")),
    ] {
        fs::write(file, content).map_err(SetupError::step(format!("write {file}")))?;
    }
    for path in MACHINE.iter().filter(|path| Path::new(path).exists()) {
        mount_bind_recursive(*path, *path)
            .map_err(|error| SetupError::step(format!("mount {path}"))(error.into()))?;
    }
    set_read_only(Path::new("/"), true)
        .map_err(SetupError::step("make the file system read-only"))?;
    // It may have been read-only before, and then stays so.
    let _ = set_read_only(Path::new("/proc"), false);
    cover(view)?;
    make_devices().map_err(SetupError::step("fill /dev"))?;
    let folder = folder.as_deref().unwrap_or(Path::new("/"));
    // A folder that is not visible is left: through it, the hidden files could be reached.
    env::set_current_dir(folder)
        .or_else(|_| env::set_current_dir("/"))
        .map_err(SetupError::step("change to /"))?;
    set_no_new_privs(true)
        .and_then(|()| set_capabilities(None, NONE))
        .map_err(|error| SetupError::step("give up all capabilities")(error.into()))
}

/// What a program that is executed by an ordinary user has.
pub(super) const NONE: CapabilitySets = CapabilitySets {
    effective: CapabilitySet::empty(),
    permitted: CapabilitySet::empty(),
    inheritable: CapabilitySet::empty(),
};

/// Covers the hidden folders with folders of one file system of limited size, and mounts what is visible into these.
fn cover(view: &View) -> Result<(), SetupError> {
    let step = |what: &str, path: &Path| SetupError::step(format!("{what} {}", path.display()));
    let opened = view.visible.iter().filter_map(|path| {
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_PATH)
            .open(path);
        // What is not there need not be visible.
        file.ok().map(|file| (path, file))
    });
    let opened: Vec<(&PathBuf, File)> = opened.collect();
    let Some(first) = view.hidden.first() else {
        return Ok(());
    };
    let options = CString::new(SPACE).expect("no null byte");
    mount(
        "tmpfs",
        first,
        "tmpfs",
        MountFlags::NOSUID | MountFlags::NODEV,
        options.as_c_str(),
    )
    .map_err(|error| step("cover", first)(error.into()))?;
    let own = File::open(first).map_err(step("open", first))?;
    for (number, (path, content)) in view.replaced.iter().enumerate() {
        let file = descriptor(&own).join(format!("file-{number}"));
        fs::write(&file, content).map_err(step("replace", path))?;
        mount_bind(&file, path).map_err(|error| step("replace", path)(error.into()))?;
    }
    // The file system's root is covered last, by one of its folders: nothing leads to it then.
    for (number, hidden) in view.hidden.iter().enumerate().rev() {
        let part = descriptor(&own).join(number.to_string());
        fs::create_dir(&part).map_err(step("cover", hidden))?;
        let mode = if SHARED.iter().any(|shared| hidden == Path::new(shared)) {
            0o1777
        } else {
            0o755
        };
        rustix::fs::chmod(&part, mode.into())
            .map_err(|error| step("cover", hidden)(error.into()))?;
        mount_bind(&part, hidden).map_err(|error| step("cover", hidden)(error.into()))?;
    }
    for (path, file) in &opened {
        let folder = file.metadata().map_err(step("read", path))?.is_dir();
        if folder {
            fs::create_dir_all(path).map_err(step("show", path))?;
        } else {
            fs::create_dir_all(path.parent().unwrap_or(path)).map_err(step("show", path))?;
            File::create(path).map_err(step("show", path))?;
        }
        mount_bind_recursive(descriptor(file), *path)
            .map_err(|error| step("show", path)(error.into()))?;
    }
    Ok(())
}

/// Makes what belongs into `/dev` and is not a device.
fn make_devices() -> io::Result<()> {
    for (link, target) in DEVICE_LINKS {
        symlink(target, link)?;
    }
    fs::create_dir("/dev/shm")?;
    Ok(rustix::fs::chmod("/dev/shm", 0o1777.into())?)
}

fn descriptor(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// Makes a mount read-only or writable; if it becomes read-only, all mounts below it too.
fn set_read_only(path: &Path, read_only: bool) -> io::Result<()> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let (set, clear, flags) = if read_only {
        (libc::MOUNT_ATTR_RDONLY, 0, libc::AT_RECURSIVE)
    } else {
        (0, libc::MOUNT_ATTR_RDONLY, 0)
    };
    let attributes = libc::mount_attr {
        attr_set: set,
        attr_clr: clear,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: The path ends with a null byte, and the attributes are a whole structure of the size that is passed.
    // Both outlive the call, which only reads them.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            flags,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    if done == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Confines the signals of the calling thread, and of all that it starts, to what it starts from now on and itself.
/// Returns whether the kernel does so (Landlock, since Linux 6.12).
pub(crate) fn confine_signals() -> bool {
    let confined = landlock::Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .scope(Scope::Signal)
        .and_then(landlock::Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self);
    confined.is_ok_and(|status| status.ruleset == RulesetStatus::FullyEnforced)
}

/// Restricts the calling thread, and all that it starts, for ever: no write outside of its folders, no signal to and
/// no debugging of a process outside of the run, and no socket in the file system.
///
/// Each is done as far as the kernel has it: this is the second line behind the view.
///
/// # Errors
/// If the kernel has a restriction and refuses it.
pub(crate) fn restrict(containment: &Containment) -> io::Result<()> {
    let own: Vec<&Path> = match &containment.view {
        Some(view) => view.hidden.iter().map(PathBuf::as_path).collect(),
        None => Vec::new(),
    };
    let writable = containment.writable.iter().map(PathBuf::as_path).chain(own);
    // A process sets the names of its threads in its own part of /proc.
    let devices = DEVICES
        .iter()
        .chain(&["/dev/shm", "/proc/self"])
        .map(Path::new);
    let writable = writable.chain(devices);
    let write = AccessFs::from_write(ABI::V5);
    landlock::Ruleset::default()
        .handle_access(write)
        .and_then(|rules| rules.scope(Scope::Signal | Scope::AbstractUnixSocket))
        .and_then(landlock::Ruleset::create)
        .and_then(|rules| rules.add_rules(path_beneath_rules(writable, write)))
        .and_then(|rules| rules.restrict_self())
        .map_err(io::Error::other)?;
    set_no_new_privs(true)?;
    if containment.other_word_size {
        return Ok(());
    }
    let filter = filter(containment.unix_sockets).map_err(io::Error::other)?;
    let Some(filter) = filter else {
        return Ok(());
    };
    seccompiler::apply_filter(&filter).map_err(io::Error::other)
}

/// Refuses sockets with a path unless they are permitted, and io_uring, which could make one. None on a machine that the
/// compiler of filters does not know.
fn filter(unix_sockets: bool) -> Result<Option<BpfProgram>, seccompiler::Error> {
    let Ok(machine) = TargetArch::try_from(env::consts::ARCH) else {
        return Ok(None);
    };
    let is_unix = SeccompCondition::new(
        0,
        SeccompCmpArgLen::Dword,
        SeccompCmpOp::Eq,
        u64::from(libc::AF_UNIX.unsigned_abs()),
    )?;
    let mut calls = BTreeMap::from([(libc::SYS_io_uring_setup, Vec::new())]);
    if !unix_sockets {
        calls.insert(libc::SYS_socket, vec![SeccompRule::new(vec![is_unix])?]);
    }
    let refused = SeccompAction::Errno(libc::EACCES.unsigned_abs());
    let filter = SeccompFilter::new(calls, SeccompAction::Allow, refused, machine)?;
    Ok(Some(BpfProgram::try_from(filter)?))
}
