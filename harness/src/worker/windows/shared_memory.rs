//! The memory that a worker shares with its parent. A plugin can write to it.

use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};

use windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE;
use windows_sys::Win32::System::Memory::{
    CreateFileMappingW, FILE_MAP_READ, FILE_MAP_WRITE, MEMORY_MAPPED_VIEW_ADDRESS, MapViewOfFile,
    PAGE_READWRITE, UnmapViewOfFile,
};

use super::event::owned;
use crate::worker::reporter::{Counters, SharedCounters};

/// The longest text about a crash, in units of UTF-16.
const MAX_TEXT: usize = 512;

/// What is in the memory. Zeros are valid.
#[repr(C)]
struct Content {
    counters: Counters,
    length: AtomicU32,
    text: [AtomicU16; MAX_TEXT],
}

/// The memory, from the side of the parent.
#[derive(Debug)]
pub(super) struct SharedMemory {
    section: OwnedHandle,
    view: NonNull<Content>,
}

// SAFETY: The content is made of atomics, which any thread may use.
unsafe impl Send for SharedMemory {}

impl SharedMemory {
    pub(super) fn new() -> io::Result<Self> {
        let size = u32::try_from(size_of::<Content>()).map_err(io::Error::other)?;
        // SAFETY: Memory without a file and without a name; the system fills it with zeros.
        let section = owned(unsafe {
            CreateFileMappingW(
                INVALID_HANDLE_VALUE,
                ptr::null(),
                PAGE_READWRITE,
                0,
                size,
                ptr::null(),
            )
        })?;
        let view = map(&section)?;
        Ok(Self { section, view })
    }

    /// What a worker maps it by.
    pub(super) fn section(&self) -> &OwnedHandle {
        &self.section
    }

    fn content(&self) -> &Content {
        // SAFETY: The view is mapped while this lives, and all bits are valid for atomics.
        unsafe { self.view.as_ref() }
    }

    /// The counters. They may be used while this lives.
    pub(super) fn counters(&self) -> &Counters {
        &self.content().counters
    }

    /// Where the exception that ended the worker was raised; empty if it is not known.
    pub(super) fn raised_in(&self) -> String {
        let content = self.content();
        let length = content.length.load(Ordering::SeqCst) as usize;
        let text: Vec<u16> = content.text[..length.min(MAX_TEXT)]
            .iter()
            .map(|unit| unit.load(Ordering::SeqCst))
            .collect();
        String::from_utf16_lossy(&text)
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        let view = MEMORY_MAPPED_VIEW_ADDRESS {
            Value: self.view.as_ptr().cast(),
        };
        // SAFETY: It was mapped by this, and no reference to it is left.
        unsafe { UnmapViewOfFile(view) };
    }
}

/// The memory, from the side of the worker, in which it stays mapped.
#[derive(Clone, Copy)]
pub(super) struct WorkersMemory(&'static Content);

impl WorkersMemory {
    pub(super) fn map(section: &OwnedHandle) -> io::Result<Self> {
        let view = map(section)?;
        // SAFETY: It is never unmapped, and all bits are valid for atomics.
        Ok(Self(unsafe { view.as_ref() }))
    }

    pub(super) fn counters(self) -> SharedCounters {
        SharedCounters::at(&self.0.counters)
    }

    /// Says where an exception was raised. It allocates nothing, and waits for nothing.
    pub(super) fn set_raised_in(self, text: impl IntoIterator<Item = u16>) {
        let mut length = 0;
        for (slot, unit) in self.0.text.iter().zip(text) {
            slot.store(unit, Ordering::SeqCst);
            length += 1;
        }
        self.0.length.store(length, Ordering::SeqCst);
    }
}

fn map(section: &OwnedHandle) -> io::Result<NonNull<Content>> {
    // SAFETY: The handle is that of a section of this size.
    let view = unsafe {
        MapViewOfFile(
            section.as_raw_handle(),
            FILE_MAP_READ | FILE_MAP_WRITE,
            0,
            0,
            size_of::<Content>(),
        )
    };
    NonNull::new(view.Value.cast()).ok_or_else(io::Error::last_os_error)
}
