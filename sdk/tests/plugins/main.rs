//! Plugins made with the SDK, as they are shipped, in a host written in C.

#![cfg(all(target_os = "linux", target_env = "gnu", feature = "http"))]

mod client;
mod host;
mod memory;
mod signature;
mod support;
mod trust;
