//! Documents that come in pushes, and those for several providers.

use super::{Memory, act, device, file, hotspot};
use crate::csp::hotspot::HotSpot;
use crate::document::push::{Imsi, Method, Pin, Secrets, seal};
use crate::service::{Link, Moment};
use crate::simulation::{Action, ProvisioningFile};

const FIRST: &str = r#"<parm name="EntitlementRequired" value="false"/>"#;

const FEWER: &str = r#"<parm name="MaxUsers" value="3"/>"#;

fn imsi(digits: &str) -> Option<Imsi> {
    Some(Imsi::new(digits).expect("an IMSI"))
}

fn push(method: Method, pin: Option<&str>) -> Action {
    let document = hotspot(&format!("{FIRST}{FEWER}"));
    let secrets = Secrets {
        imsi: imsi("001010123456789"),
        pin: Pin::new("1234"),
    };
    let sealed = seal(method, &secrets, document.bytes).expect("all is given");
    Action::Push {
        file: ProvisioningFile {
            name: "a.push".to_owned(),
            bytes: sealed.push.to_bytes(),
        },
        pin: pin.map(|digits| Pin::new(digits).expect("digits")),
    }
}

/// What a device with this SIM says to a push, and how many may connect then.
fn received(sim: Option<&str>, action: &Action) -> (Vec<String>, u8) {
    let (mut device, mut memory) = device(&[("Internet", Link::Up)], &hotspot(FIRST));
    memory.reported();
    device.environment.imsi = sim.and_then(imsi);
    let reported = act(&mut device, &mut memory, 1, action);
    let hotspot = HotSpot::read(&device.state().settings).expect("readable");
    (reported, hotspot.max_users)
}

#[test]
fn a_push_is_taken_if_the_sim_and_the_user_prove_it() {
    for (method, sim, pin) in [
        (Method::NetworkPin, Some("001010123456789"), None),
        (Method::UserPin, None, Some("1234")),
        (
            Method::UserNetworkPin,
            Some("001010123456789"),
            Some("1234"),
        ),
    ] {
        let (reported, users) = received(sim, &push(method, pin));
        assert_eq!(users, 3, "{method}: {reported:?}");
        assert!(
            reported[0].starts_with("operator sends a.push: 1 setting"),
            "{reported:?}"
        );
    }
}

#[test]
fn a_push_that_is_not_proven_changes_nothing() {
    for (method, sim, pin) in [
        (Method::NetworkPin, Some("001010987654321"), None),
        (Method::NetworkPin, None, Some("1234")),
        (Method::UserPin, Some("001010123456789"), Some("4321")),
        (Method::UserPin, None, None),
        (
            Method::UserNetworkPin,
            Some("001010987654321"),
            Some("1234"),
        ),
    ] {
        let (reported, users) = received(sim, &push(method, pin));
        assert_eq!(users, 5, "{method}: {reported:?}");
        assert_eq!(reported.len(), 1);
        let words = "operator sends a.push, which is refused: ";
        assert!(reported[0].starts_with(words), "{reported:?}");
    }
}

#[test]
fn another_sim_proves_other_pushes() {
    let (mut device, mut memory) = device(&[("Internet", Link::Up)], &hotspot(FIRST));
    let received = |device: &mut _, memory: &mut Memory| {
        let reported = act(device, memory, 1, &push(Method::NetworkPin, None));
        !reported.iter().any(|line| line.contains("refused"))
    };
    assert!(!received(&mut device, &mut memory));
    act(
        &mut device,
        &mut memory,
        1,
        &Action::NewSim(imsi("001010123456789")),
    );
    assert!(received(&mut device, &mut memory));
    act(&mut device, &mut memory, 1, &Action::NewSim(None));
    assert!(!received(&mut device, &mut memory));
}

#[test]
fn a_strict_device_refuses_what_is_for_other_providers() {
    let document = file(&format!(
        r#"<characteristic type="HotSpot"><parm name="Enabled" value="true"/>{FIRST}{FEWER}</characteristic><characteristic type="BOOTSTRAP"/>"#
    ));
    for (strict, users) in [(false, 3), (true, 5)] {
        let (mut device, mut memory) = device(&[("Internet", Link::Up)], &hotspot(FIRST));
        device.environment.strict_providers = strict;
        let apply = Action::Apply(document.clone());
        device
            .act(Moment::seconds(1), &apply, &mut memory)
            .expect("readable");
        let hotspot = HotSpot::read(&device.state().settings).expect("readable");
        assert_eq!(hotspot.max_users, users, "{:?}", memory.reported());
    }
}
