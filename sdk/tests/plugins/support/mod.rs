//! What the tests of the SDK share: plugins as they are shipped, a host in C, a server.

pub(crate) mod host;
pub(crate) mod not_shown;
pub(crate) mod plugin;
pub(crate) mod server;
pub(crate) mod witness;
