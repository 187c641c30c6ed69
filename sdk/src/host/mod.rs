//! The operating-system layer: a thread of our own, the protection of the host's thread, the
//! library's path, and pinning the library in memory while code in it still runs.
//!
//! It is the only module with `unsafe` besides the output of `export!`. `unix.rs` and `windows.rs`
//! have the same API, and so have `blocking_look_up.rs` and `windows_resolver.rs`.

#[cfg(feature = "http")]
use std::io;
#[cfg(feature = "http")]
use std::net::SocketAddr;

#[cfg(all(not(windows), feature = "http"))]
mod blocking_look_up;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub mod keys;
#[cfg(all(target_os = "linux", target_env = "gnu", feature = "http"))]
mod resolver;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;
#[cfg(all(windows, feature = "http"))]
mod windows_resolver;

#[cfg(unix)]
pub(crate) use unix::{HostThreadGuard, Thread, library_path, pin, tell_reason};
#[cfg(windows)]
pub(crate) use windows::{HostThreadGuard, Thread, library_path, pin, tell_reason};

#[cfg(all(not(windows), feature = "http"))]
pub(crate) use blocking_look_up::LookUp;
#[cfg(all(windows, feature = "http"))]
pub(crate) use windows_resolver::LookUp;

/// What a look-up's result is given to, once, on any thread. It does not panic.
#[cfg(feature = "http")]
type Found = Box<dyn FnOnce(io::Result<Vec<SocketAddr>>) + Send>;

/// The stack of the thread that runs the check function, in bytes. Optimised TLS code needs 64 KiB;
/// the rest is for the function itself. Unoptimised code needs several times as much.
pub(crate) const STACK: usize = if cfg!(debug_assertions) {
    4 << 20
} else {
    512 << 10
};

/// The function of a host that asks why there is no decision: a laboratory's tool, and no device. It gets a text in UTF-8
/// and its length in bytes, on the plugin's thread, and must not keep the pointer.
type TellReason = unsafe extern "C" fn(text: *const u8, length: usize);

/// The closure that a thread of ours runs.
pub(crate) type Work = Box<dyn FnOnce() + Send>;

/// Whether the library may be unmapped when no thread of ours is left.
///
/// Where the thread-local keys that std creates cannot be deleted, each load would leak one, so the
/// library has to stay loaded.
pub(crate) fn may_unload() -> bool {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    return keys::are_recorded();
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    return false;
}
