//! Scenarios that change while a client lives.

use std::io::{Read, Write};

use ics_harness::testbed::transcript::Meaning;
use ics_harness::testbed::{Dns, Http, Link, Scenario, Tcp, Tls, WireFault};

use crate::Theatre;
use crate::client::{HOST, YES, ask, careful, clear, curl, read, request, secure};
use crate::runner::{Claim, has};

pub(crate) const CLAIMS: &[Claim] = &[
    ("shift_changes_an_open_connection", open_connection),
    ("shift_closes_what_can_no_longer_be", closes),
    ("shift_goes_from_everything_to_everything", everything),
    (
        "shift_does_not_resume_a_session_of_another_certificate",
        resumption,
    ),
];

fn once(stream: &mut (impl Read + Write)) -> String {
    stream.write_all(request().as_bytes()).unwrap();
    read(stream, 1).0
}

fn open_connection(theatre: &Theatre) {
    let mut network = theatre.network(Scenario::ALLOW);
    let mut stream = secure(&careful(theatre.servers.authority())).unwrap();
    assert!(once(&mut stream).ends_with(YES));
    network.change_scenario(Scenario::DENY).unwrap();
    assert!(once(&mut stream).starts_with("HTTP/1.1 403 "));
    network
        .change_scenario(Scenario {
            http: Http::Broken(WireFault::Closed),
            ..Scenario::ALLOW
        })
        .unwrap();
    assert_eq!(once(&mut stream), "");
    drop(stream);
    let transcript = network.finish();
    assert_eq!(transcript.connections(), 1, "{transcript}");
    assert_eq!(transcript.entries.last().unwrap().phase, 2);
    assert_eq!(
        [0, 1, 2, 3].map(|phase| transcript.requests_in(phase)),
        [1, 1, 1, 0]
    );
    assert_eq!(transcript.attempts, Some(1));
}

fn closes(theatre: &Theatre) {
    for scenario in [
        Scenario {
            tcp: Tcp::Refuses,
            ..Scenario::ALLOW
        },
        Scenario {
            tls: Tls::Expired,
            ..Scenario::ALLOW
        },
        Scenario {
            link: Link::Down,
            ..Scenario::ALLOW
        },
    ] {
        let mut network = theatre.network(Scenario::ALLOW);
        let mut stream = secure(&careful(theatre.servers.authority())).unwrap();
        assert!(once(&mut stream).ends_with(YES));
        network.change_scenario(scenario).unwrap();
        // An idle connection has ended by then, with a good-bye.
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
        secure(&careful(theatre.servers.authority())).unwrap_err();
    }
}

fn everything(theatre: &Theatre) {
    if !has("curl", "shift_goes_from_everything_to_everything") {
        return;
    }
    let allow = Scenario::ALLOW;
    // With the exit codes that curl has for them.
    let scenarios = [
        (
            Scenario {
                tcp: Tcp::Unreachable,
                ..allow
            },
            &[7][..],
        ),
        (
            Scenario {
                tcp: Tcp::Refuses,
                ..allow
            },
            &[7],
        ),
        (
            Scenario {
                tcp: Tcp::Silent,
                ..allow
            },
            &[28],
        ),
        (
            Scenario {
                link: Link::Down,
                ..allow
            },
            &[6],
        ),
        (
            Scenario {
                dns: Dns::Nxdomain,
                ..allow
            },
            &[6],
        ),
        (
            Scenario {
                tls: Tls::Expired,
                ..allow
            },
            &[60],
        ),
        // Some versions of OpenSSL take a close for an error of their own.
        (
            Scenario {
                http: Http::Broken(WireFault::Closed),
                ..allow
            },
            &[52, 56],
        ),
    ];
    let mut network = theatre.network(scenarios[0].0);
    let url = format!("https://{HOST}/");
    for (scenario, codes) in scenarios {
        network.change_scenario(scenario).unwrap();
        let exit = curl(&[&url]).2;
        assert!(codes.contains(&exit), "{scenario:?}: {exit}");
        network.change_scenario(allow).unwrap();
        let (body, _, exit) = curl(&[&url]);
        assert_eq!((body.as_str(), exit), (YES, 0), "after {scenario:?}");
    }
    let transcript = network.finish();
    assert_eq!(
        transcript.answers(Meaning::Allow),
        scenarios.len(),
        "{transcript}"
    );
}

fn resumption(theatre: &Theatre) {
    let config = careful(theatre.servers.authority());
    let mut network = theatre.network(Scenario::ALLOW);
    let resumed = |network: &str| {
        let mut stream = secure(&config).unwrap_or_else(|error| panic!("{network}: {error}"));
        assert!(once(&mut stream).ends_with(YES));
        stream.conn.handshake_kind() == Some(rustls::HandshakeKind::Resumed)
    };
    assert!(!resumed("first"));
    assert!(resumed("second"));
    network
        .change_scenario(Scenario {
            tls: Tls::Expired,
            ..Scenario::ALLOW
        })
        .unwrap();
    secure(&config).unwrap_err();
    let transcript = network.finish();
    assert_eq!(transcript.refused_handshakes(), 1, "{transcript}");
    // In clear there is nothing to resume and all is as it was.
    let network = theatre.network(Scenario::ALLOW);
    assert!(ask(&mut clear()).0.ends_with(YES));
    drop(network);
}
