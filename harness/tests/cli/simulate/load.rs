//! `simulate --devices`: the load of many devices.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{command, files, sample, simulate};

/// Devices that share all the time, so that each asks once an interval.
const ALWAYS: &str =
    "[habits]\non = { uniform = { from = \"00:00\", to = \"24:00\" } }\nlasts = \"9d\"\n";

#[test]
fn the_sample_is_simulated_side_by_side_and_as_a_table_plot_and_csv() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (html, csv) = (path("load.html"), path("load.csv"));
    let arguments = [
        &sample("minimal.xml"),
        "--timeline",
        &sample("load.toml"),
        "--devices",
        "20_000",
        "--interval",
        "1h",
        "--jitter",
        "30s",
    ];
    let mut drawn = arguments.to_vec();
    drawn.extend(["--html", &html, "--csv", &csv]);
    let output = command(&drawn)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .expect("it starts");
    let out = String::from_utf8(output.stdout).expect("text");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert!(
        err.contains("simulated 20 000 devices over 1 day, 4 times"),
        "{err}"
    );
    insta::assert_snapshot!(out);

    let csv = fs::read_to_string(csv).expect("written");
    let mut lines = csv.lines();
    let header =
        "second,checks,checks_86400s_jitter_30s,checks_3600s_jitter_0s,checks_3600s_jitter_30s";
    assert_eq!(lines.next(), Some(header));
    let checks: Vec<u64> = lines
        .map(|line| {
            line.split(',')
                .nth(1)
                .expect("a column")
                .parse()
                .expect("a number")
        })
        .collect();
    assert_eq!(checks.len(), 86_400);

    let html = fs::read_to_string(html).expect("drawn");
    for words in [
        "<svg",
        "minimal.xml · load.toml",
        "jitter 30 s",
        "outage",
        "Side by side",
    ] {
        assert!(html.contains(words), "{words}");
    }
    assert!(
        !html.contains("<script") && !html.contains("src="),
        "nothing from elsewhere"
    );

    let mut json = arguments.to_vec();
    json.push("--json");
    let (code, out, err) = simulate(&json);
    assert_eq!(code, 0, "{err}");
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let loads = report["loads"].as_array().expect("loads");
    assert_eq!(loads.len(), 4);
    assert_eq!(loads[0]["checks"], checks.iter().sum::<u64>());
    let peak = checks.iter().max().copied().expect("seconds");
    assert_eq!(loads[0]["peak"], peak);
    assert_eq!(loads[0]["peak_at"], "19:45:00");
    let second = loads[0]["peak_second"].as_u64().expect("a number");
    assert_eq!(checks[usize::try_from(second).expect("small")], peak);
    let of = |index: usize| loads[index]["peak"].as_u64().expect("a number");
    assert!(of(1) * 10 < of(0), "jitter spreads the peak: {loads:?}");
}

#[test]
fn the_rate_is_that_of_theory() {
    let (_folder, paths) = files(&[("always.toml", ALWAYS)]);
    let (code, out, err) = simulate(&[
        &sample("minimal.xml"),
        "--timeline",
        &paths[0],
        "--devices",
        "20000",
        "--interval",
        "2h",
        "--days",
        "2",
        "--json",
    ]);
    assert_eq!(code, 0, "{err}");
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    for (load, interval) in [(0, 86_400.0), (1, 7200.0)] {
        let mean = report["loads"][load]["mean"].as_f64().expect("a number");
        assert!((mean * interval / 20_000.0 - 1.0).abs() < 0.01, "{mean}");
    }
}

#[test]
fn the_seed_decides_and_bars_are_ascii_where_the_locale_is() {
    let run = |seed: &str| {
        let arguments = [&sample("minimal.xml"), "--timeline", &sample("load.toml")];
        let output = command(&arguments)
            .args(["--devices", "3000", "--seed", seed])
            .env("LC_ALL", "C")
            .output()
            .expect("it starts");
        String::from_utf8(output.stdout).expect("text")
    };
    let one = run("1");
    assert_eq!(one, run("1"));
    assert_ne!(one, run("2"));
    assert!(one.is_ascii() == cfg!(not(windows)), "{one}");
}

