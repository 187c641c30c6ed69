//! Loads whose rate is known without a simulation.

use super::*;

/// Within 1 %.
fn equal(simulated: f64, theory: f64) {
    let error = (simulated / theory - 1.0).abs();
    assert!(error < 0.01, "{simulated} and not {theory}");
}

#[test]
fn devices_that_share_all_the_time_ask_once_an_interval() {
    let devices = 20_000;
    for interval in [1800, 3600, 86_400] {
        let totals = totals(&load(ALWAYS, devices, interval));
        let theory = devices as f64 / interval as f64;
        equal(Summary::new(&totals).mean, theory);
        // Each hour has the same rate, as far as so many random events can.
        for hour in totals.per_second.chunks(3600) {
            let noise = 5.0 * (theory / 3600.0).sqrt();
            assert!((mean(hour) - theory).abs() < noise.max(theory / 100.0));
        }
    }
}

/// A second's checks are a Poisson variable, whose variance is its mean.
#[test]
fn the_seconds_differ_as_random_arrivals_do() {
    let totals = totals(&load(ALWAYS, 200_000, 86_400));
    let rate = mean(&totals.per_second);
    let squares = totals.per_second.iter().map(|count| {
        let difference = f64::from(*count) - rate;
        difference * difference
    });
    let variance = squares.sum::<f64>() / totals.per_second.len() as f64;
    assert!((variance / rate - 1.0).abs() < 0.03, "{variance} {rate}");
}

/// A session of 100 minutes with a check each half hour has four.
#[test]
fn a_session_asks_at_its_start_and_then_once_an_interval() {
    let text = r#"
[habits]
users = 0.5
sessions = 2
on = { uniform = { from = "09:00", to = "10:00" } }
lasts = "100m"
takes = "0s"
"#;
    let mut load = load(text, 40_000, 1800);
    let twice = totals(&load);
    assert!(twice.per_second[..9 * 3600].iter().all(|count| *count == 0));
    load.habits.sessions = 0.25;
    let rarely = Summary::new(&totals(&load));
    equal(rarely.checks as f64 / 20_000.0, 0.25 * 4.0);
}

#[test]
fn distributions_have_their_means() {
    for (lasts, mean) in [
        ("{ exponential = { mean = \"4h\" } }", 4.0),
        ("{ uniform = { from = \"2h\", to = \"6h\" } }", 4.0),
        ("{ normal = { mean = \"4h\", deviation = \"1h\" } }", 4.0),
        // The mean is the median times exp(s²/2), where s is the logarithm of the factor.
        (
            "{ log-normal = { median = \"4h\", factor = 2.0 } }",
            4.0 * (std::f64::consts::LN_2.powi(2) / 2.0).exp(),
        ),
    ] {
        let text = format!("[habits]\non = \"12:00\"\nlasts = {lasts}\ntakes = \"0s\"");
        let mut load = load(&text, 25_000, 1800);
        load.days = 2;
        let checks = Summary::new(&totals(&load)).checks as f64;
        // Each day has one session, with two checks an hour and half a one more, since the last
        // interval has begun.
        equal(checks / 50_000.0, mean * 2.0 + 0.5);
    }
}
