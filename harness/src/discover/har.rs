//! Exchanges as a HAR file (HTTP Archive 1.2), which browsers and proxies read.

use std::time::SystemTime;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::testbed::exchanges::Exchange;

/// The text of a HAR file.
pub fn write(exchanges: &[Exchange]) -> String {
    let entries: Vec<Value> = exchanges.iter().map(entry).collect();
    let log = json!({
        "log": {
            "version": "1.2",
            "creator": { "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") },
            "entries": entries,
        }
    });
    format!("{log:#}\n")
}

fn entry(exchange: &Exchange) -> Value {
    let (request, response) = (&exchange.request, &exchange.response);
    let scheme = if request.secure { "https" } else { "http" };
    let version = if exchange.http_2 {
        "HTTP/2"
    } else {
        "HTTP/1.1"
    };
    let pairs = |all: &[(String, String)]| -> Vec<Value> {
        all.iter()
            .map(|(name, value)| json!({ "name": name, "value": value }))
            .collect()
    };
    let mut sent = json!({
        "method": request.method,
        "url": format!("{scheme}://{}{}", request.host, request.target),
        "httpVersion": version,
        "cookies": [],
        "headers": pairs(&request.headers),
        "queryString": pairs(&request.query()),
        "headersSize": -1,
        "bodySize": request.body.len(),
    });
    if !request.body.is_empty() {
        sent["postData"] = json!({
            "mimeType": request.header("content-type").unwrap_or_default(),
            "text": request.text(),
        });
    }
    let mut content = json!({ "size": response.body.len(), "mimeType": response.content_type });
    match std::str::from_utf8(&response.body) {
        Ok(text) => content["text"] = text.into(),
        Err(_) => {
            content["text"] = BASE64_STANDARD.encode(&response.body).into();
            content["encoding"] = "base64".into();
        }
    }
    let mut headers = vec![("content-type".to_owned(), response.content_type.clone())];
    headers.extend(response.headers.iter().cloned());
    let milliseconds = exchange.took.as_secs_f64() * 1000.0;
    json!({
        "startedDateTime": iso_8601(exchange.received),
        "time": milliseconds,
        "request": sent,
        "response": {
            "status": response.status,
            "statusText": "",
            "httpVersion": version,
            "cookies": [],
            "headers": pairs(&headers),
            "content": content,
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": response.body.len(),
        },
        "cache": {},
        "timings": { "send": 0, "wait": milliseconds, "receive": 0 },
    })
}

/// A time in UTC (ISO 8601), with milliseconds, as HAR has it.
fn iso_8601(time: SystemTime) -> String {
    let time = OffsetDateTime::from(time);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.millisecond()
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_time_is_written_in_utc_with_milliseconds() {
        // The example of RFC 9110, section 5.6.7.
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(784_111_777_042);
        assert_eq!(iso_8601(time), "1994-11-06T08:49:37.042Z");
    }
}
