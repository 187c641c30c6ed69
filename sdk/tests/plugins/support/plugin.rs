//! The test plugin, built once with the release profile. Each test has its own copy and settings.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

use super::server::Server;

/// A copy of the plugin with its settings.
pub(crate) struct Plugin {
    folder: TempDir,
    library: PathBuf,
}

impl Plugin {
    /// The plugin with these settings.
    pub(crate) fn new(settings: &str) -> Self {
        Self::of(built(), settings)
    }

    /// Another library with these settings.
    pub(crate) fn of(built: &Path, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("libbehaviours.so");
        std::fs::copy(built, &library).unwrap();
        std::fs::write(folder.path().join("libbehaviours.toml"), settings).unwrap();
        Self { folder, library }
    }

    /// The plugin with settings to ask `server` and to show a behaviour.
    pub(crate) fn asking(server: &Server, path: &str, behaviour: &str) -> Self {
        let plugin = Self::new(&format!(
            "url = \"https://localhost:{}{path}\"\nca = [\"ca.pem\"]\ndeadline = \"30s\"\n\
             [plugin]\nbehaviour = \"{behaviour}\"\n",
            server.port(),
        ));
        plugin.write("ca.pem", server.ca());
        plugin
    }

    /// Adds a file beside the library.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// The path of the library.
    pub(crate) fn library(&self) -> &Path {
        &self.library
    }
}

/// The path of the built plugin.
fn built() -> &'static Path {
    &artefacts().library
}

/// The path of the SDK's rlib that the plugin was built with.
pub(crate) fn sdk() -> &'static Path {
    &artefacts().sdk
}

/// The path of the archive with the C API.
pub(crate) fn archive() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| find(&build(&["ics-entitlement-c"]), "ics_client", ".a"))
}

struct Artefacts {
    library: PathBuf,
    floor: PathBuf,
    sdk: PathBuf,
}

/// The path of the library that the plugin's speed is compared with.
pub(crate) fn floor() -> &'static Path {
    &artefacts().floor
}

fn artefacts() -> &'static Artefacts {
    static BUILT: OnceLock<Artefacts> = OnceLock::new();
    BUILT.get_or_init(|| {
        let messages = build(&["behaviours", "floor"]);
        Artefacts {
            library: find(&messages, "behaviours", ".so"),
            floor: find(&messages, "floor", ".so"),
            sdk: find(&messages, "ics_entitlement", ".rlib"),
        }
    })
}

/// Builds packages with the profile `plugin`, and returns Cargo's messages. The paths are taken from them, since the
/// target folder may have several builds of the SDK with different features.
fn build(packages: &[&str]) -> Vec<serde_json::Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--locked",
            "--message-format",
            "json-render-diagnostics",
            "--profile",
            "plugin",
        ])
        .args(packages.iter().flat_map(|package| ["-p", package]))
        .current_dir(&root)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "{packages:?} do not build");
    let output_text = String::from_utf8(output.stdout).unwrap();
    let lines = output_text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The file with this ending that a build made of a target.
fn find(messages: &[serde_json::Value], name: &str, ending: &str) -> PathBuf {
    let files = messages
        .iter()
        .filter(|message| message["target"]["name"] == name)
        .filter_map(|message| message["filenames"].as_array())
        .flatten();
    let file = files
        .filter_map(serde_json::Value::as_str)
        .find(|file| file.ends_with(ending))
        .unwrap_or_else(|| panic!("no {ending} of {name}: {messages:?}"));
    PathBuf::from(file)
}
