//! Why there is no answer.

use std::fmt;
use std::time::Duration;

/// Why there is no answer from the server. All of it means UNAVAILABLE.
///
/// The messages name no URL, since URLs may carry an identity.
///
/// ```
/// use ics_entitlement::{ClientError, Unavailable};
///
/// let unavailable = Unavailable::from(ClientError::Status(503));
/// assert_eq!(unavailable.to_string(), "the server answered with status 503");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// A setting makes no client.
    #[error("setting `{name}`: {message}")]
    Setting {
        /// Its key.
        name: &'static str,
        /// What was expected.
        message: String,
    },
    /// The call's deadline passed.
    #[error("no answer within {0:?}")]
    Deadline(Duration),
    /// The operating system has no means left to wait with.
    #[error("no runtime could be made")]
    Runtime(#[source] std::io::Error),
    /// The request could not be made as told.
    #[error("the request is not in order: {0}")]
    Request(String),
    /// No whole answer was had: name, connection, TLS, or HTTP.
    #[error("the server could not be asked")]
    Transport(#[source] Transport),
    /// A status that says nothing about entitlement. Redirects are among these.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// The body is larger than the setting `body_limit`.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The body is not declared to be what was asked for.
    #[error("the answer should be {expected}, and is {found}")]
    ContentType {
        /// The type that was expected.
        expected: String,
        /// The header's value.
        found: String,
    },
    /// The body is compressed, which was not asked for.
    #[error("the answer is encoded as {0}, which was not asked for")]
    Encoding(String),
    /// The body is not UTF-8.
    #[error("the answer is not UTF-8")]
    Utf8(#[source] std::str::Utf8Error),
    /// The body is not the JSON that was expected, or something follows it.
    #[error("the answer is not the JSON that was expected")]
    Json(#[source] serde_json::Error),
}

/// What went wrong below HTTP's meaning: the name, the connection, TLS, or the form of the answer.
/// Its causes say which.
///
/// ```
/// use std::error::Error;
///
/// use ics_entitlement::{ClientError, Context, Unavailable};
///
/// # fn main() -> Result<(), Unavailable> {
/// // Nobody listens there.
/// let context = Context::from_settings("url = \"http://127.0.0.1:1\"\nallow_http = true")?;
/// let answer = context.block_on(context.client().get("").send())?;
/// let Err(ClientError::Transport(transport)) = answer else {
///     panic!("expected no connection, found {answer:?}");
/// };
/// let mut causes = Vec::new();
/// let mut cause = transport.source();
/// while let Some(error) = cause {
///     causes.push(error.to_string());
///     cause = error.source();
/// }
/// assert!(causes.iter().any(|cause| cause.contains("Connection refused")), "{causes:?}");
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Transport(reqwest::Error);

impl ClientError {
    pub(crate) fn setting(name: &'static str, message: impl Into<String>) -> Self {
        Self::Setting {
            name,
            message: message.into(),
        }
    }

    /// The same error once more, for the next who needs what could not be made.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Setting { name, message } => Self::setting(name, message),
            other => Self::Request(other.to_string()),
        }
    }

    pub(crate) fn from_transport(error: reqwest::Error) -> Self {
        Self::Transport(Transport(error.without_url()))
    }

    /// Whether no connection came about, for a reason that may have passed in a moment. A
    /// certificate that is not to be trusted is no such reason.
    pub(crate) fn is_connection(&self) -> bool {
        let Self::Transport(Transport(error)) = self else {
            return false;
        };
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(error) = cause {
            if error.is::<rustls::Error>() {
                return false;
            }
            // An I/O error shows the error it carries only when asked for it.
            cause = match error
                .downcast_ref::<std::io::Error>()
                .and_then(|io| io.get_ref())
            {
                Some(inner) => Some(inner),
                None => error.source(),
            };
        }
        error.is_connect()
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Transport {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}
