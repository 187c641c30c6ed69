//! What a document says about connections, and what comes up.

use super::{Memory, NO_CHECK, act, connection, device, file, hotspot};
use crate::csp::cellular::Whereabouts;
use crate::service::Link;
use crate::simulation::{Action, Device, LinkChange, ProvisioningFile};

/// A document with an entry C1 that has this parm besides its purpose.
fn entry(name: &str, value: &str) -> ProvisioningFile {
    file(&format!(
        r#"<characteristic type="CM_CellularEntries"><characteristic type="C1"><parm name="PurposeGroups" value="3E5545D2-1137-4DC8-A198-33F1C657515F"/><parm name="{name}" value="{value}"/></characteristic></characteristic>
<characteristic type="HotSpot"><parm name="Enabled" value="true"/>{NO_CHECK}</characteristic>"#
    ))
}

fn link_of(device: &Device, name: &str) -> Option<Link> {
    let mut all = device.service().connections().iter();
    all.find(|one| one.name == name).map(|one| one.link)
}

fn has(reported: &[String], text: &str) -> bool {
    reported.iter().any(|line| line.contains(text))
}

#[test]
fn a_disabled_connection_does_not_come_up_and_is_not_shared() {
    let (mut device, mut memory) = device(&[], &entry("Enabled", "0"));
    let memory = &mut memory;
    let up = connection("C1", LinkChange::Up);
    let reported = act(&mut device, memory, 1, &up);
    assert!(
        has(&reported, "C1 does not come up: it is disabled"),
        "{reported:?}"
    );
    let reported = act(&mut device, memory, 2, &Action::TurnOn);
    assert!(
        has(&reported, "there is no connection that it may share"),
        "{reported:?}"
    );
    // A document that enables it brings it back.
    act(
        &mut device,
        memory,
        3,
        &Action::Apply(entry("Enabled", "1")),
    );
    act(&mut device, memory, 4, &up);
    let reported = act(&mut device, memory, 5, &Action::TurnOn);
    assert!(has(&reported, "shares C1"), "{reported:?}");
    // And one that disables it takes it away, though it is up.
    let reported = act(
        &mut device,
        memory,
        6,
        &Action::Apply(entry("Enabled", "0")),
    );
    assert!(has(&reported, "C1 is gone"), "{reported:?}");
    assert_eq!(link_of(&device, "C1"), None);
}

#[test]
fn a_connection_of_the_device_is_disabled_by_an_entry_of_its_name() {
    let (device, _) = device(&[("C1", Link::Up)], &entry("Enabled", "0"));
    assert_eq!(link_of(&device, "C1"), None);
    assert_eq!(device.state().connections.len(), 1, "the device keeps it");
}

#[test]
fn a_connection_is_up_only_where_its_roaming_allows_it() {
    let (mut device, mut memory) = device(&[("C1", Link::Up)], &entry("Roaming", "0"));
    let memory = &mut memory;
    assert_eq!(link_of(&device, "C1"), Some(Link::Up));
    let reported = act(&mut device, memory, 1, &Action::Roam(Whereabouts::Abroad));
    assert!(
        has(&reported, "user comes into a network abroad"),
        "{reported:?}"
    );
    assert!(has(&reported, "C1 cannot be made here"), "{reported:?}");
    assert_eq!(link_of(&device, "C1"), Some(Link::Down));
    let reported = act(&mut device, memory, 2, &connection("C1", LinkChange::Up));
    assert!(has(&reported, "C1 cannot be made here"), "{reported:?}");
    assert_eq!(link_of(&device, "C1"), Some(Link::Down));
    let reported = act(&mut device, memory, 3, &Action::Roam(Whereabouts::Home));
    assert!(has(&reported, "C1 is up"), "{reported:?}");
    assert_eq!(link_of(&device, "C1"), Some(Link::Up));
    act(&mut device, memory, 4, &Action::Roam(Whereabouts::Domestic));
    assert_eq!(link_of(&device, "C1"), Some(Link::Down));
    // A document that allows it takes effect where the device is.
    let reported = act(
        &mut device,
        memory,
        5,
        &Action::Apply(entry("Roaming", "2")),
    );
    assert!(has(&reported, "C1 is up"), "{reported:?}");
}

#[test]
fn sharing_ends_without_a_connection_that_may_be_made() {
    let (mut device, mut memory) = device(&[("C1", Link::Up)], &entry("Roaming", "0"));
    let memory = &mut memory;
    act(&mut device, memory, 1, &Action::TurnOn);
    act(
        &mut device,
        memory,
        2,
        &Action::Join {
            count: 1,
            via: crate::service::Via::WiFi,
        },
    );
    act(&mut device, memory, 3, &Action::Roam(Whereabouts::Abroad));
    let reported = act(&mut device, memory, 3 + 20 * 60, &Action::CloseSettings);
    assert!(
        has(
            &reported,
            "no cellular connection for PublicConnectionTimeout"
        ),
        "{reported:?}"
    );
}

#[test]
fn the_log_names_connections_that_do_not_exist() {
    let named = |names: &str| {
        hotspot(&format!(
            r#"{NO_CHECK}<parm name="DedicatedConnections" value="{names}"/>"#
        ))
    };
    let turned_on = |first: &ProvisioningFile| {
        let (mut device, mut memory): (Device, Memory) = device(&[("Internet", Link::Up)], first);
        memory.reported();
        act(&mut device, &mut memory, 1, &Action::TurnOn)
    };
    let reported = turned_on(&named("Internet;C7"));
    assert!(
        has(&reported, "service finds no connection C7"),
        "{reported:?}"
    );
    assert!(has(&reported, "service shares Internet"), "{reported:?}");
    let reported = turned_on(&named("C7;C8"));
    assert!(
        has(&reported, "service finds no connection C7 and C8"),
        "{reported:?}"
    );
    let disabled = entry("Enabled", "0");
    let disabled = String::from_utf8(disabled.bytes).unwrap();
    let disabled = disabled.replace(
        "</characteristic></wap-",
        r#"<parm name="DedicatedConnections" value="C1;C7"/></characteristic></wap-"#,
    );
    let reported = turned_on(&ProvisioningFile {
        name: "a.xml".to_owned(),
        bytes: disabled.into_bytes(),
    });
    assert!(
        has(
            &reported,
            "finds no connection C7, and does not use C1: disabled"
        ),
        "{reported:?}"
    );
}

#[test]
fn a_connection_of_the_device_is_provisioned_nowhere_and_no_fault() {
    let named = hotspot(&format!(
        r#"{NO_CHECK}<parm name="DedicatedConnections" value="Internet"/>"#
    ));
    let (_, mut memory) = device(&[("Internet", Link::Up)], &named);
    let reported = memory.reported();
    assert!(has(&reported, "sends a.xml: 3 settings"), "{reported:?}");
    assert!(!has(&reported, "note"), "{reported:?}");
    let (_, mut memory) = device(&[], &named);
    assert!(has(&memory.reported(), "sends a.xml: 3 settings, 1 note"));
}
