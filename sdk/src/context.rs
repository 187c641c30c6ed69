//! The context of one call: the settings and the deadline.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use crate::cache::{self, Shared};
use crate::config::{Document, SettingsError};
use crate::host;
#[cfg(feature = "http")]
use crate::transport::{ClientError, Session};

/// The context of one call: the settings and the deadline.
///
#[cfg_attr(feature = "http", doc = "```")]
#[cfg_attr(not(feature = "http"), doc = "```ignore")]
/// use ics_entitlement::{Context, Decision, Unavailable, export};
///
/// const SETTINGS: &str = r#"
/// url = "https://entitlement.operator.example"
///
/// [plugin]
/// path = "/v1/entitlement"
/// "#;
///
/// export!(check, settings = SETTINGS);
///
/// #[derive(serde::Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct Own {
///     path: String,
/// }
///
/// #[derive(serde::Deserialize)]
/// struct Reply {
///     entitled: bool,
/// }
///
/// fn check(context: &Context) -> Result<Decision, Unavailable> {
///     let own: Own = context.settings()?;
///     let client = context.client();
///     let reply: Reply = context.block_on(async { client.get(&own.path).send().await?.json().await })??;
///     Ok(Decision::from(reply.entitled))
/// }
/// # fn main() {}
/// ```
#[derive(Clone, Debug)]
pub struct Context {
    shared: Arc<Shared>,
    deadline: Instant,
    #[cfg(feature = "http")]
    session: Arc<Session>,
}

impl Context {
    /// The context of a call that began at `started`. The settings are read each time; what was made
    /// from them is reused if they have not changed.
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
        let shared = cache::get_or_create(document, ca)?;
        Ok(Self {
            deadline: started + shared.settings.deadline(),
            shared,
            #[cfg(feature = "http")]
            session: Arc::default(),
        })
    }

    /// A context for the tests of a plugin: these settings and no file. The deadline counts from now.
    /// Paths in the settings are relative to the current folder.
    ///
    /// # Errors
    /// If the settings are invalid.
    ///
    #[cfg_attr(feature = "http", doc = "```")]
    #[cfg_attr(not(feature = "http"), doc = "```ignore")]
    /// # use ics_entitlement::{Check, Client, Context, Decision, SettingsError, Unavailable};
    /// #[derive(serde::Deserialize)]
    /// struct Reply {
    ///     entitled: bool,
    /// }
    ///
    /// async fn check(client: Client) -> Result<Decision, Unavailable> {
    ///     let reply: Reply = client.get("/v1/entitlement").send().await?.json().await?;
    ///     Ok(Decision::from(reply.entitled))
    /// }
    ///
    /// # fn main() -> Result<(), SettingsError> {
    /// // Nobody listens there, so there is no decision.
    /// let context = Context::from_settings("url = \"https://127.0.0.1:1\"")?;
    /// assert!(check.check(&context).is_err());
    /// # Ok(()) }
    /// ```
    pub fn from_settings(settings: &str) -> Result<Self, SettingsError> {
        Self::of(Document::of(settings), b"")
    }

    /// A context that is not cached. The deadline counts from now.
    pub(crate) fn of(document: Document, ca: &[u8]) -> Result<Self, SettingsError> {
        let shared = Shared::new(document, ca)?;
        Ok(Self {
            deadline: Instant::now() + shared.settings.deadline(),
            shared: Arc::new(shared),
            #[cfg(feature = "http")]
            session: Arc::default(),
        })
    }

    /// Reads the plugin's own settings: the table `[plugin]` of the settings file, which overrides
    /// the compiled-in table key by key.
    ///
    /// # Errors
    /// If the table is not of type `T`; the error has file, line and column. Give `T` the attribute
    /// `#[serde(deny_unknown_fields)]`, so that a misspelt key is an error too.
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

    /// When the call is abandoned and UNAVAILABLE is returned: the setting `deadline` after the call
    /// began.
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

    /// The time until the deadline, zero if it has passed. Use it as the time-out of every operation
    /// that blocks.
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

    /// Runs a future on this thread until it completes or the deadline passes.
    ///
    /// What was spawned and the connection to the server are still there the next time, and are closed when the call
    /// ends.
    ///
    /// # Errors
    /// [`ClientError::Deadline`] if the deadline passed first, [`ClientError::Runtime`] if the
    /// operating system has no descriptor left.
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
        let runtime = self.session.runtime()?;
        let deadline = self.deadline.into();
        runtime
            .block_on(async { tokio::time::timeout_at(deadline, future).await })
            .map_err(|_| ClientError::Deadline(self.shared.settings.deadline()))
    }

    #[cfg(feature = "http")]
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// What the requests of this call share.
    #[cfg(feature = "http")]
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Ends the call: closes its connection.
    pub(crate) fn close(&self) {
        #[cfg(feature = "http")]
        self.session.close();
    }
}
