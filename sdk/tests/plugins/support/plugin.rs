//! Plugins, built once as they are shipped, each test with a copy and settings of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use super::server::Server;

/// A copy of a plugin with its settings.
pub(crate) struct Plugin {
    folder: TempDir,
    library: PathBuf,
}

impl Plugin {
    /// The plugin that behaves as told, with these settings and no others.
    pub(crate) fn new(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("libbehaviours.so");
        std::fs::copy(built(), &library).unwrap();
        std::fs::write(folder.path().join("libbehaviours.toml"), settings).unwrap();
        Self { folder, library }
    }

    /// The plugin, set up to ask `server` and to behave as told.
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

    /// Where the library is.
    pub(crate) fn library(&self) -> &Path {
        &self.library
    }
}

/// Builds the plugin with the profile `plugin`.
pub(crate) fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let status = Command::new(env!("CARGO"))
            .args([
                "build",
                "--quiet",
                "--locked",
                "--profile",
                "plugin",
                "-p",
                "behaviours",
            ])
            .current_dir(&root)
            .status()
            .unwrap();
        assert!(status.success(), "the plugin does not build");
        // CARGO_TARGET_TMPDIR is `tmp` in the target folder.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        target.join("plugin/libbehaviours.so")
    })
}
