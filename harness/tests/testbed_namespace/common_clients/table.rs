//! What each client has to see of each scenario.

use ics_harness::testbed::content::{Redirect, RedirectKind, RedirectTarget};
use ics_harness::testbed::{Dns, Http, Scenario, Tcp, Tls, WireFault};

use crate::client::ALLOWED;

/// What a client prints.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) begins: &'static str,
    pub(super) contains: &'static str,
}

/// What the server receives.
#[derive(Clone, Copy, Debug)]
pub(super) enum Received {
    Nothing,
    Request,
    /// A request, and one more from a client that follows redirects.
    RequestAndRedirected,
    /// As many requests as a client follows redirects.
    RedirectedUntilLimit,
}

/// A scenario, and what each client sees.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) scenario: Scenario,
    pub(super) received: Received,
    pub(super) curl: Seen,
    pub(super) requests: Seen,
    /// Before urllib3 2, requests did not compare a body with its Content-Length.
    pub(super) requests_before_urllib3_2: Option<Seen>,
    pub(super) fetch: Seen,
}

impl Row {
    fn new(name: &'static str, scenario: Scenario, received: Received, seen: [Seen; 3]) -> Self {
        let [curl, requests, fetch] = seen;
        Self {
            name,
            scenario,
            received,
            curl,
            requests,
            requests_before_urllib3_2: None,
            fetch,
        }
    }
}

const fn seen(begins: &'static str, contains: &'static str) -> Seen {
    Seen { begins, contains }
}

const OK: &str = "response 200 https://entitlement.operator.example/v1 ";
const ALLOW_RESPONSE: Seen = seen(OK, ALLOWED);

pub(super) fn rows() -> Vec<Row> {
    [network(), certificates(), transfers(), content()]
        .into_iter()
        .flatten()
        .collect()
}

/// No connection, or no response.
fn network() -> Vec<Row> {
    let nxdomain = Scenario {
        dns: Dns::Nxdomain,
        ..Scenario::ALLOW
    };
    let tcp = |tcp| Scenario {
        tcp,
        ..Scenario::ALLOW
    };
    vec![
        Row::new(
            "NXDOMAIN",
            nxdomain,
            Received::Nothing,
            [
                seen("error 6 ", "Could not resolve host"),
                seen("error ConnectionError ", "Name or service not known"),
                seen("error ENOTFOUND ", "entitlement.operator.example"),
            ],
        ),
        Row::new(
            "connection refused",
            tcp(Tcp::Refuses),
            Received::Nothing,
            [
                seen("error 7 ", "onnect to"),
                seen("error ConnectionError ", "Connection refused"),
                seen("error ECONNREFUSED ", ""),
            ],
        ),
        Row::new(
            "connection attempt not answered",
            tcp(Tcp::Silent),
            Received::Nothing,
            [
                seen("error 28 ", "timed out"),
                seen("error ConnectTimeout ", "timed out"),
                seen("error TimeoutError ", ""),
            ],
        ),
        Row::new(
            "request not answered",
            http(Http::Broken(WireFault::Silent)),
            Received::Request,
            [
                seen("error 28 ", "timed out"),
                seen("error ReadTimeout ", "timed out"),
                seen("error TimeoutError ", ""),
            ],
        ),
        Row::new(
            "closed without a response",
            http(Http::Broken(WireFault::Closed)),
            Received::Request,
            [
                seen("error 52 ", "Empty reply"),
                seen("error ConnectionError ", "without response"),
                seen("error UND_ERR_SOCKET ", "other side closed"),
            ],
        ),
    ]
}

/// Certificates that no client may accept.
fn certificates() -> Vec<Row> {
    let row = |name, tls, requests, fetch| {
        let scenario = Scenario {
            tls,
            ..Scenario::ALLOW
        };
        let seen = [
            seen("error 60 ", "SSL"),
            seen("error SSLError ", requests),
            seen(fetch, ""),
        ];
        Row::new(name, scenario, Received::Nothing, seen)
    };
    vec![
        row(
            "untrusted root",
            Tls::UnknownRootSent,
            "certificate in certificate chain",
            "error SELF_SIGNED_CERT_IN_CHAIN ",
        ),
        row(
            "untrusted issuer",
            Tls::UnknownIssuer,
            "unable to get local issuer certificate",
            "error UNABLE_TO_VERIFY_LEAF_SIGNATURE ",
        ),
        row(
            "wrong name",
            Tls::WrongName,
            "entitlement.operator.example",
            "error ERR_TLS_CERT_ALTNAME_INVALID ",
        ),
        row(
            "expired",
            Tls::Expired,
            "certificate has expired",
            "error CERT_HAS_EXPIRED ",
        ),
    ]
}

/// Responses that break within the body, after a complete allow response.
fn transfers() -> Vec<Row> {
    let row =
        |name, fault, seen| Row::new(name, http(Http::Broken(fault)), Received::Request, seen);
    vec![
        Row {
            requests_before_urllib3_2: Some(ALLOW_RESPONSE),
            ..row(
                "body cut",
                WireFault::ShortBody,
                [
                    seen("error 18 ", "bytes remaining"),
                    seen("error ChunkedEncodingError ", "IncompleteRead"),
                    seen("error UND_ERR_", ""),
                ],
            )
        },
        Row {
            // Python's ssl module takes a reset for the end.
            requests_before_urllib3_2: Some(ALLOW_RESPONSE),
            ..row(
                "reset in the body",
                WireFault::ResetInBody,
                [
                    seen("error 56 ", "reset"),
                    seen("error ChunkedEncodingError ", ""),
                    // The reset, or the missing part: which of them it sees first is a matter of time.
                    seen("error UND_ERR_", ""),
                ],
            )
        },
        row(
            "bad chunks",
            WireFault::BadChunks,
            [
                seen("error 56 ", "chunk"),
                seen("error ChunkedEncodingError ", "not-a-size"),
                seen("error HPE_INVALID_CHUNK_SIZE ", ""),
            ],
        ),
    ]
}

/// Complete responses.
fn content() -> Vec<Row> {
    const MOVED: &str = "response 302 https://entitlement.operator.example/v1 ";
    const DENIED: &str = "response 403 https://entitlement.operator.example/v1 ";
    let other_host = Http::Redirect(Redirect {
        by: RedirectKind::Status(302),
        to: RedirectTarget::OtherHost,
    });
    let followed = "response 200 https://portal.example/ ";
    vec![
        Row::new(
            "allow",
            Scenario::ALLOW,
            Received::Request,
            [ALLOW_RESPONSE; 3],
        ),
        Row::new(
            "deny",
            Scenario::DENY,
            Received::Request,
            [seen(DENIED, "1000"); 3],
        ),
        Row::new(
            "captive portal",
            http(Http::CaptivePortal),
            Received::Request,
            [seen(OK, "<html>"); 3],
        ),
        Row::new(
            "redirect to another host",
            http(other_host),
            Received::RequestAndRedirected,
            [
                seen(MOVED, "Moved"),
                seen(followed, ALLOWED),
                seen(followed, ALLOWED),
            ],
        ),
        Row::new(
            "redirect loop",
            http(Http::RedirectLoop),
            Received::RedirectedUntilLimit,
            [
                seen(MOVED, "Moved"),
                seen("error TooManyRedirects ", ""),
                seen("error TypeError ", "redirect count exceeded"),
            ],
        ),
    ]
}

fn http(http: Http) -> Scenario {
    Scenario {
        http,
        ..Scenario::ALLOW
    }
}
