//! Faults that the loader hides: where DllMain of a library that is being unloaded raises an exception, the loader goes on as
//! if nothing had happened, and what that function had still to do is not done.
//!
//! A fault counts if no function of the library could have handled it: the stack is walked from where it was raised up to the
//! first function outside of the library, and none on the way has an exception handler.

use std::io;

use windows_sys::Win32::Foundation::{FreeLibrary, HMODULE};

use super::event::check;

/// Unloads a library. Returns the code of an exception that DllMain raised and the loader hid.
#[cfg(target_arch = "x86_64")]
pub(super) fn free_library(module: HMODULE) -> io::Result<Option<u32>> {
    let watch = watch::Watch::begin(module);
    // SAFETY: The library was loaded by this process, and no one calls it any more.
    let freed = check(unsafe { FreeLibrary(module) });
    let hidden = watch.end();
    freed.map(|()| hidden)
}

/// Unloads a library. On this processor, hidden exceptions are not seen.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn free_library(module: HMODULE) -> io::Result<Option<u32>> {
    // SAFETY: The library was loaded by this process, and no one calls it any more.
    check(unsafe { FreeLibrary(module) }).map(|()| None)
}

#[cfg(target_arch = "x86_64")]
mod watch {
    use std::ffi::c_void;
    use std::ptr;
    use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

    use windows_sys::Win32::Foundation::{EXCEPTION_STACK_OVERFLOW, HMODULE};
    use windows_sys::Win32::System::Diagnostics::Debug::{
        AddVectoredExceptionHandler, CONTEXT, EXCEPTION_POINTERS, RemoveVectoredExceptionHandler,
        RtlLookupFunctionEntry, RtlVirtualUnwind, UNW_FLAG_EHANDLER,
    };
    use windows_sys::Win32::System::ProcessStatus::{GetModuleInformation, MODULEINFO};
    use windows_sys::Win32::System::Threading::{GetCurrentProcess, GetCurrentThreadId};

    /// How many functions of the library are looked at.
    const MAX_FRAMES: u32 = 64;

    const EXCEPTION_CONTINUE_SEARCH: i32 = 0;

    /// The two highest bits of the code of an error.
    const ERROR: u32 = 3;

    /// What is watched. One thread unloads at a time.
    static THREAD: AtomicU32 = AtomicU32::new(0);
    static FIRST: AtomicUsize = AtomicUsize::new(0);
    static END: AtomicUsize = AtomicUsize::new(0);
    static CODE: AtomicU32 = AtomicU32::new(0);

    pub(super) struct Watch(*mut c_void);

    impl Watch {
        pub(super) fn begin(module: HMODULE) -> Self {
            let mut image = MODULEINFO::default();
            // SAFETY: The structure is as long as is said.
            let known = unsafe {
                GetModuleInformation(
                    GetCurrentProcess(),
                    module,
                    &mut image,
                    u32::try_from(size_of::<MODULEINFO>()).unwrap_or_default(),
                )
            };
            let first = module.addr();
            let size = if known == 0 {
                0
            } else {
                image.SizeOfImage as usize
            };
            FIRST.store(first, Ordering::SeqCst);
            END.store(first + size, Ordering::SeqCst);
            CODE.store(0, Ordering::SeqCst);
            // SAFETY: It takes nothing.
            THREAD.store(unsafe { GetCurrentThreadId() }, Ordering::SeqCst);
            // SAFETY: The handler is a function that lives as long as the process.
            Self(unsafe { AddVectoredExceptionHandler(1, Some(note)) })
        }

        pub(super) fn end(self) -> Option<u32> {
            THREAD.store(0, Ordering::SeqCst);
            if !self.0.is_null() {
                // SAFETY: The handler was added, and is removed once.
                unsafe { RemoveVectoredExceptionHandler(self.0) };
            }
            let code = CODE.load(Ordering::SeqCst);
            (code != 0).then_some(code)
        }
    }

    fn is_in_library(address: usize) -> bool {
        (FIRST.load(Ordering::SeqCst)..END.load(Ordering::SeqCst)).contains(&address)
    }

    unsafe extern "system" fn note(raised: *mut EXCEPTION_POINTERS) -> i32 {
        // SAFETY: The system passes valid pointers, and the calling thread has a number.
        let (record, context, thread) = unsafe {
            let raised = &*raised;
            (
                &*raised.ExceptionRecord,
                &*raised.ContextRecord,
                GetCurrentThreadId(),
            )
        };
        let code = record.ExceptionCode;
        if thread == THREAD.load(Ordering::SeqCst)
            && CODE.load(Ordering::SeqCst) == 0
            && code.cast_unsigned() >> 30 == ERROR
            && code != EXCEPTION_STACK_OVERFLOW
            && is_in_library(record.ExceptionAddress.addr())
            && !may_be_handled(context)
        {
            CODE.store(code.cast_unsigned(), Ordering::SeqCst);
        }
        EXCEPTION_CONTINUE_SEARCH
    }

    /// Whether a function of the library, up to the one that the loader called, has an exception handler.
    fn may_be_handled(raised: &CONTEXT) -> bool {
        let mut context = *raised;
        let mut frames = 0;
        while frames < MAX_FRAMES && is_in_library(address(context.Rip)) {
            frames += 1;
            let mut base = 0;
            // SAFETY: The address is in a library that is loaded.
            let function =
                unsafe { RtlLookupFunctionEntry(context.Rip, &mut base, ptr::null_mut()) };
            if function.is_null() {
                // One that calls no other, and whose caller is next on the stack.
                // SAFETY: Such a function leaves the stack as its caller made it.
                context.Rip = unsafe { *ptr::with_exposed_provenance::<u64>(address(context.Rsp)) };
                context.Rsp += 8;
                continue;
            }
            let (mut data, mut stack) = (ptr::null_mut(), 0);
            // SAFETY: The function's entry is the one of this address, and the context that of the thread.
            let handler = unsafe {
                RtlVirtualUnwind(
                    UNW_FLAG_EHANDLER,
                    base,
                    context.Rip,
                    function,
                    &mut context,
                    &mut data,
                    &mut stack,
                    ptr::null_mut(),
                )
            };
            if handler.is_some() {
                return true;
            }
        }
        frames == MAX_FRAMES
    }

    fn address(register: u64) -> usize {
        usize::try_from(register).unwrap_or(usize::MAX)
    }
}
