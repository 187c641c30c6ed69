//! Plugins made with the SDK, as they are shipped, in a host written in C.

#![cfg(all(target_os = "linux", target_env = "gnu", feature = "http"))]
#![expect(
    clippy::unwrap_used,
    reason = "what goes wrong in a test's helpers fails the test"
)]

mod client;
mod host;
mod memory;
mod roots;
mod route;
mod signature;
mod support;
mod trust;
