//! The two signatures that a plugin's check function may have.

#[cfg(feature = "http")]
use crate::Client;
use crate::{Context, Decision, Unavailable};

/// A function that [`export!`](crate::export!) accepts.
///
/// `Kind` distinguishes the two signatures and is always inferred. The trait is implemented for every
/// function with one of them and needs no other implementation.
///
/// ```
/// use ics_entitlement::{Check, Context, Decision, Unavailable};
///
/// fn plain(_: &Context) -> Result<Decision, Unavailable> {
///     Ok(Decision::NotEntitled)
/// }
///
/// fn accepted<Kind>(_: impl Check<Kind>) {}
///
/// accepted(plain);
/// # #[cfg(feature = "http")] {
/// use ics_entitlement::Client;
///
/// #[derive(serde::Deserialize)]
/// struct Reply {
///     entitled: bool,
/// }
///
/// async fn asking(client: Client) -> Result<Decision, Unavailable> {
///     let reply: Reply = client.get("/v1/entitlement").send().await?.json().await?;
///     Ok(Decision::from(reply.entitled))
/// }
///
/// accepted(asking);
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a function that `export!` can export",
    label = "expected `async fn(Client) -> Result<Decision, Unavailable>` or `fn(&Context) -> Result<Decision, Unavailable>`",
    note = "the whole function: `async fn check(client: Client) -> Result<Decision, Unavailable> {{ … }}`"
)]
pub trait Check<Kind> {
    /// Calls the function and waits for its decision. It is meant for a plugin's tests.
    ///
    /// # Errors
    /// If the function returns an error, or does not return before the deadline of `context`.
    ///
    /// ```
    /// use ics_entitlement::{Check, Context, Decision, Unavailable};
    ///
    /// fn never(_: &Context) -> Result<Decision, Unavailable> {
    ///     Err(Unavailable::because("the modem is off"))
    /// }
    ///
    /// # fn main() -> Result<(), ics_entitlement::SettingsError> {
    /// let context = Context::from_settings("")?;
    /// assert_eq!(never.check(&context).unwrap_err().to_string(), "the modem is off");
    /// # Ok(()) }
    /// ```
    fn check(&self, context: &Context) -> Result<Decision, Unavailable>;
}

/// Selects the implementation of [`Check`] for plain functions.
#[derive(Debug)]
pub struct Plain;

/// Selects the implementation of [`Check`] for asynchronous functions that take a `Client`.
#[cfg(feature = "http")]
#[derive(Debug)]
pub struct Asking<Answer>(std::marker::PhantomData<Answer>);

impl<F> Check<Plain> for F
where
    F: Fn(&Context) -> Result<Decision, Unavailable>,
{
    fn check(&self, context: &Context) -> Result<Decision, Unavailable> {
        self(context)
    }
}

#[cfg(feature = "http")]
impl<F, Answer> Check<Asking<Answer>> for F
where
    F: Fn(Client) -> Answer,
    Answer: Future<Output = Result<Decision, Unavailable>>,
{
    fn check(&self, context: &Context) -> Result<Decision, Unavailable> {
        context.block_on(self(context.client()))?
    }
}

/// Calls the plugin's check function, for the output of [`export!`](crate::export!).
///
/// # Errors
/// As [`Check::check`].
pub fn call<Kind>(check: impl Check<Kind>, context: &Context) -> Result<Decision, Unavailable> {
    check.check(context)
}
