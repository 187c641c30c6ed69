//! The header, found by pkg-config and by CMake, in the checkout and installed, and the module-definition file.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{
    VERSION, build_project, configure, define, include, install_header, installed, is_plugin,
    is_windows_plugin, project, repository, run, text,
};

const MINGW: &str = "x86_64-w64-mingw32-gcc";

/// Asks pkg-config for the package, as that folder has it.
fn pkg_config(folder: &Path, question: &str) -> String {
    let output = run(Command::new("pkg-config")
        .args([question, "ics-entitlement"])
        .env("PKG_CONFIG_LIBDIR", folder)
        .env_remove("PKG_CONFIG_PATH"));
    text(&output).trim().to_owned()
}

/// Builds the plugin with what pkg-config says.
fn build_with_pkg_config(folder: &Path, library: &Path) {
    let flags = pkg_config(folder, "--cflags");
    run(Command::new("cc")
        .args(["-shared", "-fPIC", "-fvisibility=hidden"])
        .args(flags.split_whitespace())
        .arg(project().join("plugin.c"))
        .arg("-o")
        .arg(library));
}

#[test]
fn all_parts_have_the_version_of_the_workspace() {
    let read = |file: &str| fs::read_to_string(include().join(file)).expect(file);
    for (file, line) in [
        ("ics-entitlement.pc", format!("Version: {VERSION}\n")),
        (
            "cmake/IcsEntitlementConfigVersion.cmake",
            format!("set(PACKAGE_VERSION \"{VERSION}\")\n"),
        ),
        (
            "vcpkg/ports/ics-entitlement/vcpkg.json",
            format!("\"version\": \"{VERSION}\",\n"),
        ),
    ] {
        assert!(read(file).contains(&line), "{file} does not have {line}");
    }
    let readme = fs::read_to_string(repository().join("README.md")).expect("README.md");
    for name in ["ics-harness_", "ics-harness-"] {
        assert!(readme.contains(&format!("{name}{VERSION}-")), "{name}");
    }
    for member in ["sdk", "harness/device"] {
        let manifest = repository().join(member).join("Cargo.toml");
        let manifest = fs::read_to_string(manifest).expect(member);
        assert!(
            manifest.contains("\nversion.workspace = true\n"),
            "{member}"
        );
    }
}

