//! The state of the operator's server, by name.
//!
//! A device knows only the name of the state. What it means, such as a network
//! that loses packets, is up to the implementation of [`Ask`](super::Ask).

use crate::document::names::{nearest, one_of};

/// The state of the operator's server and of the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerState {
    /// The name in timelines, such as `allow` or `http/500`.
    pub name: String,
    /// A description for the log.
    pub description: String,
}

/// The states that a timeline can name.
pub trait ServerStates {
    /// The state where a timeline names none.
    fn initial(&self) -> ServerState;

    /// The state with this name.
    ///
    /// # Errors
    /// No state has this name.
    fn find(&self, name: &str) -> Result<ServerState, UnknownServer>;
}

/// A name of no state, with what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownServer {
    /// The names that exist.
    pub expected: String,
    /// What to write instead, if that can be guessed.
    pub help: Option<String>,
}

/// A fixed list; the first is the initial state.
impl<const N: usize> ServerStates for [ServerState; N] {
    fn initial(&self) -> ServerState {
        const { assert!(N > 0, "a list of server states has an initial one") };
        self[0].clone()
    }

    fn find(&self, name: &str) -> Result<ServerState, UnknownServer> {
        let found = self.iter().find(|one| one.name == name);
        found.cloned().ok_or_else(|| {
            let names = || self.iter().map(|one| one.name.as_str());
            UnknownServer {
                expected: one_of(names()),
                help: nearest(name, names()).map(|meant| format!("write `{meant}`")),
            }
        })
    }
}
