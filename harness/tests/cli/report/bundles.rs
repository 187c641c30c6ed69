//! Bundles: made, verified, and refused when they were tampered with.

use std::io::{Cursor, Read, Write};

use ics_harness::report::bundle::{self, Contract};
use ics_harness::report::{Format, PluginReport, Report, Verdict};
use ics_harness::rules::Level;
use ring::signature::{Ed25519KeyPair, KeyPair};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::{plugin, rule};

const CONTRACT: Contract<'_> = Contract {
    text: "# The contract\n",
    rules: &["load/succeeds", "load/quiet"],
};

fn report(plugins: Vec<PluginReport>) -> Report {
    let count = plugins.len();
    Report::begin(Default::default()).end(plugins, count)
}

fn conformant() -> Report {
    let rules = vec![
        rule("load/succeeds", Level::Must, Verdict::Pass, "it loads"),
        rule("load/quiet", Level::Should, Verdict::Fail, "it prints"),
    ];
    let mut one = plugin(rules, Level::Must);
    one.sha256 = "ab".repeat(32);
    report(vec![one])
}

fn key() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a seed")
}

/// The bundle with its files changed.
fn changed(bundle: &[u8], change: impl FnOnce(&mut Vec<(String, Vec<u8>)>)) -> Vec<u8> {
    let mut zip = ZipArchive::new(Cursor::new(bundle)).expect("a zip file");
    let mut files = Vec::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).expect("a file");
        let name = file.name().expect("a name").into_owned();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("its contents");
        files.push((name, bytes));
    }
    change(&mut files);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(name, SimpleFileOptions::default())
            .expect("a place");
        zip.write_all(&bytes).expect("room");
    }
    zip.finish().expect("room").into_inner()
}

fn file<'a>(files: &'a mut [(String, Vec<u8>)], name: &str) -> &'a mut Vec<u8> {
    let found = files.iter_mut().find(|(known, _)| known == name);
    &mut found.expect("it is there").1
}

/// Writes the manifest anew, as one who tampers would.
fn with_manifest(files: &mut [(String, Vec<u8>)]) {
    let mut lines = String::new();
    for (name, bytes) in files.iter() {
        if !name.starts_with("manifest") {
            let digest = ics_harness::plugin::inspect::hash(bytes);
            lines.push_str(&format!("{digest}  {name}\n"));
        }
    }
    *file(files, "manifest.sha256") = lines.into_bytes();
}

/// Writes each form of the report anew, and the manifest.
fn with_report(files: &mut [(String, Vec<u8>)], report: &Report) {
    for (name, format) in [
        ("report.html", Format::Html),
        ("report.json", Format::Json),
        ("report.junit.xml", Format::Junit),
        ("report.md", Format::Markdown),
        ("report.sarif", Format::Sarif),
    ] {
        *file(files, name) = format.text(report).expect("a form").into_bytes();
    }
    with_manifest(files);
}

#[test]
fn a_bundle_holds_and_is_the_same_each_time() {
    let report = conformant();
    let bundle = bundle::write(&report, CONTRACT, Some(&key())).expect("it is conformant");
    assert_eq!(
        bundle,
        bundle::write(&report, CONTRACT, Some(&key())).expect("again")
    );
    let public = key().public_key().as_ref().to_vec();
    let about = [("plugin.so".to_owned(), "ab".repeat(32))];
    let verified = bundle::verify(&bundle, Some(&public), &about, CONTRACT).expect("it holds");
    assert!(verified.signed && verified.notes.is_empty(), "{verified:?}");
    assert_eq!(verified.report, report);
    // Without the key it holds, and says what was not verified.
    let verified = bundle::verify(&bundle, None, &[], CONTRACT).expect("it holds");
    assert!(verified.notes[0].contains("--public"), "{verified:?}");
}

