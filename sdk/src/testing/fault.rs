//! What can be wrong with a server, or with what pretends to be it.

use std::fmt;

/// A fault. In each of them a check must not come to a decision, whatever the reply would have been.
///
/// A fault of the connection or of TLS concerns all requests, one of HTTP those that [`Server::fault`] or
/// [`Server::fault_at`] names.
///
/// [`Server::fault`]: super::Server::fault
/// [`Server::fault_at`]: super::Server::fault_at
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// No one listens on the port.
    Refused,
    /// The connection is reset as soon as it has been accepted.
    Reset,
    /// The connection is accepted, and nothing is ever sent.
    Silent,
    /// The certificate is issued by an authority that the settings do not name.
    UnknownAuthority,
    /// The certificate is for another name.
    WrongName,
    /// The certificate has no alternative name; only its common name is right.
    CommonNameOnly,
    /// The certificate has expired.
    Expired,
    /// The certificate is not valid yet.
    NotYetValid,
    /// The server speaks cleartext HTTP on the port for https.
    Cleartext,
    /// The request is read, and nothing is sent.
    NoResponse,
    /// The request is read, and the connection closed.
    ClosedWithoutResponse,
    /// What is sent is not HTTP.
    NotHttp,
    /// The connection ends within the header fields.
    TruncatedHead,
    /// The connection ends within the body.
    TruncatedBody,
    /// The connection ends before the last chunk.
    TruncatedChunks,
    /// The body ends with the connection, which ends without a close_notify: an attacker could have cut it there.
    NoCloseNotify,
    /// The body comes a byte at a time, and takes longer than the deadline.
    SlowBody,
    /// The body has no end.
    EndlessBody,
    /// The body is empty.
    EmptyBody,
    /// Something follows the body's JSON.
    TrailingData,
    /// The body is not UTF-8.
    NotUtf8,
    /// The type is `text/html`.
    WrongType,
    /// There is no `Content-Type`.
    NoType,
    /// `Content-Encoding` is `gzip`, which was not asked for.
    Encoded,
    /// A captive portal's page with the status 200.
    CaptivePortal,
    /// A redirect with the reply's body, to another path of this server.
    Redirect,
    /// The status 204, without a body.
    NoContent,
    /// The status 404 with the reply's body.
    NotFound,
    /// The status 500 with the reply's body.
    ServerError,
    /// The status 503 with the reply's body.
    Overloaded,
    /// The status 511 with the reply's body (RFC 6585, section 6).
    NetworkAuthentication,
}

impl Fault {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Refused,
        Self::Reset,
        Self::Silent,
        Self::UnknownAuthority,
        Self::WrongName,
        Self::CommonNameOnly,
        Self::Expired,
        Self::NotYetValid,
        Self::Cleartext,
        Self::NoResponse,
        Self::ClosedWithoutResponse,
        Self::NotHttp,
        Self::TruncatedHead,
        Self::TruncatedBody,
        Self::TruncatedChunks,
        Self::NoCloseNotify,
        Self::SlowBody,
        Self::EndlessBody,
        Self::EmptyBody,
        Self::TrailingData,
        Self::NotUtf8,
        Self::WrongType,
        Self::NoType,
        Self::Encoded,
        Self::CaptivePortal,
        Self::Redirect,
        Self::NoContent,
        Self::NotFound,
        Self::ServerError,
        Self::Overloaded,
        Self::NetworkAuthentication,
    ];

    /// Whether a check returns at its deadline only.
    pub(super) fn takes_the_deadline(self) -> bool {
        matches!(self, Self::Silent | Self::NoResponse | Self::SlowBody)
    }

    /// Whether it is one of the connection or of TLS, and not of a response.
    pub(super) fn is_of_connection(self) -> bool {
        matches!(
            self,
            Self::Refused
                | Self::Reset
                | Self::Silent
                | Self::UnknownAuthority
                | Self::WrongName
                | Self::CommonNameOnly
                | Self::Expired
                | Self::NotYetValid
                | Self::Cleartext
        )
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Refused => "the connection is refused",
            Self::Reset => "the connection is reset",
            Self::Silent => "the server accepts and stays silent",
            Self::UnknownAuthority => "the certificate's authority is unknown",
            Self::WrongName => "the certificate is for another name",
            Self::CommonNameOnly => "only the certificate's common name is right",
            Self::Expired => "the certificate has expired",
            Self::NotYetValid => "the certificate is not valid yet",
            Self::Cleartext => "the server speaks cleartext HTTP",
            Self::NoResponse => "the server reads the request and stays silent",
            Self::ClosedWithoutResponse => "the connection is closed without a response",
            Self::NotHttp => "the response is not HTTP",
            Self::TruncatedHead => "the connection ends within the header fields",
            Self::TruncatedBody => "the connection ends within the body",
            Self::TruncatedChunks => "the connection ends before the last chunk",
            Self::NoCloseNotify => {
                "the body ends with a connection that ends without a close_notify"
            }
            Self::SlowBody => "the body takes longer than the deadline",
            Self::EndlessBody => "the body has no end",
            Self::EmptyBody => "the body is empty",
            Self::TrailingData => "something follows the body's JSON",
            Self::NotUtf8 => "the body is not UTF-8",
            Self::WrongType => "the type is text/html",
            Self::NoType => "there is no Content-Type",
            Self::Encoded => "the body is compressed",
            Self::CaptivePortal => "a captive portal responds",
            Self::Redirect => "the server redirects",
            Self::NoContent => "the status is 204",
            Self::NotFound => "the status is 404",
            Self::ServerError => "the status is 500",
            Self::Overloaded => "the status is 503",
            Self::NetworkAuthentication => "the status is 511",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.describe())
    }
}
