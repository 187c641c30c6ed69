//! Configuration service providers: the nodes that documents set.
//!
//! A provider is a table of nodes and one function for the constraints between
//! them, behind the [`Provider`] trait; [`PROVIDERS`] lists them. A document is
//! checked as a whole and applied whole or not at all by [`apply()`], which works
//! on [`Settings`] in memory and touches no file.

mod access;
mod apply;
pub mod cellular;
mod change;
mod fault;
mod formats;
pub mod hotspot;
mod node;
mod other;
mod provider;
mod query;
mod respond;
mod settings;
mod value_type;
mod walk;

#[cfg(test)]
mod tests;

pub use access::{Access, Capability};
pub use apply::{Outcome, apply, apply_beside, check, check_beside};
pub use change::Change;
pub use formats::StringReference;
pub use hotspot::{HotSpot, MIN_WIFI_KEY, MIN_WIFI_SSID};
pub use node::{EffectiveWhen, Node, Presence};
pub use other::{NAPDEF, OtherProvider, other_provider, refuse_other_providers};
pub use provider::{
    Finding, Layout, Named, NodePath, PROVIDERS, Provider, Spelling, provider, provider_named,
};
pub use settings::{Group, Settings};
pub use value_type::{NotTaken, ValueType};
pub(crate) use walk::UNEXPANDED;
