//! Outages, their ends, and what jitter does to them.

use super::*;
use crate::service::Moment;

const DEVICES: u64 = 20_000;
const HOUR: usize = 3600;

/// Devices that have shared since the morning, and an outage of an hour.
fn outage(more: &str) -> String {
    let always = ALWAYS.replace("24:00", "12:00");
    format!("{always}{more}\n[[outage]]\nfrom = \"12:00\"\nto = \"13:00\"\ntakes = \"0s\"\n")
}

#[test]
fn at_the_end_of_an_outage_everybody_who_lost_sharing_asks_at_once() {
    for (interval, share) in [(1800, 1.0), (7200, 0.5)] {
        let totals = totals(&load(&outage(""), DEVICES, interval));
        // Those that were due in the outage. Each had no answer, and none was repeated.
        let lost = DEVICES as f64 * share;
        let in_outage = &totals.per_second[12 * HOUR..13 * HOUR];
        let asked: u32 = in_outage.iter().sum();
        assert!((f64::from(asked) / lost - 1.0).abs() < 0.02, "{asked}");
        assert_eq!(u64::from(asked), totals.unavailable);
        let summary = Summary::new(&totals);
        assert_eq!(summary.peak_at, Moment::seconds(13 * 3600));
        let peak = f64::from(summary.peak);
        assert!((peak / lost - 1.0).abs() < 0.02, "{peak}");
        // One interval later they ask at once again: nothing spreads them.
        let echo = f64::from(totals.per_second[13 * HOUR + interval as usize]);
        assert!((echo / lost - 1.0).abs() < 0.02, "{echo}");
    }
}

#[test]
fn jitter_spreads_the_end_of_an_outage_over_its_length() {
    let totals = totals(&load(&outage("jitter = \"30s\""), DEVICES, 1800));
    let end = 13 * HOUR;
    let spread = mean(&totals.per_second[end..end + 30]);
    assert!(
        (spread / (DEVICES as f64 / 30.0) - 1.0).abs() < 0.02,
        "{spread}"
    );
    // None of these seconds is above its mean by more than chance makes likely.
    let most = spread + 4.0 * spread.sqrt();
    let seconds = &totals.per_second[end..end + 30];
    assert!(
        seconds.iter().all(|count| f64::from(*count) < most),
        "{seconds:?}"
    );
    assert!(totals.per_second[end + 31] < 10);
}

#[test]
fn users_who_try_again_during_an_outage_load_the_server() {
    let retries = "retry = { share = 1.0, after = \"10m\", most = 2 }";
    let totals = totals(&load(&outage(retries), DEVICES, 1800));
    // Each device that is due by 12:40 asks three times, and then waits for the end.
    let early = DEVICES as f64;
    let asked = totals.unavailable as f64;
    assert!((asked / (3.0 * early) - 1.0).abs() < 0.02, "{asked}");
    assert_eq!(Summary::new(&totals).peak_at, Moment::seconds(13 * 3600));
}

#[test]
fn who_does_not_want_to_share_any_more_does_not_ask_again() {
    let text = r#"
[habits]
on = { uniform = { from = "11:00", to = "12:00" } }
lasts = "90m"
takes = "0s"
[[outage]]
from = "10:00"
to = "13:00"
takes = "1s"
ask-again = { share = 0.8, after = { uniform = { from = "0s", to = "5m" } } }
"#;
    let totals = totals(&load(text, DEVICES, 86_400));
    // Half of the sessions end before 13:00; the others are at their end later by half an hour at most,
    // and those that end within five minutes may end before the user knows.
    let wanted: f64 = 0.5 - 5.0 / 60.0 / 2.0;
    let again: u32 = totals.per_second[13 * HOUR..].iter().sum();
    let theory = 0.8 * wanted * DEVICES as f64;
    assert!((f64::from(again) / theory - 1.0).abs() < 0.025, "{again}");
}

/// A check that runs at the end of an outage is waited for, and its user asks again after it.
#[test]
fn checks_without_answer_at_the_end_are_followed_by_another_one() {
    let text = outage("").replace("takes = \"0s\"\n", "");
    let totals = totals(&load(&text, DEVICES, 3600));
    let end = 13 * HOUR;
    let at_once = f64::from(totals.per_second[end]);
    let later: u32 = totals.per_second[end + 1..end + 61].iter().sum();
    let minute = DEVICES as f64 / 60.0;
    assert!(
        (at_once / (DEVICES as f64 - minute) - 1.0).abs() < 0.02,
        "{at_once}"
    );
    assert!(
        (f64::from(later) - minute).abs() < 4.0 * minute.sqrt(),
        "{later}"
    );
}
