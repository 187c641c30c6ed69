//! The libraries of the process.

use std::io;

use windows_sys::Win32::Foundation::HMODULE;
use windows_sys::Win32::System::LibraryLoader::GetModuleFileNameW;
use windows_sys::Win32::System::ProcessStatus::EnumProcessModules;
use windows_sys::Win32::System::Threading::GetCurrentProcess;

use super::event::check;

/// How many libraries are listed. Real processes have less than a hundred.
const MAX_MODULES: usize = 1024;

/// The longest path that is read, in units of UTF-16.
const MAX_PATH: usize = 4096;

/// The file of a library.
pub(super) fn file(module: HMODULE) -> Option<String> {
    let mut name = vec![0; MAX_PATH];
    let size = u32::try_from(name.len()).ok()?;
    // SAFETY: The buffer is as long as is said. A library that is not loaded any more has no name.
    let length = unsafe { GetModuleFileNameW(module, name.as_mut_ptr(), size) };
    (length > 0).then(|| String::from_utf16_lossy(&name[..(length as usize).min(MAX_PATH)]))
}

/// The files of all libraries.
pub(super) fn files() -> io::Result<Vec<String>> {
    let mut modules: Vec<HMODULE> = vec![std::ptr::null_mut(); MAX_MODULES];
    let size = size_of_val(modules.as_slice());
    let mut needed = 0;
    // SAFETY: The buffer is as long as is said.
    check(unsafe {
        EnumProcessModules(
            GetCurrentProcess(),
            modules.as_mut_ptr(),
            u32::try_from(size).map_err(io::Error::other)?,
            &mut needed,
        )
    })?;
    modules.truncate(needed as usize / size_of::<HMODULE>());
    Ok(modules.into_iter().filter_map(file).collect())
}
