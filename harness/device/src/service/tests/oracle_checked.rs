//! The oracle finds what it has to find: traces of imaginary services, each with
//! one error, and the same traces without it.

use super::bed::{applied, entitled, joins, settings};
use super::oracle::{Broken, Oracle};
use crate::csp::HotSpot;
use crate::service::{
    Answer, CheckId, Client, ClientId, Connection, Effect, Event, Link, Moment, Purpose, Refusal,
    Restart, Stopped, Via,
};

/// When, the event, and its effects.
type Step = (u64, Event, Vec<Effect>);

/// The verdict of the oracle on a trace with the connections A and B, which are up.
fn verdict(steps: impl IntoIterator<Item = Step>) -> Result<(), Broken> {
    let connections = ["A", "B"].map(|name| Connection {
        name: name.to_owned(),
        link: Link::Up,
    });
    let mut oracle = Oracle::new(HotSpot::default(), connections.to_vec());
    steps.into_iter().try_for_each(|(second, event, effects)| {
        oracle.see(Moment::seconds(second), &event, &effects)
    })
}

fn asks(check: u64, second: u64) -> Effect {
    Effect::AskPlugin {
        check: CheckId(check),
        library: "a.dll".to_owned(),
        purpose: Purpose::Enable,
        until: Moment::seconds(second + 60),
    }
}

fn answered(check: u64, answer: Answer) -> Event {
    Event::CheckAnswered {
        check: CheckId(check),
        answer,
    }
}

