//! The device's state, and the folder that keeps it.
//!
//! [`State`] is what a device remembers; [`Folder`] holds it on disk, for one
//! writer at a time and whole at every moment; [`Image`] finds the files of the
//! device's image that settings name.

mod folder;
mod image;
#[cfg_attr(unix, path = "os/unix.rs")]
#[cfg_attr(windows, path = "os/windows.rs")]
mod os;
mod pending;
mod validate;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use folder::{Folder, FolderError};
pub use image::{Image, NoImage, NotInImage};
pub use pending::Pending;

use crate::csp::hotspot::NotReadable;
use crate::csp::{self, Access, HotSpot, Outcome, Settings, cellular};
use crate::document::{Diagnostics, Document};
use crate::service::{Connection, Event, Link, Restart, Service, Snapshot};

/// What a device remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct State {
    /// What documents have set.
    pub settings: Settings,
    /// The changes that are not in effect yet.
    pub pending: Vec<Pending>,
    /// The connections of Connection Manager that no document provisioned.
    pub connections: Vec<Connection>,
    /// The shared Wi-Fi network, once the user has set it.
    pub network: Option<Network>,
    /// The service's own persistent state.
    pub service: Snapshot,
}

/// A Wi-Fi network to share over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    pub ssid: String,
    pub key: String,
}

impl State {
    /// Applies a document, whole or not at all. Changes that wait for a restart
    /// are noted in `pending`.
    pub fn apply(
        &mut self,
        document: &Document,
        access: &Access,
        diagnostics: &mut Diagnostics,
    ) -> Outcome {
        let own = self.own_connections();
        let outcome = csp::apply_beside(&self.settings, &own, document, access, diagnostics);
        if let Some(settings) = &outcome.settings {
            self.settings = settings.clone();
            for change in &outcome.changes {
                pending::note(&mut self.pending, change);
            }
        }
        outcome
    }

    /// Reports what is wrong with a document, as applying it would, and changes nothing.
    pub fn check(&self, document: &Document, access: &Access, diagnostics: &mut Diagnostics) {
        let own = self.own_connections();
        csp::check_beside(&self.settings, &own, document, access, diagnostics);
    }

    /// The connections that the device has without a document.
    fn own_connections(&self) -> Vec<&str> {
        let names = self.connections.iter().map(|one| one.name.as_str());
        names.collect()
    }

    /// The events for the service after a document was applied; `before` are the
    /// settings before it.
    ///
    /// # Errors
    /// The state holds a setting that no document can have stored.
    pub fn events_after(&self, before: &Settings) -> Result<Vec<Event>, NotReadable> {
        let names = |settings: &Settings| -> Vec<String> {
            let own = self.connections.iter().map(|one| one.name.clone());
            let provisioned = cellular::connections(settings).map(Cow::into_owned);
            let mut all: Vec<_> = provisioned.chain(own).collect();
            // One that is disabled cannot come up, and is as good as none.
            all.retain(|name| !cellular::is_disabled(settings, name));
            all.sort_unstable();
            all.dedup();
            all
        };
        let (had, has) = (names(before), names(&self.settings));
        // A connection of the device's own is there already, as it is.
        let gone = had.iter().filter(|name| !has.contains(name));
        let new = has.iter().filter(|name| !had.contains(name));
        let gone = gone.map(|name| Event::ConnectionRemoved(name.clone()));
        let new = new.map(|name| Event::ConnectionAdded(name.clone()));
        let settings = HotSpot::read(&self.settings)?;
        let settings = Event::DocumentApplied(Box::new(settings));
        Ok(gone.chain(new).chain([settings]).collect())
    }

    /// The service or the device restarts: changes that waited for it take effect.
    pub fn restarted(&mut self, restart: Restart) {
        self.pending.retain(|one| !one.ends_with(restart));
    }

    /// The service of this device, which is off.
    ///
    /// # Errors
    /// The state holds a setting that no document can have stored.
    pub fn service(&self) -> Result<Service, NotReadable> {
        let mut in_effect = self.settings.clone();
        for one in &self.pending {
            one.undo(&mut in_effect);
        }
        let mut connections = self.connections.clone();
        for name in cellular::connections(&self.settings) {
            if connections.iter().all(|one| one.name != name) {
                connections.push(Connection {
                    name: name.into_owned(),
                    link: Link::Down,
                });
            }
        }
        connections.retain(|one| !cellular::is_disabled(&self.settings, &one.name));
        let stored = HotSpot::read(&self.settings)?;
        let in_effect = HotSpot::read(&in_effect)?;
        Ok(Service::new(stored, &in_effect, self.service, connections))
    }
}
