//! The HotSpot configuration service provider.

mod rules;
mod table;
mod typed;

pub use table::{
    DEDICATED_CONNECTIONS, ENABLED, ENTITLEMENT_DLL, ENTITLEMENT_INTERVAL, ENTITLEMENT_REQUIRED,
    MAX_BLUETOOTH_USERS, MAX_USERS, MIN_WIFI_KEY_LENGTH, MIN_WIFI_SSID_LENGTH, MO_APP_LINK,
    MO_HELP_MESSAGE, MO_HELP_NUMBER, MO_INFO_LINK, NAME, NODES, PEERLESS_TIMEOUT,
    PUBLIC_CONNECTION_TIMEOUT, TETHERING_NAI_CONNECTION,
};
pub use typed::{HotSpot, NotReadable};

use super::{Finding, Layout, Node, Provider, Settings};

/// The fewest characters that a Wi-Fi key can have.
pub const MIN_WIFI_KEY: usize = 8;
/// The fewest characters that the name of a Wi-Fi network can have.
pub const MIN_WIFI_SSID: usize = 1;

#[derive(Clone, Copy, Debug)]
pub struct HotSpotProvider;

impl Provider for HotSpotProvider {
    fn name(&self) -> &'static str {
        NAME
    }

    fn layout(&self) -> Layout {
        Layout::Flat
    }

    fn nodes(&self) -> &'static [Node] {
        NODES
    }

    fn review(&self, proposed: &Settings, own: &[&str]) -> Vec<Finding> {
        rules::review(proposed, own)
    }
}
