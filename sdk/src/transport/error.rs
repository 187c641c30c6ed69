//! Why there is no answer from the server.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::time::Duration;
use std::{fmt, iter};

use super::dns::LookUpError;

/// Why there is no answer from the server. Each of them becomes UNAVAILABLE.
///
/// The messages contain no URL, since a URL may identify the subscriber.
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
    /// No client can be made with this setting.
    #[error("setting `{name}`: {message}")]
    Setting {
        /// The key in the settings file, such as `ca`.
        name: &'static str,
        /// What was found and what was expected.
        message: String,
    },
    /// The call's deadline passed; the value is the setting `deadline`.
    #[error("no answer within {0:?}")]
    Deadline(Duration),
    /// The operating system refused a descriptor or other resource that waiting for I/O needs.
    #[error("no runtime could be made")]
    Runtime(#[source] std::io::Error),
    /// The request cannot be sent: a header name or value is invalid, or the body cannot be
    /// serialised. The value says what is wrong.
    #[error("the request is invalid: {0}")]
    Request(String),
    /// No complete response was received: name look-up, connection, TLS or HTTP failed.
    #[error("the server could not be asked")]
    Transport(#[source] Transport),
    /// An HTTP status other than 200 and those passed to
    /// [`accept_status`](crate::Request::accept_status). Redirects are among these.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// The body is larger than the setting `body_limit`.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The setting `body_limit` in bytes.
        limit: usize,
    },
    /// The header field `Content-Type` does not name the type that the caller reads.
    #[error("the answer should be {expected}, and is {found}")]
    ContentType {
        /// The media type that the caller reads, such as `application/json`.
        expected: String,
        /// The value of `Content-Type`, or that it is missing or repeated.
        found: String,
    },
    /// The body is compressed, although the request offered no `Accept-Encoding`. The value is that
    /// of `Content-Encoding`.
    #[error("the answer is encoded as {0}, which was not asked for")]
    Encoding(String),
    /// The body is not UTF-8.
    #[error("the answer is not UTF-8")]
    Utf8(#[source] std::str::Utf8Error),
    /// The body is not the JSON that was expected, or something follows it.
    #[error("the answer is not the JSON that was expected")]
    Json(#[source] serde_json::Error),
}

/// A failure of name look-up, connection, TLS, or HTTP framing.
///
/// [`phase`](Self::phase) tells which of them it was, and [`source`](std::error::Error::source) what happened.
///
/// ```
/// use std::error::Error;
///
/// use ics_entitlement::{ClientError, Context, Phase, Unavailable};
///
/// # fn main() -> Result<(), Unavailable> {
/// // No server listens on this port.
/// let context = Context::from_settings("url = \"http://127.0.0.1:1\"\nallow_http = true")?;
/// let answer = context.block_on(context.client().get("").send())?;
/// let Err(ClientError::Transport(transport)) = answer else {
///     panic!("expected no connection, found {answer:?}");
/// };
/// assert_eq!(transport.phase(), Phase::Connect);
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

/// How far a request came that got no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// The name look-up.
    LookUp,
    /// The TCP connection, to the server or the proxy.
    Connect,
    /// The TLS handshake, or a record that cannot be read.
    Tls,
    /// The request and the response: a connection that ended early, or a response that is not HTTP.
    Http,
}

impl Transport {
    /// How far the request came.
    ///
    /// ```no_run
    /// # use ics_entitlement::{Client, ClientError, Phase, Unavailable};
    /// # async fn f(client: Client) -> Result<(), Unavailable> {
    /// match client.get("/v1/entitlement").send().await {
    ///     Err(ClientError::Transport(error)) if error.phase() == Phase::Tls => {
    ///         Err(Unavailable::because("is the operator's new root in the settings?"))
    ///     }
    ///     Err(error) => Err(error.into()),
    ///     Ok(response) => Ok(()),
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn phase(&self) -> Phase {
        let is_cause = |is: fn(&(dyn Error + 'static)) -> bool| causes(&self.0).any(is);
        if is_cause(<dyn Error>::is::<LookUpError>) {
            Phase::LookUp
        } else if is_cause(<dyn Error>::is::<rustls::Error>) {
            Phase::Tls
        } else if self.0.is_connect() {
            Phase::Connect
        } else {
            Phase::Http
        }
    }
}

impl ClientError {
    pub(crate) fn setting(name: &'static str, message: impl Into<String>) -> Self {
        Self::Setting {
            name,
            message: message.into(),
        }
    }

    /// A copy of this error, for each request that needs a client that could not be made.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Setting { name, message } => Self::setting(name, message),
            other => Self::Request(other.to_string()),
        }
    }

    pub(crate) fn from_transport(error: reqwest::Error) -> Self {
        Self::Transport(Transport(error.without_url()))
    }

    /// Whether no connection could be made, for a reason that may be gone on the next attempt. A
    /// certificate that is not trusted is not such a reason.
    pub(crate) fn is_connection(&self) -> bool {
        let Self::Transport(error) = self else {
            return false;
        };
        matches!(error.phase(), Phase::LookUp | Phase::Connect)
    }

    /// Whether the connection ended before the header fields of the response were complete.
    pub(crate) fn is_closed(&self) -> bool {
        let Self::Transport(Transport(error)) = self else {
            return false;
        };
        let is_closed = |cause: &(dyn Error + 'static)| {
            let hyper = cause.downcast_ref::<hyper::Error>();
            let io = cause.downcast_ref::<io::Error>();
            hyper.is_some_and(|error| error.is_incomplete_message() || error.is_canceled())
                || io.is_some_and(|error| {
                    matches!(
                        error.kind(),
                        ErrorKind::BrokenPipe
                            | ErrorKind::ConnectionAborted
                            | ErrorKind::ConnectionReset
                    )
                })
        };
        !error.is_connect() && causes(error).any(is_closed)
    }
}

/// The error and its causes, the outermost first.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |&error| {
        // An I/O error does not report the error that it wraps as its source.
        let io = error.downcast_ref::<io::Error>();
        match io.and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    })
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Transport {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