#[test]
fn pkg_config_finds_the_header_in_the_checkout() {
    const CLAIM: &str = "pkg-config finds the header in the checkout";
    if !installed(CLAIM, &["cc", "pkg-config"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let library = folder.path().join("plugin.so");
    build_with_pkg_config(&include(), &library);
    is_plugin(&library);
    assert_eq!(pkg_config(&include(), "--modversion"), VERSION);
    let definition = pkg_config(&include(), "--variable=definition");
    assert!(Path::new(&definition).is_file(), "{definition}");
}

#[test]
fn pkg_config_finds_the_header_where_it_was_installed_and_moved() {
    const CLAIM: &str = "pkg-config finds the header where it was installed";
    if !installed(CLAIM, &["cc", "cmake", "make", "pkg-config"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let prefix = folder.path().join("prefix");
    install_header(&folder.path().join("install"), &prefix);
    let moved = folder.path().join("moved");
    fs::rename(prefix, &moved).expect("moved");
    let packages = moved.join("share/pkgconfig");
    let library = folder.path().join("plugin.so");
    build_with_pkg_config(&packages, &library);
    is_plugin(&library);
    let definition = pkg_config(&packages, "--variable=definition");
    assert!(Path::new(&definition).is_file(), "{definition}");
    // Nothing leads back to the checkout.
    let installed = fs::read_to_string(packages.join("ics-entitlement.pc")).expect("installed");
    let checkout = include().display().to_string();
    assert!(!installed.contains(&checkout), "{installed}");
}

#[test]
fn cmake_finds_the_package_in_the_checkout() {
    const CLAIM: &str = "CMake finds the package in the checkout";
    if !installed(CLAIM, &["cc", "cmake", "make"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for (name, option) in [
        ("prefix", define("CMAKE_PREFIX_PATH", &include())),
        (
            "dir",
            define("IcsEntitlement_DIR", &include().join("cmake")),
        ),
        ("subdirectory", define("ICS_SUBDIRECTORY", &include())),
    ] {
        for library in build_project(&folder.path().join(name), &[option]) {
            is_plugin(&library);
        }
    }
}

#[test]
fn cmake_finds_the_package_where_it_was_installed_and_moved() {
    const CLAIM: &str = "CMake finds the package where it was installed";
    if !installed(CLAIM, &["cc", "cmake", "make"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let prefix = folder.path().join("prefix");
    install_header(&folder.path().join("install"), &prefix);
    let moved = folder.path().join("moved");
    fs::rename(prefix, &moved).expect("moved");
    let option = define("CMAKE_PREFIX_PATH", &moved);
    for library in build_project(&folder.path().join("build"), &[option]) {
        is_plugin(&library);
    }
    // A package without its header says so.
    fs::remove_file(moved.join("include/IcsEntitlement.h")).expect("removed");
    let option = define("CMAKE_PREFIX_PATH", &moved);
    let refused = configure(&folder.path().join("refused"), &[option]).output();
    let refused = refused.expect("it starts");
    assert!(!refused.status.success());
    let message = String::from_utf8_lossy(&refused.stderr);
    assert!(message.contains("install both again"), "{message}");
}

/// `find_package` with a version takes this one only if it is compatible as Semantic Versioning says.
#[test]
fn cmake_takes_compatible_versions_only() {
    const CLAIM: &str = "CMake takes compatible versions only";
    if !installed(CLAIM, &["cmake"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("ask.cmake");
    let ask = "set(PACKAGE_FIND_VERSION \"${ASK}\")\n\
        if(ASK MATCHES \"^(.*)\\\\.\\\\.\\\\.(<?)(.*)$\")\n\
        set(PACKAGE_FIND_VERSION_RANGE \"${ASK}\")\n\
        set(PACKAGE_FIND_VERSION_MIN \"${CMAKE_MATCH_1}\")\n\
        set(PACKAGE_FIND_VERSION_MAX \"${CMAKE_MATCH_3}\")\n\
        set(PACKAGE_FIND_VERSION_RANGE_MAX INCLUDE)\n\
        if(CMAKE_MATCH_2)\nset(PACKAGE_FIND_VERSION_RANGE_MAX EXCLUDE)\nendif()\nendif()\n\
        include(\"${FILE}\")\n\
        message(\"${PACKAGE_VERSION_COMPATIBLE} ${PACKAGE_VERSION_EXACT}\")\n";
    fs::write(&script, ask).expect("written");
    let original = include().join("cmake/IcsEntitlementConfigVersion.cmake");
    let original = fs::read_to_string(original).expect("the file");
    for (version, asked, answer) in [
        ("0.4.2", "0.4", "TRUE"),
        ("0.4.2", "0.4.2", "TRUE TRUE"),
        ("0.4.2", "0.4.3", "FALSE"),
        ("0.4.2", "0.3", "FALSE"),
        ("0.4.2", "0.5", "FALSE"),
        ("0.14.2", "0.1", "FALSE"),
        ("0.4.2", "0.3...0.5", "TRUE"),
        ("0.4.2", "0.3...0.4.2", "TRUE"),
        ("0.4.2", "0.3...<0.4.2", "FALSE"),
        ("2.3.4", "2", "TRUE"),
        ("2.3.4", "2.1", "TRUE"),
        ("2.3.4", "1.9", "FALSE"),
        ("2.3.4", "3", "FALSE"),
        ("12.0.0", "1", "FALSE"),
    ] {
        let file = folder.path().join("Version.cmake");
        let line = |version: &str| format!("PACKAGE_VERSION \"{version}\"");
        fs::write(&file, original.replace(&line(VERSION), &line(version))).expect("written");
        let output = run(Command::new("cmake")
            .arg(format!("-DASK={asked}"))
            .arg(define("FILE", &file))
            .arg("-P")
            .arg(&script));
        let printed = String::from_utf8_lossy(&output.stderr);
        assert_eq!(printed.trim(), answer, "{version} for {asked}");
    }
}

#[test]
fn mingw_links_a_dll_with_the_module_definition() {
    const CLAIM: &str = "MinGW links a DLL with the module-definition file that pkg-config names";
    if !installed(CLAIM, &["pkg-config", MINGW]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let library = folder.path().join("plugin.dll");
    run(Command::new(MINGW)
        .args([
            "-shared",
            "-DICS_ENTITLEMENT_API=",
            "-DEXPORTED_BY_DEFINITION",
        ])
        .arg(pkg_config(&include(), "--cflags"))
        .arg(project().join("plugin.c"))
        .arg(pkg_config(&include(), "--variable=definition"))
        .arg("-o")
        .arg(&library));
    is_windows_plugin(&library);
}

#[test]
fn cmake_links_a_dll_with_the_module_definition() {
    const CLAIM: &str = "CMake links a DLL with the module-definition file of the package";
    if !installed(CLAIM, &["cmake", "make", MINGW]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let options = [
        define("CMAKE_PREFIX_PATH", &include()),
        "-DCMAKE_SYSTEM_NAME=Windows".to_owned(),
        format!("-DCMAKE_C_COMPILER={MINGW}"),
    ];
    for library in build_project(folder.path(), &options) {
        is_windows_plugin(&library);
    }
}
