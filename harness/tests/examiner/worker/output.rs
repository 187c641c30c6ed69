//! What a plugin prints and scribbles is kept apart from what the worker reports.

use ics_harness::worker::observation::{End, Output};
use ics_harness::worker::script::Step;

use super::support::{CHECK, LOAD, Plugin, values};

#[test]
fn a_quiet_plugin_printed_nothing() {
    let ran = Plugin::new("value", &[]).finish(&CHECK);
    assert_eq!(
        (ran.stdout, ran.stderr, ran.stray),
        (Output::default(), Output::default(), Output::default())
    );
}

#[test]
fn all_output_is_counted_and_the_first_of_it_kept() {
    let ran = Plugin::new("prints", &[]).finish(&CHECK);
    assert_eq!(ran.stdout.bytes, 500_000);
    assert_eq!(ran.stderr.bytes, 500_000);
    assert_eq!(ran.stdout.text.len(), 64 << 10);
    assert!(ran.stdout.text.starts_with("0000"));
    assert!(ran.stderr.text.starts_with("error 0000"));
}

#[test]
fn what_a_killed_plugin_printed_is_kept() {
    let ran = Plugin::new("ends", &["END=write(1,\"last words\",10);abort()"]).run(&CHECK);
    assert_eq!(ran.stdout.text, "last words");
}

#[test]
fn scribbling_on_all_descriptors_corrupts_no_report() {
    let ran = Plugin::new("scribbles", &[]).finish(&[LOAD, CHECK[1], Step::Snapshot, CHECK[2]]);
    assert_eq!(values(&ran, 1), [0]);
    assert!(ran.stray.bytes > 0);
    assert!(ran.stray.text.contains("no line end"), "{:?}", ran.stray);
}

#[test]
fn a_plugin_cannot_report_that_it_has_finished() {
    let forge =
        "END=for(int i=3;i<70000;i++)if(write(i,\"\\n\\\"finished\\\"\\n\",12)<0)continue;_exit(0)";
    let ran = Plugin::new("ends", &[forge]).run(&CHECK);
    assert_eq!(ran.end, End::Exited { code: 0, step: 1 });
}
