//! Headers of a recording, and which of them mean nothing in another exchange.

use serde::Deserialize;

/// A header as it was sent: the name is a token, and the value has no line break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub name: String,
    pub value: String,
}

/// A header as a file has it.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Written")]
pub(super) struct RecordedHeader {
    name: String,
    /// Chromium joins headers of one name with line breaks.
    values: Vec<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `name` and `value`")]
struct Written {
    name: String,
    value: Option<String>,
}

impl TryFrom<Written> for RecordedHeader {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { name, value } = written;
        // Pseudo-headers are left out by `headers`.
        if !is_token(name.strip_prefix(':').unwrap_or(&name)) {
            return Err(format!(
                "header `{name}`, expected a name of letters, digits and hyphens"
            ));
        }
        let value = value.unwrap_or_default();
        let values = value
            .split('\n')
            .map(|one| one.trim_matches([' ', '\t', '\r']));
        let values: Vec<String> = values.map(str::to_owned).collect();
        if values
            .iter()
            .any(|one| one.contains(|c: char| c != '\t' && c.is_control()))
        {
            return Err(format!(
                "header `{name}`, expected a value without control characters"
            ));
        }
        Ok(Self { name, values })
    }
}

/// Whether it is a token (RFC 9110, section 5.6.2), as names of headers and methods are.
pub(super) fn is_token(text: &str) -> bool {
    let other = b"!#$%&'*+-.^_`|~";
    !text.is_empty()
        && text
            .bytes()
            .all(|one| one.is_ascii_alphanumeric() || other.contains(&one))
}

/// The headers, without those of the framing: the test bed frames anew.
pub(super) fn headers(recorded: Vec<RecordedHeader>) -> Vec<Header> {
    let kept = recorded.into_iter().filter(|one| !is_framing(&one.name));
    kept.flat_map(|RecordedHeader { name, values }| {
        values.into_iter().map(move |value| Header {
            name: name.clone(),
            value,
        })
    })
    .collect()
}

/// The values of a header, in order.
pub(super) fn values<'a>(recorded: &'a [RecordedHeader], name: &str) -> Vec<&'a str> {
    let found = recorded
        .iter()
        .filter(|one| one.name.eq_ignore_ascii_case(name));
    found
        .flat_map(|one| &one.values)
        .map(String::as_str)
        .collect()
}

/// Whether a header describes how the message was transferred, and not the message.
fn is_framing(name: &str) -> bool {
    const FRAMING: [&str; 10] = [
        "connection",
        "content-encoding",
        "content-length",
        "http2-settings",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    name.starts_with(':') || FRAMING.iter().any(|one| name.eq_ignore_ascii_case(one))
}

/// Whether the value of a header changes from one exchange to the next, or is a matter of the browser or of the network
/// between, so that a response without it says the same.
///
/// `Set-Cookie` is not volatile, although its value changes: a client may have to send it back.
pub fn is_volatile(name: &str) -> bool {
    const PREFIXES: [&str; 8] = [
        "access-control-",
        "akamai-",
        "cf-",
        "ratelimit-",
        "sec-",
        "x-akamai-",
        "x-b3-",
        "x-ratelimit-",
    ];
    let name = name.to_ascii_lowercase();
    VOLATILE.contains(&name.as_str()) || PREFIXES.iter().any(|one| name.starts_with(one))
}

const VOLATILE: &[&str] = &[
    "accept-language",
    "age",
    "alt-svc",
    "date",
    "dnt",
    "etag",
    "expires",
    "last-modified",
    "nel",
    "origin",
    "priority",
    "referer",
    "report-to",
    "reporting-endpoints",
    "request-id",
    "server-timing",
    "traceparent",
    "tracestate",
    "upgrade-insecure-requests",
    "user-agent",
    "via",
    "x-amz-cf-id",
    "x-amz-cf-pop",
    "x-amz-id-2",
    "x-amz-request-id",
    "x-amzn-requestid",
    "x-amzn-trace-id",
    "x-azure-ref",
    "x-cache",
    "x-cache-hits",
    "x-cloud-trace-context",
    "x-correlation-id",
    "x-envoy-upstream-service-time",
    "x-ms-request-id",
    "x-request-id",
    "x-response-time",
    "x-runtime",
    "x-served-by",
    "x-timer",
    "x-trace-id",
    "x-varnish",
];
