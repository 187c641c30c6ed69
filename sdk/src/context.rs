//! What a plugin knows during one call: its settings and how long it has.

use std::sync::{Arc, Mutex, TryLockError};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

#[cfg(feature = "http")]
use crate::client::{Client, ClientError, Http};
use crate::config::{Document, Settings, SettingsError};
use crate::host;

/// What a plugin knows during one call.
///
/// ```
/// use ics_entitlement::{Context, Decision, Unavailable, export};
///
/// #[derive(serde::Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct Own {
///     always: bool,
/// }
///
/// export!(check, settings = "[plugin]\nalways = false\n");
///
/// fn check(context: &Context) -> Result<Decision, Unavailable> {
///     let own: Own = context.settings()?;
///     Ok(Decision::from(own.always))
/// }
/// # fn main() {}
/// ```
#[derive(Clone, Debug)]
pub struct Context {
    shared: Arc<Shared>,
    deadline: Instant,
}

/// What is kept between calls, since it only depends on the settings. It is given back when the
/// library is unloaded.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) document: Document,
    pub(crate) settings: Settings,
    #[cfg(feature = "http")]
    pub(crate) http: Result<Http, ClientError>,
    born: Instant,
}

/// After this time everything is read afresh: certificate files may have been replaced, and a
/// resumed TLS session rests on a certificate that was verified then.
const LIFETIME: Duration = Duration::from_secs(600);

static KEPT: Mutex<Option<Arc<Shared>>> = Mutex::new(None);

impl Context {
    /// Reads the settings, or finds them as they were.
    pub(crate) fn new(
        defaults: &'static str,
        ca: &'static [u8],
        started: Instant,
    ) -> Result<Self, SettingsError> {
        let path = host::library_path().map_err(|error| SettingsError {
            origin: "the library's own path".to_owned(),
            place: None,
            message: error.to_string(),
        })?;
        let document = Document::load(defaults, path.with_extension("toml"))?;
        let shared = match kept(&document) {
            Some(shared) => shared,
            None => Arc::new(Shared::new(document, ca)?).kept_if_sound(),
        };
        Ok(Self {
            deadline: started + shared.settings.deadline(),
            shared,
        })
    }

    /// A context for the tests of a plugin: these settings, no file, and a deadline that begins
    /// to run now. Paths in the settings are relative to the current folder.
    ///
    /// # Errors
    /// If the settings are not in order.
    ///
    /// ```
    /// # use ics_entitlement::{Check, Context, Decision, SettingsError, Unavailable};
    /// #[derive(serde::Deserialize)]
    /// struct Own {
    ///     always: bool,
    /// }
    ///
    /// fn check(context: &Context) -> Result<Decision, Unavailable> {
    ///     Ok(Decision::from(context.settings::<Own>()?.always))
    /// }
    ///
    /// # fn main() -> Result<(), SettingsError> {
    /// let context = Context::from_settings("[plugin]\nalways = true")?;
    /// assert_eq!(check.check(&context).unwrap(), Decision::Entitled);
    /// # Ok(()) }
    /// ```
    pub fn from_settings(settings: &str) -> Result<Self, SettingsError> {
        let shared = Shared::new(Document::of(settings), b"")?;
        Ok(Self {
            deadline: Instant::now() + shared.settings.deadline(),
            shared: Arc::new(shared),
        })
    }

    /// Reads the author's own settings: the table `[plugin]` of the settings file, laid over the
    /// one compiled in.
    ///
    /// # Errors
    /// If the table is not of type `T`, with file, line and column. Give `T` the attribute
    /// `#[serde(deny_unknown_fields)]`, so that a misspelt key is one of these errors.
    ///
    /// ```no_run
    /// # use ics_entitlement::{Context, Unavailable};
    /// #[derive(serde::Deserialize)]
    /// #[serde(deny_unknown_fields)]
    /// struct Own {
    ///     imsi: Option<String>,
    /// }
    ///
    /// fn imsi(context: &Context) -> Result<Option<String>, Unavailable> {
    ///     Ok(context.settings::<Own>()?.imsi)
    /// }
    /// ```
    pub fn settings<T: DeserializeOwned>(&self) -> Result<T, SettingsError> {
        self.shared.document.plugin()
    }

