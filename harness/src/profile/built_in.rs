//! The built-in profiles. They are files as any other.

use std::path::Path;
use std::sync::Arc;

use super::{Profile, read};

/// The profile that is used unless another one is named.
pub const DEFAULT: &str = "carrier-json";

/// The names and the texts of the built-in profiles.
const SOURCES: &[(&str, &str)] = &[
    (DEFAULT, include_str!("built_in/carrier-json.toml")),
    ("minimal", include_str!("built_in/minimal.toml")),
    ("ts43", include_str!("built_in/ts43.toml")),
];

/// The names of the built-in profiles.
pub const BUILT_IN: [&str; SOURCES.len()] = {
    let mut names = [""; SOURCES.len()];
    let mut index = 0;
    while index < SOURCES.len() {
        names[index] = SOURCES[index].0;
        index += 1;
    }
    names
};

/// The text of the built-in profile of that name.
pub fn built_in_source(name: &str) -> Option<&'static str> {
    let mut sources = SOURCES.iter();
    sources
        .find(|(other, _)| *other == name)
        .map(|(_, text)| *text)
}

/// The built-in profile of that name.
pub fn built_in(name: &str) -> Option<Arc<Profile>> {
    let text = built_in_source(name)?;
    let profile = read::parse(text, Path::new("."), None);
    Some(Arc::new(
        profile.expect("a test reads every built-in profile"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Issued, Request};

    #[test]
    fn every_built_in_profile_is_read_and_has_its_name() {
        for name in BUILT_IN {
            let profile = built_in(name).unwrap();
            assert_eq!(profile.name, name);
            let responses = profile
                .responses(profile.deciding, &Request::default(), &Issued::default())
                .unwrap();
            let member = responses.member.unwrap();
            assert!(member.value(&responses.allow.body).is_some(), "{name}");
        }
        assert!(built_in("nonesuch").is_none());
    }

    /// The sample keeps a file of its own to copy from, and a package of this crate holds no file from outside of it.
    #[test]
    fn the_profile_ts43_is_that_of_the_sample() {
        let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
        let sample = harness.join("../sample-plugins/ts43/conformance.toml");
        let sample = std::fs::read_to_string(&sample).expect("the workspace has the sample");
        assert_eq!(
            built_in_source("ts43"),
            Some(sample.as_str()),
            "copy sample-plugins/ts43/conformance.toml to harness/src/profile/built_in/ts43.toml"
        );
    }
}
