//! Plugins made with the SDK, built with the release profile, in a host written in C.

#![cfg(all(target_os = "linux", target_env = "gnu", feature = "http"))]
#![expect(clippy::unwrap_used, reason = "a failure in a helper fails the test")]

mod c_api;
mod client;
mod connection;
mod host;
mod hosts;
mod memory;
mod reason;
mod roots;
mod route;
mod signature;
mod speed;
mod support;
mod trust;
mod windows;
