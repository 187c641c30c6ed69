//! Errors of setting up a scenario.

use std::io;
use std::path::PathBuf;

/// Why a scenario could not be set up or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The test bed's certificates could not be created.
    #[error("cannot create the test bed's certificates")]
    Certificate(#[from] rcgen::Error),
    /// An RSA key could not be made.
    #[error("cannot make an RSA key for the test bed's certificates: {0}")]
    Rsa(String),
    /// TLS could not be set up.
    #[error("cannot set up TLS")]
    Tls(#[from] rustls::Error),
    /// A file of the scenario could not be written.
    #[error("cannot write {path}", path = path.display())]
    File { path: PathBuf, source: io::Error },
    /// The system refused a step, such as a namespace, a mount or a socket.
    #[error("cannot {step}")]
    System {
        /// A verb phrase, which follows "cannot".
        step: String,
        source: io::Error,
    },
    /// A private network is not available, with the reason.
    #[error("{0}")]
    Refused(String),
    /// This kind of isolation cannot implement that scenario.
    #[error("this scenario is not available here: {0}")]
    Unsupported(String),
}

impl SetupError {
    /// For `map_err`: `step` is a verb phrase, which follows "cannot".
    pub(crate) fn step(step: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let step = step.into();
        move |source| Self::System { step, source }
    }
}
