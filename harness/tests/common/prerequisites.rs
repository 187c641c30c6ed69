//! What a test needs that a machine may lack, and how its absence is reported.
//!
//! A claim that could not be shown is reported on standard error, past the test
//! runner's capture, so that it is seen though the test passes. Where
//! `ICS_TEST_REQUIRE_ALL` is set nothing may be left out, and it is a failure.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// Reports what was not shown, and what would make it possible; each once in a process.
#[track_caller]
pub(crate) fn not_shown(what: &str, how: &str) {
    static REPORTED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let line = format!("NOT SHOWN: {what}: {how}\n");
    let required = std::env::var_os("ICS_TEST_REQUIRE_ALL").is_some();
    assert!(!required, "{line}");
    let mut reported = REPORTED.lock().expect("nothing panics while it is held");
    if !reported.contains(&line) {
        // The runner captures what macros print, not what is written. One
        // write, so that tests side by side do not cut each other short.
        let _ = std::io::stderr().write_all(line.as_bytes());
        reported.insert(line);
    }
}

/// How to install a program, where it is missing.
pub(crate) fn missing(program: &str) -> Option<String> {
    let started = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match started {
        Ok(_) => None,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(format!(
            "{program} is not installed (apt-get install {})",
            package(program)
        )),
        Err(error) => panic!("{program}: {error}"),
    }
}

/// The Debian package that contains a program.
fn package(program: &str) -> &str {
    match program {
        "cc" => "gcc",
        "c++" => "g++",
        "clang++" => "clang",
        "getent" => "libc-bin",
        "gnutls-cli" => "gnutls-bin",
        "go" => "golang-go",
        "i686-w64-mingw32-gcc" => "gcc-mingw-w64-i686",
        "ld.lld" | "ld64.lld" | "lld-link" => "lld",
        "llvm-dlltool" => "llvm",
        "mcs" => "mono-mcs mono-runtime",
        "node" => "nodejs",
        "python3-config" => "python3-dev",
        "munged" => "munge",
        "sbatch" => "slurm-client",
        "setpriv" => "util-linux",
        "sha256sum" => "coreutils",
        "strip" => "binutils",
        "wbxml2xml" | "xml2wbxml" => "libwbxml2-utils",
        "x86_64-w64-mingw32-g++" => "g++-mingw-w64-x86-64",
        "x86_64-w64-mingw32-gcc" => "gcc-mingw-w64-x86-64",
        other => other,
    }
}
