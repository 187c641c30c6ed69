//! Says where an exception that nothing handled was raised, and ends the process with its code.

use std::sync::OnceLock;

use windows_sys::Win32::Foundation::{EXCEPTION_STACK_OVERFLOW, MAX_PATH};
use windows_sys::Win32::System::Diagnostics::Debug::{
    EXCEPTION_POINTERS, EXCEPTION_RECORD, SetUnhandledExceptionFilter,
};
use windows_sys::Win32::System::LibraryLoader::{
    GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
    GetModuleFileNameW, GetModuleHandleExW,
};

use super::exit_at_once;
use super::shared_memory::WorkersMemory;

/// What Wine raises where a function that it lacks is called, with the names of its library and the function.
const LACKING: u32 = 0x8000_0100;

/// Tells that the system searches no handler, but ends the process.
const EXCEPTION_CONTINUE_SEARCH: i32 = 0;

static MEMORY: OnceLock<WorkersMemory> = OnceLock::new();

/// From now on, exceptions are noted in that memory.
pub(super) fn install(memory: WorkersMemory) {
    MEMORY.get_or_init(|| memory);
    // SAFETY: The filter is a function that lives as long as the process.
    unsafe { SetUnhandledExceptionFilter(Some(note)) };
}

/// Runs on the thread that raised the exception. It allocates nothing: the heap may be damaged.
unsafe extern "system" fn note(pointers: *const EXCEPTION_POINTERS) -> i32 {
    // SAFETY: The system passes valid pointers.
    let record = unsafe { pointers.as_ref().and_then(|it| it.ExceptionRecord.as_ref()) };
    match record {
        Some(record) => end(record),
        None => EXCEPTION_CONTINUE_SEARCH,
    }
}

/// Notes an exception that nothing handles, and ends the process with its code.
pub(super) fn end(record: &EXCEPTION_RECORD) -> ! {
    let code = record.ExceptionCode;
    // With an overflow, there is no stack left to find out more with.
    if code != EXCEPTION_STACK_OVERFLOW
        && let Some(memory) = MEMORY.get()
    {
        match code.cast_unsigned() {
            LACKING => note_lacking(record, *memory),
            _ => note_module(record, *memory),
        }
    }
    exit_at_once(code)
}

/// Notes the file that contains the instruction.
fn note_module(record: &EXCEPTION_RECORD, memory: WorkersMemory) {
    let mut module = std::ptr::null_mut();
    // SAFETY: With this flag the pointer is an address anywhere, and no name.
    let found = unsafe {
        GetModuleHandleExW(
            GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
            record.ExceptionAddress.cast_const().cast(),
            &mut module,
        )
    };
    if found == 0 {
        return;
    }
    let mut name = [0; MAX_PATH as usize];
    // SAFETY: The buffer is as long as is said.
    let length = unsafe { GetModuleFileNameW(module, name.as_mut_ptr(), MAX_PATH) };
    memory.set_raised_in(name.into_iter().take(length as usize));
}

/// Notes the function that Wine lacks, and its library.
fn note_lacking(record: &EXCEPTION_RECORD, memory: WorkersMemory) {
    /// Smaller ones are ordinals.
    const FIRST_ADDRESS: usize = 0x10000;
    const LONGEST: usize = 200;
    if record.NumberParameters < 2 || record.ExceptionInformation[0] == 0 {
        return;
    }
    let text = |address: usize| {
        (0..LONGEST)
            .map(move |index| {
                // SAFETY: Wine passes texts that end with a zero, and none is read beyond that.
                unsafe { *std::ptr::with_exposed_provenance::<u8>(address + index) }
            })
            .take_while(|byte| *byte != 0)
            .map(u16::from)
    };
    let of = || " of ".bytes().map(u16::from);
    let [library, function] = [
        record.ExceptionInformation[0],
        record.ExceptionInformation[1],
    ];
    if function < FIRST_ADDRESS {
        let digits = [10_000, 1000, 100, 10, 1].map(|unit| (function / unit % 10) as u16);
        let digits = digits.into_iter().skip_while(|digit| *digit == 0);
        let digits = digits.map(|digit| digit + u16::from(b'0'));
        let name = std::iter::once(u16::from(b'#')).chain(digits);
        memory.set_raised_in(name.chain(of()).chain(text(library)));
    } else {
        memory.set_raised_in(text(function).chain(of()).chain(text(library)));
    }
}
