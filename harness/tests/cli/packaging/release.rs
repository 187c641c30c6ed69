//! The files of a release, made by `.ci/release` with the program of this test.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{HARNESS, VERSION, installed, is_plugin, repository, run, text};

/// Makes the archives in a folder, as a user whose new files have that mask, in that time zone.
fn release(output: &Path, umask: &str, zone: &str) {
    run(Command::new("bash")
        .args(["-c", "umask $0; exec \"$@\"", umask])
        .arg(repository().join(".ci/release"))
        .args(["--allow-dirty", "--binary", HARNESS, "--output"])
        .arg(output)
        .env("CARGO_NET_OFFLINE", "true")
        .env("TZ", zone)
        // So that the test needs no git checkout.
        .env("SOURCE_DATE_EPOCH", "1700000000"));
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.into_string().expect("text"))
        .collect()
}

fn target() -> String {
    let version = text(&run(Command::new("rustc").arg("-vV")));
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc names it").to_owned()
}

/// Unpacks an archive, which must have one folder of its own name.
fn unpack(archive: &Path, folder: &Path) -> PathBuf {
    fs::create_dir_all(folder).expect("made");
    run(Command::new("tar")
        .arg("-xf")
        .arg(archive)
        .arg("-C")
        .arg(folder));
    let name = archive.file_name().expect("a name").to_string_lossy();
    let name = name.strip_suffix(".tar.gz").expect("an archive").to_owned();
    assert_eq!(names(folder), BTreeSet::from([name.clone()]));
    folder.join(name)
}

#[test]
fn a_release_is_complete_and_the_same_each_time() {
    const CLAIM: &str = "a release is complete and the same each time";
    if !installed(
        CLAIM,
        &["bash", "cc", "cmake", "make", "sha256sum", "strip", "tar"],
    ) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    release(&first, "022", "UTC");
    release(&second, "077", "Asia/Tokyo");
    let harness = format!("ics-harness-{VERSION}-{}.tar.gz", target());
    let headers = format!("ics-entitlement-headers-{VERSION}.tar.gz");
    let sdk = format!("ics-entitlement-{VERSION}.crate");
    let sums = "SHA256SUMS".to_owned();
    let expected = [&harness, &headers, &sdk, &sums].map(Clone::clone);
    assert_eq!(names(&first), BTreeSet::from(expected));
    for name in names(&first) {
        let same = fs::read(first.join(&name)).expect("read")
            == fs::read(second.join(&name)).expect("read");
        assert!(same, "{name} differs");
    }
    run(Command::new("sha256sum")
        .args(["--check", "--strict", "SHA256SUMS"])
        .current_dir(&first));
    // Owners, times and modes are those of the release, not those of the machine.
    let listed = run(Command::new("tar")
        .args(["--utc", "-tvf"])
        .arg(first.join(&harness)));
    for line in text(&listed).lines() {
        let mode = line.get(..10).unwrap_or_default();
        assert!(
            ["drwxr-xr-x", "-rwxr-xr-x", "-rw-r--r--"].contains(&mode)
                && line.contains(" 0/0 ")
                && line.contains(" 2023-11-14 22:13 "),
            "{line}"
        );
    }

    let tree = unpack(&first.join(&harness), &folder.path().join("harness"));
    let program = tree.join("bin/ics-harness");
    let version = run(Command::new(&program).arg("--version"));
    assert_eq!(text(&version), format!("ics-harness {VERSION}\n"));
    for file in [
        "include/IcsEntitlement.def",
        "include/IcsEntitlement.h",
        "share/bash-completion/completions/ics-harness",
        "share/cmake/IcsEntitlement/IcsEntitlementConfig.cmake",
        "share/doc/ics-harness/CHANGELOG.md",
        "share/doc/ics-harness/LICENSE-APACHE",
        "share/doc/ics-harness/LICENSE-MIT",
        "share/doc/ics-harness/README.md",
        "share/fish/vendor_completions.d/ics-harness.fish",
        "share/man/man1/ics-harness-check.1",
        "share/man/man1/ics-harness.1",
        "share/pkgconfig/ics-entitlement.pc",
        "share/zsh/site-functions/_ics-harness",
    ] {
        let length = fs::metadata(tree.join(file)).map(|it| it.len());
        assert!(length.is_ok_and(|length| length > 0), "{file}");
    }
    each_file_of_the_deb_is_in(&tree);

    let headers = unpack(&first.join(&headers), &folder.path().join("headers"));
    let option = super::define("CMAKE_PREFIX_PATH", &headers.join("include"));
    for library in super::build_project(&folder.path().join("build"), &[option]) {
        is_plugin(&library);
    }
    assert!(headers.join("LICENSE-MIT").is_file());
}

/// cargo-deb takes the files of the tree, which `.ci/release` puts beside the program, and leaves none out but the
/// licences, which stand in Debian's `copyright`.
fn each_file_of_the_deb_is_in(tree: &Path) {
    let manifest = fs::read_to_string(repository().join("harness/Cargo.toml")).expect("a file");
    let manifest: toml::Table = manifest.parse().expect("TOML");
    let assets = manifest["package"]["metadata"]["deb"]["assets"].as_array();
    let mut left: BTreeSet<PathBuf> = files(tree, "**/*").into_iter().collect();
    for asset in assets.expect("a list") {
        let source = asset[0].as_str().expect("a path");
        let inside = match source.strip_prefix("target/release/") {
            Some("ics-harness") => "bin/ics-harness",
            Some("package/copyright") => "share/doc/ics-harness/LICENSE-*",
            Some("package/changelog.*gz") => "share/doc/ics-harness/CHANGELOG.md",
            Some(inside) => inside.strip_prefix("package/").unwrap_or(inside),
            None => panic!("cargo-deb would look for {source} in another folder"),
        };
        let found = files(tree, inside);
        assert!(!found.is_empty(), "{source} is not in the tree");
        for file in found {
            assert!(left.remove(&file), "{} is in it twice", file.display());
        }
    }
    assert!(left.is_empty(), "the .deb would not have {left:?}");
}

fn files(tree: &Path, pattern: &str) -> Vec<PathBuf> {
    let pattern = tree.join(pattern);
    let found = glob::glob(pattern.to_str().expect("text")).expect("a pattern");
    let found = found.map(|path| path.expect("readable"));
    found.filter(|path| path.is_file()).collect()
}
