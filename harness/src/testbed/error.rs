//! Why a scenario could not be made.

use std::io;
use std::path::PathBuf;

/// Why a scenario could not be made or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The test bed's certificates could not be made.
    #[error("cannot make the test bed's certificates")]
    Certificate(#[from] rcgen::Error),
    /// TLS could not be set up.
    #[error("cannot set up TLS")]
    Tls(#[from] rustls::Error),
    /// A file of the scenario could not be written.
    #[error("cannot write {path}", path = path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system refused a step, such as a namespace, a mount or a socket.
    #[error("cannot {step}")]
    System {
        /// What was tried, as a verb phrase.
        step: String,
        /// What the system said.
        source: io::Error,
    },
    /// A private network is not to be had, and why.
    #[error("{0}")]
    Refused(String),
    /// This kind of isolation cannot show that scenario.
    #[error("this scenario cannot be shown here: {0}")]
    Unsupported(String),
}

impl SetupError {
    /// For `map_err`: the step that the system refused.
    pub(crate) fn step(step: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let step = step.into();
        move |source| Self::System { step, source }
    }
}