fn starts(over: &[&str]) -> Effect {
    Effect::StartSharing {
        over: over.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn client(id: u32) -> Client {
    Client {
        id: ClientId(id),
        via: Via::WiFi,
    }
}

/// From the first document to sharing over what it maps, at second 10.
fn shares(stored: HotSpot, over: &[&str]) -> Vec<Step> {
    vec![
        (0, applied(stored), vec![Effect::AddScreen]),
        (0, Event::Restarted(Restart::Device), vec![]),
        (0, Event::ConnectionUp("A".to_owned()), vec![]),
        (0, Event::ConnectionUp("B".to_owned()), vec![]),
        (10, Event::UserTurnsOn, vec![asks(1, 10)]),
        (10, answered(1, Answer::Success), vec![starts(over)]),
    ]
}

/// A life and one more step, which is right or wrong.
fn then(mut life: Vec<Step>, second: u64, event: Event, effects: Vec<Effect>) -> Vec<Step> {
    life.push((second, event, effects));
    life
}

#[test]
fn what_is_right_is_not_blamed_and_what_is_wrong_is() {
    let all = ["A", "B"];
    let plain = || {
        shares(
            entitled(&[("PeerlessTimeout", "3"), ("MaxUsers", "2")]),
            &all,
        )
    };
    let ends = |because| vec![Effect::StopSharing(because)];
    let early = "sharing ends before its time, or for another reason than is given";
    // The change of a time-out waits for a restart.
    let shorter = || {
        let one = entitled(&[("PeerlessTimeout", "1"), ("PublicConnectionTimeout", "1")]);
        then(plain(), 20, applied(one), vec![])
    };
    let cut_off = || {
        let life = then(
            shorter(),
            20,
            joins(1, Via::WiFi),
            vec![Effect::Admit(client(1))],
        );
        let life = then(life, 30, Event::ConnectionDown("A".to_owned()), vec![]);
        then(life, 30, Event::ConnectionDown("B".to_owned()), vec![])
    };
    let two = || {
        let life = then(
            plain(),
            20,
            joins(1, Via::WiFi),
            vec![Effect::Admit(client(1))],
        );
        then(
            life,
            20,
            joins(2, Via::WiFi),
            vec![Effect::Admit(client(2))],
        )
    };
    let refused = |because| {
        vec![Effect::Refuse {
            client: client(3),
            because,
        }]
    };
    let third = || joins(3, Via::WiFi);
    let asking = || {
        vec![
            (0, applied(entitled(&[])), vec![Effect::AddScreen]),
            (10, Event::UserTurnsOn, vec![asks(1, 10)]),
        ]
    };
    let freed = || {
        let free = settings(&[("Enabled", "true"), ("EntitlementRequired", "false")]);
        then(asking(), 20, applied(free), vec![])
    };
    let hourly = || {
        shares(
            entitled(&[("EntitlementInterval", "3600"), ("PeerlessTimeout", "90")]),
            &all,
        )
    };
    let named = |over| shares(entitled(&[("DedicatedConnections", "A")]), over);
    for (what, life, expected) in [
        (
            "no client for the time that was set at the start",
            then(shorter(), 190, Event::Woken, ends(Stopped::NoClients)),
            Ok(()),
        ),
        (
            "no client for the time that was set meanwhile",
            then(shorter(), 80, Event::Woken, ends(Stopped::NoClients)),
            Err(early),
        ),
        (
            "no client for too long",
            then(plain(), 200, Event::Woken, vec![]),
            Err("sharing on without clients past PeerlessTimeout"),
        ),
        (
            "no connection for the time that was set at the start",
            then(cut_off(), 1230, Event::Woken, ends(Stopped::NoConnection)),
            Ok(()),
        ),
        (
            "no connection for the time that was set meanwhile",
            then(cut_off(), 100, Event::Woken, ends(Stopped::NoConnection)),
            Err(early),
        ),
        (
            "turned off without a cause",
            then(plain(), 20, Event::SettingsOpened, ends(Stopped::TurnedOff)),
            Err(early),
        ),
        (
            "a third of two users is refused",
            then(two(), 30, third(), refused(Refusal::TooManyUsers)),
            Ok(()),
        ),
        (
            "a third of two users is let in",
            then(two(), 30, third(), vec![Effect::Admit(client(3))]),
            Err("more clients than MaxUsers"),
        ),
        (
            "the first of two users is refused",
            then(plain(), 30, third(), refused(Refusal::TooManyUsers)),
            Err("a client is refused for which there is room"),
        ),
        (
            "nothing is reported as shared while it is",
            then(plain(), 30, third(), refused(Refusal::NotSharing)),
            Err("a client is refused for which there is room"),
        ),
        (
            "FAILED starts it, for no check is required any more",
            then(freed(), 30, answered(1, Answer::Failed), vec![starts(&all)]),
            Err("sharing starts without a SUCCESS newer than the attempt"),
        ),
        (
            "it starts while the plugin is asked",
            then(asking(), 30, Event::SettingsOpened, vec![starts(&all)]),
            Err("sharing starts without a SUCCESS newer than the attempt"),
        ),
        (
            "two checks",
            then(asking(), 20, Event::Woken, vec![asks(2, 20)]),
            Err("two checks at once"),
        ),
        (
            "a check without end",
            then(asking(), 70, Event::Woken, vec![]),
            Err("a check continues past its limit"),
        ),
        (
            "asked anew after the interval",
            then(hourly(), 3610, Event::Woken, vec![asks(2, 3610)]),
            Ok(()),
        ),
        (
            "not asked anew after the interval",
            then(hourly(), 3610, Event::Woken, vec![]),
            Err("sharing on an answer older than the interval, without a check"),
        ),
        (
            "a failed periodic check is forgotten",
            then(
                then(hourly(), 3610, Event::Woken, vec![asks(2, 3610)]),
                3611,
                answered(2, Answer::Unavailable),
                vec![],
            ),
            Err("a failed periodic check does not end sharing"),
        ),
        ("only what is mapped is shared", named(&["A"]), Ok(())),
        (
            "what is not mapped is shared",
            named(&["A", "B"]),
            Err("something is shared that is not there or not mapped, or not all of it is"),
        ),
        (
            "what is not there is shared",
            shares(entitled(&[]), &["A", "B", "C"]),
            Err("something is shared that is not there or not mapped, or not all of it is"),
        ),
        (
            "not all is shared",
            shares(entitled(&[]), &["B"]),
            Err("something is shared that is not there or not mapped, or not all of it is"),
        ),
        (
            "a client is sent away for which there is room",
            then(
                two(),
                30,
                Event::Woken,
                vec![Effect::Disconnect {
                    client: client(1),
                    because: Refusal::TooManyBluetoothUsers,
                }],
            ),
            Err("a client is disconnected for which there is room"),
        ),
        (
            "on after a document that disables it",
            then(
                plain(),
                20,
                applied(settings(&[("Enabled", "false")])),
                vec![],
            ),
            Err("sharing while Enabled is false"),
        ),
        (
            "on after it was turned off",
            then(plain(), 20, Event::UserTurnsOff, vec![]),
            Err("sharing continues after it was ended"),
        ),
    ] {
        assert_eq!(verdict(life), expected, "{what}");
    }
}
