//! Shared by the SDK's tests: release builds of plugins, a host in C, servers.

pub(crate) mod host;
pub(crate) mod not_shown;
pub(crate) mod plugin;
pub(crate) mod reasons;
pub(crate) mod recording_proxy;
pub(crate) mod server;
