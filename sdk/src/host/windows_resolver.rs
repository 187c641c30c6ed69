//! Name look-up on Windows, by a function that can be cancelled.
//!
//! `getaddrinfo` would keep a thread of ours until the system gives up, long after the deadline. `GetAddrInfoExW` with a
//! completion routine needs none: a thread of the system's pool calls the routine once, also after a cancellation. What the
//! system writes to belongs to the system until then, so nothing waits for the routine. The library has to stay loaded,
//! which [`super::pin`] makes sure of.
//!
//! Wine (8.0) cannot cancel: `GetAddrInfoExW` starts the look-up and gives no handle, and `GetAddrInfoExCancel` returns
//! WSA_INVALID_HANDLE, which a test shows. The call is in time there too, and the routine runs when Wine gives up. The
//! cancellation itself is tested with a stand-in for both functions, which calls the routine as Windows may: on the thread
//! that cancels, on another one meanwhile, or later.

use std::cell::{Cell, UnsafeCell};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::Networking::WinSock::{
    ADDRINFOEXW, AF_INET, AF_INET6, FreeAddrInfoExW, GetAddrInfoExCancel, GetAddrInfoExW, NS_ALL,
    SOCK_STREAM, SOCKADDR_IN, SOCKADDR_IN6, WSA_IO_PENDING, WSADATA, WSAStartup,
};
use windows_sys::Win32::System::IO::OVERLAPPED;

use super::Found;

/// A look-up. Dropping it cancels the look-up, if that has no result yet.
#[must_use]
pub(crate) struct LookUp(Arc<Query>);

/// What the system and the one who waits share. The system has a reference until the completion routine is called.
#[repr(C)]
struct Query {
    /// The first member, so that its address, which the completion routine is given, is that of the query.
    overlapped: UnsafeCell<OVERLAPPED>,
    result: UnsafeCell<*mut ADDRINFOEXW>,
    cancel_handle: UnsafeCell<HANDLE>,
    name: Vec<u16>,
    hints: ADDRINFOEXW,
    /// Takes the result.
    found: Mutex<Option<Found>>,
    /// Whether the system has called the completion routine. It is locked during a cancellation, so that the handle cannot
    /// become that of another look-up meanwhile.
    is_complete: Mutex<bool>,
}

thread_local! {
    /// Whether this thread cancels a look-up. The system may call the completion routine before that function returns,
    /// on this thread.
    static CANCELS: Cell<bool> = const { Cell::new(false) };
}

// SAFETY: the name and the hints are not changed, and the hints have no pointers. The three cells are written to by the
// system alone: the handle before `LookUp::start` returns, the others before the query is complete. The handle is read
// after that and the result after this.
unsafe impl Send for Query {}
// SAFETY: as for `Send`.
unsafe impl Sync for Query {}

impl LookUp {
    /// Starts to look up `name`, and has the result given to `found` by a thread of the system, or by this one. The time
    /// limit is not needed: [`Drop`] ends the look-up.
    pub(crate) fn start(name: &str, _: Duration, found: Found) -> io::Result<Self> {
        // The system's thread executes code of this library after the result was given to `found`.
        super::pin()?;
        start_winsock()?;
        let query = Arc::new(Query {
            overlapped: UnsafeCell::default(),
            result: UnsafeCell::new(ptr::null_mut()),
            cancel_handle: UnsafeCell::new(ptr::null_mut()),
            name: name.encode_utf16().chain([0]).collect(),
            hints: ADDRINFOEXW {
                ai_socktype: SOCK_STREAM,
                ..ADDRINFOEXW::default()
            },
            found: Mutex::new(Some(found)),
            is_complete: Mutex::new(false),
        });
        let systems = Arc::into_raw(Arc::clone(&query));
        // SAFETY: all pointers are to members of the query, which lives until the completion routine takes the system's
        // reference back and this one is dropped. The name ends with a null character.
        let status = unsafe {
            GetAddrInfoExW(
                query.name.as_ptr(),
                ptr::null(),
                NS_ALL,
                ptr::null(),
                &raw const query.hints,
                query.result.get(),
                ptr::null(),
                systems.cast(),
                Some(completed),
                query.cancel_handle.get(),
            )
        };
        if status != WSA_IO_PENDING {
            // SAFETY: the look-up has ended at once, so the routine is not called, and the reference is ours again.
            unsafe { completed(status.cast_unsigned(), 0, systems.cast()) };
        }
        Ok(Self(query))
    }

