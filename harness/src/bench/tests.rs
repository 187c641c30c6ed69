use super::*;
use crate::worker::observation::{Call, StepReport};

/// A run in which each step takes `unit` seconds and the plugin returns `value`.
fn ran(script: &[Step], unit: f64, value: i32) -> Observation {
    let mut snapshots = 0;
    let steps = script
        .iter()
        .enumerate()
        .map(|(step, what)| {
            let times = match what {
                Step::Call { times, .. } => *times,
                Step::Rounds { count, .. } => *count,
                _ => 0,
            };
            let snapshot = matches!(what, Step::Snapshot).then(|| {
                snapshots += 1;
                Box::new(Snapshot {
                    memory: Some(1000 * snapshots),
                    descriptors: (0..i32::try_from(snapshots).unwrap())
                        .map(|number| (number, String::new()))
                        .collect(),
                    ..Snapshot::default()
                })
            });
            StepReport {
                step,
                seconds: unit,
                calls: vec![Call::returning(value, unit); times as usize],
                snapshot,
                ..StepReport::default()
            }
        })
        .collect();
    Observation::of_steps(steps, End::Finished)
}

fn library(folder: &Path, name: &str, bytes: usize) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, vec![0; bytes]).unwrap();
    path
}

const PLAN: Plan = Plan {
    rounds: 4,
    calls: 10,
};

#[test]
fn two_plugins_alternate_and_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let (fast, slow) = (
        library(folder.path(), "fast.so", 500),
        library(folder.path(), "slow.so", 1000),
    );
    let mut order = Vec::new();
    let bench = measure(PLAN, &[&fast, &slow], &mut |index, script| {
        order.push(index == 0);
        Ok(ran(script, if index == 0 { 0.001 } else { 0.004 }, 0))
    })
    .unwrap();
    assert_eq!(
        order[..8],
        [true, true, false, false, false, false, true, true]
    );
    let ratios = bench.ratios.unwrap();
    assert_eq!(
        (ratios.bytes, ratios.first_check, ratios.next_call),
        (0.5, 0.25, 0.25)
    );
    assert_eq!(bench.plugins[0].answers, BTreeMap::from([(0, 4 * 12)]));
    assert_eq!(
        (bench.plugins[0].memory, bench.plugins[0].descriptors),
        (1000, 1)
    );
    insta::assert_snapshot!(bench.to_string(), @"
                                         fast.so     slow.so  ratio
    size of the file                      0.5 kB      1.0 kB  0.500
    load                                1.000 ms    4.000 ms  0.250
    first call                          1.000 ms    4.000 ms  0.250
    next calls, median                  1.000 ms    4.000 ms  0.250
    next calls, 95 %                    1.000 ms    4.000 ms
    next calls, 99 %                    1.000 ms    4.000 ms
    unload                              1.000 ms    4.000 ms  0.250
    first check (load, call, unload)    1.000 ms    4.000 ms  0.250
    additional threads                         0           0
    additional descriptors                     1           1
    additional memory                   1000 KiB    1000 KiB
    answers                           SUCCESS 48  SUCCESS 48
    4 rounds, 10 calls after the first in each
    ");
}

#[test]
fn one_plugin_has_no_ratio() {
    let folder = tempfile::tempdir().unwrap();
    let path = library(folder.path(), "only.so", 1);
    let bench = measure(PLAN, &[&path], &mut |_, script| Ok(ran(script, 0.001, 2))).unwrap();
    assert_eq!(bench.ratios, None);
    assert!(bench.to_string().contains("UNAVAILABLE 48"));
}

#[test]
fn a_plugin_that_crashes_has_no_figures() {
    let folder = tempfile::tempdir().unwrap();
    let path = library(folder.path(), "bad.so", 1);
    let error = measure(PLAN, &[&path], &mut |_, script| {
        let mut ran = ran(script, 0.001, 0);
        ran.steps.truncate(2);
        ran.end = End::Killed {
            signal: "SIGSEGV".to_owned(),
            step: 2,
        };
        Ok(ran)
    })
    .unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("bad.so cannot be measured: SIGSEGV killed it in step 2")
    );
}
