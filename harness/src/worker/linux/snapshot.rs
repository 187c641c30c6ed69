//! Reads the state of the worker's process, without the worker's own resources.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;
use std::{env, fs, io};

use rustix::process::{Pid, getpid};
use rustix::thread::gettid;

use super::process_state::{self, ResolverSettings, Status};
use super::{lookups, signals};
use crate::worker::interpreter::{Detail, WorkerResources};
use crate::worker::observation::Snapshot;

/// The flag in `/proc/…/stat` of an exiting thread (`PF_EXITING` in the kernel's `sched.h`).
const EXITING: u64 = 4;

/// Reads the present state of the process; call it on the main thread. `usual` is the resolver settings of a thread that
/// changed none.
pub(super) fn take(own: &WorkerResources<'_>, usual: ResolverSettings) -> io::Result<Snapshot> {
    // First the values that reading the others could change.
    let heap = match own.detail {
        Detail::Quick => None,
        Detail::WithMemory => process_state::heap(),
    };
    let memory = match own.detail {
        Detail::Quick => None,
        Detail::WithMemory => Some(memory(&fs::read_to_string("/proc/self/smaps_rollup")?)),
    };
    let mapped = mapped_files()?;
    let status = Status::read()?;
    let descriptors = descriptors(own.channel.as_raw_fd())?;
    let lookup_descriptors = lookups::sockets(&descriptors);
    let (threads, lookup_threads) = threads(&own.threads, &lookup_descriptors)?;
    Ok(Snapshot {
        memory,
        heap,
        peak_memory: status.peak_memory(),
        keys_free: match own.detail {
            Detail::Quick => None,
            Detail::WithMemory => Some(keys_free()),
        },
        threads,
        lookup_threads,
        children: children(getpid())?.into_iter().filter_map(child).collect(),
        descriptors,
        lookup_descriptors,
        files: own.folders.list(),
        signals: signals::dispositions(),
        signal_mask: signals::mask(),
        alternate_stack: signals::alternate_stack(),
        folder: env::current_dir().map_or_else(
            |error| error.to_string(),
            |folder| folder.display().to_string(),
        ),
        environment: env::vars_os()
            .map(|(name, value)| (text(&name), text(&value)))
            .collect(),
        mapped: mapped.contains(&loaded_as(own.plugin)),
        libraries: match own.detail {
            Detail::Quick => BTreeSet::new(),
            Detail::WithMemory => mapped.iter().filter_map(|path| library(path)).collect(),
        },
        timers: process_state::timers(),
        umask: status.umask(),
        locale: process_state::locale(),
        limits: process_state::limits()?,
        rounding: process_state::rounding(),
        priority: status.priority(),
        standard_descriptors: process_state::standard_descriptors(),
        credentials: status.credentials(),
        thread_name: status.thread_name(),
        cancellation: process_state::cancellation(),
        resolver: process_state::resolver(usual),
        locked_memory: status.locked_memory(),
        writable_memory: status.writable_memory(),
        // Windows alone has them.
        heaps: 0,
        console: String::new(),
    })
}

fn text(value: &std::ffi::OsStr) -> String {
    value.to_string_lossy().into_owned()
}

/// The memory of another process.
pub(super) fn memory_of(process: i32) -> io::Result<u64> {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    Ok(memory(&rollup))
}

/// The process's private and shared anonymous memory in KiB, from the text of `smaps_rollup`.
fn memory(rollup: &str) -> u64 {
    rollup
        .lines()
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| matches!(*name, "Anonymous" | "Pss_Shmem" | "Swap"))
        .filter_map(|(_, value)| value.trim().strip_suffix(" kB")?.parse::<u64>().ok())
        .sum()
}

/// How many more thread-local keys the process could create: creates all of them, and deletes them again.
fn keys_free() -> u32 {
    let mut keys = Vec::with_capacity(1024);
    let mut key = 0;
    // SAFETY: The key is written to a local variable. It has no destructor and no value.
    while unsafe { libc::pthread_key_create(&mut key, None) } == 0 {
        keys.push(key);
    }
    for key in &keys {
        // SAFETY: The key was created above and is not used elsewhere.
        unsafe { libc::pthread_key_delete(*key) };
    }
    u32::try_from(keys.len()).unwrap_or(u32::MAX)
}

/// The process's other threads, and those of them that wait for a name server.
fn threads(own: &[i32], lookups: &BTreeSet<i32>) -> io::Result<(Vec<String>, Vec<String>)> {
    let main = gettid().as_raw_nonzero().get();
    let (mut threads, mut waiting) = (Vec::new(), Vec::new());
    for tid in numbers("/proc/self/task")? {
        if tid == main || own.contains(&tid) {
            continue;
        }
        let Some(name) = running(tid) else {
            continue;
        };
        let thread = format!("{tid} {name}");
        if lookups::is_waiting(tid, lookups) {
            waiting.push(thread.clone());
        } else if running(tid).is_none() {
            // It ended while it was looked at.
            continue;
        }
        threads.push(thread);
    }
    Ok((threads, waiting))
}

