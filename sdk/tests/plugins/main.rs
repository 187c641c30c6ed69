//! Plugins made with the SDK, as they are shipped, in a host written in C.

#![cfg(all(target_os = "linux", target_env = "gnu", feature = "http"))]

mod host;
mod support;
mod trust;
