//! Texts from C and for C.

use std::ffi::{CStr, CString, c_char};

use crate::error::{Failure, IcsClientError};

/// A text that C passes as the argument `name`.
///
/// # Safety
/// `text` is null, or points to a string that ends in a null character and is not changed for `'a`.
pub(crate) unsafe fn from_c<'a>(text: *const c_char, name: &str) -> Result<&'a str, Failure> {
    if text.is_null() {
        return Err(Failure::argument(name));
    }
    // SAFETY: the caller upholds the same precondition.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map_err(|_| Failure::argument(name))
}

/// A text for C. One with a null character in it would end there for C: `allowed`, followed by one, would be equal to
/// `allowed`.
pub(crate) fn for_c(text: &str) -> Result<CString, Failure> {
    CString::new(text).map_err(|_| {
        Failure::new(
            IcsClientError::Text,
            "the text has a null character in it, which C would take for its end",
        )
    })
}
