//! What a load depends on, and what not.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

const BUSY: &str = r#"
[habits]
users = 0.7
sessions = 1.5
on = { hours = [1, 1, 1, 1, 1, 2, 4, 8, 8, 6, 6, 6, 7, 7, 6, 6, 7, 9, 12, 14, 12, 8, 4, 2] }
varies = "40m"
lasts = { log-normal = { median = "40m", factor = 2.5 } }
retry = { share = 0.4, after = { exponential = { mean = "2m" } } }
denied = 0.05
jitter = "20s"
[[outage]]
from = "18:00"
to = "18:30"
"#;

#[test]
fn the_number_of_threads_changes_nothing() {
    let load = load(BUSY, 10_000, 1800);
    let one = totals(&load);
    for threads in [2, 3] {
        let threads = NonZeroUsize::new(threads).expect("not zero");
        assert_eq!(run(&load, threads, &|_| true), Ok(one.clone()));
    }
}

#[test]
fn another_seed_is_another_population() {
    let mut load = load(BUSY, 10_000, 1800);
    let one = totals(&load);
    load.seed = 2;
    let other = totals(&load);
    assert_ne!(one.per_second, other.per_second);
    let ratio = Summary::new(&one).mean / Summary::new(&other).mean;
    assert!((ratio - 1.0).abs() < 0.05, "{ratio}");
}

/// With another interval the same users do the same, so the first checks of the day are the same.
#[test]
fn another_interval_has_the_same_users() {
    let mut load = load(
        "[habits]\non = \"12:00\"\nvaries = \"3h\"\nlasts = \"10m\"",
        5000,
        86_400,
    );
    let long = totals(&load);
    load.terms.interval = Duration::from_secs(601);
    assert_eq!(totals(&load), long);
}

#[test]
fn the_caller_sees_how_far_it_is_and_can_stop_it() {
    let load = load(ALWAYS, 5000, 3600);
    let seen = AtomicU64::new(0);
    let look = |done: u64| {
        seen.fetch_max(done, Ordering::Relaxed);
        true
    };
    run(&load, NonZeroUsize::MIN, &look).expect("not stopped");
    assert_eq!(seen.into_inner(), 5000);
    assert_eq!(run(&load, NonZeroUsize::MIN, &|_| false), Err(Stopped));
}
