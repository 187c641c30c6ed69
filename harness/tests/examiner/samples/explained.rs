//! The whole plugins among the examples of `explain` pass every rule, as the samples do.

use std::process::Command;

use super::{STRICT, folder_passes_all, passes_all};
use crate::check::{check, missing_for_c, workspace};
use crate::prerequisites::not_shown;

#[test]
fn the_whole_plugin_in_c_passes_every_rule() {
    if let Some(how) = missing_for_c() {
        not_shown("the whole plugin in C passes every rule", &how);
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let library = folder.path().join("libwhole_plugin.so");
    let made = Command::new("cc")
        .args([
            "-shared",
            "-fPIC",
            "-O2",
            "-fvisibility=hidden",
            "-Wl,-z,relro,-z,now",
            "-I",
        ])
        .arg(workspace().join("include"))
        .arg("-o")
        .arg(&library)
        .arg(workspace().join("harness/src/explain/examples/whole-plugin.c"))
        .args(["-lcurl", "-ljansson"])
        .status();
    assert!(made.expect("cc starts").success());
    // libcurl takes a certificate that has a common name alone. The sample carrier-json-c shows how to refuse it, which is too
    // long for an example.
    let but = ["--exclude", "tls/common-name-only"];
    let options = [STRICT, &["--protocol", "minimal"], &but].concat();
    passes_all("whole-plugin.c", &check(&library, &options));
}

#[test]
fn the_whole_plugin_in_rust_passes_every_rule() {
    folder_passes_all("harness/explain-examples");
}
