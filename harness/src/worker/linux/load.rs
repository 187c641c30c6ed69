//! Loads a plugin and calls it: the only place in the harness that does either.
//!
//! Whatever runs this must be a worker. A plugin can do anything to the process
//! that it is loaded in.

use std::error::Error as _;
use std::ffi::c_int;
use std::path::Path;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use crate::abi::EXPORT_NAME;

/// A plugin that is loaded.
///
/// Dropping it leaves the library loaded; only [`Loaded::unload`] unloads, so
/// that a script alone decides when the plugin's code goes.
#[derive(Debug)]
pub(super) struct Loaded {
    library: std::mem::ManuallyDrop<Library>,
    entry: EntryPoint,
}

/// The plugin's function. It must not be called once the plugin is unloaded.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntryPoint(unsafe extern "C" fn() -> c_int);

/// Why a plugin could not be loaded or unloaded, in the loader's own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LoadError {
    /// The library could not be opened.
    #[error("{0}")]
    Open(String),
    /// It is open and has no `IsEntitled`.
    #[error("{0}")]
    Symbol(String),
    /// It could not be closed.
    #[error("{0}")]
    Close(String),
}

impl Loaded {
    /// Loads the library at `path`, which should be absolute, with every symbol
    /// bound and none of its names given to others, and finds `IsEntitled`.
    pub(super) fn load(path: &Path) -> Result<Self, LoadError> {
        // SAFETY: The library's initialisers run here. What they do is what the worker is there to find out, and the
        // worker process has nothing else to lose.
        let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }
            .map_err(|error| LoadError::Open(words(&error)))?;
        // SAFETY: The contract gives the symbol this type. The answer is read as a C int, for which every bit
        // pattern is a value.
        let entry = unsafe { library.get::<unsafe extern "C" fn() -> c_int>(EXPORT_NAME) }
            .map(|symbol| EntryPoint(*symbol))
            .map_err(|error| LoadError::Symbol(words(&error)))?;
        Ok(Self {
            library: std::mem::ManuallyDrop::new(library),
            entry,
        })
    }

    /// The function, to be called on any thread.
    pub(super) fn entry(&self) -> EntryPoint {
        self.entry
    }

    /// Unloads the library. Its code may stay mapped if something holds it.
    pub(super) fn unload(self) -> Result<(), LoadError> {
        std::mem::ManuallyDrop::into_inner(self.library)
            .close()
            .map_err(|error| LoadError::Close(words(&error)))
    }
}

impl EntryPoint {
    /// Calls `IsEntitled` once. Whatever number comes back is given as it is.
    #[inline]
    pub(super) fn call(self) -> i32 {
        // SAFETY: `Loaded` found this function in the library, and the worker's script interpreter gives an `EntryPoint`
        // to no step once the library is unloaded.
        unsafe { (self.0)() }
    }
}

/// What the loader itself said; libloading keeps it as the source of its error.
fn words(error: &libloading::Error) -> String {
    error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string)
}
