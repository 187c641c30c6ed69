//! The constraints between the nodes of HotSpot.

use super::table::{
    ENABLED, ENTITLEMENT_DLL, ENTITLEMENT_INTERVAL, ENTITLEMENT_REQUIRED, MO_APP_LINK,
    MO_HELP_MESSAGE, NAME, NODES, TETHERING_NAI_CONNECTION,
};
use crate::csp::cellular;
use crate::csp::{Finding, NodePath, Settings};
use crate::document::Level;

/// The advice for `EntitlementInterval`: a shorter interval loads the
/// operator's server needlessly.
const ADVISED_INTERVAL: u32 = 60;

pub(super) fn review(proposed: &Settings) -> Vec<Finding> {
    [
        enabled_is_set(proposed),
        help_message_has_app_link(proposed),
        entitlement_has_library(proposed),
        nai_is_provisioned(proposed),
        interval_is_patient(proposed),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn set<'a>(settings: &'a Settings, node: &str) -> Option<&'a str> {
    settings.parm(NAME, node)
}

fn about(nodes: &[&str]) -> Vec<NodePath> {
    nodes
        .iter()
        .map(|node| NodePath::node(NAME, node))
        .collect()
}

fn enabled_is_set(proposed: &Settings) -> Option<Finding> {
    let group = proposed.group(NAME)?;
    if group.parms.contains_key(ENABLED) {
        return None;
    }
    Some(Finding {
        about: NODES
            .iter()
            .map(|node| NodePath::node(NAME, node.name))
            .collect(),
        level: Level::Warning,
        found: format!("{ENABLED} is required and is not set"),
        expected: "true or false; without it Internet sharing stays off".to_owned(),
        help: format!(r#"add `<parm name="{ENABLED}" value="true"/>`"#),
    })
}

fn help_message_has_app_link(proposed: &Settings) -> Option<Finding> {
    if set(proposed, MO_HELP_MESSAGE).is_none() || set(proposed, MO_APP_LINK).is_some() {
        return None;
    }
    Some(Finding {
        about: about(&[MO_HELP_MESSAGE, MO_APP_LINK]),
        level: Level::Error,
        found: format!("{MO_HELP_MESSAGE} is set without {MO_APP_LINK}"),
        expected: format!("{MO_APP_LINK}, which is required to use {MO_HELP_MESSAGE}"),
        help: format!(r#"add `<parm name="{MO_APP_LINK}" value="app://…"/>`"#),
    })
}

fn entitlement_has_library(proposed: &Settings) -> Option<Finding> {
    let has_library = set(proposed, ENTITLEMENT_DLL).is_some_and(|path| !path.is_empty());
    let level = match set(proposed, ENTITLEMENT_REQUIRED) {
        Some("false") => return None,
        _ if has_library => return None,
        Some(_) => Level::Error,
        // Only the default requires a check, and while Enabled is false nothing can
        // be shared anyway.
        None if set(proposed, ENABLED) == Some("true") => Level::Warning,
        None => return None,
    };
    let paths = match level {
        Level::Error => about(&[ENTITLEMENT_DLL, ENTITLEMENT_REQUIRED]),
        Level::Warning => about(&[ENTITLEMENT_DLL, ENTITLEMENT_REQUIRED, ENABLED]),
    };
    Some(Finding {
        about: paths,
        level,
        found: format!(
            "{ENTITLEMENT_REQUIRED} is true{} and {ENTITLEMENT_DLL} is missing or empty",
            if level == Level::Warning {
                " by default"
            } else {
                ""
            },
        ),
        expected: "the path of the entitlement DLL; without it every check fails".to_owned(),
        help: format!(
            "add {ENTITLEMENT_DLL}, or set {ENTITLEMENT_REQUIRED} to false if no check is wanted"
        ),
    })
}

fn nai_is_provisioned(proposed: &Settings) -> Option<Finding> {
    let name = set(proposed, TETHERING_NAI_CONNECTION)?;
    let entry = proposed.entry(cellular::NAME, name);
    let nai = entry.and_then(|entry| entry.parms.get(cellular::TETHERING_NAI));
    if nai.is_some_and(|value| value == "1") {
        return None;
    }
    let found = match entry {
        None => format!("{TETHERING_NAI_CONNECTION} names `{name}`, which is not provisioned"),
        Some(_) => format!(
            "{TETHERING_NAI_CONNECTION} names `{name}`, whose {} is not 1",
            cellular::TETHERING_NAI
        ),
    };
    let mut paths = about(&[TETHERING_NAI_CONNECTION]);
    paths.push(NodePath::in_entry(
        cellular::NAME,
        name,
        cellular::TETHERING_NAI,
    ));
    Some(Finding {
        about: paths,
        level: Level::Error,
        found,
        expected: format!(
            "an entry of {} with {} 1",
            cellular::NAME,
            cellular::TETHERING_NAI
        ),
        help: format!(
            r#"provision it: `<characteristic type="{}"><characteristic type="{name}"><parm name="{}" value="1"/>…`"#,
            cellular::NAME,
            cellular::TETHERING_NAI
        ),
    })
}

fn interval_is_patient(proposed: &Settings) -> Option<Finding> {
    let seconds: u32 = set(proposed, ENTITLEMENT_INTERVAL)?.parse().ok()?;
    (seconds < ADVISED_INTERVAL).then(|| Finding {
        about: about(&[ENTITLEMENT_INTERVAL]),
        level: Level::Warning,
        found: format!("{ENTITLEMENT_INTERVAL} is {seconds} seconds"),
        expected: format!("{ADVISED_INTERVAL} seconds or more, to spare the operator's server"),
        help: format!("write `{ADVISED_INTERVAL}` or more; the default is `86400`"),
    })
}
