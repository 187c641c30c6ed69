//! The report as a terminal shows it, without colours.

mod bundles;
mod forms;
mod parts;

use std::time::Duration;

use anstream::adapter::strip_str;
use ics_harness::report::terminal::{last_line, line, overview, summary};
use ics_harness::report::{
    KnownFailure, Measurements, PluginReport, ProfileReport, RuleReport, Summary, Verdict,
};
use ics_harness::rules::Level;
use ics_harness::testbed::transcript::{
    Event, Excerpt, Handshake, Meaning, Offers, TranscriptEntry,
};

fn rule(id: &str, level: Level, verdict: Verdict, seen: &str) -> RuleReport {
    let failed = verdict == Verdict::Fail;
    RuleReport {
        id: id.to_owned(),
        title: "It holds.".to_owned(),
        clause: "The specification says so.".to_owned(),
        level,
        verdict,
        applicable: true,
        excepted: false,
        known: None,
        expected: "ENTITLEMENT_UNAVAILABLE.".to_owned(),
        seen: seen.to_owned(),
        help: if failed { "Ask again." } else { "" }.to_owned(),
        seconds: 12.3456,
        consequence: None,
        cause: None,
        missing: None,
        transcript: Vec::new(),
        pcap: None,
        calls: Vec::new(),
    }
}

/// Entries of every kind, half a second apart, the scenario changed before the last.
fn transcript() -> Vec<TranscriptEntry> {
    let events = [
        Event::Question {
            name: "entitlement.operator.example".to_owned(),
            kind: "AAAA".to_owned(),
            transport: "udp".to_owned(),
            late: false,
            answer: "2001:db8::10".to_owned(),
        },
        Event::Connection {
            connection: 1,
            to: "[2001:db8::10]:443".to_owned(),
            secure: true,
        },
        Event::Handshake {
            connection: 1,
            name: Some("entitlement.operator.example".to_owned()),
            offers: Offers {
                versions: vec!["TLS 1.3".to_owned(), "TLS 1.2".to_owned()],
                protocols: vec!["http/1.1".to_owned()],
            },
            outcome: Handshake::Completed("TLS 1.3".to_owned()),
        },
        Event::Request {
            connection: 1,
            secure: true,
            method: "POST".to_owned(),
            host: "entitlement.operator.example".to_owned(),
            target: "/tethering".to_owned(),
            http_2: false,
            body: 2,
            head: Excerpt::default(),
            content: Excerpt::default(),
            digest: String::new(),
        },
        Event::Reply {
            connection: 1,
            what: "200 application/json, 20 bytes".to_owned(),
            meaning: Some(Meaning::Allow),
            head: Excerpt::default(),
            body: Excerpt::default(),
        },
        Event::Note {
            connection: 1,
            what: "reset by the plugin".to_owned(),
        },
    ];
    let last = events.len() - 1;
    let entries = events.into_iter().enumerate();
    entries
        .map(|(number, event)| TranscriptEntry {
            at: Duration::from_millis(500 * number as u64),
            phase: usize::from(number == last),
            event,
            revealed: None,
        })
        .collect()
}

fn plugin(rules: Vec<RuleReport>, fails_from: Level) -> PluginReport {
    PluginReport {
        path: "/lib/libentitlement.so".to_owned(),
        sha256: String::new(),
        format: "ELF".to_owned(),
        machine: "x86-64".to_owned(),
        isolation: "namespace".to_owned(),
        examined_under: None,
        profile: ProfileReport {
            name: "carrier-json".to_owned(),
            ..ProfileReport::default()
        },
        seconds: 12.5,
        complete: true,
        not_shown: Vec::new(),
        measurements: Measurements::default(),
        chaos: None,
        summary: Summary::of(&rules, fails_from, rules.len()),
        rules,
    }
}

/// The human-readable summary, without colours.
fn printed(rules: Vec<RuleReport>, strict: bool) -> String {
    let fails_from = if strict { Level::Should } else { Level::Must };
    let mut out = Vec::new();
    summary(&mut out, &plugin(rules, fails_from), strict).expect("memory can be written to");
    let text = String::from_utf8(out).expect("a report is UTF-8");
    strip_str(&text).to_string()
}

#[test]
fn the_verdict_is_one_but_for_the_exceptions_of_the_profile() {
    let excepted = |id| RuleReport {
        applicable: false,
        excepted: true,
        ..rule(
            id,
            Level::Must,
            Verdict::Skip,
            "a known exception of the profile: a test server",
        )
    };
    let passed = rule("a/b", Level::Must, Verdict::Pass, "");
    let last_line = |rules| {
        let text = printed(rules, false);
        text.lines().last().unwrap_or_default().to_owned()
    };
    let one = last_line(vec![passed.clone(), excepted("c/d")]);
    assert!(
        one.starts_with("conformant, but for 1 known exception of the profile: "),
        "{one}"
    );
    let two = last_line(vec![passed, excepted("c/d"), excepted("e/f")]);
    assert!(
        two.starts_with("conformant, but for 2 known exceptions of the profile: "),
        "{two}"
    );
}

