//! Runs of plugins for Windows under Wine.
//!
//! The run is that of any plugin: the same supervisor, namespaces, scripts and reports. Where a plugin for Linux would be
//! loaded, the supervisor's child is a `bridge`: it makes a copy of a Wine prefix, starts Wine in it, and makes the steps of
//! the script by way of two Windows programs (`windows/`). One loads the plugin and does what it is told; the other one is its
//! parent there, and holds the channel to the bridge, which the plugin's process does not.
//!
//! `install` finds Wine; `programs` and `template` make in the user's cache folder, once, what runs need.

mod bridge;
mod cache;
mod install;
mod prefix;
mod process;
mod programs;
mod proxy;
mod state;
mod template;

pub(super) use bridge::main;
pub(in crate::worker) use install::{find, libraries};
pub(in crate::worker) use prefix::contain;
