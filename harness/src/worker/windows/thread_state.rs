//! The settings of the process and of its main thread that a plugin may change by accident.

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_void};

use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::Globalization::GetThreadLocale;
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleA, GetProcAddress};
use windows_sys::Win32::System::Threading::{
    FLS_OUT_OF_INDEXES, FlsAlloc, FlsFree, GetCurrentProcess, GetCurrentThread, GetPriorityClass,
    GetProcessAffinityMask, GetThreadPriority, TLS_OUT_OF_INDEXES, TlsAlloc, TlsFree,
};

/// More indexes than a process can have.
const MAX_INDEXES: usize = 8192;

/// `LC_ALL` of Microsoft's C library.
const LC_ALL: c_int = 0;

unsafe extern "C" {
    fn setlocale(category: c_int, locale: *const c_char) -> *const c_char;
}

/// How many more indexes of thread-local and fiber-local storage can be had: takes all, and gives them back.
pub(super) fn indexes_free() -> u32 {
    let mut taken = Vec::with_capacity(MAX_INDEXES);
    let mut count = 0;
    // SAFETY: An index is used by no one but who took it, and given back once.
    unsafe {
        loop {
            match TlsAlloc() {
                TLS_OUT_OF_INDEXES => break,
                index => taken.push(index),
            }
        }
        count += taken.len();
        taken.drain(..).for_each(|index| {
            TlsFree(index);
        });
        loop {
            match FlsAlloc(None) {
                FLS_OUT_OF_INDEXES => break,
                index => taken.push(index),
            }
        }
        count += taken.len();
        taken.drain(..).for_each(|index| {
            FlsFree(index);
        });
    }
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The control words of the floating-point unit, without the flags of what has happened so far.
#[cfg(target_arch = "x86_64")]
pub(super) fn floating_point() -> String {
    let (mut x87, mut sse) = (0_u16, 0_u32);
    // SAFETY: Both instructions only write to their operand.
    unsafe {
        std::arch::asm!("fnstcw [{}]", in(reg) &raw mut x87, options(nostack, preserves_flags));
        std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut sse, options(nostack, preserves_flags));
    }
    format!("x87 {x87:04x}, SSE {:04x}", sse & !0x3f)
}

/// They are not read on this processor.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn floating_point() -> String {
    String::new()
}

/// The priorities and the processors of the process and its main thread.
pub(super) fn priority() -> BTreeMap<String, String> {
    let (mut processors, mut system) = (0, 0);
    // SAFETY: These handles are always valid, and the pointers are valid for writes.
    let (thread, class) = unsafe {
        GetProcessAffinityMask(GetCurrentProcess(), &mut processors, &mut system);
        (
            GetThreadPriority(GetCurrentThread()),
            GetPriorityClass(GetCurrentProcess()),
        )
    };
    BTreeMap::from([
        ("thread priority".to_owned(), thread.to_string()),
        ("class".to_owned(), format!("{class:x}")),
        ("processors".to_owned(), format!("{processors:x}")),
    ])
}

/// The locale of the C library, and that of the main thread.
pub(super) fn locale() -> BTreeMap<String, String> {
    // SAFETY: Without a locale, it only says which one is set; null is none. The text is valid until the next call.
    let name = unsafe {
        let name = setlocale(LC_ALL, std::ptr::null());
        match name.is_null() {
            true => String::new(),
            false => CStr::from_ptr(name).to_string_lossy().into_owned(),
        }
    };
    // SAFETY: It takes nothing.
    let thread = unsafe { GetThreadLocale() };
    BTreeMap::from([
        ("LC_ALL".to_owned(), name),
        ("thread".to_owned(), format!("{thread:x}")),
    ])
}

/// The name of the main thread, where the system has such names.
pub(super) fn thread_name() -> String {
    type Describe = unsafe extern "system" fn(*mut c_void, *mut *mut u16) -> i32;
    // SAFETY: Every process has that library, and both names end with a zero.
    let function = unsafe {
        let kernel = GetModuleHandleA(c"kernel32.dll".as_ptr().cast());
        GetProcAddress(kernel, c"GetThreadDescription".as_ptr().cast())
    };
    let Some(function) = function else {
        return String::new();
    };
    // SAFETY: The function of that name has this type.
    let describe =
        unsafe { std::mem::transmute::<unsafe extern "system" fn() -> isize, Describe>(function) };
    let mut text = std::ptr::null_mut();
    // SAFETY: The handle is always valid, and the pointer is valid for writes. The text ends with a zero, and is freed once.
    unsafe {
        if describe(GetCurrentThread(), &mut text) < 0 || text.is_null() {
            return String::new();
        }
        let length = (0..).take_while(|index| *text.add(*index) != 0).count();
        let name = String::from_utf16_lossy(std::slice::from_raw_parts(text, length));
        LocalFree(text.cast());
        name
    }
}