/// A failure that is known.
fn known_failure(id: &str, link: Option<&str>) -> RuleReport {
    let known = KnownFailure {
        reason: "a new one | in June".to_owned(),
        link: link.map(str::to_owned),
    };
    RuleReport {
        known: Some(known),
        ..rule(id, Level::Must, Verdict::XFail, "it printed")
    }
}

/// The table of several plugins, without colours.
fn table(plugins: &[PluginReport]) -> String {
    let mut out = Vec::new();
    overview(&mut out, plugins, false).expect("memory can be written to");
    strip_str(&String::from_utf8_lossy(&out)).to_string()
}

#[test]
fn known_failures_are_counted_where_there_are_some() {
    let passed = rule("a/b", Level::Must, Verdict::Pass, "");
    let rules = vec![passed.clone(), known_failure("c/d", None)];
    let text = printed(rules.clone(), false);
    let last = text.lines().last().unwrap_or_default();
    assert_eq!(
        last,
        "conformant, but for 1 known failure: /lib/libentitlement.so (1 passed, 0 failed, 0 skipped, 1 known)"
    );
    let plugins = [rules, vec![passed]].map(|rules| plugin(rules, Level::Must));
    insta::assert_snapshot!(table(&plugins), @r"

    2 plugins
     pass fail skip error
        1    0    0     0 libentitlement.so  conformant, 1 known
        1    0    0     0 libentitlement.so  conformant
    2 conformant
    ");
}

#[test]
fn an_undecided_plugin_has_its_reason_where_only_verdicts_are_printed() {
    let passed = rule("a/b", Level::Must, Verdict::Pass, "");
    let skipped = rule("c/d", Level::Must, Verdict::Skip, "no network");
    let may = rule("e/f", Level::May, Verdict::Fail, "two");
    let of_ten = |rules: &[RuleReport]| PluginReport {
        summary: Summary::of(rules, Level::Must, 10),
        ..plugin(rules.to_vec(), Level::Must)
    };
    let undecided = of_ten(&[passed.clone(), skipped]);
    let mut out = Vec::new();
    last_line(&mut out, &undecided, false).expect("memory can be written to");
    insta::assert_snapshot!(strip_str(&String::from_utf8_lossy(&out)), @r"
    Undecided, since these rules count and were not examined: c/d
    1 of 10 rules examined: undecided: /lib/libentitlement.so (1 passed, 0 failed, 1 skipped)
    ");
    let plugins = [
        undecided.clone(),
        of_ten(&[passed]),
        undecided,
        of_ten(&[may]),
        PluginReport {
            complete: false,
            ..of_ten(&[])
        },
    ];
    insta::assert_snapshot!(table(&plugins), @r"

    5 plugins
     pass fail skip error
        1    0    1     0 libentitlement.so  undecided
        1    0    0     0 libentitlement.so  no verdict
        1    0    1     0 libentitlement.so  undecided
        0    1    0     0 libentitlement.so  undecided
        0    0    0     0 libentitlement.so  interrupted
    libentitlement.so, libentitlement.so: undecided, since these rules count and were not examined: c/d
    libentitlement.so: undecided, since no rule passed
    3 undecided, 1 no verdict, 1 interrupted
    ");
}

#[test]
fn each_verdict_has_its_line() {
    use Level::{May, Must, Should};
    use Verdict::{Error, Fail, Pass, Skip};
    let lines = [
        line(&rule("tls/expired", Must, Pass, "refused"), None),
        line(&rule("tls/expired", Must, Pass, "refused"), Some((7, 72))),
        line(&rule("tls/expired", Must, Fail, "SUCCESS"), Some((72, 72))),
        line(&rule("load/quiet", Should, Fail, "it printed"), None),
        line(&rule("file/exports-only", May, Fail, "two exports"), None),
        line(&rule("answer/offline", Must, Skip, "no network"), None),
        line(&rule("host/threads", Must, Error, "out of memory"), None),
    ];
    insta::assert_snapshot!(strip_str(&lines.join("\n")), @r"
           PASS [  12.346s] tls/expired
           PASS [  12.346s] ( 7/72) tls/expired
           FAIL [  12.346s] (72/72) tls/expired  SUCCESS
    FAIL should [  12.346s] load/quiet  it printed
       FAIL may [  12.346s] file/exports-only  two exports
           SKIP [  12.346s] answer/offline  no network
          ERROR [  12.346s] host/threads  out of memory
    ");
}

#[test]
fn colour_distinguishes_the_levels_of_a_failure() {
    let start = |level| {
        let line = line(&rule("a/b", level, Verdict::Fail, ""), None);
        line[..line.find(' ').expect("a space")].to_owned()
    };
    let colours = [Level::Must, Level::Should, Level::May].map(start);
    assert_eq!(
        colours,
        ["\u{1b}[1m\u{1b}[31m", "\u{1b}[1m\u{1b}[33m", "\u{1b}[2m"]
    );
}

#[test]
fn a_failure_is_reported_with_its_details_and_the_rest_by_reason() {
    let mut broken = rule(
        "tls/expired",
        Level::Must,
        Verdict::Fail,
        "ENTITLEMENT_SUCCESS",
    );
    broken.transcript = transcript();
    let rules = vec![
        rule("load/succeeds", Level::Must, Verdict::Pass, "it loads"),
        broken,
        rule(
            "a/should",
            Level::Should,
            Verdict::Fail,
            "ENTITLEMENT_FAILED",
        ),
        rule("dns/a", Level::Must, Verdict::Skip, "no network"),
        rule("dns/b", Level::Must, Verdict::Skip, "another reason"),
        rule("dns/c", Level::Must, Verdict::Skip, "no network"),
        rule("dns/d", Level::Must, Verdict::Skip, "no network"),
        rule("dns/e", Level::Must, Verdict::Skip, "no network"),
        rule("dns/f", Level::Must, Verdict::Skip, "no network"),
        rule("host/threads", Level::Must, Verdict::Error, "out of memory"),
    ];
    insta::assert_snapshot!(printed(rules, false), @r"

    must tls/expired
          rule  It holds.
        clause  The specification says so.
      expected  ENTITLEMENT_UNAVAILABLE.
          seen  ENTITLEMENT_SUCCESS
          help  Ask again.
    transcript
                   0.000 s dns       AAAA entitlement.operator.example over udp: 2001:db8::10
                   0.500 s tcp  #1   connected to [2001:db8::10]:443
                   1.000 s tls  #1   handshake for entitlement.operator.example: completed, TLS 1.3
                   1.500 s http #1   POST /tethering for entitlement.operator.example, 2 bytes
                   2.000 s http #1   answered 200 application/json, 20 bytes (allow)
                           -- the scenario was changed --
                   2.500 s note #1   reset by the plugin

    should a/should
          rule  It holds.
        clause  The specification says so.
      expected  ENTITLEMENT_UNAVAILABLE.
          seen  ENTITLEMENT_FAILED
          help  Ask again.

    harness error out of memory
              host/threads

    skipped no network
              dns/a, dns/c, dns/d, dns/e
              dns/f

    skipped another reason
              dns/b

    A skipped rule was not examined, so it has not passed.
    harness error: /lib/libentitlement.so (1 passed, 2 failed, 6 skipped, 1 harness error)
    ");
}

#[test]
fn the_last_line_shows_the_result() {
    let pass = || rule("a/pass", Level::Must, Verdict::Pass, "");
    let should = || rule("a/should", Level::Should, Verdict::Fail, "it printed");
    let skip = |level| rule("a/skip", level, Verdict::Skip, "no network");
    let summaries = [
        printed(vec![pass()], false),
        printed(vec![pass(), should()], false),
        printed(vec![pass(), should()], true),
        printed(vec![pass(), skip(Level::May)], false),
        printed(vec![pass(), skip(Level::Must)], false),
        printed(vec![skip(Level::Must)], false),
        printed(vec![], false),
    ];
    insta::assert_snapshot!(summaries.join("=========="), @r"

    conformant: /lib/libentitlement.so (1 passed, 0 failed, 0 skipped)
    ==========
    should a/should
          rule  It holds.
        clause  The specification says so.
      expected  ENTITLEMENT_UNAVAILABLE.
          seen  it printed
          help  Ask again.

    Failed rules below `must` do not count; with --strict, `should` rules do.
    conformant: /lib/libentitlement.so (1 passed, 1 failed, 0 skipped)
    ==========
    should a/should
          rule  It holds.
        clause  The specification says so.
      expected  ENTITLEMENT_UNAVAILABLE.
          seen  it printed
          help  Ask again.

    not conformant: /lib/libentitlement.so (1 passed, 1 failed, 0 skipped)
    ==========
    skipped no network
              a/skip

    A skipped rule was not examined, so it has not passed.
    conformant: /lib/libentitlement.so (1 passed, 0 failed, 1 skipped)
    ==========
    skipped no network
              a/skip

    A skipped rule was not examined, so it has not passed.
    Undecided, since these rules count and were not examined: a/skip
    undecided: /lib/libentitlement.so (1 passed, 0 failed, 1 skipped)
    ==========
    skipped no network
              a/skip

    A skipped rule was not examined, so it has not passed.
    nothing was examined: /lib/libentitlement.so (0 passed, 0 failed, 1 skipped)
    ==========
    nothing was examined: /lib/libentitlement.so (0 passed, 0 failed, 0 skipped)
    ");
}

#[test]
fn a_report_that_was_read_is_written_as_it_was() {
    let mut before = rule("load/quiet", Level::Must, Verdict::Pass, "");
    // A number that a quick reader takes for its neighbour.
    before.seconds = 1.505_422_369_000_000_1;
    let text = serde_json::to_string(&before).expect("JSON");
    let after: RuleReport = serde_json::from_str(&text).expect("a rule");
    assert_eq!(serde_json::to_string(&after).expect("JSON"), text);
}
