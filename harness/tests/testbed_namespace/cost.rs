//! The cost of a scenario, and the isolation of many at once.

use std::thread;
use std::time::{Duration, Instant};

use ics_harness::testbed::transcript::Meaning;
use ics_harness::testbed::{Scenario, Tcp};

use crate::TestServers;
use crate::client::{ALLOWED, ask, cleartext};
use crate::runner::{Claim, print_line};

pub(crate) const CLAIMS: &[Claim] = &[
    ("cost_of_a_scenario_is_small", small),
    ("cost_of_fifty_scenarios_at_once_is_small", at_once),
];

/// Far above what is measured, for a machine under load.
const MOST: Duration = Duration::from_millis(500);

fn small(test: &TestServers) {
    const ROUNDS: u32 = 20;
    let (mut set, mut finished) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let network = test.network(Scenario::ALLOW);
        set += begun.elapsed();
        assert!(ask(&mut cleartext()).0.ends_with(ALLOWED));
        let begun = Instant::now();
        network.finish();
        finished += begun.elapsed();
    }
    let (set, finished) = (set / ROUNDS, finished / ROUNDS);
    print_line(&format!(
        "one scenario after the other: set {set:?}, finished {finished:?}"
    ));
    assert!(set + finished < MOST);
}

fn at_once(test: &TestServers) {
    const SCENARIOS: usize = 50;
    let begun = Instant::now();
    let all_set = std::sync::Barrier::new(SCENARIOS);
    thread::scope(|scope| {
        for number in 0..SCENARIOS {
            let all_set = &all_set;
            scope.spawn(move || {
                // Every other scenario refuses what its neighbours accept.
                let tcp = if number % 2 == 0 {
                    Tcp::Accepts
                } else {
                    Tcp::Refuses
                };
                let network = test.network(Scenario {
                    tcp,
                    ..Scenario::ALLOW
                });
                all_set.wait();
                if number == 0 {
                    print_line(&format!(
                        "{SCENARIOS} scenarios at once: all set after {:?}",
                        begun.elapsed()
                    ));
                }
                if tcp == Tcp::Accepts {
                    assert!(ask(&mut cleartext()).0.ends_with(ALLOWED));
                } else {
                    std::net::TcpStream::connect("203.0.113.10:80").unwrap_err();
                }
                let transcript = network.finish();
                let allowed = usize::from(tcp == Tcp::Accepts);
                assert_eq!(transcript.answers(Meaning::Allow), allowed, "{transcript}");
                assert_eq!(transcript.attempts, Some(1));
            });
        }
    });
    let all = begun.elapsed();
    print_line(&format!(
        "{SCENARIOS} scenarios at once: done after {all:?}"
    ));
    assert!(all < MOST * u32::try_from(SCENARIOS).unwrap());
}
