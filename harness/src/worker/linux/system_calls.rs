//! Lets the kernel tell of system calls before it executes them (`SECCOMP_RET_USER_NOTIF`, since Linux 5.5).
//!
//! A thread that makes one of these calls stands still until it is told to go on. It then makes the call as if nothing
//! had been: no call is refused or changed.

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};

use super::channel_io::poll_for;

/// Calls that change the state of the whole process, or end such a change; and calls with which a plugin begins what a
/// change may be for: to open a file, to connect, and to send.
const CALLS: &[i64] = &[
    libc::SYS_chdir,
    libc::SYS_fchdir,
    libc::SYS_umask,
    libc::SYS_rt_sigaction,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_open,
    libc::SYS_openat,
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    libc::SYS_write,
    libc::SYS_writev,
];

/// Receives the system calls of the threads that it listens to. While such a thread lives this must not be dropped: the
/// kernel would refuse the calls.
#[derive(Debug)]
pub(super) struct SystemCallListener(OwnedFd);

/// A system call that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct WaitingCall(u64);

impl SystemCallListener {
    /// Listens to the calling thread, and to all threads and processes that it starts from now on, for ever. Another
    /// thread must receive at once.
    pub(super) fn install() -> io::Result<Self> {
        check_sizes()?;
        rustix::thread::set_no_new_privs(true)?;
        let mut filter = filter();
        let program = libc::sock_fprog {
            len: u16::try_from(filter.len()).map_err(io::Error::other)?,
            filter: filter.as_mut_ptr(),
        };
        // SAFETY: The program and its instructions live until the call has copied them.
        let listener = unsafe {
            libc::syscall(
                libc::SYS_seccomp,
                libc::SECCOMP_SET_MODE_FILTER,
                libc::SECCOMP_FILTER_FLAG_NEW_LISTENER,
                &raw const program,
            )
        };
        let Ok(listener @ 0..) = RawFd::try_from(listener) else {
            return Err(io::Error::last_os_error());
        };
        // SAFETY: The kernel has just opened it, for this caller.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(listener) }))
    }

    /// Waits for a system call, for `time` at most.
    pub(super) fn receive(&self, time: Duration) -> Option<WaitingCall> {
        let mut fds = [PollFd::new(&self.0, PollFlags::IN)];
        poll_for(&mut fds, time).ok()?;
        if !fds[0].revents().contains(PollFlags::IN) {
            return None;
        }
        // SAFETY: Zero is a value of this C structure, and the kernel demands it.
        let mut call = unsafe { mem::zeroed::<libc::seccomp_notif>() };
        // SAFETY: The structure has the kernel's size, which was compared. If the thread has ended, it stays empty.
        let received = unsafe {
            libc::ioctl(
                self.0.as_raw_fd(),
                libc::SECCOMP_IOCTL_NOTIF_RECV,
                &raw mut call,
            )
        };
        (received == 0).then_some(WaitingCall(call.id))
    }

    /// Has the kernel execute it.
    pub(super) fn go_on(&self, call: WaitingCall) {
        let response = libc::seccomp_notif_resp {
            id: call.0,
            val: 0,
            error: 0,
            flags: libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32,
        };
        // SAFETY: As above; the call only reads. It fails if the thread has ended.
        unsafe {
            libc::ioctl(
                self.0.as_raw_fd(),
                libc::SECCOMP_IOCTL_NOTIF_SEND,
                &raw const response,
            )
        };
    }
}

/// Checks that the kernel's structures have the sizes of this program's.
fn check_sizes() -> io::Result<()> {
    // SAFETY: Zero is a value of this C structure.
    let mut sizes = unsafe { mem::zeroed::<libc::seccomp_notif_sizes>() };
    // SAFETY: The call writes a whole structure.
    let read = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_GET_NOTIF_SIZES,
            0,
            &raw mut sizes,
        )
    };
    if read != 0 {
        return Err(io::Error::last_os_error());
    }
    let expected = (
        size_of::<libc::seccomp_notif>(),
        size_of::<libc::seccomp_notif_resp>(),
    );
    if (sizes.seccomp_notif.into(), sizes.seccomp_notif_resp.into()) == expected {
        Ok(())
    } else {
        Err(io::Error::other("this kernel's notifications are unknown"))
    }
}

/// Compares the number of the call with each of the list.
fn filter() -> Vec<libc::sock_filter> {
    const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const JUMP_IF_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    let statement = |code, k| libc::sock_filter {
        code,
        jt: 0,
        jf: 0,
        k,
    };
    // The number is the first member of `struct seccomp_data`.
    let mut filter = vec![statement(LOAD, 0)];
    for call in CALLS {
        // Numbers of calls are small, and each test skips the return of the one that does not match.
        filter.push(libc::sock_filter {
            jf: 1,
            ..statement(JUMP_IF_EQUAL, *call as u32)
        });
        filter.push(statement(RETURN, libc::SECCOMP_RET_USER_NOTIF));
    }
    filter.push(statement(RETURN, libc::SECCOMP_RET_ALLOW));
    filter
}
