//! The cost of a scenario, and the isolation of many at once.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use ics_harness::testbed::containment::Containment;
use ics_harness::testbed::transcript::Meaning;
use ics_harness::testbed::{Scenario, Tcp};
use ics_harness::worker::observation::End;
use ics_harness::worker::script::{Step, ThreadRef};
use ics_harness::worker::{self, Cancel, Options};

use crate::TestServers;
use crate::client::{ALLOWED, ask, cleartext};
use crate::runner::{Claim, has, print_line};

pub(crate) const CLAIMS: &[Claim] = &[
    ("cost_of_a_scenario_is_small", small),
    ("cost_of_containment_is_small", contained),
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

/// What a run with a view of the file system of its own takes longer than one without.
fn contained(test: &TestServers) {
    const ROUNDS: usize = 30;
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("plugin.so");
    let source = folder.path().join("plugin.c");
    std::fs::write(&source, "int IsEntitled(void) { return 2; }").unwrap();
    if !has("cc", "the cost of containment") {
        return;
    }
    let mut compiler = Command::new("cc");
    compiler
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(&source);
    assert!(compiler.status().unwrap().success());
    let mut containment = test.isolation.containment(folder.path());
    containment.show(folder.path());
    let script = [Step::Load {
        on: ThreadRef::Main,
    }];
    let cancel = Cancel::new().unwrap();
    let median = |containment: Option<Containment>| {
        let options = Options {
            containment,
            program: Some(env!("CARGO_BIN_EXE_ics-harness").into()),
            ..Options::default()
        };
        let mut times: Vec<Duration> = (0..ROUNDS)
            .map(|_| {
                let begun = Instant::now();
                let ran = worker::run(
                    &library,
                    &script,
                    &options,
                    &mut |_| Ok(worker::ScenarioChange::Made),
                    &cancel,
                );
                assert_eq!(ran.unwrap().end, End::Finished);
                begun.elapsed()
            })
            .collect();
        times.sort();
        times[ROUNDS / 2]
    };
    let without = median(None);
    let with = median(Some(containment));
    print_line(&format!("a run: {without:?}, contained: {with:?}"));
    assert!(with < without + MOST);
}
