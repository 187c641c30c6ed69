//! Pipes between the parent and a worker.

use std::fs::File;
use std::io::{self, Read};
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::ptr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::{HANDLE_FLAG_INHERIT, SetHandleInformation};
use windows_sys::Win32::System::Pipes::CreatePipe;

use super::event::{Event, check, owned};

/// How many bytes a pipe holds.
const SIZE: u32 = 64 << 10;

/// How many bytes are kept that no one has taken yet. More stay in the pipe, and who writes them waits.
const MAX_PENDING: usize = 1 << 20;

/// Both ends of a new pipe: that for reading and that for writing. A child may inherit neither.
pub(super) fn new() -> io::Result<(OwnedHandle, OwnedHandle)> {
    let (mut read, mut write) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: Both pointers are valid for writes; default security is null.
    check(unsafe { CreatePipe(&mut read, &mut write, ptr::null(), SIZE) })?;
    Ok((owned(read)?, owned(write)?))
}

/// Lets a child inherit a handle, if it is in the list of those that it inherits.
pub(super) fn let_inherit(handle: &OwnedHandle) -> io::Result<()> {
    // SAFETY: The handle is valid.
    check(unsafe {
        SetHandleInformation(
            handle.as_raw_handle(),
            HANDLE_FLAG_INHERIT,
            HANDLE_FLAG_INHERIT,
        )
    })
}

/// The reading end of a pipe, which a thread empties: nothing else can wait for a pipe without a name.
#[derive(Debug)]
pub(super) struct PipeReader(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    /// Whether no more will come.
    closed: bool,
    /// Whether no one reads any more.
    abandoned: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PipeReader {
    /// Begins to read. `arrived` is set whenever there is something new, and at the end.
    pub(super) fn start(from: OwnedHandle, arrived: Arc<Event>) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("pipe".to_owned())
            .spawn(move || empty(File::from(from), &theirs, &arrived))?;
        Ok(Self(shared))
    }

    /// Takes up to so many bytes. None may be there at present.
    pub(super) fn take(&self, most: usize) -> Vec<u8> {
        let mut state = self.0.state();
        let count = state.bytes.len().min(most);
        let rest = state.bytes.split_off(count);
        let taken = std::mem::replace(&mut state.bytes, rest);
        self.0.changed.notify_all();
        taken
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.state().bytes.is_empty()
    }

    /// Waits until no more will come, but no longer than this. A process that holds the other end may keep it open.
    pub(super) fn wait_for_end(&self, until: Instant, mut take: impl FnMut(Vec<u8>)) {
        let mut state = self.0.state();
        while !state.closed {
            let left = until.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                break;
            }
            take(std::mem::take(&mut state.bytes));
            self.0.changed.notify_all();
            state = self
                .0
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        take(std::mem::take(&mut state.bytes));
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        self.0.state().abandoned = true;
        self.0.changed.notify_all();
    }
}

fn empty(mut from: File, shared: &Shared, arrived: &Event) {
    let mut buffer = [0; 16 << 10];
    loop {
        // A pipe whose other end is closed is broken, which is its end.
        let count = from.read(&mut buffer).unwrap_or(0);
        let full = |state: &mut State| state.bytes.len() > MAX_PENDING && !state.abandoned;
        let mut state = shared
            .changed
            .wait_while(shared.state(), full)
            .unwrap_or_else(PoisonError::into_inner);
        state.bytes.extend_from_slice(&buffer[..count]);
        state.closed = count == 0 || state.abandoned;
        shared.changed.notify_all();
        arrived.set();
        if state.closed {
            return;
        }
    }
}
