//! Each kind of step does what its documentation describes.

use std::collections::HashSet;

use ics_harness::testbed::Scenario;
use ics_harness::worker::observation::End;
use ics_harness::worker::script::{CancelMoment, Step, ThreadRef};
use ics_harness::worker::{self, Cancel};

use super::support::{CALL, CHECK, LOAD, Plugin, UNLOAD, values};

#[test]
fn calls_are_made_as_often_as_requested() {
    let ran = Plugin::new("counts", &[]).finish(&[
        LOAD,
        Step::Call {
            on: ThreadRef::Main,
            times: 3,
        },
        Step::CallSequentially { threads: 4 },
        Step::CallConcurrently {
            threads: 5,
            calls: 2,
        },
        UNLOAD,
    ]);
    assert_eq!(values(&ran, 1), [0, 1, 2]);
    assert_eq!(values(&ran, 2), [3, 4, 5, 6]);
    let together: HashSet<i32> = values(&ran, 3).into_iter().collect();
    assert_eq!(together, (7..17).collect());
}

#[test]
fn together_means_at_the_same_time() {
    // Each call returns only when eight are inside.
    let ran = Plugin::new("counts", &["AT_ONCE=8"]).finish(&[
        LOAD,
        Step::CallConcurrently {
            threads: 8,
            calls: 1,
        },
    ]);
    assert_eq!(values(&ran, 1).len(), 8);
}

#[test]
fn each_round_is_a_fresh_load() {
    for own_thread in [false, true] {
        let ran = Plugin::new("counts", &[]).finish(&[Step::Rounds {
            count: 25,
            own_thread,
        }]);
        assert_eq!(values(&ran, 0), [0; 25]);
    }
}

#[test]
fn a_cancelled_thread_ends_in_the_call_unless_that_forbids_it() {
    let cancelled = |when| Step::CancelledCall { when };
    let script = [
        LOAD,
        cancelled(CancelMoment::BeforeTheCall),
        cancelled(CancelMoment::WhileItWaits),
        UNLOAD,
    ];
    let ran = Plugin::new("waits", &[]).finish(&script);
    assert_eq!([values(&ran, 1), values(&ran, 2)].concat(), [0; 0]);
    let ran = Plugin::new("waits", &["PROTECTED"]).finish(&script);
    assert_eq!([values(&ran, 1), values(&ran, 2)], [[1], [1]]);
}

#[test]
fn a_forked_call_is_made_in_a_copy_of_the_process() {
    let ran = Plugin::new("counts", &[]).finish(&[LOAD, CALL, Step::CallInFork, CALL, UNLOAD]);
    assert_eq!(values(&ran, 2), [1]);
    // The copy's count is not that of the process.
    assert_eq!(values(&ran, 3), [1]);
}

#[test]
fn a_forked_call_that_ends_its_process_ends_no_other() {
    let ran = Plugin::new("ends", &["END=abort()"]).run(&[LOAD, Step::CallInFork, UNLOAD]);
    assert_eq!(ran.end, End::Finished);
    let error = ran.steps[1].error.as_deref();
    assert_eq!(error, Some("the call ended the process by SIGABRT"));
    assert_eq!(values(&ran, 1), [0; 0]);
}

#[test]
fn a_thread_has_the_stack_it_was_given() {
    let thread = |thread, stack| Step::SpawnThread { thread, stack };
    let call = |on| Step::Call { on, times: 1 };
    let ran = Plugin::new("stack", &[]).finish(&[
        thread(1, Some(256)),
        thread(2, None),
        Step::Load {
            on: ThreadRef::Thread(2),
        },
        call(ThreadRef::Thread(1)),
        call(ThreadRef::Main),
        Step::JoinThread { thread: 1 },
        Step::Unload {
            on: ThreadRef::Main,
        },
        Step::JoinThread { thread: 2 },
    ]);
    assert_eq!(values(&ran, 3), [256]);
    assert_eq!(values(&ran, 4), [-1]);
}

#[test]
fn the_script_waits_for_a_change_of_scenario() {
    let plugin = Plugin::new("value", &[]);
    let mut seen = Vec::new();
    let ran = worker::run(
        &plugin.path,
        &[
            LOAD,
            Step::ChangeScenario(Scenario::DENY),
            CALL,
            Step::ChangeScenario(Scenario::ALLOW),
            CALL,
        ],
        &plugin.options,
        &mut |scenario| {
            seen.push(scenario);
            Ok(worker::ScenarioChange::Made)
        },
        &Cancel::new().unwrap(),
    )
    .unwrap();
    assert_eq!(ran.end, End::Finished);
    assert_eq!(ran.steps.len(), 5);
    assert_eq!(seen, [Scenario::DENY, Scenario::ALLOW]);
}

