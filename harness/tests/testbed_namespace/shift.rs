//! Worlds that change while a client lives.

use std::io::{Read, Write};

use ics_harness::world::transcript::Meaning;
use ics_harness::world::{Dns, Http, Link, Tcp, Tls, WireFault, World};

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
    let mut stage = theatre.stage(World::ALLOW);
    let mut stream = secure(&careful(theatre.servers.authority())).unwrap();
    assert!(once(&mut stream).ends_with(YES));
    stage.shift(World::DENY).unwrap();
    assert!(once(&mut stream).starts_with("HTTP/1.1 403 "));
    stage
        .shift(World {
            http: Http::Broken(WireFault::Closed),
            ..World::ALLOW
        })
        .unwrap();
    assert_eq!(once(&mut stream), "");
    drop(stream);
    let transcript = stage.finish();
    assert_eq!(transcript.connections(), 1, "{transcript}");
    assert_eq!(transcript.entries.last().unwrap().phase, 2);
    assert_eq!(
        [0, 1, 2, 3].map(|phase| transcript.requests_in(phase)),
        [1, 1, 1, 0]
    );
    assert_eq!(transcript.attempts, Some(1));
}

fn closes(theatre: &Theatre) {
    for world in [
        World {
            tcp: Tcp::Refuses,
            ..World::ALLOW
        },
        World {
            tls: Tls::Expired,
            ..World::ALLOW
        },
        World {
            link: Link::Down,
            ..World::ALLOW
        },
    ] {
        let mut stage = theatre.stage(World::ALLOW);
        let mut stream = secure(&careful(theatre.servers.authority())).unwrap();
        assert!(once(&mut stream).ends_with(YES));
        stage.shift(world).unwrap();
        // An idle connection has ended by then, with a good-bye.
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
        secure(&careful(theatre.servers.authority())).unwrap_err();
    }
}

fn everything(theatre: &Theatre) {
    if !has("curl", "shift_goes_from_everything_to_everything") {
        return;
    }
    let allow = World::ALLOW;
    // With the exit codes that curl has for them.
    let worlds = [
        (
            World {
                tcp: Tcp::Unreachable,
                ..allow
            },
            &[7][..],
        ),
        (
            World {
                tcp: Tcp::Refuses,
                ..allow
            },
            &[7],
        ),
        (
            World {
                tcp: Tcp::Silent,
                ..allow
            },
            &[28],
        ),
        (
            World {
                link: Link::Down,
                ..allow
            },
            &[6],
        ),
        (
            World {
                dns: Dns::Nxdomain,
                ..allow
            },
            &[6],
        ),
        (
            World {
                tls: Tls::Expired,
                ..allow
            },
            &[60],
        ),
        // Some versions of OpenSSL take a close for an error of their own.
        (
            World {
                http: Http::Broken(WireFault::Closed),
                ..allow
            },
            &[52, 56],
        ),
    ];
    let mut stage = theatre.stage(worlds[0].0);
    let url = format!("https://{HOST}/");
    for (world, codes) in worlds {
        stage.shift(world).unwrap();
        let exit = curl(&[&url]).2;
        assert!(codes.contains(&exit), "{world:?}: {exit}");
        stage.shift(allow).unwrap();
        let (body, _, exit) = curl(&[&url]);
        assert_eq!((body.as_str(), exit), (YES, 0), "after {world:?}");
    }
    let transcript = stage.finish();
    assert_eq!(
        transcript.answers(Meaning::Allow),
        worlds.len(),
        "{transcript}"
    );
}

fn resumption(theatre: &Theatre) {
    let config = careful(theatre.servers.authority());
    let mut stage = theatre.stage(World::ALLOW);
    let resumed = |stage: &str| {
        let mut stream = secure(&config).unwrap_or_else(|error| panic!("{stage}: {error}"));
        assert!(once(&mut stream).ends_with(YES));
        stream.conn.handshake_kind() == Some(rustls::HandshakeKind::Resumed)
    };
    assert!(!resumed("first"));
    assert!(resumed("second"));
    stage
        .shift(World {
            tls: Tls::Expired,
            ..World::ALLOW
        })
        .unwrap();
    secure(&config).unwrap_err();
    let transcript = stage.finish();
    assert_eq!(transcript.refused_handshakes(), 1, "{transcript}");
    // In clear there is nothing to resume and all is as it was.
    let stage = theatre.stage(World::ALLOW);
    assert!(ask(&mut clear()).0.ends_with(YES));
    drop(stage);
}