#[test]
fn a_bundle_that_was_tampered_with_is_refused_with_the_reason() {
    let report = conformant();
    let public = key().public_key().as_ref().to_vec();
    let signed = bundle::write(&report, CONTRACT, Some(&key())).expect("it is conformant");
    let unsigned = bundle::write(&report, CONTRACT, None).expect("it is conformant");
    let refused = |bundle: &[u8], key: Option<&[u8]>, expected: &str| {
        let error = bundle::verify(bundle, key, &[], CONTRACT).expect_err(expected);
        assert!(error.contains(expected), "{error}");
    };
    let other_verdict = changed(&unsigned, |files| {
        file(files, "report.html").extend(b"<p>conformant</p>");
    });
    refused(&other_verdict, None, "report.html was changed");
    let with_its_digest = changed(&other_verdict, |files| with_manifest(files));
    refused(
        &with_its_digest,
        None,
        "report.html does not say what report.json says",
    );
    // A failed rule becomes a passed one, and every form and digest with it, but not the numbers.
    let better = changed(&unsigned, |files| {
        let text = String::from_utf8(file(files, "report.json").clone()).expect("text");
        let text = text.replace("\"verdict\": \"fail\"", "\"verdict\": \"pass\"");
        with_report(files, &serde_json::from_str(&text).expect("a report"));
    });
    refused(&better, None, "its numbers are not those of its rules");
    // A rule is left out, and nothing is wrong with the rest.
    let fewer = changed(&unsigned, |files| {
        let rules = vec![rule(
            "load/succeeds",
            Level::Must,
            Verdict::Pass,
            "it loads",
        )];
        with_report(files, &self::report(vec![plugin(rules, Level::Must)]));
    });
    refused(&fewer, None, "it has no verdict on load/quiet");
    let other_contract = changed(&unsigned, |files| {
        *file(files, "CONTRACT.md") = b"x".to_vec();
        with_manifest(files);
    });
    refused(
        &other_contract,
        None,
        "CONTRACT.md is not the contract of version",
    );
    let removed = changed(&unsigned, |files| {
        files.retain(|(name, _)| name != "CONTRACT.md")
    });
    refused(&removed, None, "CONTRACT.md is missing");
    let added = changed(&unsigned, |files| {
        files.push(("notes.txt".to_owned(), b"good".to_vec()))
    });
    refused(&added, None, "notes.txt is not in the manifest");
    let resigned = bundle::write(
        &report,
        CONTRACT,
        Some(&Ed25519KeyPair::from_seed_unchecked(&[8; 32]).expect("a seed")),
    );
    refused(
        &resigned.expect("it is conformant"),
        Some(&public),
        "not signed by that key",
    );
    refused(&unsigned, Some(&public), "it is not signed");
    let without = changed(&signed, |files| {
        file(files, "report.md").push(b'!');
        with_manifest(files);
    });
    refused(&without, Some(&public), "not signed by that key");
    refused(b"PK nothing", None, "it is no bundle");
    let about = [("other.so".to_owned(), "cd".repeat(32))];
    let error = bundle::verify(&signed, None, &about, CONTRACT).expect_err("another plugin");
    assert!(error.contains("it is not about other.so"), "{error}");
}

#[test]
fn there_is_no_bundle_of_what_is_not_conformant() {
    let must = |verdict| vec![rule("load/succeeds", Level::Must, verdict, "")];
    for verdict in [Verdict::Fail, Verdict::Skip, Verdict::Error, Verdict::XFail] {
        let report = report(vec![plugin(must(verdict), Level::Must)]);
        assert!(
            bundle::write(&report, CONTRACT, None).is_err(),
            "{verdict:?}"
        );
    }
    let mut interrupted = conformant();
    interrupted.complete = false;
    assert!(bundle::write(&interrupted, CONTRACT, None).is_err());
    let mut part = conformant();
    part.plugins[0].summary.left_out = 3;
    part.plugins[0].summary.conformant = false;
    assert!(bundle::write(&part, CONTRACT, None).is_err());
}
