//! Answers that lead many plugins on.

/// An answer to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plausible {
    pub status: u16,
    pub content_type: &'static str,
    pub body: &'static str,
}

/// In the order in which they are tried.
pub(super) const PLAUSIBLE: [&Plausible; 7] = [
    // A token under the names that are usual.
    &Plausible {
        status: 200,
        content_type: "application/json",
        body: r#"{% set token = issue("token") %}{"access_token":"{{ token }}","accessToken":"{{ token }}","token":"{{ token }}","id_token":"{{ token }}","session":"{{ token }}","sessionId":"{{ token }}","nonce":"{{ token }}","token_type":"Bearer","expires_in":3600,"expiresIn":3600,"status":"ok","result":"ok"}"#,
    },
    &Plausible {
        status: 200,
        content_type: "application/json",
        body: "{}",
    },
    &Plausible {
        status: 204,
        content_type: "text/plain",
        body: "",
    },
    &Plausible {
        status: 200,
        content_type: "text/plain",
        body: "OK",
    },
    &Plausible {
        status: 401,
        content_type: "application/json",
        body: r#"{"error":"invalid_token"}"#,
    },
    &Plausible {
        status: 403,
        content_type: "application/json",
        body: r#"{"error":"forbidden"}"#,
    },
    &Plausible {
        status: 405,
        content_type: "text/plain",
        body: "",
    },
];
