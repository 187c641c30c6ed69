//! What the SDK asks of the operating system: a thread of its own, the library's own path, and
//! that the library stay loaded when something still runs in it.
//!
//! It is the only room with `unsafe` besides the macro's output. Both files offer the same API.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub mod keys;
#[cfg(all(target_os = "linux", target_env = "gnu", feature = "http"))]
mod resolver;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::{Thread, Untouched, library_path, pin};
#[cfg(windows)]
pub(crate) use windows::{Thread, Untouched, library_path, pin};

#[cfg(all(target_os = "linux", target_env = "gnu", feature = "http"))]
pub(crate) use resolver::limit_name_servers;

/// Elsewhere the system's resolver takes the time that it takes.
#[cfg(all(not(all(target_os = "linux", target_env = "gnu")), feature = "http"))]
pub(crate) fn limit_name_servers(_: std::time::Duration) {}

/// The stack of a thread of ours in bytes. TLS needs 64 KiB of it when optimised; the rest is
/// the author's. Unoptimised code takes several times as much.
pub(crate) const STACK: usize = if cfg!(debug_assertions) {
    4 << 20
} else {
    512 << 10
};

/// What a thread of ours runs.
pub(crate) type Work = Box<dyn FnOnce() + Send>;

/// Whether the library may be removed from memory once no thread of ours is left.
///
/// Where std's thread-local keys can't be given back, each load would cost the host one for
/// ever, so the library has to stay.
pub(crate) fn may_unload() -> bool {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    return keys::are_recorded();
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    return false;
}
