//! The hosts of `sdk/examples/hosts`, each with plugins that give every answer and one that the contract does not have.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::not_shown::not_shown;

/// The folder of the hosts.
fn hosts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/hosts")
}

fn include() -> String {
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR"));
    format!("-I{}", sdk.join("../include").display())
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// A plugin that gives this answer.
fn plugin(folder: &Path, name: &str, answer: &str) -> PathBuf {
    let source = folder.join("plugin.c");
    let text = format!("#include <stdint.h>\nint32_t {name}(void) {{ return {answer}; }}\n");
    std::fs::write(&source, text).unwrap();
    let library = folder.join(format!("{name}{answer}.so"));
    run(Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source]));
    library
}

/// What the host says to each plugin.
fn meets_every_answer(host: impl Fn() -> Command) {
    let folder = tempfile::tempdir().unwrap();
    for (answer, code, name) in [
        ("0", 0, "ENTITLEMENT_SUCCESS\n"),
        ("1", 1, "ENTITLEMENT_FAILED\n"),
        ("2", 2, "ENTITLEMENT_UNAVAILABLE\n"),
        ("7", 2, "ENTITLEMENT_UNAVAILABLE\n"),
        ("-1", 2, "ENTITLEMENT_UNAVAILABLE\n"),
    ] {
        let output = host()
            .arg(plugin(folder.path(), "IsEntitled", answer))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(code), "{answer}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), name);
    }
    let other = plugin(folder.path(), "IsSomethingElse", "0");
    for refused in [other, folder.path().join("none.so")] {
        let output = host().arg(&refused).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        assert!(!output.stderr.is_empty());
    }
    let output = host().output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("usage: host"));
}

#[test]
fn the_hosts_in_c_and_cxx_meet_every_answer() {
    let folder = tempfile::tempdir().unwrap();
    for (compiler, source, flags) in [
        (
            "cc",
            "host.c",
            &["-std=c99", "-D_POSIX_C_SOURCE=200809L"][..],
        ),
        ("c++", "host.cpp", &["-std=c++17"]),
    ] {
        let program = folder.path().join(source.replace('.', "-"));
        let found = Command::new(compiler).arg("--version").output();
        if found.is_err() {
            not_shown("a host in C++", "install g++");
            continue;
        }
        run(Command::new(compiler)
            .args(flags)
            .args(["-Wall", "-Wextra", "-Werror", &include(), "-o"])
            .args([&program, &hosts().join(source)])
            .arg("-ldl"));
        meets_every_answer(|| Command::new(&program));
    }
}

#[test]
fn the_host_in_python_meets_every_answer() {
    if Command::new("python3").arg("--version").output().is_err() {
        return not_shown("a host in Python", "install python3");
    }
    meets_every_answer(|| {
        let mut command = Command::new("python3");
        // Without the compiled form, which it would leave in the folder.
        command.arg("-B").arg(hosts().join("host.py"));
        command
    });
}

#[test]
fn the_host_in_rust_meets_every_answer() {
    // Of several tests cargo builds the examples first; of one by its name it does not.
    run(Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--quiet", "--locked", "--example", "host"]));
    let test = std::env::current_exe().unwrap();
    let built = test.parent().and_then(Path::parent).unwrap();
    let host = built.join("examples/host");
    meets_every_answer(|| Command::new(&host));
}
