//! What a device does and reports, with an observer that records it.

use std::time::Duration;

use super::command::Resources;
use super::*;
use crate::document::Diagnostics;
use crate::message::LangId;
use crate::service::{Answer, Connection, Link, Moment, Purpose, Restart, Via};
use crate::state::State;

mod links;
mod pushes;

/// Remembers the log as lines, and what could be asked.
#[derive(Default)]
struct Memory(Vec<String>);

impl Observer for Memory {
    fn observe(&mut self, entry: LogEntry) {
        let words = format!("{} {}", entry.actor.name(), entry.text);
        self.0.push(words);
    }

    fn report_faults(&mut self, file: &ProvisioningFile, faults: &Diagnostics) {
        self.0
            .push(format!("{}: {} faults", file.name, faults.len()));
    }
}

impl Memory {
    /// What was reported since the last call.
    fn reported(&mut self) -> Vec<String> {
        std::mem::take(&mut self.0)
    }
}

fn file(elements: &str) -> ProvisioningFile {
    let text = format!("<wap-provisioningdoc>{elements}</wap-provisioningdoc>");
    ProvisioningFile {
        name: "a.xml".to_owned(),
        bytes: text.into_bytes(),
    }
}

fn hotspot(parms: &str) -> ProvisioningFile {
    file(&format!(
        r#"<characteristic type="HotSpot"><parm name="Enabled" value="true"/>{parms}</characteristic>"#
    ))
}

const ASKS: &str = r#"<parm name="EntitlementDll" value="C:\a.dll"/>"#;
const NO_CHECK: &str = r#"<parm name="EntitlementRequired" value="false"/>"#;
const CDMA: &str = r#"<characteristic type="CM_CellularEntries"><characteristic type="MMS"><parm name="Version" value="1"/><parm name="UserName" value=""/><parm name="Password" value=""/></characteristic></characteristic>"#;

fn servers() -> [ServerState; 1] {
    [ServerState {
        name: "allow".to_owned(),
        description: "the server allows it".to_owned(),
    }]
}

/// A device at the beginning, and what it has reported so far.
fn device(connections: &[(&str, Link)], first: &ProvisioningFile) -> (Device, Memory) {
    let connections = connections.iter().map(|(name, link)| Connection {
        name: (*name).to_owned(),
        link: *link,
    });
    let state = State {
        connections: connections.collect(),
        ..State::default()
    };
    let environment = Environment {
        image: None,
        image_help: None,
        language: LangId::ENGLISH_US,
        imsi: None,
        strict_providers: false,
    };
    let [allow] = servers();
    let mut device = Device::new(state, environment, allow).expect("a new device");
    let mut memory = Memory::default();
    device
        .provision(Moment(0), first, &mut memory)
        .expect("settings that can be read");
    (device, memory)
}

fn act(device: &mut Device, memory: &mut Memory, second: u64, action: &Action) -> Vec<String> {
    device
        .act(Moment::seconds(second), action, memory)
        .expect("settings that can be read");
    memory.reported()
}

fn connection(name: &str, change: LinkChange) -> Action {
    Action::Connection {
        name: name.to_owned(),
        change,
    }
}

#[test]
fn the_plugin_meets_no_network_while_no_connection_is_up() {
    let (mut device, mut memory) = device(&[("Internet", Link::Up)], &hotspot(ASKS));
    let ask = |device: &mut Device, memory: &mut Memory| {
        act(device, memory, 1, &Action::TurnOff);
        act(device, memory, 1, &Action::NewSim(None));
        let reported = act(device, memory, 1, &Action::TurnOn);
        let question = device.take_question().expect("the plugin is asked");
        assert_eq!(question.server.name, "allow", "the server is what it was");
        (question, reported)
    };
    let (question, _) = ask(&mut device, &mut memory);
    assert_eq!(
        (question.connected, question.scenario_name()),
        (true, "allow")
    );

    act(
        &mut device,
        &mut memory,
        1,
        &connection("Internet", LinkChange::Down),
    );
    let (question, reported) = ask(&mut device, &mut memory);
    assert!(!question.connected);
    let words = "(no connection is up)";
    assert!(
        reported.iter().any(|line| line.contains(words)),
        "{reported:?}"
    );

    // Another connection suffices, although it may not be shared.
    act(
        &mut device,
        &mut memory,
        1,
        &connection("MMS", LinkChange::Up),
    );
    assert!(ask(&mut device, &mut memory).0.connected);
    for name in ["MMS", "Internet"] {
        act(
            &mut device,
            &mut memory,
            1,
            &connection(name, LinkChange::Gone),
        );
    }
    assert!(!ask(&mut device, &mut memory).0.connected);
}

