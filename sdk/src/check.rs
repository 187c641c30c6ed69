//! The author's function in both its forms.

#[cfg(feature = "http")]
use crate::Client;
use crate::{Context, Decision, Unavailable};

/// A function that [`export!`](crate::export!) accepts.
///
/// `Kind` tells the two forms apart and is always inferred; nobody implements this trait by hand.
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
/// async fn asking(client: Client) -> Result<Decision, Unavailable> {
///     client.get("/v1/entitlement").send().await?;
///     Ok(Decision::Entitled)
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
    /// Asks, and waits for the answer. A plugin's tests call it.
    ///
    /// # Errors
    /// Whatever kept the function from a decision.
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

/// The kind of plain functions.
#[derive(Debug)]
pub struct Plain;

/// The kind of functions that ask a server.
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

/// Calls the author's function.
///
/// # Errors
/// The author's.
pub fn call<Kind>(check: impl Check<Kind>, context: &Context) -> Result<Decision, Unavailable> {
    check.check(context)
}
