//! Authorities that the user writes and gives.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::prerequisites::{missing, not_shown};

/// Runs it in a folder and returns the exit code, standard output and standard error.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ics-harness"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program starts");
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// What `check` reports of an authority that it cannot use.
fn refused(folder: &Path, certificate: &str, key: &str) -> String {
    // The file is no plugin; the authority is read first.
    fs::write(folder.join("plugin.so"), b"").expect("a temporary folder can be written to");
    let (code, out, err) = run(
        folder,
        &["check", "plugin.so", "--ca", certificate, "--ca-key", key],
    );
    assert_eq!(code, 2, "{out}{err}");
    err
}

/// Runs openssl in a folder.
fn openssl(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("openssl starts");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn has_openssl(what: &str) -> bool {
    let missing = missing("openssl");
    if let Some(how) = &missing {
        not_shown(what, how);
    }
    missing.is_none()
}

#[test]
fn help_has_examples_and_exit_codes() {
    let (code, out, _) = run(Path::new("."), &["ca", "export", "--help"]);
    assert_eq!(code, 0);
    assert!(
        out.contains("Examples:") && out.contains("Exit codes:"),
        "{out}"
    );
}

#[test]
fn export_writes_both_files_and_the_key_is_private() {
    let folder = folder();
    let (code, out, err) = run(folder.path(), &["ca", "export"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(out, "certificate: test-ca.pem\nkey: test-ca.key\n");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("it was written");
    assert!(read("test-ca.pem").starts_with("-----BEGIN CERTIFICATE-----\n"));
    assert!(read("test-ca.key").starts_with("-----BEGIN PRIVATE KEY-----\n"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let metadata = fs::metadata(folder.path().join("test-ca.key")).expect("it was written");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn export_overwrites_only_when_told() {
    let folder = folder();
    let key = folder.path().join("test-ca.key");
    fs::write(&key, "mine").expect("a temporary folder can be written to");
    let (code, _, err) = run(folder.path(), &["ca", "export"]);
    assert_eq!(code, 2);
    assert!(
        err.contains("test-ca.key exists") && err.contains("--force"),
        "{err}"
    );
    assert_eq!(fs::read_to_string(&key).expect("it is there"), "mine");
    assert!(!folder.path().join("test-ca.pem").exists());
    let (code, _, _) = run(folder.path(), &["ca", "export", "--force"]);
    assert_eq!(code, 0);
    assert_ne!(fs::read_to_string(&key).expect("it is there"), "mine");
    let (code, _, err) = run(
        folder.path(),
        &["ca", "export", "--output", "x", "--key-output", "x"],
    );
    assert_eq!(code, 2);
    assert!(err.contains("--key-output"), "{err}");
}

#[test]
fn an_exported_authority_can_be_given() {
    let folder = folder();
    run(folder.path(), &["ca", "export"]);
    let exe = env!("CARGO_BIN_EXE_ics-harness");
    let arguments = ["check", exe, "--rules", "file/format", "--json", "-"];
    let given = ["--ca", "test-ca.pem", "--ca-key", "test-ca.key"];
    let (code, out, err) = run(folder.path(), &[&arguments[..], &given].concat());
    assert!(code == 0 || code == 1 || code == 4, "{code} {err}");
    assert!(out.contains("\"file/format\""), "{out}{err}");
    // One is of no use without the other.
    let (code, _, err) = run(folder.path(), &["check", exe, "--ca", "test-ca.pem"]);
    assert_eq!(code, 2);
    assert!(err.contains("--ca-key"), "{err}");
}

#[test]
fn what_is_no_authority_is_refused_by_name() {
    let folder = folder();
    let path = folder.path();
    run(path, &["ca", "export"]);
    let other = ["ca", "export", "--output", "b.pem", "--key-output", "b.key"];
    run(path, &other);
    fs::write(path.join("empty"), "").expect("a temporary folder can be written to");
    for (certificate, key, expected) in [
        ("nowhere.pem", "test-ca.key", "cannot read nowhere.pem"),
        (
            "empty",
            "test-ca.key",
            "empty: expected an X.509 certificate in PEM, found an empty file",
        ),
        (
            "test-ca.key",
            "test-ca.key",
            "found `-----BEGIN PRIVATE KEY-----`",
        ),
        (
            "test-ca.pem",
            "test-ca.pem",
            "test-ca.pem: expected a private key as PKCS #8",
        ),
        (
            "test-ca.pem",
            "b.key",
            "the private key in b.key does not belong to the certificate in test-ca.pem",
        ),
    ] {
        let err = refused(path, certificate, key);
        assert!(err.contains(expected), "{err}");
    }
}

#[test]
fn an_authority_whose_signatures_no_client_accepts_is_refused() {
    if !has_openssl("authorities whose signatures no client accepts are refused") {
        return;
    }
    let folder = folder();
    let path = folder.path();
    let key = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        "ca.key",
    ];
    let request = |more: &[&str]| {
        let begin = ["req", "-x509", "-subj", "/CN=Lab CA", "-out", "ca.pem"];
        openssl(path, &[&begin[..], &key, more].concat());
        refused(path, "ca.pem", "ca.key")
    };
    for (constraints, expected) in [
        ("basicConstraints=critical,CA:FALSE", "CA:TRUE"),
        (
            "basicConstraints=critical,CA:TRUE,pathlen:0",
            "pathLenConstraint is 0",
        ),
        ("keyUsage=critical,digitalSignature", "keyCertSign"),
    ] {
        let err = request(&["-addext", constraints]);
        assert!(err.contains("ca.pem: ") && err.contains(expected), "{err}");
    }
    openssl(
        path,
        &[
            "pkcs8",
            "-topk8",
            "-in",
            "ca.key",
            "-out",
            "locked.key",
            "-passout",
            "pass:x",
        ],
    );
    assert!(refused(path, "ca.pem", "locked.key").contains("keyUsage"));
    openssl(
        path,
        &[
            &["req", "-x509", "-subj", "/CN=Lab CA", "-out", "ca.pem"][..],
            &key,
        ]
        .concat(),
    );
    openssl(
        path,
        &[
            "pkcs8",
            "-topk8",
            "-in",
            "ca.key",
            "-out",
            "locked.key",
            "-passout",
            "pass:x",
        ],
    );
    assert!(refused(path, "ca.pem", "locked.key").contains("an encrypted one"));
    openssl(path, &["ec", "-in", "ca.key", "-out", "sec1.key"]);
    assert!(refused(path, "ca.pem", "sec1.key").contains("openssl pkcs8 -topk8"));
}
