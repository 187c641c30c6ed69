//! How a worker can end.

use std::time::{Duration, Instant};

use ics_harness::worker::observation::End;
use ics_harness::worker::script::Step;

use super::support::{CALL, CHECK, LOAD, Plugin, SLACK, UNLOAD, values};

fn end_of(define: &str) -> End {
    Plugin::new("ends", &[define]).run(&CHECK).end
}

fn killed(signal: &str, step: usize) -> End {
    End::Killed {
        signal: signal.to_owned(),
        step,
    }
}

#[test]
fn a_plugin_that_answers_finishes() {
    let ran = Plugin::new("value", &["VALUE=1"]).finish(&CHECK);
    assert_eq!(values(&ran, 1), [1]);
    assert!(ran.steps[1].calls[0].errno_kept);
    assert_eq!(ran.unfinished, 0);
    assert!(ran.seconds >= ran.steps.iter().map(|step| step.seconds).sum());
}

#[test]
fn any_number_is_an_answer() {
    let ran = Plugin::new("value", &["VALUE=-2147483647-1"]).finish(&CHECK);
    assert_eq!(values(&ran, 1), [i32::MIN]);
}

#[test]
fn a_crash_is_named_by_signal_and_step() {
    assert_eq!(end_of("END=raise(SIGSEGV)"), killed("SIGSEGV", 1));
    assert_eq!(end_of("END=*(volatile int*)1=0"), killed("SIGSEGV", 1));
    assert_eq!(end_of("END=abort()"), killed("SIGABRT", 1));
    assert_eq!(end_of("END=raise(SIGRTMIN+3)"), killed("SIGRTMIN+3", 1));
}

#[test]
fn a_write_to_a_closed_pipe_kills_as_it_would_a_c_host() {
    assert_eq!(
        end_of("END=int p[2];pipe(p);close(p[0]);write(p[1],p,1)"),
        killed("SIGPIPE", 1)
    );
}

#[test]
fn an_exit_is_distinguished_from_a_crash_and_from_the_end() {
    assert_eq!(end_of("END=exit(0)"), End::Exited { code: 0, step: 1 });
    assert_eq!(end_of("END=_exit(0)"), End::Exited { code: 0, step: 1 });
    assert_eq!(end_of("END=exit(7)"), End::Exited { code: 7, step: 1 });
}

#[test]
fn loading_unloading_and_exiting_are_steps_too() {
    let loading = Plugin::new("constructor", &[]).run(&CHECK);
    assert_eq!(loading.end, End::Exited { code: 0, step: 0 });
    let unloading = Plugin::new("destructor", &[]).run(&CHECK);
    assert_eq!(unloading.end, killed("SIGABRT", 2));
    let exiting = Plugin::new("at_exit", &[]).run(&[LOAD, CALL]);
    assert_eq!(exiting.end, End::Exited { code: 5, step: 2 });
}

#[test]
fn a_hang_is_ended_soon_after_the_limit() {
    let limit = Duration::from_millis(700);
    let plugin = Plugin::new("ends", &["END=for(;;)pause()"]).limit(limit);
    let started = Instant::now();
    let ran = plugin.run(&CHECK);
    assert!(started.elapsed() >= limit);
    assert!(started.elapsed() < limit + SLACK);
    assert_eq!(
        ran.end,
        End::Hung {
            step: 1,
            seconds: 0
        }
    );
    assert_eq!(ran.steps.len(), 1);
}

#[test]
fn a_stopped_worker_hangs() {
    let plugin = Plugin::new("ends", &["END=raise(SIGSTOP)"]).limit(Duration::from_millis(500));
    assert!(matches!(plugin.run(&CHECK).end, End::Hung { step: 1, .. }));
}

#[test]
fn calls_that_end_are_signs_of_life() {
    let plugin = Plugin::new("ends", &["END=usleep(100000)"]).limit(Duration::from_millis(700));
    let times = Step::Call {
        on: ics_harness::worker::script::ThreadRef::Main,
        times: 15,
    };
    let ran = plugin.finish(&[LOAD, times, UNLOAD]);
    assert!(ran.seconds > 1.5);
}

#[test]
fn living_on_is_a_sign_of_life() {
    let plugin = Plugin::new("value", &[]).limit(Duration::from_millis(600));
    let ran = plugin.finish(&[
        LOAD,
        CALL,
        UNLOAD,
        Step::IdleWithLoad { milliseconds: 1500 },
    ]);
    assert!(ran.steps[3].seconds >= 1.5);
}

#[test]
fn what_was_done_of_the_last_step_is_counted() {
    let plugin = Plugin::new("ends", &["END=static int n;if(++n==8)abort()"]);
    let times = Step::Call {
        on: ics_harness::worker::script::ThreadRef::Main,
        times: 100,
    };
    let ran = plugin.run(&[LOAD, times]);
    assert_eq!(ran.end, killed("SIGABRT", 1));
    assert_eq!(ran.unfinished, 7);
    assert_eq!(ran.out_of_range, None);
}

#[test]
fn a_value_out_of_range_is_kept_after_a_crash_in_its_step() {
    // The answers are 1, -5, 7; the fourth call crashes.
    let answers =
        "END=static int n;switch(++n){case 1:return 1;case 2:return-5;case 3:return 7;}abort()";
    let plugin = Plugin::new("ends", &[answers]);
    let times = Step::Call {
        on: ics_harness::worker::script::ThreadRef::Main,
        times: 9,
    };
    for step in [times, Step::CallSequentially { threads: 9 }] {
        let ran = plugin.run(&[LOAD, step]);
        assert_eq!((ran.unfinished, ran.out_of_range), (3, Some(-5)));
    }
    // The calls of a finished step are in the record.
    let ran = Plugin::new("value", &["VALUE=3"]).run(&CHECK);
    assert_eq!((values(&ran, 1), ran.out_of_range), (vec![3], None));
}

#[test]
fn a_value_out_of_range_is_kept_after_a_crash_while_unloading() {
    let ran = Plugin::new("destructor", &["VALUE=9"]).run(&[Step::Rounds {
        count: 3,
        own_thread: true,
    }]);
    assert_eq!((ran.end, ran.out_of_range), (killed("SIGABRT", 0), Some(9)));
}

#[test]
fn a_plugin_that_closes_the_workers_channel_is_reported() {
    let ran = Plugin::new("closes", &[]).run(&CHECK);
    assert_eq!(ran.end, End::ChannelLost { step: 1 });
}
