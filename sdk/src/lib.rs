//! Write an entitlement plugin for Internet Sharing in ten lines.

mod check;
#[cfg(feature = "http")]
mod client;
mod config;
mod context;
mod decision;
mod export;
mod host;
mod marker;

pub mod abi;

pub use check::Check;
#[cfg(feature = "http")]
pub use client::{Client, ClientError, Request, Response};
pub use config::SettingsError;
pub use context::Context;
pub use decision::{Decision, Unavailable};

/// What the output of [`export!`] needs. It is no part of the API and changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::check::call;
    pub use crate::export::{Plugin, enter, leave};
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    pub use crate::host::keys;
    pub use crate::marker::{MARKER, Marker};
}