    /// Ends a look-up whose result has been given. Nothing of it is left to wait for.
    pub(crate) fn join(self) {
        drop(self);
    }
}

impl Drop for LookUp {
    fn drop(&mut self) {
        let is_complete = lock(&self.0.is_complete);
        if !*is_complete {
            CANCELS.set(true);
            // SAFETY: the handle was written when the look-up was started, which is not complete. A null handle, as of
            // Wine, is refused.
            unsafe { GetAddrInfoExCancel(self.0.cancel_handle.get()) };
            CANCELS.set(false);
        }
    }
}

/// The completion routine. The system calls it once for each look-up that did not end at once.
///
/// # Safety
/// `overlapped` is what `LookUp::start` gave to the system, which no longer uses the query.
unsafe extern "system" fn completed(error: u32, _bytes: u32, overlapped: *const OVERLAPPED) {
    // SAFETY: the address is that of the query, of which the system had one reference.
    let query = unsafe { Arc::from_raw(overlapped.cast::<Query>()) };
    // Unwinding into the system would end the process.
    let _ = catch_unwind(AssertUnwindSafe(|| query.complete(error)));
}

impl Query {
    fn complete(&self, error: u32) {
        // From now on the look-up cannot be cancelled. The thread that does so has the lock.
        if !CANCELS.get() {
            *lock(&self.is_complete) = true;
        }
        // SAFETY: the system has written it and no longer uses it.
        let list = unsafe { *self.result.get() };
        // SAFETY: the list is the system's and has not been freed.
        let addresses = unsafe { addresses(list) };
        if !list.is_null() {
            // SAFETY: the list is the system's, and freed here alone.
            unsafe { FreeAddrInfoExW(list) };
        }
        let found = lock(&self.found).take();
        if let Some(found) = found {
            found(match error {
                0 => Ok(addresses),
                error => Err(io::Error::from_raw_os_error(error.cast_signed())),
            });
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The addresses of a list.
///
/// # Safety
/// `entry` is null or the first entry of a list of `GetAddrInfoExW`.
unsafe fn addresses(mut entry: *const ADDRINFOEXW) -> Vec<SocketAddr> {
    let mut addresses = Vec::new();
    // SAFETY: it is null or an entry of the list.
    while let Some(info) = unsafe { entry.as_ref() } {
        match u16::try_from(info.ai_family) {
            Ok(AF_INET) if info.ai_addrlen >= size_of::<SOCKADDR_IN>() => {
                // SAFETY: so an address of this family is; the union's members are all the same 32 bits.
                let (ip, port) = unsafe {
                    let address = info.ai_addr.cast::<SOCKADDR_IN>().read_unaligned();
                    (address.sin_addr.S_un.S_addr, address.sin_port)
                };
                let ip = Ipv4Addr::from(ip.to_ne_bytes());
                addresses.push(SocketAddrV4::new(ip, u16::from_be(port)).into());
            }
            Ok(AF_INET6) if info.ai_addrlen >= size_of::<SOCKADDR_IN6>() => {
                // SAFETY: as above; the unions' members are all the same 128 and 32 bits.
                let (ip, port, flow, scope) = unsafe {
                    let address = info.ai_addr.cast::<SOCKADDR_IN6>().read_unaligned();
                    (
                        address.sin6_addr.u.Byte,
                        address.sin6_port,
                        address.sin6_flowinfo,
                        address.Anonymous.sin6_scope_id,
                    )
                };
                let ip = Ipv6Addr::from(ip);
                addresses.push(SocketAddrV6::new(ip, u16::from_be(port), flow, scope).into());
            }
            _ => {}
        }
        entry = info.ai_next;
    }
    addresses
}

/// Initialises Winsock once in this library. std does so too, but not before its first socket.
fn start_winsock() -> io::Result<()> {
    static STARTED: AtomicBool = AtomicBool::new(false);
    const VERSION: u16 = 0x0202;
    if !STARTED.load(Ordering::Relaxed) {
        let mut data = WSADATA::default();
        // SAFETY: `data` is writable memory for the answer. Another call only counts.
        let status = unsafe { WSAStartup(VERSION, &raw mut data) };
        if status != 0 {
            return Err(io::Error::from_raw_os_error(status));
        }
        STARTED.store(true, Ordering::Relaxed);
    }
    Ok(())
}
