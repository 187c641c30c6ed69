//! How far a plugin is cut off from the machine it is examined on.

use std::path::Path;

use super::authority::{Authority, Trust};
use super::error::SetupError;
use super::os::NamespaceProbe;
use super::{Dns, Link, Scenario, Tcp};
use crate::failure::in_full;

/// What the user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Wanted {
    /// A private network where that is to be had, loopback elsewhere.
    #[default]
    Auto,
    /// A private network, or an error.
    Namespace,
    /// Servers on loopback addresses, told to the plugin in its settings.
    Loopback,
    /// No scenario at all: the plugin is loaded and not called.
    None,
}

/// What the process got, once for all scenarios.
#[derive(Clone, Debug)]
pub struct Isolation {
    kind: IsolationKind,
    reason: Option<String>,
}

/// How a plugin is cut off from the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsolationKind {
    /// Each scenario has a network of its own.
    Namespace,
    /// Scenarios are servers on loopback addresses.
    Loopback,
    /// There are no scenarios.
    None,
}

impl Isolation {
    /// Cuts the process off, as far as wanted. Call it while the process has
    /// one thread: the kernel lets no other enter a user namespace.
    ///
    /// In a namespace the caller's files stay readable and writable, but the
    /// process has no rights over other users' files any more, even as root,
    /// and what it executes has no capability. `folder` gets the files that
    /// are laid over the system's own; it must exist and outlive all workers.
    ///
    /// A child process tries all of it first. If that fails, this process has
    /// entered nothing, and goes on in loopback isolation where that will do.
    ///
    /// # Errors
    /// If a namespace was demanded and is not to be had, or fails after the child came through.
    pub fn enter(
        wanted: Wanted,
        authority: &Authority,
        folder: &Path,
        trust: Trust,
    ) -> Result<Self, SetupError> {
        let without_reason = |kind| Self { kind, reason: None };
        match wanted {
            Wanted::None => Ok(without_reason(IsolationKind::None)),
            Wanted::Loopback => Ok(without_reason(IsolationKind::Loopback)),
            Wanted::Namespace | Wanted::Auto => match NamespaceProbe::run(authority, folder, trust)
            {
                Ok(probe) => probe
                    .enter()
                    .map(|()| without_reason(IsolationKind::Namespace)),
                Err(error) if wanted == Wanted::Namespace => Err(error),
                Err(error) => Ok(Self {
                    kind: IsolationKind::Loopback,
                    reason: Some(in_full(&error)),
                }),
            },
        }
    }

    /// The isolation that is to be had everywhere, and asks nothing of the system.
    pub fn loopback() -> Self {
        Self {
            kind: IsolationKind::Loopback,
            reason: None,
        }
    }

    /// Which kind the process got.
    pub fn kind(&self) -> IsolationKind {
        self.kind
    }

    /// `namespace`, `loopback` or `none`.
    pub fn name(&self) -> &'static str {
        match self.kind {
            IsolationKind::Namespace => "namespace",
            IsolationKind::Loopback => "loopback",
            IsolationKind::None => "none",
        }
    }

    /// Why it is weaker than a namespace, where nobody asked for the weaker.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Whether this kind of isolation can show that scenario.
    ///
    /// # Errors
    /// Says what it is that cannot be shown, and why.
    pub fn supports(&self, scenario: &Scenario) -> Result<(), String> {
        match self.kind {
            IsolationKind::Namespace => Ok(()),
            IsolationKind::None => Err(
                "without isolation the plugin would meet the real network, so it is not called"
                    .to_owned(),
            ),
            IsolationKind::Loopback => {
                let what = if scenario.link == Link::Down {
                    "taking the interface down"
                } else if scenario.dns != Dns::Answers {
                    "a fault of the name server"
                } else if scenario.tcp == Tcp::Unreachable {
                    "taking the route away"
                } else {
                    return Ok(());
                };
                Err(format!(
                    "{what} needs a network of the plugin's own, and this is loopback isolation"
                ))
            }
        }
    }
}
