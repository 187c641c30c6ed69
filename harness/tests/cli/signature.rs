//! Code signatures, made and judged by osslsigncode as well.

mod algorithms;
mod bench;
mod digests;
mod stamps;

use std::fs;
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::CommandCargoExt;
use serde_json::Value;

use Expected::{Accepted, Refused};
use bench::{Bench, THEN, run};

/// Whether a signature is valid and trusted, and all that is said of the signatures.
fn accepted(inspection: &Value) -> (bool, String) {
    let signatures = &inspection["signatures"];
    let all = signatures["signatures"].as_array().expect("a list");
    let good = |one: &Value| one["faults"] == serde_json::json!([]) && one["trusted"] == true;
    (
        signatures["problem"].is_null() && all.iter().any(good),
        signatures.to_string(),
    )
}

/// The place of the table of signatures in a PE32+ file: its offset and its size.
fn directory(bytes: &[u8]) -> usize {
    let header =
        u32::from_le_bytes(bytes[0x3c..0x40].try_into().expect("a file or a program")) as usize;
    header + 24 + 112 + 4 * 8
}

fn table(bytes: &[u8]) -> usize {
    let at = directory(bytes);
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("a file or a program")) as usize
}

/// What both programs say of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    Accepted,
    /// Accepted, with an algorithm that is not secure any more: `inspect --signature` refuses it by its exit code.
    Weak,
    Refused,
}

