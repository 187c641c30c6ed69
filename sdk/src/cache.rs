//! What outlives a call: the settings and the client that was made from them.
//!
//! One entry is cached for each loaded library, in memory only, and it is dropped when the library
//! is unloaded. It never holds an answer, a connection, a descriptor or a thread.

use std::sync::{Arc, Mutex, TryLockError};
use std::time::{Duration, Instant};

use crate::config::{Document, Settings, SettingsError};
#[cfg(feature = "http")]
use crate::transport::{ClientError, Http};

/// How long an entry is used. After that everything is read afresh: certificate files may have been
/// replaced, and a resumed TLS session relies on a certificate that was verified back then.
const LIFETIME: Duration = Duration::from_secs(600);

static CACHED: Mutex<Option<Arc<Shared>>> = Mutex::new(None);

/// The parts of a [`Context`](crate::Context) that depend on the settings alone, so that calls with
/// the same settings can share them.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) document: Document,
    pub(crate) settings: Settings,
    #[cfg(feature = "http")]
    pub(crate) http: Result<Http, ClientError>,
    created: Instant,
}

impl Shared {
    /// Reads the settings and makes a client of them. A client that cannot be made is not an error
    /// here: a plugin that never sends a request does not need one.
    pub(crate) fn new(document: Document, ca: &[u8]) -> Result<Self, SettingsError> {
        let settings = document.settings()?;
        #[cfg(not(feature = "http"))]
        let _ = ca;
        Ok(Self {
            #[cfg(feature = "http")]
            http: Http::new(&settings, document.folder(), ca),
            document,
            settings,
            created: Instant::now(),
        })
    }

    fn is_current(&self, document: &Document) -> bool {
        self.document == *document && self.created.elapsed() < LIFETIME
    }

    /// Whether the next call may use it. Without a client it may not, since what was missing (a
    /// certificate file, for example) may be there by then.
    fn is_complete(&self) -> bool {
        #[cfg(feature = "http")]
        return self.http.is_ok();
        #[cfg(not(feature = "http"))]
        return true;
    }
}

/// The entry for these settings, from the cache if it has a current one.
pub(crate) fn get_or_create(
    document: Document,
    ca: &'static [u8],
) -> Result<Arc<Shared>, SettingsError> {
    if let Some(shared) = get(&document) {
        return Ok(shared);
    }
    let shared = Arc::new(Shared::new(document, ca)?);
    if shared.is_complete()
        && let Ok(mut cached) = CACHED.try_lock()
    {
        *cached = Some(Arc::clone(&shared));
    }
    Ok(shared)
}

/// Never waits: in a forked child the lock may be held by a thread that does not exist there.
fn get(document: &Document) -> Option<Arc<Shared>> {
    let cached = match CACHED.try_lock() {
        Ok(cached) => cached,
        Err(TryLockError::Poisoned(cached)) => cached.into_inner(),
        Err(TryLockError::WouldBlock) => return None,
    };
    cached
        .as_ref()
        .filter(|shared| shared.is_current(document))
        .cloned()
}

/// Drops the entry as the library is unloaded. Calls that still run hold a reference of their own.
pub(crate) fn clear() {
    if let Ok(mut cached) = CACHED.try_lock() {
        *cached = None;
    }
}
