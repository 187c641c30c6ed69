//! Loads a plugin and calls it: the only place in the harness that does either.
//!
//! Only a worker may use this module: a plugin can do anything to the process that it
//! is loaded in.

use std::error::Error as _;
use std::ffi::c_int;
use std::path::Path;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use crate::abi::EXPORT_NAME;

/// A loaded plugin.
///
/// Dropping it leaves the library loaded; only [`LoadedPlugin::unload`] unloads, so
/// that only a script decides when the plugin's code is unmapped.
#[derive(Debug)]
pub(in crate::worker) struct LoadedPlugin {
    library: std::mem::ManuallyDrop<Library>,
    entry: EntryPoint,
}

/// The plugin's function. It must not be called once the plugin is unloaded.
#[derive(Clone, Copy, Debug)]
pub(in crate::worker) struct EntryPoint(unsafe extern "C" fn() -> c_int);

/// Why a plugin could not be loaded or unloaded: the loader's message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::worker) enum LoadError {
    /// The library could not be opened.
    #[error("{0}")]
    Open(String),
    /// The library has no `IsEntitled`.
    #[error("{0}")]
    Symbol(String),
    /// The library could not be closed.
    #[error("{0}")]
    Close(String),
}

impl LoadedPlugin {
    /// Loads the library at `path`, which should be absolute, with every symbol
    /// bound and its symbols local, and looks up `IsEntitled`.
    pub(in crate::worker) fn load(path: &Path) -> Result<Self, LoadError> {
        // SAFETY: The library's initialisers run here. Finding out what they do is the purpose of the
        // worker, and its process holds nothing else.
        let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }
            .map_err(|error| LoadError::Open(loader_message(&error)))?;
        // SAFETY: The contract gives the symbol this type. The result is read as a C int, for which every bit
        // pattern is valid.
        let entry = unsafe { library.get::<unsafe extern "C" fn() -> c_int>(EXPORT_NAME) }
            .map(|symbol| EntryPoint(*symbol))
            .map_err(|error| LoadError::Symbol(loader_message(&error)))?;
        Ok(Self {
            library: std::mem::ManuallyDrop::new(library),
            entry,
        })
    }

    /// The function, to be called on any thread.
    pub(in crate::worker) fn entry(&self) -> EntryPoint {
        self.entry
    }

    /// Unloads the library. Its code may stay mapped if something holds it.
    pub(in crate::worker) fn unload(self) -> Result<(), LoadError> {
        std::mem::ManuallyDrop::into_inner(self.library)
            .close()
            .map_err(|error| LoadError::Close(loader_message(&error)))
    }
}

impl EntryPoint {
    /// The function as one that may end by unwinding, as it does where the thread is cancelled.
    pub(in crate::worker) fn that_may_unwind(self) -> unsafe extern "C-unwind" fn() -> c_int {
        // SAFETY: The types differ only in what a caller must be prepared for.
        unsafe { std::mem::transmute(self.0) }
    }

    /// Calls `IsEntitled` once. The result is returned unchanged, also outside of the enumeration.
    #[inline]
    pub(in crate::worker) fn call(self) -> i32 {
        // SAFETY: `LoadedPlugin` found this function in the library, and the worker's script interpreter gives an `EntryPoint`
        // to no step once the library is unloaded.
        unsafe { (self.0)() }
    }
}

/// The message of `dlerror`, which libloading keeps as the source of its error.
fn loader_message(error: &libloading::Error) -> String {
    error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string)
}
