//! An entry of a file, and the exchange that it becomes. Only what is used is read.

use serde::Deserialize;
use url::{Url, form_urlencoded};

use super::body::{bytes, decompress};
use super::header::{RecordedHeader, headers, is_token, values};
use super::{Exchange, Remark, RemarkKind, Request, Response};

#[derive(Deserialize)]
#[serde(expecting = "an object with `request` and `response`")]
pub(super) struct Entry {
    request: RecordedRequest,
    response: Option<RecordedResponse>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `method` and `url`")]
struct RecordedRequest {
    method: Method,
    url: Address,
    headers: Option<Vec<RecordedHeader>>,
    #[serde(rename = "postData")]
    post_data: Option<PostData>,
    #[serde(rename = "bodySize")]
    body_size: Option<f64>,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Method(String);

impl TryFrom<String> for Method {
    type Error = String;

    fn try_from(method: String) -> Result<Self, String> {
        if is_token(&method) {
            Ok(Self(method))
        } else {
            Err(format!("method `{method}`, expected one such as GET"))
        }
    }
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Address(Url);

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match Url::parse(&text) {
            Ok(url) => Ok(Self(url)),
            Err(error) => Err(format!("url `{text}`: {error}, expected an absolute URL")),
        }
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

/// The body of a request. None if the file names its type alone.
#[derive(Deserialize)]
#[serde(try_from = "WrittenPostData")]
struct PostData(Option<Vec<u8>>);

#[derive(Deserialize)]
#[serde(expecting = "an object with `mimeType` and `text`")]
struct WrittenPostData {
    #[serde(rename = "mimeType")]
    mime_type: Option<String>,
    text: Option<String>,
    params: Option<Vec<Parameter>>,
    /// Not in HAR 1.2, but used as in a response's content.
    encoding: Option<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `name` and `value`")]
struct Parameter {
    name: String,
    value: Option<String>,
}

impl TryFrom<WrittenPostData> for PostData {
    type Error = String;

    fn try_from(written: WrittenPostData) -> Result<Self, String> {
        let text = written.text.unwrap_or_default();
        if !text.is_empty() {
            return bytes(text, written.encoding.as_deref()).map(|body| Self(Some(body)));
        }
        let form = written.mime_type.unwrap_or_default();
        let is_form = form.starts_with(FORM);
        let parameters = written.params.filter(|all| is_form && !all.is_empty());
        Ok(Self(parameters.map(|all| {
            let mut body = form_urlencoded::Serializer::new(String::new());
            for Parameter { name, value } in all {
                body.append_pair(&name, &value.unwrap_or_default());
            }
            body.finish().into_bytes()
        })))
    }
}

#[derive(Deserialize)]
#[serde(try_from = "WrittenResponse")]
struct RecordedResponse {
    /// None if there was no response.
    response: Option<Response>,
    body_missing: bool,
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `status`, `headers` and `content`")]
struct WrittenResponse {
    status: Option<i64>,
    headers: Option<Vec<RecordedHeader>>,
    content: Option<Content>,
    /// Chromium's reason for a status of 0.
    #[serde(rename = "_error")]
    error: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `text`")]
struct Content {
    size: Option<f64>,
    text: Option<String>,
    encoding: Option<String>,
}

impl TryFrom<WrittenResponse> for RecordedResponse {
    type Error = String;

    fn try_from(written: WrittenResponse) -> Result<Self, String> {
        let error = written.error.as_ref().and_then(|error| error.as_str());
        let error = error.map(str::to_owned);
        let status = written.status.unwrap_or(0);
        // Writers have 0 or -1 where there was none.
        if status <= 0 {
            return Ok(Self {
                response: None,
                body_missing: false,
                error,
            });
        }
        let status = u16::try_from(status)
            .ok()
            .filter(|one| (100..=999).contains(one));
        let status = status.ok_or("an impossible status, expected 100 to 999")?;
        let recorded = written.headers.unwrap_or_default();
        let (text, size, encoding) = match written.content {
            Some(content) => (content.text, content.size, content.encoding),
            None => (None, None, None),
        };
        let body_missing = text.is_none() && size.is_some_and(|size| size > 0.0);
        let body = bytes(text.unwrap_or_default(), encoding.as_deref())?;
        let body = decompress(body, &values(&recorded, "content-encoding"))?;
        let response = Response {
            status,
            headers: headers(recorded),
            body,
        };
        Ok(Self {
            response: Some(response),
            body_missing,
            error,
        })
    }
}

impl Entry {
    /// The exchange, unless it is one that is left out.
    pub(super) fn into_exchange(self, entry: usize, remarks: &mut Vec<Remark>) -> Option<Exchange> {
        let Self { request, response } = self;
        let (method, url) = (request.method.0, request.url.0);
        let mut remark = |kind| {
            remarks.push(Remark {
                entry,
                request: format!("{method} {url}"),
                kind,
            });
        };
        let recorded = request.headers.unwrap_or_default();
        let host = match url.host_str() {
            Some(host) if ["http", "https"].contains(&url.scheme()) => host.to_owned(),
            _ => {
                remark(RemarkKind::OtherScheme);
                return None;
            }
        };
        if method == "CONNECT" {
            remark(RemarkKind::Tunnel);
            return None;
        }
        if method == "OPTIONS" && !values(&recorded, "access-control-request-method").is_empty() {
            remark(RemarkKind::Preflight);
            return None;
        }
        let (response, body_missing, error) = match response {
            Some(one) => (one.response, one.body_missing, one.error),
            None => (None, false, None),
        };
        let Some(response) = response else {
            remark(RemarkKind::NoResponse(error));
            return None;
        };
        let body = request.post_data.and_then(|data| data.0);
        if body.is_none() && request.body_size.is_some_and(|size| size > 0.0) {
            remark(RemarkKind::RequestBodyMissing);
        }
        if body_missing {
            remark(RemarkKind::ResponseBodyMissing);
        }
        let pairs = url.query_pairs();
        let request = Request {
            scheme: url.scheme().to_owned(),
            host,
            port: url.port_or_known_default().unwrap_or_default(),
            path: url.path().to_owned(),
            query: pairs
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            headers: headers(recorded),
            body,
            method,
        };
        Some(Exchange { request, response })
    }
}