#[test]
fn calls_are_counted_while_the_run_goes_on() {
    let plugin = Plugin::new("value", &[]);
    let counter = &plugin.options.counter;
    let calls = |times| Step::Call {
        on: ThreadRef::Main,
        times,
    };
    let mut made = None;
    let ran = worker::run(
        &plugin.path,
        &[
            LOAD,
            calls(5),
            Step::ChangeScenario(Scenario::DENY),
            calls(3),
        ],
        &plugin.options,
        &mut |_| {
            made = Some(counter.made());
            Ok(worker::ScenarioChange::Made)
        },
        &Cancel::new().unwrap(),
    );
    assert_eq!(ran.unwrap().end, End::Finished);
    assert_eq!((made, counter.made()), (Some(5), 8));
}

#[test]
fn without_time_for_the_next_scenario_no_more_calls_are_made() {
    let plugin = Plugin::new("value", &[]);
    let mut asked = 0;
    let ran = worker::run(
        &plugin.path,
        &[
            LOAD,
            Step::ChangeScenario(Scenario::DENY),
            CALL,
            Step::ChangeScenario(Scenario::ALLOW),
            CALL,
            Step::ChangeScenario(Scenario::ALLOW),
            Step::Unload {
                on: ThreadRef::Main,
            },
        ],
        &plugin.options,
        &mut |_| {
            asked += 1;
            Ok(match asked {
                1 => worker::ScenarioChange::Made,
                _ => worker::ScenarioChange::OutOfTime,
            })
        },
        &Cancel::new().unwrap(),
    )
    .unwrap();
    assert_eq!(ran.end, End::Finished);
    let calls: Vec<usize> = ran.steps.iter().map(|step| step.calls.len()).collect();
    assert_eq!(calls, [0, 0, 1, 0, 0, 0, 0]);
    assert!(ran.steps.iter().all(|step| step.error.is_none()));
    assert_eq!(asked, 3);
}

#[test]
fn the_loaders_own_message_is_kept() {
    let mut plugin = Plugin::new("value", &["IsEntitled=isEntitled"]);
    let ran = plugin.run(&CHECK);
    assert_eq!(ran.end, End::Finished);
    let error = ran.steps[0].error.as_deref().unwrap();
    assert!(error.contains("undefined symbol: IsEntitled"), "{error}");
    assert_eq!(ran.steps[1].error.as_deref(), Some("no plugin is loaded"));

    plugin.path.set_file_name("absent.so");
    let error = plugin.run(&CHECK).steps[0].error.clone().unwrap();
    assert!(
        error.contains("absent.so: cannot open shared object file"),
        "{error}"
    );
}

#[test]
fn impossible_steps_are_reported_and_the_script_goes_on() {
    let ran = Plugin::new("value", &[]).run(&[
        Step::JoinThread { thread: 3 },
        Step::SpawnThread {
            thread: 1,
            stack: Some(1),
        },
        LOAD,
        LOAD,
        Step::Call {
            on: ThreadRef::Thread(9),
            times: 1,
        },
        CALL,
    ]);
    let errors: Vec<bool> = ran.steps.iter().map(|step| step.error.is_some()).collect();
    assert_eq!(errors, [true, true, false, true, true, false]);
    assert_eq!(ran.end, End::Finished);
}

#[test]
fn the_callers_circumstances_do_not_reach_the_plugin() {
    let plugin = Plugin::new("variable", &[]);
    // The test below runs this one again in a program that was itself started with such variables.
    assert_eq!(values(&plugin.finish(&CHECK), 1), [0]);
    let plugin = plugin.variable("GIVEN", "1");
    assert_eq!(values(&plugin.finish(&CHECK), 1), [4]);
}

#[test]
fn nor_do_they_when_the_caller_is_steered() {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "worker::steps::the_callers_circumstances_do_not_reach_the_plugin",
            "--exact",
        ])
        .env("SSL_CERT_FILE", "/attacker.pem")
        .env("RUST_BACKTRACE", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    // A test of that name is there.
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("1 passed"), "{text}");
}
