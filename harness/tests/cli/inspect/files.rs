//! What `inspect` says about names and files that it cannot do anything with.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::cargo::CommandCargoExt;
use rcgen::{CertificateParams, KeyPair};

/// Runs the program in that folder, and returns its exit code, standard output and standard error.
fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::cargo_bin("ics-harness")
        .expect("cargo builds the program first")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program starts");
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// That a command is refused with these words on standard error, and prints nothing.
fn refused(folder: &Path, arguments: &[&str], words: &str) {
    let (code, out, err) = run(folder, arguments);
    let out_is_empty = out.is_empty();
    assert!(
        code == Some(2) && out_is_empty && err.contains(words),
        "{arguments:?}: {code:?} {out} {err}"
    );
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

#[test]
fn a_file_that_is_too_long_is_refused_at_once() {
    let folder = folder();
    let file = File::create(folder.path().join("sparse.dll")).expect("a file");
    (&file).write_all(b"MZ").expect("written");
    file.set_len(8 << 30).expect("a sparse file");
    let started = Instant::now();
    for arguments in [
        &["inspect", "sparse.dll"][..],
        &["inspect", "--signature", "sparse.dll"],
        &["check", "sparse.dll"],
    ] {
        refused(
            folder.path(),
            arguments,
            "sparse.dll has 8589934592 bytes; a library file of at most 1073741824 bytes (1 GiB) is expected",
        );
    }
    assert!(started.elapsed() < Duration::from_secs(10));
    refused(
        folder.path(),
        &["inspect", "--trust", "sparse.dll", "x.dll"],
        "sparse.dll: it is longer than 16 MiB; a PEM file",
    );
}

#[test]
fn what_is_no_regular_file_is_refused() {
    let folder = folder();
    let made = Command::new("mkfifo")
        .arg(folder.path().join("pipe"))
        .status();
    assert!(made.expect("mkfifo is installed").success());
    fs::create_dir(folder.path().join("libraries")).expect("a folder");
    for further in [&[][..], &["--signature"]] {
        let inspect = |file| [&["inspect", file][..], further].concat();
        refused(
            folder.path(),
            &inspect("pipe"),
            "pipe is not a regular file",
        );
        refused(
            folder.path(),
            &inspect("libraries"),
            "libraries is a folder; name a library file in it",
        );
        refused(
            folder.path(),
            &inspect("-"),
            "cannot be read from standard input: save it, and name the file",
        );
        refused(folder.path(), &inspect(""), "is a variable not set?");
        refused(folder.path(), &inspect("none.so"), "cannot read none.so: ");
    }
}

#[test]
fn an_empty_file_and_damaged_headers_are_said_to_be_that() {
    let folder = folder();
    fs::write(folder.path().join("empty.so"), "").expect("written");
    fs::write(folder.path().join("cut.dll"), "MZ").expect("written");
    let (code, out, _) = run(folder.path(), &["inspect", "empty.so"]);
    assert!(
        code == Some(0) && out.contains("  problem       the file is empty\n"),
        "{code:?} {out}"
    );
    refused(
        folder.path(),
        &["inspect", "--signature", "empty.so"],
        "the file is empty",
    );
    let (code, out, _) = run(folder.path(), &["inspect", "--signature", "cut.dll"]);
    assert!(
        code == Some(1) && out.contains("problem: its headers are damaged"),
        "{code:?} {out}"
    );
}

#[test]
fn a_file_that_contains_no_roots_is_refused_with_what_to_do() {
    let folder = folder();
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::default().self_signed(&key);
    let certificate = certificate.expect("a certificate");
    fs::write(folder.path().join("root.der"), certificate.der()).expect("written");
    fs::write(folder.path().join("cut.dll"), "MZ").expect("written");
    for (name, words) in [
        (
            "root.der",
            "openssl x509 -inform der -in root.der -out root.der.pem",
        ),
        ("none.pem", "cannot read none.pem: "),
        (".", ".: it is not a regular file, but a folder"),
        ("", "is a variable not set?"),
        ("cut.dll", "there is no certificate in it"),
    ] {
        refused(
            folder.path(),
            &["inspect", "cut.dll", "--trust", name],
            words,
        );
    }
    // A pipe is read, as shells name one for `<(…)`.
    let mut child = Command::cargo_bin("ics-harness")
        .expect("cargo builds the program first")
        .args(["inspect", "cut.dll", "--trust", "/dev/stdin"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("a pipe");
    input
        .write_all(certificate.pem().as_bytes())
        .expect("written");
    drop(input);
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn several_files_are_blocks_of_text_or_a_list_of_documents() {
    let folder = folder();
    fs::write(folder.path().join("a.so"), "\u{7f}ELF").expect("written");
    fs::write(folder.path().join("b.dll"), "MZ").expect("written");
    let (code, out, _) = run(folder.path(), &["inspect", "a.so", "b.dll"]);
    let blocks: Vec<_> = out.split("\n\n").collect();
    assert!(
        code == Some(0)
            && blocks.len() == 2
            && blocks[0].starts_with("a.so\n")
            && blocks[1].starts_with("b.dll\n"),
        "{code:?} {out}"
    );
    let json = |arguments: &[&str]| {
        let (code, out, err) = run(folder.path(), &[&["inspect", "--json"], arguments].concat());
        let document = serde_json::from_str::<serde_json::Value>(&out);
        (
            code,
            document.unwrap_or_else(|_| panic!("{out} {err}")),
            err,
        )
    };
    let (_, alone, _) = json(&["a.so"]);
    assert_eq!(alone["path"], "a.so");
    let (code, both, _) = json(&["a.so", "b.dll"]);
    assert_eq!((code, &both[0]), (Some(0), &alone));
    assert_eq!(both[1]["path"], "b.dll");
    // A file that cannot be read does not hide the others.
    let (code, others, err) = json(&["a.so", "none.so", "b.dll"]);
    assert_eq!((code, &others), (Some(2), &both));
    assert!(err.contains("cannot read none.so: "), "{err}");
    let (code, signatures, _) = json(&["--signature", "b.dll", "b.dll"]);
    assert_eq!(code, Some(1));
    assert_eq!(signatures[1]["path"], "b.dll");
}
