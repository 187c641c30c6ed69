//! What a scenario costs, and that many at once do not see each other.

use std::thread;
use std::time::{Duration, Instant};

use ics_harness::testbed::transcript::Meaning;
use ics_harness::testbed::{Scenario, Tcp};

use crate::Theatre;
use crate::client::{YES, ask, clear};
use crate::runner::{Claim, say};

pub(crate) const CLAIMS: &[Claim] = &[
    ("cost_of_a_world_is_small", small),
    ("cost_of_fifty_worlds_at_once_is_small", at_once),
];

/// Far above what is measured, for a machine under load.
const MOST: Duration = Duration::from_millis(500);

fn small(theatre: &Theatre) {
    const ROUNDS: u32 = 20;
    let (mut set, mut finished) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let network = theatre.network(Scenario::ALLOW);
        set += begun.elapsed();
        assert!(ask(&mut clear()).0.ends_with(YES));
        let begun = Instant::now();
        network.finish();
        finished += begun.elapsed();
    }
    let (set, finished) = (set / ROUNDS, finished / ROUNDS);
    say(&format!(
        "one scenario after the other: set {set:?}, finished {finished:?}"
    ));
    assert!(set + finished < MOST);
}

fn at_once(theatre: &Theatre) {
    const WORLDS: usize = 50;
    let begun = Instant::now();
    let all_set = std::sync::Barrier::new(WORLDS);
    thread::scope(|scope| {
        for number in 0..WORLDS {
            let all_set = &all_set;
            scope.spawn(move || {
                // Every other scenario refuses what its neighbours accept.
                let tcp = if number % 2 == 0 {
                    Tcp::Accepts
                } else {
                    Tcp::Refuses
                };
                let network = theatre.network(Scenario {
                    tcp,
                    ..Scenario::ALLOW
                });
                all_set.wait();
                if number == 0 {
                    say(&format!(
                        "{WORLDS} scenarios at once: all set after {:?}",
                        begun.elapsed()
                    ));
                }
                if tcp == Tcp::Accepts {
                    assert!(ask(&mut clear()).0.ends_with(YES));
                } else {
                    std::net::TcpStream::connect("203.0.113.10:80").unwrap_err();
                }
                let transcript = network.finish();
                let yes = usize::from(tcp == Tcp::Accepts);
                assert_eq!(transcript.answers(Meaning::Allow), yes, "{transcript}");
                assert_eq!(transcript.attempts, Some(1));
            });
        }
    });
    let all = begun.elapsed();
    say(&format!("{WORLDS} scenarios at once: done after {all:?}"));
    assert!(all < MOST * u32::try_from(WORLDS).unwrap());
}
