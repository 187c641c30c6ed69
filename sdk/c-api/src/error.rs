//! The errors of the C API: a number for each cause, and a text for people.

use ics_entitlement::{ClientError, SettingsError};

/// What was wrong with an operation. The thousands tell the kind: 1 how the
/// function was called, 2 the settings, 3 the network, 4 the response, 9 the
/// library itself. Later versions may add numbers.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IcsClientError {
    /// The operation succeeded.
    None = 0,
    /// A handle is null, which is what an operation before has failed with.
    NullHandle = 1001,
    /// A text is null or not UTF-8, or a pointer for a result is null.
    Argument = 1002,
    /// The request cannot be sent: a header field is invalid, the JSON is
    /// none, or there are two bodies.
    Request = 1003,
    /// The request was sent before.
    Sent = 1004,
    /// A setting is missing, invalid, or of another type.
    Setting = 2001,
    /// The deadline of the call passed.
    Deadline = 3001,
    /// The name look-up, the connection, TLS, or HTTP itself failed, or the
    /// response was truncated.
    Transport = 3002,
    /// The operating system has no descriptor or memory left.
    Runtime = 3003,
    /// The status of the response is neither 200 nor one that the request
    /// accepts.
    Status = 4001,
    /// The body is larger than the setting `body_limit`.
    TooLarge = 4002,
    /// The response is not of the type that is read, or declares none.
    ContentType = 4003,
    /// The body is compressed, which was not asked for.
    Encoding = 4004,
    /// A text is not UTF-8, or has a null character in it.
    Text = 4005,
    /// The body is not one JSON document, or an object in it has two members
    /// of one name.
    Json = 4006,
    /// The document has no such member, or one of another type.
    JsonMember = 4007,
    /// A defect of this library.
    Internal = 9001,
}

/// An operation that failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Failure {
    pub(crate) code: IcsClientError,
    pub(crate) text: String,
}

impl Failure {
    pub(crate) fn new(code: IcsClientError, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { code, text }
    }

    /// An argument named `name` is not a text.
    pub(crate) fn argument(name: &str) -> Self {
        Self::new(
            IcsClientError::Argument,
            format!("the argument `{name}` is null or not UTF-8"),
        )
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let code = match &error {
            ClientError::Setting { .. } => IcsClientError::Setting,
            ClientError::Deadline(_) => IcsClientError::Deadline,
            ClientError::Runtime(_) => IcsClientError::Runtime,
            ClientError::Request(_) => IcsClientError::Request,
            ClientError::Transport(_) => IcsClientError::Transport,
            ClientError::Status(_) => IcsClientError::Status,
            ClientError::TooLarge { .. } => IcsClientError::TooLarge,
            ClientError::ContentType { .. } => IcsClientError::ContentType,
            ClientError::Encoding(_) => IcsClientError::Encoding,
            ClientError::Utf8(_) => IcsClientError::Text,
            ClientError::Json(_) => IcsClientError::Json,
            // The enumeration may grow.
            _ => IcsClientError::Internal,
        };
        Self::new(code, ics_entitlement::Unavailable::from(error).to_string())
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::new(IcsClientError::Setting, error.to_string())
    }
}