    /// When the call is given up. It is the setting `deadline` after the call began.
    ///
    /// ```no_run
    /// # use ics_entitlement::Context;
    /// fn is_worth_a_try(context: &Context) -> bool {
    ///     context.deadline() > std::time::Instant::now()
    /// }
    /// ```
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// How long the call still has. Give it as the time-out to whatever blocks.
    ///
    /// ```no_run
    /// # use ics_entitlement::Context;
    /// # use std::net::TcpStream;
    /// fn listen(context: &Context, modem: &TcpStream) -> std::io::Result<()> {
    ///     modem.set_read_timeout(Some(context.time_left()))
    /// }
    /// ```
    pub fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// The HTTP client, for [`block_on`](Self::block_on).
    ///
    /// ```no_run
    /// # use ics_entitlement::{Context, Decision, Unavailable};
    /// fn check(context: &Context) -> Result<Decision, Unavailable> {
    ///     let client = context.client();
    ///     let text = context.block_on(async { client.get("/v1").send().await?.text().await })??;
    ///     Ok(Decision::from(text == "yes"))
    /// }
    /// ```
    #[cfg(feature = "http")]
    pub fn client(&self) -> Client {
        Client::new(self.clone())
    }

    /// Runs a future to its end on this thread, or to the deadline.
    ///
    /// # Errors
    /// If the deadline passed, or the operating system has no descriptor left.
    ///
    /// ```
    /// use ics_entitlement::{ClientError, Context, Unavailable};
    ///
    /// # fn main() -> Result<(), Unavailable> {
    /// let context = Context::from_settings("deadline = \"20 ms\"")?;
    /// assert_eq!(context.block_on(async { 6 * 7 })?, 42);
    /// let late = context.block_on(std::future::pending::<()>());
    /// assert!(matches!(late, Err(ClientError::Deadline(_))));
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "http")]
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> Result<T, ClientError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(ClientError::Runtime)?;
        let deadline = self.deadline.into();
        runtime
            .block_on(async { tokio::time::timeout_at(deadline, future).await })
            .map_err(|_| ClientError::Deadline(self.shared.settings.deadline()))
    }

    #[cfg(feature = "http")]
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }
}

impl Shared {
    fn new(document: Document, ca: &'static [u8]) -> Result<Self, SettingsError> {
        let settings = document.settings()?;
        #[cfg(not(feature = "http"))]
        let _ = ca;
        Ok(Self {
            #[cfg(feature = "http")]
            http: Http::new(&settings, document.folder(), ca),
            document,
            settings,
            born: Instant::now(),
        })
    }

    /// Keeps it for the next call, unless it has no client: what is missing may come.
    fn kept_if_sound(self: Arc<Self>) -> Arc<Self> {
        #[cfg(feature = "http")]
        if self.http.is_err() {
            return self;
        }
        if let Ok(mut kept) = KEPT.try_lock() {
            *kept = Some(Arc::clone(&self));
        }
        self
    }

    fn is_current(&self, document: &Document) -> bool {
        self.document == *document && self.born.elapsed() < LIFETIME
    }
}

/// What was kept, if it still holds. It never waits: in a forked child the lock may be held by a
/// thread that does not exist there.
fn kept(document: &Document) -> Option<Arc<Shared>> {
    let kept = match KEPT.try_lock() {
        Ok(kept) => kept,
        Err(TryLockError::Poisoned(kept)) => kept.into_inner(),
        Err(TryLockError::WouldBlock) => return None,
    };
    kept.as_ref()
        .filter(|shared| shared.is_current(document))
        .cloned()
}

/// Gives back what was kept. Calls that still run have their own share of it.
pub(crate) fn forget() {
    if let Ok(mut kept) = KEPT.try_lock() {
        *kept = None;
    }
}
