//! The constraints between the nodes of HotSpot.

use super::table::{
    DEDICATED_CONNECTIONS, ENABLED, ENTITLEMENT_DLL, ENTITLEMENT_INTERVAL, ENTITLEMENT_REQUIRED,
    MO_APP_LINK, MO_HELP_MESSAGE, MO_INFO_LINK, NAME, TETHERING_NAI_CONNECTION,
};
use crate::csp::cellular;
use crate::csp::{Finding, NodePath, Settings};
use crate::document::Level;

/// The advice for `EntitlementInterval`: a shorter interval loads the
/// operator's server needlessly.
const ADVISED_INTERVAL: u32 = 60;

pub(super) fn review(proposed: &Settings, own: &[&str]) -> Vec<Finding> {
    [
        enabled_is_set(proposed),
        help_message_has_app_link(proposed),
        entitlement_has_library(proposed),
        nai_is_provisioned(proposed),
        interval_is_patient(proposed),
        info_link_has_scheme(proposed),
    ]
    .into_iter()
    .flatten()
    .chain(named_connections(proposed, own))
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
    // With true, what is missing for a check would be the next fault.
    let value = match set(proposed, ENTITLEMENT_REQUIRED) {
        Some("false") => "true",
        _ if has_library(proposed) => "true",
        _ => "false",
    };
    Some(Finding {
        about: vec![NodePath::node(NAME, ENABLED), NodePath::provider(NAME)],
        level: Level::Warning,
        found: format!("{ENABLED} is required and is not set"),
        expected: "true or false; without it Internet sharing stays off".to_owned(),
        help: format!(r#"add `<parm name="{ENABLED}" value="{value}"/>`"#),
        at_value: false,
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
        help: format!(r#"add `<parm name="{MO_APP_LINK}" value="app://MOapp"/>`"#),
        at_value: false,
    })
}

fn has_library(proposed: &Settings) -> bool {
    set(proposed, ENTITLEMENT_DLL).is_some_and(|path| !path.is_empty())
}

fn entitlement_has_library(proposed: &Settings) -> Option<Finding> {
    let level = match set(proposed, ENTITLEMENT_REQUIRED) {
        Some("false") => return None,
        _ if has_library(proposed) => return None,
        Some(_) => Level::Error,
        // Only the default requires a check, and while Enabled is false nothing can
        // be shared anyway.
        None if set(proposed, ENABLED) == Some("true") => Level::Warning,
        None => return None,
    };
    let paths = match level {
        Level::Error => about(&[ENTITLEMENT_DLL, ENTITLEMENT_REQUIRED]),
        _ => about(&[ENTITLEMENT_DLL, ENTITLEMENT_REQUIRED, ENABLED]),
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
        help: match set(proposed, ENTITLEMENT_DLL) {
            None => format!(
                r#"add `<parm name="{ENTITLEMENT_DLL}" value="C:\Windows\System32\MOEntitlement.dll"/>`, or set {ENTITLEMENT_REQUIRED} to false if no check is wanted"#
            ),
            Some(_) => format!(
                "give {ENTITLEMENT_DLL} a path, or set {ENTITLEMENT_REQUIRED} to false if no check is wanted"
            ),
        },
        at_value: false,
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
        help: match entry {
            None => format!(
                r#"add `<characteristic type="{}"><characteristic type="{name}"><parm name="{}" value="cdma"/><parm name="{}" value="1"/><parm name="{}" value="{}"/></characteristic></characteristic>` under the root"#,
                cellular::NAME,
                cellular::CONNECTION_TYPE,
                cellular::TETHERING_NAI,
                cellular::PURPOSE_GROUPS,
                cellular::INTERNET,
            ),
            Some(_) => format!("set {} of that entry to `1`", cellular::TETHERING_NAI),
        },
        at_value: false,
    })
}

/// The connections that HotSpot names: those that are provisioned nowhere, and those
/// that something in their entry keeps from being shared.
fn named_connections(proposed: &Settings, own: &[&str]) -> Vec<Finding> {
    let list = set(proposed, DEDICATED_CONNECTIONS).unwrap_or_default();
    let dedicated = list.split(';').filter(|name| !name.is_empty());
    let dedicated = dedicated.map(|name| (DEDICATED_CONNECTIONS, name));
    let nai = set(proposed, TETHERING_NAI_CONNECTION).into_iter();
    let nai = nai.map(|name| (TETHERING_NAI_CONNECTION, name));
    let mut unknown = Vec::new();
    let mut findings = Vec::new();
    for (node, name) in dedicated.chain(nai) {
        if cellular::connections(proposed).any(|one| one == name) {
            findings.extend(doubts_of(proposed, node, name));
        } else if node == TETHERING_NAI_CONNECTION || own.contains(&name) {
            // A missing connection with a tethering identity is a fault of its own.
        } else if let Some(other) = other_case(proposed, name) {
            findings.push(not_provisioned(
                Level::Warning,
                &[name],
                format!("write `{}`", list_with(proposed, name, &other)),
            ));
        } else if !unknown.contains(&name) {
            unknown.push(name);
        }
    }
    let them = match unknown.as_slice() {
        [] => return findings,
        [_] => "it",
        _ => "them",
    };
    let help = format!(
        "provision {}, unless the device has {them} of its own",
        sentence(&unknown)
    );
    findings.push(not_provisioned(Level::Note, &unknown, help));
    findings
}

/// The name of a connection that is the same in other letter case.
fn other_case(proposed: &Settings, name: &str) -> Option<String> {
    let mut known = cellular::connections(proposed);
    let other = known.find(|one| one.eq_ignore_ascii_case(name))?;
    Some(other.to_string())
}

/// What may keep a connection that is provisioned from being shared.
fn doubts_of(proposed: &Settings, node: &str, name: &str) -> Vec<Finding> {
    let doubts = cellular::doubts(proposed, name).into_iter();
    let finding = |doubt: cellular::Doubt| Finding {
        about: vec![
            NodePath::node(NAME, node),
            NodePath::in_entry(cellular::NAME, name, doubt.node),
        ],
        level: match doubt.sure {
            true => Level::Note,
            false => Level::Warning,
        },
        found: format!("{node} names {}", doubt.found),
        expected: "a connection that Internet sharing can use".to_owned(),
        help: format!("leave `{name}` out, or change {} of its entry", doubt.node),
        at_value: true,
    };
    doubts.map(finding).collect()
}

/// Names in back-quotes, with commas and a last `and`.
fn sentence(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => quoted.concat(),
    }
}

