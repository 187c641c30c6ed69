//! Limits how long glibc waits for name servers, for the calling thread only.
//!
//! The default is two attempts of 5 s for each server (resolv.conf(5)), longer than a sensible
//! deadline. glibc keeps these numbers in a structure for each thread, `struct __res_state` of
//! resolv.h, whose first members are part of its ABI. Only those of our thread are changed.

use std::ffi::{c_int, c_ulong};
use std::time::Duration;

/// The first members of `struct __res_state`.
#[repr(C)]
struct State {
    /// `retrans`: the time-out of a round in seconds. The servers after the first share a longer one.
    seconds: c_int,
    /// `retry`: the number of rounds.
    tries: c_int,
    options: c_ulong,
    servers: c_int,
}

/// `RES_NORELOAD` of resolv.h.
const NO_RELOAD: c_ulong = 0x0200_0000;

/// The shortest round that is repeated, in seconds. On a cellular network the first answer can take more than a second,
/// and glibc does not take the answer to an earlier round: it has another socket by then.
const ROUND: c_int = 2;

unsafe extern "C" {
    fn __res_init() -> c_int;
    fn __res_state() -> *mut State;
}

/// Makes look-ups of this thread end after about `limit` when no name server answers. It never
/// extends the system's limits, and the minimum is one second for each server. The thread is for one look-up: it does not
/// read a configuration that changes later.
pub(super) fn limit_name_servers(limit: Duration) {
    // SAFETY: both functions are the resolver's public ones under their linkage names. The state
    // belongs to the calling thread, which does not use it otherwise at the same time.
    let state = unsafe {
        // A new thread on the stack of an earlier one finds that thread's numbers here, and __res_init keeps what is not 0.
        let state = &mut *__res_state();
        (state.seconds, state.tries) = (0, 0);
        if __res_init() != 0 {
            return;
        }
        &mut *__res_state()
    };
    let seconds = c_int::try_from(limit.as_secs()).unwrap_or(c_int::MAX);
    let each = seconds / state.servers.max(1);
    // Two rounds if the time allows it, since datagrams may be lost.
    let tries = if each >= 2 * ROUND { 2 } else { 1 };
    state.tries = state.tries.min(tries);
    state.seconds = state.seconds.min((each / tries).max(1));
    // Else the look-up may find that its state differs from resolv.conf, and write the system's limits into it again.
    state.options |= NO_RELOAD;
}

#[cfg(test)]
mod tests {
    use std::net::ToSocketAddrs;
    use std::thread;

    use super::*;

    /// The time-out of a round and the number of rounds, of this thread.
    fn numbers() -> (c_int, c_int) {
        // SAFETY: the state belongs to the calling thread.
        let state = unsafe { &*__res_state() };
        (state.seconds, state.tries)
    }

    #[test]
    fn the_limit_is_kept_by_each_thread_and_through_a_look_up() {
        // One after the other, so that glibc gives each the stack of the one before.
        for limit in [3, 4, 4, 3, 4] {
            let (set, kept) = thread::spawn(move || {
                limit_name_servers(Duration::from_secs(limit));
                let set = numbers();
                let _ = ("localhost", 0).to_socket_addrs();
                (set, numbers())
            })
            .join()
            .unwrap();
            assert_eq!(set, kept);
            assert!(set.0 * set.1 <= 4, "{set:?}");
        }
    }
}
