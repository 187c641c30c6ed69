//! The state of the operator's server, by name.
//!
//! A device knows only what the state is called. What stands for it, such as a
//! network that loses packets, is up to whoever answers the checks.

use crate::document::names::{nearest, one_of};

/// The state of the operator's server and of the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerState {
    /// The name in timelines, such as `allow` or `http/500`.
    pub name: String,
    /// For the log: what a plugin finds.
    pub description: String,
}

/// The states that a timeline can name.
pub trait ServerStates {
    /// The state where a timeline names none.
    fn initial(&self) -> ServerState;

    /// The state with this name.
    ///
    /// # Errors
    /// There is none.
    fn find(&self, name: &str) -> Result<ServerState, UnknownServer>;
}

/// What to tell the author of a timeline about a name that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownServer {
    /// Which names do exist.
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
