//! The port of vcpkg. vcpkg itself downloads what it needs, so the port is run with stand-ins for its functions
//! (`vcpkg.cmake`): that shows what the port installs, and not that vcpkg accepts it.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{build_project, define, include, installed, is_plugin, run};

#[test]
fn the_port_installs_the_header_where_vcpkg_has_packages() {
    const CLAIM: &str = "the port of vcpkg installs the header";
    if !installed(CLAIM, &["cc", "cmake", "make"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let package = folder.path().join("package");
    let stand_ins = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/packaging/vcpkg.cmake");
    run(Command::new("cmake")
        .arg(define(
            "PORT_DIR",
            &include().join("vcpkg/ports/ics-entitlement"),
        ))
        .arg(define("PACKAGE", &package))
        .arg("-P")
        .arg(stand_ins));
    for file in [
        "include/IcsEntitlement.h",
        "include/IcsEntitlement.def",
        "share/IcsEntitlement/IcsEntitlementConfig.cmake",
        "share/pkgconfig/ics-entitlement.pc",
    ] {
        assert!(package.join(file).is_file(), "{file}");
    }
    let copyright = fs::read_to_string(package.join("share/ics-entitlement/copyright"));
    let copyright = copyright.expect("the licences");
    assert!(copyright.contains("MIT License") && copyright.contains("Apache License"));
    let option = define("CMAKE_PREFIX_PATH", &package);
    for library in build_project(&folder.path().join("build"), &[option]) {
        is_plugin(&library);
    }
}

/// What vcpkg requires of a manifest: a name that is that of the folder, and dependencies by name.
#[test]
fn the_manifest_names_the_port_and_the_helpers_that_it_calls() {
    let folder = include().join("vcpkg/ports/ics-entitlement");
    let manifest = fs::read(folder.join("vcpkg.json")).expect("the manifest");
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("JSON");
    assert_eq!(manifest["name"], "ics-entitlement");
    let dependencies = manifest["dependencies"].as_array().expect("a list");
    let names: Vec<_> = dependencies.iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["vcpkg-cmake", "vcpkg-cmake-config"]);
    assert!(dependencies.iter().all(|it| it["host"] == true));
}