/// The name of a thread that executes code. One that cannot be read has ended. One that is exiting has been joined or
/// executes no more code: the kernel wakes the joiner shortly before it removes the thread from the list.
fn running(tid: i32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/self/task/{tid}/stat")).ok()?;
    let (name, flags) = name_and_flags(&stat)?;
    (flags & EXITING == 0).then(|| name.to_owned())
}

/// The name and the kernel's flags from the text of `stat`: `tid (name) state ppid pgrp session tty tpgid flags …`.
/// The name itself may contain brackets and spaces.
fn name_and_flags(stat: &str) -> Option<(&str, u64)> {
    let (before, after) = stat.rsplit_once(')')?;
    let name = before.split_once('(')?.1;
    let flags = after.split_whitespace().nth(6)?.parse().ok()?;
    Some((name, flags))
}

/// The PIDs of a process's children, including zombies.
pub(super) fn children(process: Pid) -> io::Result<Vec<i32>> {
    let process = process.as_raw_nonzero();
    let mut children = Vec::new();
    for tid in numbers(&format!("/proc/{process}/task"))? {
        // If a thread has ended in the meantime, another one has inherited its children.
        if let Ok(line) = fs::read_to_string(format!("/proc/{process}/task/{tid}/children")) {
            children.extend(
                line.split_whitespace()
                    .filter_map(|pid| pid.parse::<i32>().ok()),
            );
        }
    }
    Ok(children)
}

/// The PID of a process's parent, and the letter of its state (`Z` for a zombie); none if it does not exist.
pub(super) fn parent_and_state(pid: i32) -> Option<(i32, char)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name itself may contain brackets and spaces.
    let (_, after) = stat.rsplit_once(')')?;
    let mut fields = after.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((fields.next()?.parse().ok()?, state))
}

/// A child as text; none if it has just been reaped.
fn child(pid: i32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (before, after) = stat.rsplit_once(')')?;
    let name = before.split_once('(')?.1;
    let ended = if after.trim_start().starts_with('Z') {
        " (ended)"
    } else {
        ""
    };
    Some(format!("{pid} {name}{ended}"))
}

fn descriptors(channel: RawFd) -> io::Result<BTreeMap<i32, String>> {
    // The descriptor of the folder is closed again before the links are read, and is therefore not listed.
    Ok(numbers("/proc/self/fd")?
        .into_iter()
        .filter(|number| *number != channel)
        .filter_map(|number| {
            let what = fs::read_link(format!("/proc/self/fd/{number}")).ok()?;
            Some((number, what.display().to_string()))
        })
        .collect())
}

/// The numeric names in a folder.
pub(super) fn numbers(folder: &str) -> io::Result<Vec<i32>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        numbers.extend(
            entry?
                .file_name()
                .to_str()
                .and_then(|name| name.parse::<i32>().ok()),
        );
    }
    Ok(numbers)
}

/// The files that are mapped, also those that were deleted since.
fn mapped_files() -> io::Result<BTreeSet<String>> {
    let paths = fs::read_to_string("/proc/self/maps")?
        .lines()
        // `address perms offset dev inode path`, where the path may contain spaces.
        .filter_map(|line| line.find('/').map(|start| &line[start..]))
        .map(|path| path.strip_suffix(" (deleted)").unwrap_or(path).to_owned())
        .collect();
    Ok(paths)
}

/// The path by which the library is mapped: the loader maps the target of symbolic links.
fn loaded_as(plugin: &Path) -> String {
    let path = fs::canonicalize(plugin).unwrap_or_else(|_| plugin.to_owned());
    path.display().to_string()
}

/// The file name of a shared library.
fn library(path: &str) -> Option<String> {
    let name = path.rsplit('/').next()?;
    name.contains(".so").then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_anonymous_shared_and_swapped() {
        let rollup = "55-7f [rollup]\nRss: 9 kB\nPss_Anon: 5 kB\nPss_Shmem:   4 kB\nAnonymous:   20 kB\nSwap: 1 kB\nSwapPss: 1 kB\n";
        assert_eq!(memory(rollup), 25);
    }

    #[test]
    fn a_name_with_brackets_does_not_shift_the_flags() {
        let stat = "12 (a) (b) R 1 2 3 4 5 4194308 6";
        assert_eq!(name_and_flags(stat), Some(("a) (b", 4_194_308)));
        assert_ne!(4_194_308 & EXITING, 0);
    }
}
