//! The constraints between the nodes of an entry.

use super::table::{
    AUTH_TYPE, CONNECTION_TYPE, EXEMPT_FROM_DISABLE_POLICY, EXEMPT_FROM_ROAMING, INTERNET, NAME,
    PASSWORD, PURPOSE_GROUPS, PURPOSES, SIM_ICC_ID, TETHERING_NAI, USE_REQUIRES_MAPPINGS_POLICY,
    USER_NAME,
};
use super::{has_internet, set};
use crate::csp::{Finding, Group, NodePath, Settings};
use crate::document::Level;

pub(super) fn review(proposed: &Settings) -> Vec<Finding> {
    let groups = proposed.group(NAME).into_iter();
    let entries = groups.flat_map(|group| &group.groups);
    entries
        .flat_map(|(name, entry)| of_entry(name, entry))
        .collect()
}

fn of_entry(name: &str, entry: &Group) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(authentication_has(USER_NAME, name, entry));
    found.extend(authentication_has(PASSWORD, name, entry));
    found.extend(credentials_are_used(name, entry));
    found.extend(purpose_is_set(name, entry));
    found.extend(purposes_are_known(name, entry));
    found.extend(tethering_is_cdma(name, entry));
    found.extend(general_is_not_special(name, entry));
    found.extend(card_has_its_digits(name, entry));
    found
}

fn about(entry: &str, nodes: &[&str]) -> Vec<NodePath> {
    let path = |node: &&str| NodePath::in_entry(NAME, entry, node);
    nodes.iter().map(path).collect()
}

fn authenticates(entry: &Group) -> Option<&str> {
    set(entry, AUTH_TYPE).filter(|one| *one != "None")
}

fn authentication_has(node: &'static str, name: &str, entry: &Group) -> Option<Finding> {
    let auth = authenticates(entry)?;
    set(entry, node).is_none().then(|| Finding {
        about: about(name, &[AUTH_TYPE, node]),
        level: Level::Error,
        found: format!("{AUTH_TYPE} of `{name}` is {auth} and {node} is missing"),
        expected: format!("{node}, which is required unless {AUTH_TYPE} is None"),
        help: format!(r#"add `<parm name="{node}" value="…"/>`, or write {AUTH_TYPE} None"#),
        at_value: false,
    })
}

fn credentials_are_used(name: &str, entry: &Group) -> Option<Finding> {
    if authenticates(entry).is_some() {
        return None;
    }
    let given = |node: &&&str| set(entry, node).is_some_and(|text| !text.is_empty());
    let node = [USER_NAME, PASSWORD].iter().find(given).copied()?;
    Some(Finding {
        about: about(name, &[node, AUTH_TYPE]),
        level: Level::Note,
        found: format!("{node} of `{name}` is ignored: {AUTH_TYPE} is None"),
        expected: format!("{AUTH_TYPE} CHAP or PAP where they are needed"),
        help: format!("remove {USER_NAME} and {PASSWORD}, or set {AUTH_TYPE}"),
        at_value: false,
    })
}

fn purpose_is_set(name: &str, entry: &Group) -> Option<Finding> {
    set(entry, PURPOSE_GROUPS).is_none().then(|| Finding {
        about: vec![
            NodePath::entry(NAME, name),
            NodePath::in_entry(NAME, name, PURPOSE_GROUPS),
        ],
        level: Level::Warning,
        found: format!("`{name}` has no {PURPOSE_GROUPS}"),
        expected: "it: the provider's page calls it required, though its own samples have none"
            .to_owned(),
        help: format!(
            r#"add `<parm name="{PURPOSE_GROUPS}" value="{INTERNET}"/>` inside it, for the Internet"#
        ),
        at_value: false,
    })
}

fn purposes_are_known(name: &str, entry: &Group) -> Option<Finding> {
    let list = set(entry, PURPOSE_GROUPS)?;
    let is_known = |guid: &&str| PURPOSES.iter().any(|(known, _)| known == guid);
    let unknown = list.split(',').find(|guid| !is_known(guid))?;
    Some(Finding {
        about: about(name, &[PURPOSE_GROUPS]),
        level: Level::Warning,
        found: format!("{PURPOSE_GROUPS} of `{name}` has {unknown}, which is no known purpose"),
        expected: PURPOSES
            .map(|(guid, name)| format!("{guid} ({name})"))
            .join(", "),
        help: "write one of these".to_owned(),
        at_value: true,
    })
}

fn tethering_is_cdma(name: &str, entry: &Group) -> Option<Finding> {
    if set(entry, TETHERING_NAI) != Some("1") {
        return None;
    }
    let (level, is) = match set(entry, CONNECTION_TYPE) {
        Some("Cdma") => return None,
        Some(other) => (Level::Warning, other.to_owned()),
        // The specification's own sample leaves it out.
        None => (Level::Note, "not set, which means Gprs".to_owned()),
    };
    Some(Finding {
        about: about(name, &[TETHERING_NAI, CONNECTION_TYPE]),
        level,
        found: format!("{TETHERING_NAI} of `{name}` is 1 and {CONNECTION_TYPE} is {is}"),
        expected: format!("{CONNECTION_TYPE} Cdma: {TETHERING_NAI} is for CDMA alone"),
        help: format!("set {CONNECTION_TYPE} of that entry to `Cdma`"),
        at_value: false,
    })
}

/// Connections for the Internet are not to have the marks of special ones.
fn general_is_not_special(name: &str, entry: &Group) -> Vec<Finding> {
    if !set(entry, PURPOSE_GROUPS).is_some_and(has_internet) {
        return Vec::new();
    }
    let marks = [
        USE_REQUIRES_MAPPINGS_POLICY,
        EXEMPT_FROM_DISABLE_POLICY,
        EXEMPT_FROM_ROAMING,
    ];
    let marked = marks
        .into_iter()
        .filter(|node| set(entry, node) == Some("1"));
    let finding = |node| Finding {
        about: about(name, &[node, PURPOSE_GROUPS]),
        level: Level::Warning,
        found: format!("{node} of `{name}` is 1, and it is a connection for the Internet"),
        expected: "0 for a general connection; 1 is for special ones, such as MMS".to_owned(),
        help: format!("set {node} of that entry to `0`"),
        at_value: false,
    };
    marked.map(finding).collect()
}

fn card_has_its_digits(name: &str, entry: &Group) -> Option<Finding> {
    let number = set(entry, SIM_ICC_ID)?;
    let digits = number.trim_end_matches(['F', 'f']);
    let is_number =
        (18..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    (!is_number).then(|| Finding {
        about: about(name, &[SIM_ICC_ID]),
        level: Level::Warning,
        found: format!("{SIM_ICC_ID} of `{name}` is `{number}`"),
        expected: "the number of a SIM (ICCID): 18 to 20 digits".to_owned(),
        help: "write the number that is printed on the SIM".to_owned(),
        at_value: true,
    })
}
