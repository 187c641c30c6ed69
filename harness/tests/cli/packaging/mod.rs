//! What is installed and packed, each used as its user would: plugins are built with the pkg-config file, the CMake
//! package, the vcpkg port, the module-definition file and the packaged SDK, and the release archive is unpacked.

mod header;
mod port;
mod release;
mod sdk;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ics_harness::plugin::inspect::{Entitlement, inspect};

use crate::prerequisites::{missing, not_shown};
use crate::support::compilers::assert_success;

const HARNESS: &str = env!("CARGO_BIN_EXE_ics-harness");

/// The version of all crates, and of what is packed with them.
const VERSION: &str = env!("CARGO_PKG_VERSION");

fn repository() -> PathBuf {
    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    harness
        .parent()
        .expect("the harness is a member")
        .to_owned()
}

fn include() -> PathBuf {
    repository().join("include")
}

/// The C project that is built in each way.
fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/packaging/project")
}

/// Whether all these programs are installed. Where one is not, reports that the claim was not shown.
#[track_caller]
fn installed(claim: &str, programs: &[&str]) -> bool {
    let how = programs.iter().find_map(|program| missing(program));
    if let Some(how) = &how {
        not_shown(claim, how);
    }
    how.is_none()
}

/// Runs a command that must succeed.
#[track_caller]
fn run(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert_success(&output, &format!("{command:?}"));
    output
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// An option of CMake that has a path.
fn define(name: &str, path: &Path) -> String {
    format!("-D{name}={}", path.display())
}

/// Installs the folder include/ in a folder.
fn install_header(build: &Path, prefix: &Path) {
    let make = ["-G", "Unix Makefiles", "-S"];
    run(Command::new("cmake")
        .args(make)
        .arg(include())
        .arg("-B")
        .arg(build));
    run(Command::new("cmake")
        .arg("--install")
        .arg(build)
        .arg("--prefix")
        .arg(prefix));
}

/// Configures and builds the project with these options, and returns its libraries.
#[track_caller]
fn build_project(build: &Path, options: &[impl AsRef<OsStr>]) -> [PathBuf; 2] {
    run(&mut configure(build, options));
    run(Command::new("cmake").arg("--build").arg(build));
    let header_only = fs::read_dir(build)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("libheader-only.")
        });
    [
        build.join("plugin.library"),
        header_only.expect("it was built"),
    ]
}

fn configure(build: &Path, options: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new("cmake");
    command
        .args(["-G", "Unix Makefiles", "-S"])
        .arg(project())
        .arg("-B")
        .arg(build)
        .args(options)
        .arg(format!("-DICS_VERSION={VERSION}"))
        // A package of the machine that runs the test is not what is tested.
        .env_remove("CMAKE_PREFIX_PATH");
    command
}

/// The library can be loaded, and exports the function and nothing else.
#[track_caller]
fn is_plugin(library: &Path) {
    const RULES: &str = "file/format,file/machine,file/export,file/exports-only,load/succeeds";
    run(Command::new(HARNESS)
        .args(["check", "--strict", "--rules", RULES])
        .arg(library));
}

/// The DLL exports the function by its plain name and nothing else.
#[track_caller]
fn is_windows_plugin(library: &Path) {
    let found = inspect(library).expect("it can be read");
    assert!(found.is_whole_library(), "{:?}", found.problems);
    assert_eq!(found.entitlement, Entitlement::Function);
    let names: Vec<_> = found.exports.iter().map(|it| it.name.as_deref()).collect();
    assert_eq!(names, [Some("IsEntitled")]);
}
