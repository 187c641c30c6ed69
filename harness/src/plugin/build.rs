//! Builds a plugin from the folder of its source: a crate with cargo, anything
//! else that has a Makefile with make. Their messages are shown as they are.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

/// The profile that a plugin is shipped with, where the workspace has it.
const PROFILE: &str = "plugin";

/// Why there is no library.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The folder has nothing that says how to build it.
    #[error(
        "{0} has neither Cargo.toml nor Makefile; name a library file or the folder of a plugin's source"
    )]
    NoBuildFile(PathBuf),
    /// The tool could not be started.
    #[error(
        "cannot start {tool}: {source}; install it, or name the built library instead of the folder"
    )]
    ToolMissing {
        /// `cargo` or `make`.
        tool: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The tool failed. It has said why itself.
    #[error("{tool} could not build {folder}; its messages stand above")]
    Failed {
        /// `cargo` or `make`.
        tool: &'static str,
        /// What was to be built.
        folder: PathBuf,
    },
    /// What the tool said could not be understood.
    #[error("cannot understand what cargo said about {folder}: {reason}")]
    UnexpectedOutput {
        /// What was to be built.
        folder: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Nothing that was built can be loaded.
    #[error("{folder} builds no shared library; {advice}")]
    NoLibrary {
        /// What was built.
        folder: PathBuf,
        /// What to do.
        advice: &'static str,
    },
}

/// What came of building.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// The library.
    pub library: PathBuf,
    /// The protocol that the crate says it speaks, in `package.metadata.ics-harness`.
    pub protocol: Option<String>,
}

/// Builds what is in the folder.
pub fn build(folder: &Path) -> Result<Built, BuildError> {
    if folder.join("Cargo.toml").is_file() {
        build_crate(folder)
    } else if folder.join("Makefile").is_file() {
        build_with_make(folder).map(|library| Built {
            library,
            protocol: None,
        })
    } else {
        Err(BuildError::NoBuildFile(folder.to_owned()))
    }
}

/// The part of `cargo metadata` that is needed.
#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    manifest_path: PathBuf,
    #[serde(default)]
    metadata: Option<serde_json::Value>,
}

/// The part of cargo's messages that is needed.
#[derive(Deserialize)]
struct Message {
    reason: String,
    manifest_path: Option<PathBuf>,
    target: Option<Target>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
}

fn build_crate(folder: &Path) -> Result<Built, BuildError> {
    let unexpected = |reason: String| BuildError::UnexpectedOutput {
        folder: folder.to_owned(),
        reason,
    };
    let manifest = folder
        .join("Cargo.toml")
        .canonicalize()
        .map_err(|error| unexpected(error.to_string()))?;
    let metadata = output(folder, "cargo", |cargo| {
        cargo
            .args([
                "metadata",
                "--no-deps",
                "--format-version",
                "1",
                "--manifest-path",
            ])
            .arg(&manifest)
    })?;
    let metadata: Metadata =
        serde_json::from_slice(&metadata).map_err(|error| unexpected(error.to_string()))?;
    let protocol = protocol(&metadata, &manifest);
    let profile = if has_profile(&metadata.workspace_root) {
        PROFILE
    } else {
        "release"
    };
    let messages = output(folder, "cargo", |cargo| {
        cargo
            .args([
                "build",
                "--message-format",
                "json-render-diagnostics",
                "--profile",
                profile,
            ])
            .arg("--manifest-path")
            .arg(&manifest)
    })?;
    String::from_utf8_lossy(&messages)
        .lines()
        // A build script may print lines of its own.
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| message.reason == "compiler-artifact")
        .filter(|message| message.manifest_path.as_deref() == Some(manifest.as_path()))
        .filter(|message| {
            message.target.as_ref().is_some_and(|target| target.kind.iter().any(|kind| kind == "cdylib"))
        })
        .flat_map(|message| message.filenames)
        .find(|file| is_library(file))
        .map(|library| Built { library, protocol })
        .ok_or(BuildError::NoLibrary {
            folder: folder.to_owned(),
            advice: "a plugin's crate has `crate-type = [\"cdylib\"]` under [lib] in its Cargo.toml",
        })
}

/// The protocol that the crate itself names.
fn protocol(metadata: &Metadata, manifest: &Path) -> Option<String> {
    let package = metadata
        .packages
        .iter()
        .find(|package| package.manifest_path == manifest)?;
    let name = package
        .metadata
        .as_ref()?
        .get("ics-harness")?
        .get("protocol")?
        .as_str()?;
    Some(name.to_owned())
}

/// Whether the workspace describes the profile that plugins are shipped with.
fn has_profile(workspace: &Path) -> bool {
    std::fs::read_to_string(workspace.join("Cargo.toml"))
        .ok()
        .and_then(|text| text.parse::<toml::Table>().ok())
        .and_then(|manifest| manifest.get("profile")?.get(PROFILE).cloned())
        .is_some()
}

fn build_with_make(folder: &Path) -> Result<PathBuf, BuildError> {
    // Make's own chatter goes where cargo's goes; standard output is for machines.
    let messages = output(folder, "make", |make| make.arg("-C").arg(folder))?;
    // A listener that has gone is no reason to stop.
    let _ = io::Write::write_all(&mut io::stderr(), &messages);
    let no_library = || BuildError::NoLibrary {
        folder: folder.to_owned(),
        advice: "after `make`, a single library is expected in the folder or in its folder build",
    };
    let mut found: Vec<PathBuf> = [folder.to_owned(), folder.join("build")]
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|file| is_library(file))
        .collect();
    match (found.pop(), found.is_empty()) {
        (Some(library), true) => Ok(library),
        _ => Err(no_library()),
    }
}

fn is_library(file: &Path) -> bool {
    file.extension()
        .is_some_and(|extension| extension == std::env::consts::DLL_EXTENSION)
}

/// Runs the tool with its messages shown, and returns its standard output.
fn output(
    folder: &Path,
    tool: &'static str,
    arguments: impl FnOnce(&mut Command) -> &mut Command,
) -> Result<Vec<u8>, BuildError> {
    let mut command = Command::new(tool);
    arguments(&mut command);
    // Under `cargo run` and `cargo test` these describe the harness. Build scripts that look at
    // them would take each change for one of the plugin's, and everything would be built anew.
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("CARGO_PKG_") || name_text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|source| BuildError::ToolMissing { tool, source })?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(BuildError::Failed {
            tool,
            folder: folder.to_owned(),
        })
    }
}
