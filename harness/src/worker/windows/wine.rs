//! Whether this Windows is Wine.

use std::ffi::{CStr, c_char};
use std::sync::OnceLock;

use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleA, GetProcAddress};

/// The version of Wine, such as `8.0`; none on Windows.
pub(in crate::worker) fn version() -> Option<&'static str> {
    static VERSION: OnceLock<Option<String>> = OnceLock::new();
    VERSION.get_or_init(ask).as_deref()
}

fn ask() -> Option<String> {
    // SAFETY: Both names end with a zero. Every process has that library, which is never unloaded.
    let function = unsafe {
        let ntdll = GetModuleHandleA(c"ntdll.dll".as_ptr().cast());
        GetProcAddress(ntdll, c"wine_get_version".as_ptr().cast())?
    };
    // SAFETY: Wine documents this function of that name; Windows has none.
    let function = unsafe {
        std::mem::transmute::<unsafe extern "system" fn() -> isize, extern "C" fn() -> *const c_char>(
            function,
        )
    };
    // SAFETY: It returns a text that ends with a zero and is never changed.
    let version = unsafe { CStr::from_ptr(function()) };
    Some(version.to_string_lossy().into_owned())
}
