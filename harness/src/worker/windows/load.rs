//! Loads a plugin and calls it: the only place in the harness that does either on Windows.
//!
//! Only a worker may use this module: a plugin can do anything to the process that it
//! is loaded in.

use std::ffi::{CString, c_int};
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use windows_sys::Win32::Foundation::HMODULE;
use windows_sys::Win32::System::LibraryLoader::{
    GetProcAddress, LOAD_WITH_ALTERED_SEARCH_PATH, LoadLibraryExW,
};

use super::process::wide;
use super::{boundary, hidden, modules};
use crate::abi::EXPORT_NAME;

/// The name under which the plugin was last loaded, as the list of modules has it.
static LOADED_AS: Mutex<Option<String>> = Mutex::new(None);

/// A loaded plugin.
///
/// Dropping it leaves the library loaded; only [`LoadedPlugin::unload`] unloads, so
/// that only a script decides when the plugin's code is unmapped.
#[derive(Debug)]
pub(in crate::worker) struct LoadedPlugin {
    /// The address of the library.
    module: usize,
    entry: EntryPoint,
}

/// The plugin's function. It must not be called once the plugin is unloaded.
#[derive(Clone, Copy, Debug)]
pub(in crate::worker) struct EntryPoint(unsafe extern "C" fn() -> c_int);

/// Why a plugin could not be loaded or unloaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::worker) enum LoadError {
    /// A function of the system failed.
    #[error("{function}: Windows error {code}, {message}")]
    System {
        function: String,
        code: i32,
        message: String,
    },
    /// The loader hid an exception.
    #[error(
        "DllMain raised the exception {0:#010X} when the library was unloaded, which the loader hides"
    )]
    Hidden(u32),
}

impl LoadError {
    /// What the system says of the calling thread's last failure.
    fn last(function: &str) -> Self {
        let error = io::Error::last_os_error();
        let code = error.raw_os_error().unwrap_or_default();
        let text = error.to_string();
        let message = text.split(" (os error").next().unwrap_or_default();
        Self::System {
            function: function.to_owned(),
            code,
            message: message.trim_end_matches('.').to_owned(),
        }
    }
}

impl LoadedPlugin {
    /// Loads the library at `path`, which should be absolute, and looks up `IsEntitled`. Libraries that it needs are found
    /// in its own folder.
    pub(in crate::worker) fn load(path: &Path) -> Result<Self, LoadError> {
        let name = wide(path.as_os_str());
        // SAFETY: The text ends with a zero. The library's DllMain runs here. Finding out what it does is the purpose of
        // the worker, and its process holds nothing else.
        let module: HMODULE = unsafe {
            LoadLibraryExW(
                name.as_ptr(),
                std::ptr::null_mut(),
                LOAD_WITH_ALTERED_SEARCH_PATH,
            )
        };
        if module.is_null() {
            return Err(LoadError::last("LoadLibrary"));
        }
        let export = CString::new(EXPORT_NAME).unwrap_or_default();
        // SAFETY: The library is loaded, and the text ends with a zero.
        let function = unsafe { GetProcAddress(module, export.as_ptr().cast()) };
        let Some(function) = function else {
            return Err(LoadError::last(&format!(
                "GetProcAddress(\"{EXPORT_NAME}\")"
            )));
        };
        // SAFETY: The contract gives the function this type. The result is read as a C int, for which every bit
        // pattern is valid.
        let function = unsafe {
            std::mem::transmute::<
                unsafe extern "system" fn() -> isize,
                unsafe extern "C" fn() -> c_int,
            >(function)
        };
        *LOADED_AS.lock().unwrap_or_else(PoisonError::into_inner) = modules::file(module);
        Ok(Self {
            module: module.expose_provenance(),
            entry: EntryPoint(function),
        })
    }

    /// The function, to be called on any thread.
    pub(in crate::worker) fn entry(&self) -> EntryPoint {
        self.entry
    }

    /// Unloads the library. Its code may stay mapped if something holds it.
    pub(in crate::worker) fn unload(self) -> Result<(), LoadError> {
        let module: HMODULE = std::ptr::with_exposed_provenance_mut(self.module);
        match hidden::free_library(module) {
            Ok(None) => Ok(()),
            Ok(Some(code)) => Err(LoadError::Hidden(code)),
            Err(_) => Err(LoadError::last("FreeLibrary")),
        }
    }
}

impl EntryPoint {
    /// Calls `IsEntitled` once. The result is returned unchanged, also outside of the enumeration.
    #[inline]
    pub(in crate::worker) fn call(self) -> i32 {
        // SAFETY: `LoadedPlugin` found this function in the library, and the worker's script interpreter gives an `EntryPoint`
        // to no step once the library is unloaded.
        unsafe { boundary::call(self.0) }
    }
}

/// The name under which the plugin was last loaded, if it was.
pub(super) fn loaded_as() -> Option<String> {
    LOADED_AS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}