#[test]
fn a_check_that_reaches_its_limit_is_answered_with_its_reason() {
    let late = CheckOutcome {
        reason: Some("it sleeps".to_owned()),
        ..CheckOutcome::late(Duration::from_secs(60))
    };
    // The driver knows the reason, or the service is woken before it does.
    for (asked, words) in [
        (
            Some(late),
            "plugin ENTITLEMENT_UNAVAILABLE after 1 min: it sleeps",
        ),
        (
            None,
            "plugin ENTITLEMENT_UNAVAILABLE after 1 min: no answer within 1 min",
        ),
    ] {
        let (mut device, mut memory) = device(&[("Internet", Link::Up)], &hotspot(ASKS));
        act(&mut device, &mut memory, 0, &Action::TurnOn);
        let question = device.take_question().expect("the plugin is asked");
        let limit = Moment::seconds(60);
        match asked {
            Some(asked) => device.answer(limit, question.check, asked, &mut memory),
            None => device.awake(limit, &mut memory),
        }
        let reported = memory.reported();
        assert_eq!(reported[0], words);
        assert_eq!(
            reported[1],
            "service does not share: the check had no answer"
        );
        assert!(!device.wants(question.check));
    }
}

#[test]
fn a_check_that_is_not_wanted_any_more_has_no_answer() {
    let (mut device, mut memory) = device(&[("Internet", Link::Up)], &hotspot(ASKS));
    act(&mut device, &mut memory, 0, &Action::TurnOn);
    let question = device.take_question().expect("the plugin is asked");
    assert_eq!(device.running(), Some((question.check, Moment(0))));
    let reported = act(&mut device, &mut memory, 1, &Action::NewSim(None));
    assert!(reported.contains(&"service no longer wants check 1".to_owned()));
    device.answer(
        Moment::seconds(2),
        question.check,
        CheckOutcome::default(),
        &mut memory,
    );
    assert_eq!(memory.reported(), [""; 0]);
    assert_eq!(device.running(), None);
}

#[test]
fn a_connection_that_is_there_stays_as_it_is_when_a_document_names_it() {
    let (mut device, mut memory) = device(&[("MMS", Link::Up)], &hotspot(NO_CHECK));
    act(&mut device, &mut memory, 0, &Action::TurnOn);
    memory.reported();
    let reported = act(&mut device, &mut memory, 1, &Action::Apply(file(CDMA)));
    assert!(
        !reported.iter().any(|line| line.starts_with("network")),
        "{reported:?}"
    );
    assert_eq!(device.service().connections()[0].link, Link::Up);

    // It is the device's own: it stays when the document's entry goes.
    act(
        &mut device,
        &mut memory,
        2,
        &connection("MMS", LinkChange::Down),
    );
    act(
        &mut device,
        &mut memory,
        3,
        &connection("MMS", LinkChange::Up),
    );
    let gone = file(
        r#"<characteristic type="CM_CellularEntries"><nocharacteristic type="MMS"/></characteristic>"#,
    );
    act(&mut device, &mut memory, 4, &Action::Apply(gone));
    assert_eq!(device.service().connections()[0].link, Link::Up);
}

#[test]
fn nothing_of_the_first_document_waits() {
    let waits = r#"<parm name="PublicConnectionTimeout" value="1"/><parm name="PeerlessTimeout" value="1"/>"#;
    let (mut device, mut memory) = device(
        &[("Internet", Link::Up)],
        &hotspot(&format!("{NO_CHECK}{waits}")),
    );
    assert_eq!(
        memory.reported(),
        [
            "operator sends a.xml: 4 settings",
            "service adds the Internet sharing screen to Settings",
        ]
    );
    assert_eq!(device.service().waiting(), []);
    act(&mut device, &mut memory, 0, &Action::TurnOn);
    device.awake(Moment::seconds(60), &mut memory);
    assert!(!device.service().is_sharing(), "the time-out is in effect");
}

