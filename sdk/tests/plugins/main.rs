//! Plugins made with the SDK, as they are shipped, in a host written in C.

#![cfg(all(target_os = "linux", target_env = "gnu", feature = "http"))]
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "what goes wrong in a test's helpers fails the test, and what is skipped is said"
)]

mod client;
mod host;
mod memory;
mod signature;
mod support;
mod trust;
