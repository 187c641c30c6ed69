//! The faulty plugins, built once.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::check::{lay, missing_for_c, plugin, workspace};

/// What is there to be examined.
pub(crate) struct Plugins {
    faulty: PathBuf,
    /// The folder with the libraries made from C, or why there are none.
    c: Result<TempDir, String>,
}

impl Plugins {
    pub(crate) fn build() -> Self {
        Self {
            faulty: plugin("harness/faulty-plugins").library,
            c: build_c(),
        }
    }

    /// Puts the plugin with that fault into a folder.
    pub(crate) fn with_fault(&self, fault: &str, folder: &Path) -> PathBuf {
        let (deadline, url) = (deadline(fault), url(fault));
        let settings = format!("deadline = \"{deadline}\"\n{url}[plugin]\nfault = \"{fault}\"\n");
        lay(&self.faulty, folder, &settings).expect("a temporary folder can be written to")
    }

    /// Puts the plugin without a fault into a folder, with a URL without TLS.
    pub(crate) fn in_clear(&self, folder: &Path) -> PathBuf {
        let settings = "deadline = \"4s\"\nallow_http = true\n\
            url = \"http://entitlement.operator.example/tethering\"\n";
        lay(&self.faulty, folder, settings).expect("a temporary folder can be written to")
    }

    /// The plugin made from that source, or what has to be installed for that.
    pub(crate) fn of_source(&self, name: &str) -> Result<PathBuf, &str> {
        let folder = self.c.as_ref().map_err(String::as_str)?;
        let library = folder.path().join(format!("{name}.so"));
        // Only what is for Windows needs more than the C compiler.
        match library.exists() {
            true => Ok(library),
            false => Err("clang or lld is not installed (apt-get install clang lld)"),
        }
    }
}

/// The plugin's own deadline: short, so that silent scenarios are soon left; long
/// enough for the many examinations that go on at once.
fn deadline(fault: &str) -> &'static str {
    match fault {
        // Only after the crowd of the first seconds a spinner has a processor to itself.
        "time/idle" => "8s",
        // It is late by less than `--deadline`.
        "time/deadline" => "2s",
        _ => "4s",
    }
}

/// The line with the URL of a sample's protocol, for a fault in that.
fn url(fault: &str) -> String {
    let path = match fault.split('/').next() {
        Some("ts43") => "/",
        Some("signed-token") => "/check",
        _ => return String::new(),
    };
    format!("url = \"https://entitlement.operator.example{path}\"\n")
}

fn build_c() -> Result<TempDir, String> {
    if let Some(missing) = missing_for_c() {
        return Err(missing);
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let made = Command::new("make")
        .args(["-s", "-j2", "-C"])
        .arg(workspace().join("harness/faulty-plugins/c"))
        .arg(format!("OUT={}", folder.path().display()))
        // A job server of cargo's or of another make is not ours to use.
        .env_remove("MAKEFLAGS")
        .status();
    let made = made.expect("make is there, where pkg-config and headers are");
    assert!(made.success(), "the C sources cannot be built");
    Ok(folder)
}
