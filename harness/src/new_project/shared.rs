//! What projects of all languages have.

use super::fill::fill;
use super::{Project, ProjectFile, Protocol};
use crate::profile::FILE_NAME;

const DOCUMENT: &str = include_str!("templates/common/hotspot.xml");
const SIGNING: &str = include_str!("templates/common/SIGNING.md");

/// Files of every project.
pub(super) fn files(project: &Project) -> Vec<ProjectFile> {
    let library = project.name.library();
    let values = [("name", project.name.as_str()), ("library", &library)];
    vec![
        ProjectFile::new(FILE_NAME, project.protocol.profile()),
        ProjectFile::new("hotspot.xml", fill(DOCUMENT, &values)),
        ProjectFile::new("SIGNING.md", fill(SIGNING, &values)),
    ]
}

/// What the README says about how complete the plugin is.
pub(super) fn state(protocol: &Protocol, decision: &str) -> String {
    match protocol {
        Protocol::Minimal => {
            "It speaks the protocol of the sample `minimal`: `GET /v1/entitlement`, \
                              and `{\"entitled\":true}` allows."
                .to_owned()
        }
        Protocol::CarrierJson => {
            "It speaks the protocol of the sample `carrier-json`: a POST, and \
                                  `{\"status\":\"allowed\"}` allows."
                .to_owned()
        }
        Protocol::Own { .. } => format!(
            "**It is not complete**: it sends the first request of `conformance.toml` and returns UNAVAILABLE, whatever the \
             server responds. Complete {decision}."
        ),
    }
}
