//! How a plugin is isolated from the machine's network.

use std::path::Path;

use socket2::{Domain, Socket, Type};

use super::authority::{Authority, Trust};
use super::containment::{Containment, View};
use super::error::SetupError;
use super::os::NamespaceProbe;
use super::{Dns, Link, Scenario, Tcp};
use crate::failure::in_full;

/// The isolation that the user requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum IsolationChoice {
    /// A private network where one is available, loopback elsewhere.
    #[default]
    Auto,
    /// A private network, or an error.
    Namespace,
    /// Servers on loopback addresses; their URL is in the plugin's settings.
    Loopback,
    /// No scenario at all: the plugin is loaded and not called.
    None,
}

/// The isolation of the process, for all scenarios.
#[derive(Clone, Debug)]
pub struct Isolation {
    kind: IsolationKind,
    reason: Option<String>,
    /// The view of the file system that each run gets, or why it gets none.
    view: Result<View, String>,
}

/// What a plugin can do where it has no view of the file system of its own.
const UNCONTAINED: &str = if cfg!(windows) {
    "the plugin can read and change your files and reach your network; do not examine one that you do not trust"
} else {
    "the plugin can read your files and reach your network, and where the kernel has no Landlock also change them; do not examine one that you do not trust"
};

/// The kind of isolation that the process has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsolationKind {
    /// Each scenario has a private network.
    Namespace,
    /// Scenarios are servers on loopback addresses.
    Loopback,
    /// There are no scenarios, and the plugin is not called.
    None,
}

impl Isolation {
    /// Isolates the process as requested. Call it while the process has one thread: the
    /// kernel permits no other to enter a user namespace.
    ///
    /// In a namespace the caller's files stay readable and writable, but the
    /// process has no rights over other users' files any more, even as root,
    /// and what it executes has no capability. `folder` receives the files that
    /// are bind-mounted over the system's; it must exist, and outlive all workers.
    ///
    /// A child process tries all of it first. If that fails, this process has
    /// entered no namespace, and uses loopback isolation unless a namespace is required.
    ///
    /// # Errors
    /// If a namespace is required and not available, or fails although the child succeeded.
    pub fn enter(
        choice: IsolationChoice,
        authority: &Authority,
        folder: &Path,
        trust: Trust,
    ) -> Result<Self, SetupError> {
        let without_reason = |kind| Self {
            kind,
            reason: None,
            view: Err(UNCONTAINED.to_owned()),
        };
        match choice {
            IsolationChoice::None => Ok(without_reason(IsolationKind::None)),
            IsolationChoice::Loopback => Ok(without_reason(IsolationKind::Loopback)),
            IsolationChoice::Namespace | IsolationChoice::Auto => {
                match NamespaceProbe::run(authority, folder, trust) {
                    Ok(probe) => Ok(Self {
                        kind: IsolationKind::Namespace,
                        reason: None,
                        view: probe.enter()?.map_err(|error| {
                            format!("the plugin can read and change your files and reach your services: {}", in_full(&error))
                        }),
                    }),
                    Err(error) if choice == IsolationChoice::Namespace => Err(error),
                    Err(error) => Ok(Self {
                        kind: IsolationKind::Loopback,
                        reason: Some(in_full(&error)),
                        view: Err(UNCONTAINED.to_owned()),
                    }),
                }
            }
        }
    }

    /// The isolation that is available on every system.
    pub fn loopback() -> Self {
        Self {
            kind: IsolationKind::Loopback,
            reason: None,
            view: Err(UNCONTAINED.to_owned()),
        }
    }

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

    /// Why a namespace is not available, where [`IsolationChoice::Auto`] fell back to loopback.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// What of the machine is not protected from the plugin, and why, where that is known.
    pub fn uncontained(&self) -> Option<&str> {
        self.view.as_ref().err().map(String::as_str)
    }

    /// The containment of a run, which may write to `writable` if it has no folders of its own.
    pub fn containment(&self, writable: &Path) -> Containment {
        let view = self.view.as_ref().ok().cloned();
        Containment {
            writable: match view {
                Some(_) => Vec::new(),
                None => vec![writable.to_owned()],
            },
            view,
            unix_sockets: false,
            other_word_size: false,
        }
    }

    /// Whether this kind of isolation can implement that scenario.
    ///
    /// # Errors
    /// Which part of the scenario it cannot implement, and why.
    pub fn supports(&self, scenario: &Scenario) -> Result<(), String> {
        match self.kind {
            IsolationKind::Namespace
                if scenario.dns == Dns::Ipv6Only
                    && Socket::new(Domain::IPV6, Type::STREAM, None).is_err() =>
            {
                Err("an IPv6 address needs a kernel with IPv6".to_owned())
            }
            IsolationKind::Namespace => Ok(()),
            IsolationKind::None => Err(
                "without isolation the plugin would use the real network, so it is not called"
                    .to_owned(),
            ),
            IsolationKind::Loopback
                if scenario.tcp == Tcp::OpenThenDead && cfg!(not(target_os = "linux")) =>
            {
                Err("dropping the packets of a connection needs Linux".to_owned())
            }
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