/// The file, the roots, what is expected, and words for it.
type Case = (&'static str, &'static str, Expected, &'static str);

#[test]
fn verdicts_are_those_of_osslsigncode() {
    let Some(bench) = Bench::new() else { return };
    let stamped = |at: &'static str| {
        [
            "-TSA-certs",
            "stamps.pem",
            "-TSA-key",
            "stamps.key",
            "-TSA-time",
            at,
        ]
    };
    let sha256 = ["-h", "sha256"];
    let with_stamp = [&sha256[..], &stamped(THEN)].concat();
    let sign =
        |output: &str, by: &str, further: &[&str]| bench.sign("unsigned.dll", output, by, further);
    sign("good.dll", "good", &sha256);
    sign("stamped.dll", "good", &with_stamp);
    sign("ec.dll", "ec", &["-h", "sha384"]);
    sign("sha512.dll", "good", &["-h", "sha512"]);
    sign("server.dll", "server", &sha256);
    sign("no-usage.dll", "no-usage", &sha256);
    sign("expired.dll", "expired", &sha256);
    sign("expired-stamped.dll", "expired", &with_stamp);
    sign("future.dll", "future", &sha256);
    sign(
        "stamped-by-a-stranger.dll",
        "expired",
        &[
            &sha256[..],
            &[
                "-TSA-certs",
                "stranger.pem",
                "-TSA-key",
                "stranger.key",
                "-TSA-time",
                THEN,
            ],
        ]
        .concat(),
    );
    sign(
        "chain.dll",
        "below",
        &[&sha256[..], &["-ac", "middle.pem"]].concat(),
    );
    sign("chain-without-middle.dll", "below", &sha256);
    sign("page-hashes.dll", "good", &["-h", "sha256", "-ph"]);
    sign("old.dll", "good", &["-h", "sha1"]);
    bench.sign("old.dll", "nested.dll", "good", &["-h", "sha256", "-nest"]);
    bench.changed("good.dll", "code.dll", |bytes| bytes[0x600] ^= 1);
    bench.changed("good.dll", "trailing.dll", |bytes| bytes.extend([0; 64]));
    bench.changed("good.dll", "table-cut.dll", |bytes| {
        bytes.truncate(bytes.len() - 8)
    });
    bench.changed("good.dll", "entry-too-long.dll", |bytes| {
        let at = table(bytes);
        bytes[at + 2] = 0xff;
    });
    bench.changed("good.dll", "entry-too-short.dll", |bytes| {
        let at = table(bytes);
        bytes[at..at + 4].copy_from_slice(&4u32.to_le_bytes());
    });
    bench.changed("good.dll", "directory-too-long.dll", |bytes| {
        let at = directory(bytes) + 4;
        bytes[at + 2] = 0xff;
    });
    bench.changed("good.dll", "signature-changed.dll", |bytes| {
        let at = bytes.len() - 40;
        bytes[at] ^= 1;
    });
    bench.changed("good.dll", "certificate-changed.dll", |bytes| {
        let at = table(bytes) + 600;
        bytes[at] ^= 1;
    });
    bench.changed("good.dll", "checksum.dll", |bytes| {
        let at = directory(bytes) - 4 * 8 - 112 + 64;
        bytes[at] ^= 1;
    });
    let mut corpus: Vec<Case> = vec![
        ("good.dll", "root.pem", Accepted, ""),
        ("stamped.dll", "root.pem", Accepted, "2021-01-01T00:00:00Z"),
        ("ec.dll", "root.pem", Accepted, "SHA-384"),
        ("sha512.dll", "root.pem", Accepted, "SHA-512"),
        ("good.dll", "other.pem", Refused, "no root that is trusted"),
        ("server.dll", "root.pem", Refused, "not for signing code"),
        ("no-usage.dll", "root.pem", Accepted, ""),
        ("expired.dll", "root.pem", Refused, "had expired"),
        ("expired-stamped.dll", "root.pem", Accepted, "RFC 3161"),
        (
            "stamped-by-a-stranger.dll",
            "root.pem",
            Refused,
            "its time stamp is not trusted",
        ),
        ("future.dll", "root.pem", Refused, "not valid yet"),
        ("chain.dll", "root.pem", Accepted, ""),
        (
            "chain-without-middle.dll",
            "root.pem",
            Refused,
            "no root that is trusted",
        ),
        (
            "page-hashes.dll",
            "root.pem",
            Accepted,
            "page hashes were not checked",
        ),
        ("nested.dll", "root.pem", Accepted, "SHA-1 is weak"),
        ("checksum.dll", "root.pem", Accepted, ""),
        ("unsigned.dll", "root.pem", Refused, ""),
        (
            "code.dll",
            "root.pem",
            Refused,
            "was changed after it was signed",
        ),
        ("trailing.dll", "root.pem", Refused, "bytes after its table"),
        ("table-cut.dll", "root.pem", Refused, "longer than the file"),
        (
            "entry-too-long.dll",
            "root.pem",
            Refused,
            "table of signatures is not valid",
        ),
        (
            "entry-too-short.dll",
            "root.pem",
            Refused,
            "table of signatures is not valid",
        ),
        (
            "directory-too-long.dll",
            "root.pem",
            Refused,
            "longer than the file",
        ),
        (
            "signature-changed.dll",
            "root.pem",
            Refused,
            "not by the key",
        ),
        ("certificate-changed.dll", "root.pem", Refused, ""),
    ];
    corpus.extend(bench.sign_with_other_algorithms());
    let mut table = String::from("file                        roots      osslsigncode  ours\n");
    let mut wrong = Vec::new();
    for (file, roots, expected, words) in &corpus {
        let theirs = bench.osslsigncode_accepts(file, roots);
        let (ours, said) = accepted(&bench.inspect(file, Some(roots)));
        // The exit code of the short form says the same.
        let code = bench.signature_code(file, roots);
        if code != Some(i32::from(*expected != Accepted)) {
            wrong.push(format!("{file}: inspect --signature ended with {code:?}"));
        }
        table.push_str(&format!("{file:<27} {roots:<10} {theirs:<13} {ours}\n"));
        let accepted = *expected != Refused;
        if (theirs, ours) != (accepted, accepted) || !said.contains(words) {
            wrong.push(format!("{file} with {roots}: expected {expected:?} and `{words}`; osslsigncode {theirs}, ours {ours}: {said}"));
        }
    }
    println!("{table}");
    assert!(wrong.is_empty(), "{table}\n{}", wrong.join("\n"));
}

#[test]
fn of_several_files_each_has_to_have_a_good_signature() {
    let Some(bench) = Bench::new() else { return };
    bench.sign("unsigned.dll", "good.dll", "good", &["-h", "sha256"]);
    for (files, expected) in [
        (["good.dll", "good.dll"], 0),
        (["good.dll", "unsigned.dll"], 1),
        (["unsigned.dll", "good.dll"], 1),
        (["unsigned.dll", "none.dll"], 2),
    ] {
        let output = Command::cargo_bin("ics-harness")
            .expect("a file or a program")
            .current_dir(bench.0.path())
            .args(["inspect", "--signature", "--trust", "root.pem"])
            .args(files)
            .output()
            .expect("the program starts");
        assert_eq!(output.status.code(), Some(expected), "{files:?} {output:?}");
    }
}

#[test]
fn a_weak_digest_is_valid_and_said_to_be_weak() {
    let Some(bench) = Bench::new() else { return };
    bench.sign("unsigned.dll", "old.dll", "good", &["-h", "sha1"]);
    let (good, said) = accepted(&bench.inspect("old.dll", Some("root.pem")));
    assert!(good && said.contains("SHA-1 is weak"), "{said}");
    assert_eq!(bench.signature_code("old.dll", "root.pem"), Some(1));
}

