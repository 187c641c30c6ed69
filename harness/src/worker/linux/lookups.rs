//! Finds what waits for a name server: a lookup that gets no answer cannot be cancelled.
//!
//! Only reads: of the process's own memory, the list of descriptors that a thread polls.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::FileExt;
use std::thread;
use std::time::Duration;

use rustix::net::getpeername;

/// The port of name servers.
const PORT: u16 = 53;

/// How many descriptors of a call of `poll` are read. A resolver polls one or two.
const MAX_POLLED: usize = 16;

/// The length of a `struct pollfd`, which begins with the descriptor.
const POLLFD: usize = size_of::<libc::pollfd>();

/// The sockets among these descriptors that are connected to the port of name servers.
pub(super) fn sockets(descriptors: &BTreeMap<i32, String>) -> BTreeSet<i32> {
    descriptors
        .iter()
        .filter(|(_, what)| what.starts_with("socket:"))
        .map(|(number, _)| *number)
        .filter(|number| is_for_lookups(*number))
        .collect()
}

fn is_for_lookups(number: i32) -> bool {
    // SAFETY: The number was just listed as an open descriptor, and it is not -1. If it was closed since, or means another
    // file, the call fails or finds another peer; it changes nothing.
    let socket = unsafe { BorrowedFd::borrow_raw(number) };
    getpeername(socket)
        .ok()
        .flatten()
        .and_then(|peer| SocketAddr::try_from(peer).ok())
        .is_some_and(|peer| peer.port() == PORT)
}

/// How many times a thread is looked at, a millisecond apart.
const LOOKS: usize = 10;

/// Whether a thread of this process waits for a name server, with one of these sockets. Between two waits, for example to
/// send a query again, a resolver is not blocked for an instant.
pub(super) fn is_waiting(tid: i32, sockets: &BTreeSet<i32>) -> bool {
    !sockets.is_empty()
        && (0..LOOKS).any(|look| {
            if look > 0 {
                thread::sleep(Duration::from_millis(1));
            }
            is_blocked(tid, sockets)
        })
}

/// Whether a thread of this process is blocked in a system call on one of these sockets.
fn is_blocked(tid: i32, sockets: &BTreeSet<i32>) -> bool {
    // `number arg0 arg1 …` in hexadecimal but for the first; `running`, or -1, if it is in no system call.
    let Ok(call) = fs::read_to_string(format!("/proc/self/task/{tid}/syscall")) else {
        return false;
    };
    let mut words = call.split_whitespace();
    let Some(number) = words.next().and_then(|word| word.parse::<i64>().ok()) else {
        return false;
    };
    let mut argument = || u64::from_str_radix(words.next()?.trim_start_matches("0x"), 16).ok();
    let (Some(first), Some(second)) = (argument(), argument()) else {
        return false;
    };
    if READS.contains(&number) {
        return i32::try_from(first).is_ok_and(|number| sockets.contains(&number));
    }
    POLLS.contains(&number)
        && polled(first, second).is_some_and(|polled| polled.iter().any(|it| sockets.contains(it)))
}

/// System calls whose first argument is the descriptor that they wait for.
const READS: &[i64] = &[
    libc::SYS_read,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_recvmmsg,
    libc::SYS_connect,
];

/// System calls whose first two arguments are a list of descriptors and its length.
const POLLS: &[i64] = &[
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    libc::SYS_ppoll,
];

/// The descriptors in such a list of this process; none if it cannot be read.
fn polled(address: u64, count: u64) -> Option<Vec<i32>> {
    let count = usize::try_from(count).ok()?.min(MAX_POLLED);
    let mut list = vec![0; count * POLLFD];
    File::open("/proc/self/mem")
        .and_then(|memory| memory.read_exact_at(&mut list, address))
        .ok()?;
    let numbers = list.chunks_exact(POLLFD).filter_map(|entry| {
        let number = entry.first_chunk()?;
        Some(i32::from_ne_bytes(*number))
    });
    Some(numbers.collect())
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::os::fd::AsRawFd;
    use std::time::Instant;

    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::thread::gettid;

    use super::*;

    #[test]
    fn only_a_socket_with_the_port_of_name_servers_is_one() {
        let lookup = UdpSocket::bind("127.0.0.1:0").unwrap();
        lookup.connect("127.0.0.1:53").unwrap();
        let other = UdpSocket::bind("127.0.0.1:0").unwrap();
        other.connect("127.0.0.1:54").unwrap();
        let listed = [&lookup, &other].map(|it| (it.as_raw_fd(), "socket:[1]".to_owned()));
        let found = sockets(&BTreeMap::from(listed));
        assert_eq!(found, BTreeSet::from([lookup.as_raw_fd()]));
    }

    #[test]
    fn a_thread_that_polls_the_socket_is_blocked_and_another_is_not() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let number = socket.as_raw_fd();
        let (tell, told) = std::sync::mpsc::channel();
        let waiting = thread::spawn(move || {
            tell.send(gettid().as_raw_nonzero().get()).unwrap();
            poll(&mut [PollFd::new(&socket, PollFlags::IN)], None).unwrap();
        });
        let tid = told.recv().unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while !is_blocked(tid, &BTreeSet::from([number])) {
            assert!(Instant::now() < deadline, "it was not seen");
            thread::yield_now();
        }
        assert!(!is_blocked(tid, &BTreeSet::from([number + 1000])));
        let own = gettid().as_raw_nonzero().get();
        assert!(!is_blocked(own, &BTreeSet::from([number])));
        // SAFETY: The other thread owns the socket and waits for it, so it is open.
        let theirs = unsafe { BorrowedFd::borrow_raw(number) };
        let address = SocketAddr::try_from(rustix::net::getsockname(theirs).unwrap()).unwrap();
        UdpSocket::bind("127.0.0.1:0")
            .unwrap()
            .send_to(b"x", address)
            .unwrap();
        waiting.join().unwrap();
    }
}