#[test]
fn what_makes_no_sense_together_is_refused() {
    let (at, paths) = files(&[
        ("habits.toml", ALWAYS),
        ("faulty.toml", "[habits]\non = \"25:00\"\n"),
        (
            "bad.xml",
            "<wap-provisioningdoc><characteristic type=\"HotSpot\"><parm name=\"MaxUsers\" value=\"9\"/></characteristic></wap-provisioningdoc>",
        ),
    ]);
    let [habits, faulty, bad] = &paths[..] else {
        unreachable!("three files");
    };
    let out = at.path().join("out").display().to_string();
    let minimal = sample("minimal.xml");
    let day = sample("day.toml");
    for (document, timeline, more, code, words) in [
        (
            &minimal,
            habits,
            vec!["--devices", "5", "--plugin", "x"],
            2,
            "cannot be used with '--plugin",
        ),
        (
            &minimal,
            habits,
            vec!["--devices", "5", "--deadline", "3s"],
            2,
            "cannot be used with '--deadline",
        ),
        (
            &minimal,
            habits,
            vec!["--devices", "5", "--answers", "x"],
            2,
            "cannot be used with '--answers",
        ),
        (&minimal, habits, vec!["--days", "5"], 2, "--devices"),
        (
            &minimal,
            habits,
            vec![],
            2,
            "simulate the load of many devices, with `--devices`",
        ),
        (
            &minimal,
            &day,
            vec!["--devices", "5"],
            2,
            "`habits` is missing",
        ),
        (
            &minimal,
            faulty,
            vec!["--devices", "5"],
            2,
            "`lasts` is missing",
        ),
        (
            &minimal,
            faulty,
            vec!["--devices", "5"],
            2,
            "faulty.toml:2:6",
        ),
        (
            &minimal,
            habits,
            vec!["--devices", "0"],
            2,
            "a whole number from 1",
        ),
        (
            &minimal,
            habits,
            vec!["--devices", "1e6"],
            2,
            "such as 1_000_000",
        ),
        (
            &minimal,
            habits,
            vec!["--devices", "5", "--days", "367"],
            2,
            "366",
        ),
        (
            &minimal,
            habits,
            vec!["--devices", "5", "--interval", "1500ms"],
            2,
            "whole seconds",
        ),
        (
            &minimal,
            habits,
            vec!["--devices", "5", "--jitter", "60s"],
            2,
            "less than `60s`",
        ),
        (
            &minimal,
            habits,
            vec!["--devices", "5", "--csv", habits],
            2,
            "would overwrite",
        ),
        (
            &minimal,
            habits,
            vec!["--devices", "5", "--csv", &out, "--html", &out],
            2,
            "two outputs",
        ),
        (
            &minimal,
            habits,
            vec!["--devices", "5", "--csv", "gone/x.csv"],
            3,
            "cannot write",
        ),
        (
            &sample("unlocked.xml"),
            habits,
            vec!["--devices", "5"],
            2,
            "`EntitlementRequired` is false",
        ),
        (bad, habits, vec!["--devices", "5"], 1, "MaxUsers"),
    ] {
        let mut arguments = vec![document.as_str(), "--timeline", timeline.as_str()];
        arguments.extend(more);
        let (found, _, err) = simulate(&arguments);
        assert_eq!(found, code, "{arguments:?}: {err}");
        assert!(err.contains(words), "{arguments:?}: {err}");
    }
    assert!(!at.path().join("out").exists(), "nothing is written");
}

#[test]
fn an_outage_after_the_end_is_noted() {
    let outage = format!("{ALWAYS}[[outage]]\nfrom = \"day 2 10:00\"\nto = \"day 2 11:00\"\n");
    let (_folder, paths) = files(&[("late.toml", &outage)]);
    let minimal = sample("minimal.xml");
    let arguments = [&minimal, "--timeline", &paths[0], "--devices", "5"];
    let (code, _, err) = simulate(&arguments);
    assert_eq!(code, 0, "{err}");
    assert!(
        err.contains("1 outage of the timeline is after the end"),
        "{err}"
    );
    let two: Vec<&str> = arguments.into_iter().chain(["--days", "2"]).collect();
    let (_, _, err) = simulate(&two);
    assert!(!err.contains("after the end"), "{err}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_a_long_load() {
    let (at, paths) = files(&[("always.toml", ALWAYS)]);
    let csv = at.path().join("out.csv");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_ics-harness"))
        .current_dir(super::folder(".."))
        .args(["simulate", &sample("minimal.xml"), "--timeline", &paths[0]])
        .args(["--devices", "1000000000", "--interval", "1m", "--csv"])
        .arg(&csv)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // The file's draft is there once the signals are about to be watched.
    let begun = Instant::now();
    let threads = format!("/proc/{}/task", child.id());
    while fs::read_dir(&threads).map_or(0, Iterator::count) < 2 && cfg!(target_os = "linux") {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "it does not begin"
        );
        std::thread::yield_now();
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(130));
    assert!(!csv.exists(), "nothing is written");
}
