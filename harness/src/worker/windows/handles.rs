//! The handles of the process, by kind.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::os::windows::io::RawHandle;
use std::ptr;

use windows_sys::Wdk::Foundation::{NtQueryObject, ObjectTypeInformation};
use windows_sys::Wdk::System::SystemInformation::NtQuerySystemInformation;
use windows_sys::Win32::Foundation::{STATUS_INFO_LENGTH_MISMATCH, UNICODE_STRING};
use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_RELEASE, MEM_RESERVE, PAGE_READWRITE, VirtualAlloc, VirtualFree,
};
use windows_sys::Win32::System::Threading::GetCurrentProcessId;

/// `SystemExtendedHandleInformation`: all handles of the system.
const EXTENDED_HANDLES: i32 = 64;

/// How many bytes a list of them may have at first, and at most.
const FIRST: usize = 1 << 20;
const MOST: usize = 256 << 20;

/// One handle of the system.
#[repr(C)]
struct SystemHandle {
    object: *mut c_void,
    process: usize,
    handle: usize,
    access: u32,
    trace: u16,
    kind: u16,
    attributes: u32,
    reserved: u32,
}

/// How the list begins.
#[repr(C)]
struct Head {
    count: usize,
    reserved: usize,
}

/// Memory that is given back at once, and no part of a heap, whose growth is measured.
struct Pages {
    address: *mut c_void,
    size: usize,
}

impl Pages {
    fn new(size: usize) -> Option<Self> {
        // SAFETY: The system chooses where they are.
        let address =
            unsafe { VirtualAlloc(ptr::null(), size, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE) };
        (!address.is_null()).then_some(Self { address, size })
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: They are this one's, as a whole.
        unsafe { VirtualFree(self.address, 0, MEM_RELEASE) };
    }
}

/// The handles of this process, each with its kind, such as `Event`.
pub(super) fn all() -> BTreeMap<i32, String> {
    let mut handles = BTreeMap::new();
    let Some(pages) = read() else {
        return handles;
    };
    // SAFETY: It takes nothing.
    let process = unsafe { GetCurrentProcessId() } as usize;
    // SAFETY: The system has filled the pages with a head, which says how many handles follow.
    let list = unsafe {
        let head = pages.address.cast::<Head>();
        let room = (pages.size - size_of::<Head>()) / size_of::<SystemHandle>();
        std::slice::from_raw_parts(head.add(1).cast::<SystemHandle>(), (*head).count.min(room))
    };
    for entry in list.iter().filter(|entry| entry.process == process) {
        let number = i32::try_from(entry.handle).unwrap_or(i32::MAX);
        let kind = kind(ptr::without_provenance_mut(entry.handle));
        handles.insert(number, kind.unwrap_or_else(|| "of unknown kind".to_owned()));
    }
    handles
}

/// The list of all handles of the system.
fn read() -> Option<Pages> {
    let mut size = FIRST;
    while size <= MOST {
        let pages = Pages::new(size)?;
        let length = u32::try_from(size).ok()?;
        // SAFETY: The pages are as long as is said.
        let status = unsafe {
            NtQuerySystemInformation(EXTENDED_HANDLES, pages.address, length, ptr::null_mut())
        };
        match status {
            0.. => return Some(pages),
            STATUS_INFO_LENGTH_MISMATCH => size *= 4,
            _ => return None,
        }
    }
    None
}

fn kind(handle: RawHandle) -> Option<String> {
    /// More than any answer has.
    const SIZE: usize = 1024;
    let mut answer = [0_u64; SIZE / 8];
    // SAFETY: The buffer is aligned and as long as is said. A handle that was closed meanwhile is an error.
    let status = unsafe {
        NtQueryObject(
            handle,
            ObjectTypeInformation,
            answer.as_mut_ptr().cast(),
            SIZE as u32,
            ptr::null_mut(),
        )
    };
    if status < 0 {
        return None;
    }
    // SAFETY: The answer begins with a text, whose characters are in the answer, too.
    let name = unsafe {
        let name = &*answer.as_ptr().cast::<UNICODE_STRING>();
        if name.Buffer.is_null() {
            return None;
        }
        std::slice::from_raw_parts(name.Buffer, usize::from(name.Length / 2))
    };
    Some(String::from_utf16_lossy(name))
}
