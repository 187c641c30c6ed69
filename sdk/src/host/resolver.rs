//! How long glibc waits for name servers, for the calling thread alone.
//!
//! resolv.conf's default is ten seconds a server, longer than any sensible deadline. glibc keeps
//! the numbers in a structure for each thread, `struct __res_state` of resolv.h, whose first
//! members are part of its ABI. Only our thread's are changed, and they end with it.

use std::ffi::{c_int, c_ulong};
use std::time::Duration;

/// The head of `struct __res_state`.
#[repr(C)]
struct State {
    /// Seconds to wait for an answer, doubled and shared out among several servers.
    seconds: c_int,
    /// How often each server is asked.
    tries: c_int,
    _options: c_ulong,
    servers: c_int,
}

unsafe extern "C" {
    fn __res_init() -> c_int;
    fn __res_state() -> *mut State;
}

/// Lets look-ups of this thread end after about `patience` when no name server answers. It never
/// makes them longer than the system's settings do, and can't go below one second a server.
pub(crate) fn limit_name_servers(patience: Duration) {
    // SAFETY: both functions are the resolver's public ones under their linkage names. The state
    // belongs to the calling thread, which uses it in no other way meanwhile.
    let state = unsafe {
        if __res_init() != 0 {
            return;
        }
        &mut *__res_state()
    };
    let seconds = c_int::try_from(patience.as_secs()).unwrap_or(c_int::MAX);
    let each = seconds / state.servers.max(1);
    // Two tries, since datagrams get lost, if there is the time.
    let tries = if each >= 2 { 2 } else { 1 };
    state.tries = state.tries.min(tries);
    state.seconds = state.seconds.min((each / tries).max(1));
}
