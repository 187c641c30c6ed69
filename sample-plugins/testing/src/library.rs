//! A sample, built and loaded as a host loads it: the function of the C contract is called, and the library unloaded.

use std::ffi::c_int;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use tempfile::TempDir;

/// A result of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Success,
    Failed,
    Unavailable,
}

/// A copy of a plugin with a settings file beside it.
pub struct Library {
    folder: TempDir,
    path: PathBuf,
}

impl Library {
    /// Builds the sample, which is the package `name` of this workspace, and lays it beside `settings`.
    ///
    /// # Panics
    /// If it does not build.
    pub fn with_settings(name: &str, settings: &str) -> Self {
        let built = built(name);
        let file = built.file_name().expect("a library has a name");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(file);
        std::fs::copy(&built, &path).expect("a copy");
        std::fs::write(path.with_extension("toml"), settings).expect("a settings file");
        Self { folder, path }
    }

    /// Loads the library, calls it `times` times on a thread that then ends, and unloads it before the thread does: a
    /// destructor of a thread-local value that is left would run without its code.
    ///
    /// # Panics
    /// If the library cannot be loaded, returns an undefined value, or is still mapped afterwards.
    pub fn call(&self, times: usize) -> Vec<Answer> {
        let path = self.path.clone();
        let calls = thread::spawn(move || {
            // SAFETY: it is a sample of this workspace, whose constructors do nothing. The function has the signature
            // of the contract, and is not used after the library is closed.
            unsafe {
                let library = libloading::Library::new(&path).expect("the plugin can be loaded");
                let answers = {
                    let function = library.get::<extern "C" fn() -> c_int>(b"IsEntitled\0");
                    let function = function.expect("the plugin exports its function");
                    (0..times).map(|_| answer(function())).collect()
                };
                library.close().expect("the plugin can be unloaded");
                answers
            }
        });
        let answers = calls.join().expect("the calls do not panic");
        assert!(!self.is_mapped(), "the library was not unloaded");
        answers
    }

    fn is_mapped(&self) -> bool {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
        maps.contains(&self.folder.path().display().to_string())
    }
}

fn answer(value: c_int) -> Answer {
    match value {
        0 => Answer::Success,
        1 => Answer::Failed,
        2 => Answer::Unavailable,
        other => panic!("{other} is not a value of the contract"),
    }
}

/// The path of the built library, from Cargo's messages.
fn built(name: &str) -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "-p", name])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{name} does not build");
    let text = String::from_utf8_lossy(&output.stdout);
    let target = name.replace('-', "_");
    text.lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == target.as_str())
        .filter_map(|message| {
            Some(PathBuf::from(
                message["filenames"].as_array()?.first()?.as_str()?,
            ))
        })
        .next_back()
        .unwrap_or_else(|| panic!("no library of {name}"))
}
