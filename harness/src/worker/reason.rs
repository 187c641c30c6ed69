//! What a plugin that was made with the SDK says of why it decided nothing.

use std::sync::{Mutex, PoisonError};

/// The longest reason that is kept, in bytes.
const LIMIT: usize = 1024;

/// The last reason. It has no part in the heap: what a plugin leaves there is measured.
static LAST: Mutex<Reason> = Mutex::new(Reason {
    text: [0; LIMIT],
    length: 0,
});

struct Reason {
    text: [u8; LIMIT],
    length: usize,
}

/// Keeps the function in the program, which exports it (`build.rs`).
#[used]
static EXPORTED: unsafe extern "C" fn(*const u8, usize) = ics_entitlement_reason;

/// The function that the SDK looks for in its host.
///
/// # Safety
/// `text` is valid for reads of `length` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn ics_entitlement_reason(text: *const u8, length: usize) {
    if text.is_null() {
        return;
    }
    let length = length.min(LIMIT);
    // SAFETY: the caller says so; of what it gives no more is read.
    let text = unsafe { std::slice::from_raw_parts(text, length) };
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    last.text[..length].copy_from_slice(text);
    last.length = length;
}

/// Takes the last reason.
pub(super) fn take() -> Option<String> {
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let length = std::mem::take(&mut last.length);
    (length > 0).then(|| String::from_utf8_lossy(&last.text[..length]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_taken_once_and_bounded() {
        let long = "x".repeat(2 * LIMIT);
        // SAFETY: the text is as long as it says.
        unsafe { ics_entitlement_reason(long.as_ptr(), long.len()) };
        assert_eq!(take().map(|reason| reason.len()), Some(LIMIT));
        assert_eq!(take(), None);
    }
}
