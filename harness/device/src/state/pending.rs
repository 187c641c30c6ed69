//! Changes that are stored and wait for a restart.

use serde::{Deserialize, Serialize};

use crate::csp::{Change, EffectiveWhen, NodePath, Settings, provider};
use crate::service::{Restart, Wait};

/// A node that has one value stored and another in effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    pub provider: String,
    pub node: String,
    /// The value in effect; nothing if it is the default.
    pub in_effect: Option<String>,
    /// What the stored value waits for.
    pub until: Wait,
}

impl Pending {
    /// Whether this restart is what it waits for.
    pub(super) fn ends_with(&self, restart: Restart) -> bool {
        match (self.until, restart) {
            (_, Restart::Device) | (Wait::ServiceStart | Wait::SharingRestart, _) => true,
            (Wait::Reboot, Restart::Service) => false,
        }
    }

    /// Puts the value in effect back into settings.
    pub(super) fn undo(&self, settings: &mut Settings) {
        let Some(provider) = provider(&self.provider) else {
            return;
        };
        let path = NodePath::node(provider.name(), &self.node);
        match &self.in_effect {
            Some(value) => settings.set(&path, value),
            None => settings.delete(&path),
        }
    }
}

/// Notes a change that waits. Setting a node back to what is in effect ends its
/// wait; what is not set has its default in effect.
pub(super) fn note(pending: &mut Vec<Pending>, change: &Change) {
    let until = match change.effective {
        EffectiveWhen::ServiceStart => Wait::ServiceStart,
        EffectiveWhen::Reboot => Wait::Reboot,
        _ => return,
    };
    let NodePath {
        provider,
        entry: None,
        node: Some(node),
    } = &change.path
    else {
        return;
    };
    let default = default(provider, node);
    let same = |one: &Option<String>, other: &Option<String>| {
        one.as_deref().or(default) == other.as_deref().or(default)
    };
    let known = pending
        .iter()
        .position(|one| one.provider == *provider && one.node == *node);
    match known {
        Some(index) if same(&pending[index].in_effect, &change.to) => {
            pending.remove(index);
        }
        Some(_) => {}
        None if same(&change.from, &change.to) => {}
        None => pending.push(Pending {
            provider: (*provider).to_owned(),
            node: node.clone(),
            in_effect: change.from.clone(),
            until,
        }),
    }
}

/// What a node has without being set.
fn default(of: &str, name: &str) -> Option<&'static str> {
    provider(of)?.node(name)?.default
}
