//! What a response with status 200 says: a configuration document in XML or JSON, or a challenge for the SIM.
//!
//! Real servers deviate from the specification in ways that do not change the meaning, and these are accepted. What
//! decides has to be there once and exactly: a document that says two things says nothing.

mod json;
mod xml;

use ics_entitlement::{Decision, Response, Unavailable};

/// The types that are asked for. The SDK decodes no compressed body, so no encoding is asked for.
pub(crate) const ACCEPT: &str =
    "application/vnd.gsma.eap-relay.v1.0+json, text/vnd.wap.connectivity-xml";

/// The types of the XML document: that of the specification, and one that servers send instead.
const XML: [&str; 2] = ["text/vnd.wap.connectivity-xml", "text/vnd.wap.connectivity"];

/// What the server says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Document(Document),
    /// An EAP packet in base64.
    Challenge(String),
}

/// The part of a configuration document that decides.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Document {
    /// Version and validity of the configuration, if the document has them.
    pub(crate) version: Option<(String, String)>,
    /// The `EntitlementStatus` of the application that was asked for.
    pub(crate) status: Option<String>,
}

impl Document {
    /// The decision that the status means.
    ///
    /// # Errors
    /// If the document withdraws the configuration, or has no known status of the application.
    pub(crate) fn decision(&self) -> Result<Decision, Unavailable> {
        if let Some((version, validity)) = &self.version {
            // (0, 0): reset; (-1, -1) and (-2, -2): do not ask again. None of them is a decision.
            if version.parse::<i64>()? <= 0 || validity.parse::<i64>()? < 0 {
                return Err(Unavailable::because(format!(
                    "the configuration is withdrawn: version {version}, validity {validity}"
                )));
            }
        }
        match self.status.as_deref() {
            Some("1") => Ok(Decision::Entitled),
            // Disabled, incompatible, being provisioned.
            Some("0" | "2" | "3") => Ok(Decision::NotEntitled),
            Some(other) => Err(Unavailable::because(format!("EntitlementStatus {other}"))),
            None => Err(Unavailable::because(
                "no EntitlementStatus of this application",
            )),
        }
    }
}

/// Reads the body of a response with status 200.
pub(crate) async fn read(response: Response, app: &str) -> Result<Answer, Unavailable> {
    let kind = response.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    match XML.iter().find(|known| kind.eq_ignore_ascii_case(known)) {
        Some(kind) => {
            let text = response.text_of(kind).await?;
            Ok(Answer::Document(xml::document(&text, app)?))
        }
        None => json::answer(&response.json().await?, app),
    }
}

/// The only one of some values, if there is any.
///
/// # Errors
/// If there are two.
fn only<T>(name: &str, mut values: impl Iterator<Item = T>) -> Result<Option<T>, Unavailable> {
    let first = values.next();
    match values.next() {
        None => Ok(first),
        Some(_) => Err(Unavailable::because(format!("{name} occurs twice"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(version: Option<(&str, &str)>, status: Option<&str>) -> Option<Decision> {
        let owned = |(version, validity): (&str, &str)| (version.to_owned(), validity.to_owned());
        let document = Document {
            version: version.map(owned),
            status: status.map(str::to_owned),
        };
        document.decision().ok()
    }

    #[test]
    fn only_the_status_1_allows() {
        assert_eq!(decision(None, Some("1")), Some(Decision::Entitled));
        for status in ["0", "2", "3"] {
            assert_eq!(decision(None, Some(status)), Some(Decision::NotEntitled));
        }
        for status in ["", "4", "-1", "01", "1.0", " 1", "true", "11"] {
            assert_eq!(decision(None, Some(status)), None, "{status}");
        }
        assert_eq!(decision(None, None), None);
    }

    #[test]
    fn a_valid_version_alone_decides_nothing() {
        assert_eq!(decision(Some(("1", "172800")), None), None);
    }

    #[test]
    fn a_withdrawn_configuration_decides_nothing() {
        for version in [("1", "172800"), ("7", "0")] {
            assert_eq!(decision(Some(version), Some("1")), Some(Decision::Entitled));
        }
        for version in [
            ("0", "0"),
            ("-1", "-1"),
            ("-2", "-2"),
            ("1", "-1"),
            ("one", "1"),
            ("", ""),
        ] {
            for status in ["0", "1"] {
                assert_eq!(decision(Some(version), Some(status)), None, "{version:?}");
            }
        }
    }
}
