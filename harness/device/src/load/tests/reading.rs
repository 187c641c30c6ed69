//! Files of habits that are read, and those that are refused.

use super::*;

#[test]
fn what_is_left_out_has_a_default() {
    let read = population("[habits]\non = \"19:00\"\nlasts = \"1h\"");
    let habits = read.habits;
    assert_eq!(
        (habits.users, habits.sessions, habits.denied),
        (1.0, 1.0, 0.0)
    );
    assert_eq!(
        (habits.lasts, habits.takes),
        (Span::Fixed(3_600_000), Span::Fixed(500))
    );
    assert_eq!((habits.jitter, habits.retry.share), (0, 0.0));
    assert!(read.outages.is_empty() && read.date.is_none());
}

#[test]
fn every_fault_is_reported_in_one_pass_with_its_place() {
    let words = faults(
        r#"begin = "09:00"
[habits]
users = 1.5
sessions = "two"
on = { normal = { mean = "day 2 19:00", deviation = "2 hours" } }
lasts = { lognormal = { median = "1h" } }
varies = 30
retry = { share = 0.5, most = 2000 }
denied = -0.1
jitter = "1m"
takes = { uniform = { from = "2s", to = "1s" } }
[[outage]]
from = "18:00"
to = "17:00"
[[outage]]
from = "12:30"
to = "14:00"
ask-again = { shares = 1 }
"#,
    )
    .expect_err("it is full of faults");
    insta::assert_snapshot!(words);
}

#[test]
fn distributions_that_mean_nothing_are_refused() {
    for (on, lasts, words) in [
        ("\"25:00\"", "\"1h\"", "`on` is `25:00`"),
        ("12", "\"1h\"", "`on` is 12"),
        (
            "{ uniform = { from = \"09:00\", to = \"09:00\" } }",
            "\"1h\"",
            "the same time",
        ),
        ("{ hours = [1, 2] }", "\"1h\"", "`hours` has 2 weights"),
        ("{ hours = [\"a\"] }", "\"1h\"", "no number"),
        ("{ hours = 3 }", "\"1h\"", "24 weights"),
        ("{}", "\"1h\"", "`uniform`, `normal` or `hours`"),
        (
            "\"09:00\"",
            "{ exponential = { mean = 5 } }",
            "a text in quotes",
        ),
        ("\"09:00\"", "{ exponential = {} }", "`mean` is missing"),
        (
            "\"09:00\"",
            "{ log-normal = { median = \"1h\", factor = 0.5 } }",
            "from 1 to 100",
        ),
        (
            "\"09:00\"",
            "{ log-normal = { median = \"1h\", factor = inf } }",
            "from 1 to 100",
        ),
        (
            "\"09:00\"",
            "{ normal = {}, uniform = {} }",
            "two distributions",
        ),
    ] {
        let told = faults(&format!("[habits]\non = {on}\nlasts = {lasts}")).expect_err(on);
        assert!(told.contains(words), "{told}");
    }
    let zeros = format!(
        "[habits]\nlasts = \"1h\"\non = {{ hours = [{}] }}",
        ["0"; 24].join(",")
    );
    assert!(faults(&zeros).expect_err("no hour").contains("all are 0"));
    for text in [
        "",
        "habits = 3",
        "[[habits]]",
        "[habits",
        "[habits]\n[[event]]",
    ] {
        assert!(faults(text).is_err(), "{text}");
    }
}

#[test]
fn the_sample_is_read() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../sample-plugins/documents/load.toml"
    );
    let text = std::fs::read_to_string(path).expect("the sample");
    assert_eq!(population(&text).outages.len(), 1);
}