/// Dedicated connections that neither the document nor the device has.
fn not_provisioned(level: Level, names: &[&str], help: String) -> Finding {
    let names = sentence(names);
    Finding {
        about: about(&[DEDICATED_CONNECTIONS]),
        level,
        found: format!("{DEDICATED_CONNECTIONS} names {names}, which neither the document nor the device's settings provision"),
        expected: "the name of an entry of CM_CellularEntries, or NAPID@WAP for an access point of NAPDEF; the device may have it of its own".to_owned(),
        help,
        at_value: true,
    }
}

/// DedicatedConnections with one name in place of another.
fn list_with(proposed: &Settings, name: &str, other: &str) -> String {
    let list = set(proposed, DEDICATED_CONNECTIONS).unwrap_or_default();
    let names = list
        .split(';')
        .map(|one| if one == name { other } else { one });
    names.collect::<Vec<_>>().join(";")
}

fn info_link_has_scheme(proposed: &Settings) -> Option<Finding> {
    let link = set(proposed, MO_INFO_LINK)?;
    (!link.contains("://")).then(|| Finding {
        about: about(&[MO_INFO_LINK]),
        level: Level::Note,
        found: format!("{MO_INFO_LINK} has no scheme"),
        expected: "an HTTP link, as the specification calls it".to_owned(),
        help: format!("write `http://{link}`"),
        at_value: true,
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
        at_value: true,
    })
}
