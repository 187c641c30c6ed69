//! Responses that hyper and h2 can write.

use std::fmt;

use crate::profile::CannedResponse;
use crate::testbed::authority::revocation::CONTENT_TYPE;
use crate::testbed::transcript::Meaning;

/// The login page of a captive portal.
const LOGIN_PAGE: &str = "<!DOCTYPE html><html><head><title>Welcome</title></head><body>\
    <h1>Log in to use this network</h1><form method=\"post\" action=\"/login\">\
    <input name=\"room\"><input type=\"submit\" value=\"Connect\"></form></body></html>\n";

/// Header fields that say what to do next, and are shown in a line.
const SHOWN: [&str; 4] = [
    "proxy-authenticate",
    "refresh",
    "retry-after",
    "www-authenticate",
];

/// A well-formed response, whatever its content.
#[derive(Clone, Debug)]
pub(crate) struct WellFormed {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
    pub(crate) location: Option<String>,
    /// Further header fields.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) close: bool,
    pub(crate) meaning: Option<Meaning>,
}

impl WellFormed {
    /// The response as it is.
    pub(super) fn canned(response: &CannedResponse, meaning: Option<Meaning>) -> Self {
        Self {
            status: response.status,
            content_type: response.content_type.clone(),
            body: response.body.clone(),
            location: None,
            fields: response.headers.clone(),
            close: false,
            meaning,
        }
    }

    /// What was said, without how it is sent.
    pub(crate) fn canned_again(&self) -> CannedResponse {
        CannedResponse {
            status: self.status,
            content_type: self.content_type.clone(),
            headers: self.fields.clone(),
            body: self.body.clone(),
        }
    }

    /// The page of a captive portal.
    pub(super) fn login_page() -> Self {
        Self {
            status: 200,
            content_type: "text/html; charset=utf-8".to_owned(),
            body: LOGIN_PAGE.into(),
            location: None,
            fields: Vec::new(),
            close: false,
            meaning: None,
        }
    }

    /// The list of revoked certificates.
    pub(super) fn revocation_list(list: &[u8]) -> Self {
        Self {
            content_type: CONTENT_TYPE.to_owned(),
            body: list.to_vec(),
            ..Self::login_page()
        }
    }

    /// The response to a request that the profile does not know.
    pub(super) fn not_found() -> Self {
        Self {
            status: 404,
            content_type: "text/plain".to_owned(),
            body: b"the profile has no step for this request\n".to_vec(),
            ..Self::login_page()
        }
    }

    /// The response of a proxy whose server does not respond.
    pub(super) fn bad_gateway() -> Self {
        Self {
            status: 502,
            content_type: "text/plain".to_owned(),
            body: b"the server that requests are passed on to does not respond\n".to_vec(),
            ..Self::login_page()
        }
    }

    pub(super) fn redirect(location: String) -> Self {
        Self {
            status: 302,
            content_type: "text/html".to_owned(),
            body: b"<html><body>Moved</body></html>\n".to_vec(),
            location: Some(location),
            fields: Vec::new(),
            close: false,
            meaning: None,
        }
    }

    /// The response of a web server to a request on the wrong port.
    pub(crate) fn bad_request() -> Self {
        Self {
            status: 400,
            content_type: "text/html".to_owned(),
            body: b"<html><body><h1>400 Bad Request</h1></body></html>\n".to_vec(),
            location: None,
            fields: Vec::new(),
            close: true,
            meaning: None,
        }
    }
}

impl fmt::Display for WellFormed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} {}, {} bytes",
            self.status,
            self.content_type,
            self.body.len()
        )?;
        match &self.location {
            Some(location) => write!(formatter, ", to {location}"),
            None => Ok(()),
        }?;
        let shown =
            |(name, _): &&(String, String)| SHOWN.contains(&name.to_ascii_lowercase().as_str());
        let mut shown = self.fields.iter().filter(shown);
        shown.try_for_each(|(name, value)| write!(formatter, ", {name}: {value}"))
    }
}
