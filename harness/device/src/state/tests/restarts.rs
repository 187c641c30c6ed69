//! Changes that wait for a restart wait in the folder, too.

use crate::csp::Access;
use crate::document::{Diagnostics, Role, read};
use crate::service::{Effect, Event, Moment, Restart, Wait};
use crate::state::{Folder, State};

fn apply(state: &mut State, elements: &str) {
    let text = format!(
        "<wap-provisioningdoc><characteristic type=\"HotSpot\">{elements}</characteristic></wap-provisioningdoc>"
    );
    let document = read(text.as_bytes(), Role::Request).document.unwrap();
    let mut faults = Diagnostics::new();
    state.apply(&document, &Access::full(), &mut faults);
    assert!(!faults.refuse(), "{faults:?}");
}

const SHARES: &str =
    r#"<parm name="Enabled" value="true"/><parm name="EntitlementRequired" value="false"/>"#;
const SOON: &str =
    r#"<parm name="PeerlessTimeout" value="1"/><parm name="PublicConnectionTimeout" value="1"/>"#;

fn waiting(state: &State) -> Vec<(&str, Wait)> {
    let all = state.pending.iter();
    all.map(|one| (one.node.as_str(), one.until)).collect()
}

#[test]
fn a_change_waits_in_the_folder_for_its_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = State::default();
    apply(&mut state, SHARES);
    assert_eq!(waiting(&state), []);
    apply(&mut state, SOON);
    Folder::open(folder.path()).unwrap().store(&state).unwrap();

    let mut state = Folder::peek(folder.path()).unwrap();
    let both = [
        ("PeerlessTimeout", Wait::ServiceStart),
        ("PublicConnectionTimeout", Wait::Reboot),
    ];
    assert_eq!(waiting(&state), both);
    let pending = state.service().unwrap().waiting().len();
    assert_eq!(pending, 2, "the service knows it too");
    state.restarted(Restart::Service);
    assert_eq!(waiting(&state), both[1..]);
    state.restarted(Restart::Device);
    assert_eq!(state.service().unwrap().waiting(), []);
}

#[test]
fn a_change_taken_back_waits_no_more() {
    let mut state = State::default();
    apply(&mut state, SHARES);
    apply(&mut state, SOON);
    apply(&mut state, r#"<parm name="PeerlessTimeout" value="2"/>"#);
    assert_eq!(waiting(&state).len(), 2);
    apply(
        &mut state,
        r#"<noparm name="PeerlessTimeout"/><noparm name="PublicConnectionTimeout"/>"#,
    );
    assert_eq!(waiting(&state), []);
}

#[test]
fn a_default_that_is_written_down_changes_nothing_to_wait_for() {
    let soon = r#"<parm name="PeerlessTimeout" value="1"/>"#;
    let default = r#"<parm name="PeerlessTimeout" value="5"/>"#;
    let gone = r#"<noparm name="PeerlessTimeout"/>"#;
    for (documents, waits) in [
        (&[default][..], false),
        (&[default, gone], false),
        (&[soon, default], false),
        (&[default, soon], true),
        (&[default, soon, gone], false),
    ] {
        let mut state = State::default();
        apply(&mut state, SHARES);
        for document in documents {
            apply(&mut state, document);
        }
        assert_eq!(!waiting(&state).is_empty(), waits, "{documents:?}");
        let pending = state.service().unwrap().waiting().len();
        assert_eq!(pending > 0, waits, "the service agrees about {documents:?}");
    }
}

#[test]
fn the_service_is_notified_of_provisioned_connections() {
    let mut state = State::default();
    let before = state.settings.clone();
    let cdma = include_str!("../../../tests/vectors/cdma.xml");
    let document = read(cdma.as_bytes(), Role::Request).document.unwrap();
    let mut service = state.service().unwrap();
    state.apply(&document, &Access::full(), &mut Diagnostics::new());
    let mut effects = Vec::new();
    for event in state.events_after(&before).unwrap() {
        service.handle(Moment(0), event, &mut effects);
    }
    service.handle(Moment(0), Event::UserTurnsOn, &mut effects);
    let over = vec!["TetheringNAIConn".to_owned()];
    assert!(
        effects.contains(&Effect::StartSharing { over }),
        "{effects:?}"
    );
    let again = state.service().unwrap();
    assert_eq!(again.enumerate().len(), 1);
}

#[test]
fn a_state_edited_by_hand_is_reported_by_its_node() {
    let text = r#"{"settings": {"HotSpot": {"parms": {"MaxUsers": "9"}}}}"#;
    let state: State = serde_json::from_str(text).unwrap();
    assert_eq!(
        state.service().unwrap_err().to_string(),
        "the setting HotSpot/MaxUsers is `9`; expected a whole number of users from 1 to 8"
    );
}
