//! Connection Manager's connections, and the policy that maps some of them to
//! the Internet Sharing service.

use serde::{Deserialize, Serialize};

use crate::csp::HotSpot;

/// A connection that exists in Connection Manager.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    pub name: String,
    pub link: Link,
}

/// How a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    Down,
    Up,
    /// Suspended by the service, which shares over the only active data connection
    /// that a CDMA device can have.
    Suspended,
}

/// Which connections the service sees.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Mapping {
    /// All, because no node names any, except those that only a policy that names
    /// them lets be used.
    Any { except: Vec<String> },
    /// Those that DedicatedConnections and TetheringNAIConnection name.
    Named {
        dedicated: Vec<String>,
        nai: Option<String>,
    },
}

impl Mapping {
    /// The policy that these settings make.
    pub fn new(settings: &HotSpot) -> Self {
        if settings.dedicated.is_empty() && settings.tethering_nai.is_none() {
            return Self::Any {
                except: settings.only_by_policy.clone(),
            };
        }
        Self::Named {
            dedicated: settings.dedicated.clone(),
            nai: settings.tethering_nai.clone(),
        }
    }

    /// Whether the service sees the connection of this name.
    pub fn maps(&self, name: &str) -> bool {
        match self {
            Self::Any { except } => except.iter().all(|one| one != name),
            Self::Named { dedicated, nai } => {
                dedicated.iter().any(|one| one == name) || nai.as_deref() == Some(name)
            }
        }
    }

    /// The names that the policy has.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let (dedicated, nai) = match self {
            Self::Any { .. } => (&[][..], None),
            Self::Named { dedicated, nai } => (&dedicated[..], nai.as_deref()),
        };
        dedicated.iter().map(String::as_str).chain(nai)
    }

    /// Whether this is the connection with a network access identity of its own
    /// for tethering.
    pub fn is_nai(&self, name: &str) -> bool {
        matches!(self, Self::Named { nai: Some(nai), .. } if nai == name)
    }
}