#[test]
fn turning_the_device_on_is_what_a_reboot_is() {
    let (mut before, mut memory) = device(&[("Internet", Link::Up)], &hotspot(NO_CHECK));
    let waits = hotspot(r#"<parm name="PublicConnectionTimeout" value="1"/>"#);
    act(&mut before, &mut memory, 0, &Action::Apply(waits));
    assert_eq!(before.state().pending.len(), 1);

    let environment = Environment {
        image: None,
        image_help: None,
        language: LangId::ENGLISH_US,
        imsi: None,
        strict_providers: false,
    };
    let server = before.server().clone();
    let mut after = Device::new(before.state().clone(), environment, server).expect("a state");
    after.start(Moment(0), &mut memory);
    assert_eq!(
        memory.reported(),
        [
            "user turns the device on",
            "service uses from now on: PublicConnectionTimeout",
        ]
    );
    assert_eq!(after.state().pending, []);
    assert_eq!(after.service().connections()[0].link, Link::Up);
}

#[test]
fn an_action_without_effect_is_logged() {
    let leave = |count, via| Action::Leave { count, via };
    let join = Action::Join {
        count: 2,
        via: Via::WiFi,
    };
    let bluetooth = Some(Via::Bluetooth);
    let (mut device, mut memory) = device(&[("Internet", Link::Up)], &hotspot(ASKS));
    memory.reported();
    for (action, words) in [
        (
            Action::TurnOff,
            "user turns Internet sharing off, which is off already",
        ),
        (Action::TurnOn, "user turns Internet sharing on"),
        (
            Action::TurnOn,
            "user turns Internet sharing on, which is being checked already",
        ),
        (Action::TurnOff, "user turns Internet sharing off"),
        (Action::TurnOn, "user turns Internet sharing on"),
    ] {
        let reported = act(&mut device, &mut memory, 0, &action);
        assert_eq!(reported[0], words);
    }
    let (check, _) = device.running().expect("a check runs");
    device.answer(Moment(1000), check, CheckOutcome::default(), &mut memory);
    memory.reported();
    for (action, words) in [
        (
            Action::TurnOn,
            "user turns Internet sharing on, which is on already",
        ),
        (
            leave(ClientCount::All, None),
            "client no client is connected that could leave",
        ),
        (join, "client 2 joins over Wi-Fi"),
        (
            leave(ClientCount::Some(1), bluetooth),
            "client no client is connected that could leave",
        ),
        (
            leave(ClientCount::Some(2), Some(Via::WiFi)),
            "client 2 leaves",
        ),
    ] {
        let reported = act(&mut device, &mut memory, 1, &action);
        assert_eq!(reported.last().map(String::as_str), Some(words));
    }
    let join = Action::Join {
        count: 1,
        via: Via::WiFi,
    };
    act(&mut device, &mut memory, 1, &join);
    let reported = act(
        &mut device,
        &mut memory,
        1,
        &leave(ClientCount::Some(9), None),
    );
    assert_eq!(
        reported,
        ["client 3 leaves", "client only 1 of 9 were there to leave"]
    );
}

#[test]
fn the_log_names_the_wifi_network_and_never_its_key() {
    let (mut device, mut memory) = device(&[], &hotspot(NO_CHECK));
    memory.reported();
    let named = Action::Configure {
        ssid: "My network".to_owned(),
        key: "secret-12345".to_owned(),
    };
    let reported = act(&mut device, &mut memory, 0, &named);
    assert_eq!(
        reported,
        [
            "user names the Wi-Fi network `My network`",
            "service takes the Wi-Fi network",
        ]
    );
}

/// No wake is requested for a timer that is stopped.
#[test]
fn a_device_that_has_nothing_to_wait_for_asks_for_no_wake() {
    let (mut device, mut memory) = device(&[("Internet", Link::Up)], &hotspot(NO_CHECK));
    act(&mut device, &mut memory, 0, &Action::TurnOn);
    assert!(device.wake().is_some(), "for want of clients");
    act(&mut device, &mut memory, 1, &Action::TurnOff);
    assert_eq!(device.wake(), None);
}

/// Allows everything.
struct Yes;

impl Ask for Yes {
    fn ask(&mut self, question: &Question) -> Result<CheckOutcome, AskError> {
        assert!(matches!(
            question.purpose,
            Purpose::Enable | Purpose::Periodic
        ));
        Ok(CheckOutcome {
            answer: Answer::Success,
            ..CheckOutcome::default()
        })
    }
}

/// Wants no more after so many things have happened.
struct Impatient {
    left: usize,
}

impl Observer for Impatient {
    fn observe(&mut self, _: LogEntry) {}

    fn report_faults(&mut self, _: &ProvisioningFile, _: &Diagnostics) {}

    fn wants_more(&mut self, _: Moment) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }
}

#[test]
fn a_simulation_that_is_stopped_reports_its_progress() {
    let text = "begin = \"08:00\"\nend = \"day 2 08:00\"\n[[event]]\nat = \"08:00\"\ndo = \"on\"\n[[event]]\nat = \"08:00\"\ndo = \"join\"";
    let nothing = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    let often = hotspot(&format!(
        r#"{ASKS}<parm name="EntitlementInterval" value="60"/>"#
    ));
    let resources = Resources {
        documents: &nothing,
        pushes: &|_| Err(std::io::ErrorKind::NotFound.into()),
        folder: "nowhere",
        servers: &servers(),
    };
    let timeline = Timeline::read(text, &resources, &often.bytes).expect("a timeline");
    let (mut device, _) = device(&[("Internet", Link::Up)], &often);
    let mut progress = Progress::default();
    let mut impatient = Impatient { left: 100 };
    let outcome = simulate(
        &mut device,
        &timeline,
        &mut Yes,
        &mut impatient,
        &mut progress,
    );
    assert!(matches!(outcome, Err(SimulationError::Stopped)));
    assert_eq!(progress.events, 99);
    assert!(timeline.start.at < progress.until && progress.until < timeline.end);
    let restart = Action::Restart(Restart::Device);
    let more = device.act(progress.until, &restart, &mut Memory::default());
    assert!(more.is_ok(), "the device can be looked at afterwards");
}