#[test]
fn the_rule_says_what_is_wrong_and_does_not_pass_without_roots() {
    let Some(bench) = Bench::new() else { return };
    bench.sign("unsigned.dll", "good.dll", "good", &["-h", "sha256"]);
    bench.sign("unsigned.dll", "old.dll", "good", &["-h", "sha1"]);
    let check = |file: &str, further: &[&str]| {
        let output = Command::cargo_bin("ics-harness")
            .expect("a file or a program")
            .current_dir(bench.0.path())
            .args(["check", "--rules", "file/signed", file])
            .args(further)
            .output()
            .expect("a file or a program");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), text)
    };
    // A weak signature with a good one inside is as good as the good one.
    bench.sign("old.dll", "nested.dll", "good", &["-h", "sha256", "-nest"]);
    for file in ["good.dll", "nested.dll"] {
        let (code, text) = check(file, &["--trust", "root.pem"]);
        assert!(code == Some(0) && text.contains("PASS"), "{code:?} {text}");
    }
    // What was not checked is said beside what was.
    bench.sign(
        "unsigned.dll",
        "page-hashes.dll",
        "good",
        &["-h", "sha256", "-ph"],
    );
    let further = ["--trust", "root.pem", "--json", "report.json"];
    let (code, text) = check("page-hashes.dll", &further);
    let report = fs::read_to_string(bench.file("report.json")).expect("a report");
    assert!(
        code == Some(0)
            && report.contains("its page hashes were not checked: that is not supported"),
        "{code:?} {text} {report}"
    );
    // The report says whom it trusted.
    let (code, text) = check(
        "good.dll",
        &["--trust", "root.pem", "--json", "report.json"],
    );
    assert_eq!(code, Some(0), "{text}");
    let bytes = |name: &str| fs::read(bench.file(name)).expect("a file or a program");
    let report: Value = serde_json::from_slice(&bytes("report.json")).expect("JSON");
    assert_eq!(report["options"]["trust"][0]["path"], "root.pem");
    assert_eq!(
        report["options"]["trust"][0]["sha256"],
        ics_harness::plugin::inspect::hash(&bytes("root.pem"))
    );
    let (code, text) = check("good.dll", &[]);
    assert!(
        code == Some(4) && text.contains("name the roots with --trust"),
        "{code:?} {text}"
    );
    for (file, words) in [
        ("unsigned.dll", "it is not signed"),
        ("old.dll", "SHA-1 is weak"),
    ] {
        let (code, text) = check(file, &["--trust", "root.pem"]);
        assert!(code == Some(1) && text.contains(words), "{code:?} {text}");
    }
    let (code, text) = check("good.dll", &["--trust", "plugin.c"]);
    assert!(
        code == Some(2) && text.contains("there is no certificate in it"),
        "{code:?} {text}"
    );
}

/// Every byte of the table is changed, and every length: nothing may panic, and nothing that is changed may be accepted
/// but what is not signed.
#[test]
fn a_damaged_signature_is_refused_and_never_a_panic() {
    let Some(bench) = Bench::new() else { return };
    bench.sign("unsigned.dll", "good.dll", "good", &["-h", "sha256"]);
    let whole = fs::read(bench.file("good.dll")).expect("a file or a program");
    let roots = fs::read(bench.file("root.pem")).expect("a file or a program");
    let roots = [pem(&roots)];
    let trust = ics_harness::plugin::signature::Trust {
        roots: Some(&roots),
        now: std::time::SystemTime::now(),
    };
    let of = |bytes: &[u8]| ics_harness::plugin::signature::Signatures::of(bytes, trust);
    assert!(of(&whole).signatures[0].trusted);
    let start = table(&whole);
    for at in (start..whole.len()).step_by(3) {
        for flip in [0x01, 0x80] {
            let mut bytes = whole.clone();
            bytes[at] ^= flip;
            let _ = of(&bytes);
        }
    }
    for length in (0..whole.len()).step_by(97) {
        let cut = of(&whole[..length]);
        assert!(
            cut.signatures
                .iter()
                .all(|one| !one.trusted || !one.faults.is_empty()),
            "{length}"
        );
    }
}

fn pem(bytes: &[u8]) -> rustls::pki_types::CertificateDer<'static> {
    use rustls::pki_types::pem::PemObject;
    rustls::pki_types::CertificateDer::from_pem_slice(bytes).expect("a file or a program")
}

#[test]
fn a_file_that_is_not_for_windows_needs_no_signature() {
    let path = Path::new(env!("CARGO_BIN_EXE_ics-harness"));
    let inspection = ics_harness::plugin::inspect::inspect(path).expect("a file or a program");
    assert_eq!(inspection.signatures, None);
}
