//! The packaged SDK is enough to build a plugin.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{HARNESS, VERSION, installed, is_plugin, repository, run};

#[test]
fn a_plugin_is_built_with_the_packaged_sdk_alone() {
    const CLAIM: &str = "a plugin is built with the packaged SDK alone";
    if !installed(CLAIM, &["cargo", "tar"]) {
        return;
    }
    // Always the same folder: Cargo keeps what it builds of a crate in another one, and it would pile up.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = target.join("packaged-sdk");
    let target = target.parent().expect("a folder in the target folder");
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("removed");
    }
    let made = folder.join("made");
    run(Command::new("cargo")
        .current_dir(repository())
        .args([
            "package",
            "--quiet",
            "--locked",
            "--offline",
            "--allow-dirty",
        ])
        .args(["--no-verify", "--exclude-lockfile", "-p", "ics-entitlement"])
        .arg("--target-dir")
        .arg(&made));
    run(Command::new("tar")
        // With the time of now, since the one in the package is the same whatever its contents are.
        .arg("-xmf")
        .arg(made.join(format!("package/ics-entitlement-{VERSION}.crate")))
        .arg("-C")
        .arg(&folder));
    let sdk = folder.join(format!("ics-entitlement-{VERSION}"));
    let manifest = fs::read_to_string(sdk.join("Cargo.toml")).expect("a manifest");
    assert!(!manifest.contains("path = \"../"), "{manifest}");
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        assert!(sdk.join(licence).is_file(), "{licence}");
    }

    let plugin = folder.join("packaged-sdk");
    run(Command::new(HARNESS)
        .args(["new", "packaged-sdk", "--language", "rust", "--sdk"])
        .arg(&sdk)
        .arg("--output")
        .arg(&plugin));
    // The versions that are built for the workspace already, and that are there without a network.
    fs::copy(repository().join("Cargo.lock"), plugin.join("Cargo.lock")).expect("a copy");
    // The profile whose dependencies the samples have built.
    run(Command::new("cargo")
        .current_dir(&plugin)
        .args(["build", "--quiet", "--offline", "--profile", "plugin"])
        .env("CARGO_TARGET_DIR", target));
    is_plugin(&target.join("plugin/libpackaged_sdk.so"));
}
