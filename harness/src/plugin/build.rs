//! Builds a plugin from the folder of its source: a crate with cargo, a folder with a
//! Makefile with make. Their messages are shown unchanged.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ics_device::document::names::{nearest, quoted};
use serde::Deserialize;
use serde_json::Value;

use super::ProfileName;

/// The profile that a plugin is shipped with, where the workspace has it.
const PROFILE: &str = "plugin";

/// The table of `package.metadata` that names the operator's profile, and its keys: a file, or the name of a built-in one.
const TABLE: &str = "ics-harness";
const FILE_KEY: &str = "profile";
const NAME_KEY: &str = "protocol";

/// Why no library was built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The folder has no build file.
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
        source: io::Error,
    },
    /// The tool failed. Its messages have been shown.
    #[error("{tool} could not build {folder}; see its messages above")]
    Failed {
        /// `cargo` or `make`.
        tool: &'static str,
        folder: PathBuf,
    },
    /// The tool's output could not be parsed.
    #[error("cannot parse cargo's output about {folder}: {reason}")]
    UnexpectedOutput { folder: PathBuf, reason: String },
    /// What the crate says of its profile is wrong.
    #[error(
        "{manifest}: [package.metadata.ics-harness]: {what} Write `profile = \"conformance.toml\"` for a file, or `protocol = \"NAME\"` for a built-in profile"
    )]
    Metadata { manifest: PathBuf, what: String },
    /// The build has no shared library.
    #[error("{folder} builds no shared library; {advice}")]
    NoLibrary {
        folder: PathBuf,
        /// How to fix it.
        advice: &'static str,
    },
}

/// The result of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    pub library: PathBuf,
    /// The profile that the crate names in `package.metadata.ics-harness`.
    pub profile: Option<ProfileName>,
}

/// Builds the plugin in a folder. `profile` is the cargo profile of a crate; if it is absent, the one
/// that the plugin is shipped with.
pub fn build(folder: &Path, profile: Option<&str>) -> Result<Built, BuildError> {
    if folder.join("Cargo.toml").is_file() {
        build_crate(folder, profile)
    } else if folder.join("Makefile").is_file() {
        build_with_make(folder).map(|library| Built {
            library,
            profile: None,
        })
    } else {
        Err(BuildError::NoBuildFile(folder.to_owned()))
    }
}

/// The part of `cargo metadata` that is used.
#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    manifest_path: PathBuf,
    #[serde(default)]
    metadata: Option<Value>,
}

/// The part of cargo's messages that is used.
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

/// The profile that the crate in a folder names; none if there is no crate. Nothing is built.
///
/// # Errors
/// If cargo cannot read the crate, or what it says of a profile is misspelt.
pub fn profile_named_in(folder: &Path) -> Result<Option<ProfileName>, BuildError> {
    if !folder.join("Cargo.toml").is_file() {
        return Ok(None);
    }
    let (metadata, manifest) = metadata_of(folder)?;
    profile_of(&metadata, &manifest)
}

/// What cargo says of the crate in a folder, and the path of its Cargo.toml.
fn metadata_of(folder: &Path) -> Result<(Metadata, PathBuf), BuildError> {
    let unexpected = |reason: String| BuildError::UnexpectedOutput {
        folder: folder.to_owned(),
        reason,
    };
    let manifest = super::canonical(&folder.join("Cargo.toml"))
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
    let metadata =
        serde_json::from_slice(&metadata).map_err(|error| unexpected(error.to_string()))?;
    Ok((metadata, manifest))
}

fn build_crate(folder: &Path, profile: Option<&str>) -> Result<Built, BuildError> {
    let (metadata, manifest) = metadata_of(folder)?;
    let named = profile_of(&metadata, &manifest)?;
    let cargo_profile = profile.unwrap_or_else(|| {
        if has_profile(&metadata.workspace_root) {
            PROFILE
        } else {
            "release"
        }
    });
    let messages = output(folder, "cargo", |cargo| {
        cargo
            .args([
                "build",
                "--message-format",
                "json-render-diagnostics",
                "--profile",
                cargo_profile,
            ])
            .arg("--manifest-path")
            .arg(&manifest)
    })?;
    String::from_utf8_lossy(&messages)
        .lines()
        // A build script may print other lines.
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| message.reason == "compiler-artifact")
        .filter(|message| message.manifest_path.as_deref() == Some(manifest.as_path()))
        .filter(|message| {
            message.target.as_ref().is_some_and(|target| target.kind.iter().any(|kind| kind == "cdylib"))
        })
        .flat_map(|message| message.filenames)
        .find(|file| is_library(file))
        .map(|library| Built {
            library,
            profile: named,
        })
        .ok_or(BuildError::NoLibrary {
            folder: folder.to_owned(),
            advice: "a plugin's crate has `crate-type = [\"cdylib\"]` under [lib] in its Cargo.toml",
        })
}

/// The profile that the crate names in its metadata: `profile = "FILE"`, or `protocol = "NAME"` for a built-in one.
fn profile_of(metadata: &Metadata, manifest: &Path) -> Result<Option<ProfileName>, BuildError> {
    let mut packages = metadata.packages.iter();
    let package = packages.find(|package| package.manifest_path == manifest);
    let metadata = package.and_then(|package| package.metadata.as_ref());
    let Some(table) = metadata.and_then(|metadata| metadata.get(TABLE)) else {
        return Ok(None);
    };
    let wrong = |what: String| BuildError::Metadata {
        manifest: manifest.to_owned(),
        what,
    };
    let Some(entries) = table.as_object() else {
        return Err(wrong("it is no table.".to_owned()));
    };
    let mut named = None;
    for (key, value) in entries {
        let text = || {
            value
                .as_str()
                .ok_or_else(|| wrong(format!("`{key}` is no string.")))
        };
        let folder = manifest.parent().unwrap_or(Path::new("."));
        let name = match key.as_str() {
            FILE_KEY => ProfileName::File(folder.join(text()?)),
            NAME_KEY => ProfileName::BuiltIn(text()?.to_owned()),
            other => {
                let near = nearest(other, [FILE_KEY, NAME_KEY]).map_or_else(
                    || ".".to_owned(),
                    |near| format!("; did you mean `{near}`?"),
                );
                return Err(wrong(format!("there is no key {}{near}", quoted(other))));
            }
        };
        if named.replace(name).is_some() {
            return Err(wrong(format!("it has both `{FILE_KEY}` and `{NAME_KEY}`.")));
        }
    }
    Ok(named)
}

/// Whether the workspace has the profile that plugins are shipped with.
fn has_profile(workspace: &Path) -> bool {
    std::fs::read_to_string(workspace.join("Cargo.toml"))
        .ok()
        .and_then(|text| text.parse::<toml::Table>().ok())
        .and_then(|manifest| manifest.get("profile")?.get(PROFILE).cloned())
        .is_some()
}

fn build_with_make(folder: &Path) -> Result<PathBuf, BuildError> {
    // Make's messages go to standard error, as cargo's do; standard output is for machines.
    let messages = output(folder, "make", |make| make.arg("-C").arg(folder))?;
    // A closed standard error is no reason to stop.
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
    // Under `cargo run` and `cargo test` these variables describe the harness. Build scripts that
    // depend on them would run again after each change of the harness, and everything would be rebuilt.
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
