//! How many processes a run may have.
//!
//! The limit of the kernel for a user (`RLIMIT_NPROC`) does not bind root, and where a run has no user namespace of its
//! own it counts the processes of other programs; a cgroup needs rights. So the supervisor counts, which works for
//! everyone: often the processes of the whole system, which is one number to read, and those of the run only once there are
//! many more than before.

use std::fs;
use std::io;

use rustix::process::{Pid, Resource, getpid};
use rustix::system::sysinfo;

use super::snapshot::{children, parent_and_state};
use super::supervisor::limit;
use crate::worker::MAX_PROCESSES;

/// How many processes and threads the kernel allows an ordinary user in a run, as far as it counts those of the run alone.
const MAX_OF_USER: u64 = 2048;

/// By how much the processes and threads of the system must have grown before those of the run are counted.
const GROWTH: i16 = 128;

/// The first kernel that counts the processes of a user namespace.
const COUNTS_NAMESPACES: (u32, u32) = (5, 14);

/// Counts the processes of this process's run.
#[derive(Debug)]
pub(super) struct ProcessLimit {
    /// The fewest processes and threads of the system so far.
    fewest: Count,
}

impl ProcessLimit {
    pub(super) fn new() -> Self {
        Self {
            fewest: in_system(),
        }
    }

    /// Whether the run has too many processes.
    pub(super) fn is_exceeded(&mut self) -> bool {
        let now = in_system();
        let growth = now.since(self.fewest);
        if growth < 0 {
            self.fewest = now;
        }
        growth >= GROWTH && descendants(MAX_PROCESSES + 1) > MAX_PROCESSES
    }
}

/// A number of processes and threads, of which the system tells the lower 16 bits.
#[derive(Clone, Copy, Debug)]
struct Count(u16);

impl Count {
    /// By how much it has grown, if that is less than the half of what 16 bits can tell.
    fn since(self, earlier: Self) -> i16 {
        self.0.wrapping_sub(earlier.0).cast_signed()
    }
}

/// The processes and threads of the whole system: `procs` of sysinfo(2), which counts threads as well.
fn in_system() -> Count {
    Count(sysinfo().procs)
}

/// Counts the descendants of this process that have not ended, up to a number.
fn descendants(most: u32) -> u32 {
    let mut found = 0;
    let mut parents = vec![getpid()];
    while let Some(parent) = parents.pop() {
        // One that cannot be read has ended.
        for child in children(parent).unwrap_or_default() {
            if !matches!(parent_and_state(child), Some((_, state)) if state != 'Z') {
                continue;
            }
            found += 1;
            if found >= most {
                return found;
            }
            parents.extend(Pid::from_raw(child));
        }
    }
    found
}

/// Lets the kernel refuse processes in the user namespace of a run, which the calling process has entered. As root it
/// refuses none.
pub(super) fn limit_namespace() -> io::Result<()> {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    if version(&release).is_some_and(|version| version >= COUNTS_NAMESPACES) {
        limit(Resource::Nproc, MAX_OF_USER)?;
    }
    Ok(())
}

fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|character: char| !character.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Barrier};
    use std::{iter, thread};

    use super::*;

    const THREADS: usize = 200;

    #[test]
    fn threads_are_counted() {
        let before = in_system();
        let gate = Arc::new(Barrier::new(THREADS + 1));
        let threads: Vec<_> = iter::repeat_with(|| Arc::clone(&gate))
            .take(THREADS)
            .map(|gate| thread::spawn(move || gate.wait()))
            .collect();
        // Other programs may have ended some of theirs meanwhile.
        assert!(in_system().since(before) > 100);
        gate.wait();
        threads.into_iter().for_each(|it| drop(it.join()));
    }

    #[test]
    fn a_count_grows_beyond_16_bits() {
        assert_eq!(Count(20).since(Count(65_530)), 26);
        assert_eq!(Count(65_530).since(Count(20)), -26);
    }

    #[test]
    fn a_release_begins_with_the_version() {
        assert_eq!(version("6.18.44-fc-v669\n"), Some((6, 18)));
        assert_eq!(version("5.4.0"), Some((5, 4)));
        assert_eq!(version(""), None);
    }
}
