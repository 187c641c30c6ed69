//! [`export!`](crate::export!) and its implementation: the thread, the deadline and the panic
//! barrier around the check function.

use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::abi::ICS_ENTITLEMENT_RESULT::{self, ENTITLEMENT_UNAVAILABLE};
use crate::{Context, Decision, Unavailable, cache, decision, event, host};

/// How long a call may take until its settings have been read, in milliseconds. It is the previous
/// call's deadline, since waking the host's thread to set another costs as much as reading them.
static LIMIT_MS: AtomicU64 = AtomicU64::new(5_000);

/// How long after its deadline a call may take to clean up before it is abandoned: on a slow processor, a server that
/// sends as fast as it can is not left at once.
const GRACE: Duration = Duration::from_millis(500);

/// Exports a function as the plugin's `IsEntitled`.
///
/// Use it once, in the root of a crate whose `crate-type` is `cdylib`. It takes
/// - an `async fn(Client) -> Result<Decision, Unavailable>`, or
/// - a plain `fn(&Context) -> Result<Decision, Unavailable>`,
/// - `settings = "…"`: the compiled-in settings in TOML, which the settings file overrides,
/// - `ca = b"…"`: roots to trust, in PEM or as one certificate in DER,
/// - `observer = function`: a `fn() -> T` that is called first on the plugin's own thread, and whose
///   value is dropped last. With the feature `tracing`, install a subscriber there:
///   `fn log() -> tracing::subscriber::DefaultGuard`.
///
#[cfg_attr(feature = "http", doc = "```")]
#[cfg_attr(not(feature = "http"), doc = "```ignore")]
/// use ics_entitlement::{Client, Decision, Unavailable, export};
///
/// export!(check, settings = r#"url = "https://entitlement.operator.example""#);
///
/// #[derive(serde::Deserialize)]
/// struct Reply {
///     entitled: bool,
/// }
///
/// async fn check(client: Client) -> Result<Decision, Unavailable> {
///     let reply: Reply = client.get("/v1/entitlement").send().await?.json().await?;
///     Ok(Decision::from(reply.entitled))
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! export {
    ($check:path $(, settings = $settings:expr)? $(, ca = $ca:expr)? $(, observer = $observer:path)? $(,)?) => {
        const _: () = {
            const PLUGIN: $crate::__private::Plugin =
                $crate::__private::Plugin::new(|context| $crate::__private::call($check, context))
                    $(.settings($settings))?
                    $(.ca($ca))?
                    $(.observer(|call| {
                        let _observer = $observer();
                        call();
                    }))?;

            #[unsafe(no_mangle)]
            extern "C" fn IsEntitled() -> $crate::abi::ICS_ENTITLEMENT_RESULT {
                // Linkers for Windows leave out what is marked as used and not referred to.
                #[cfg(windows)]
                ::std::hint::black_box(&MARKER);
                $crate::__private::enter(PLUGIN)
            }

            $crate::__statics!();
        };

        $crate::__ledger!();
    };
}

/// Defines what a library with the SDK has besides its code: `MARKER`, and the entry that frees everything on unload.
#[doc(hidden)]
#[macro_export]
macro_rules! __statics {
    () => {
        #[used]
        #[cfg_attr(windows, unsafe(link_section = ".icsent"))]
        #[cfg_attr(
            not(any(windows, target_vendor = "apple")),
            unsafe(link_section = ".note.ics-entitlement")
        )]
        static MARKER: $crate::__private::Marker = $crate::__private::MARKER;

        #[cfg(all(target_os = "linux", target_env = "gnu", not(test)))]
        #[used]
        #[unsafe(link_section = ".fini_array")]
        static LEAVE: extern "C" fn() = $crate::__private::leave;
    };
}

/// Defines hidden replacements for the functions that create and delete thread-local keys; see
/// `host::keys`.
///
/// Assembly is the only way to define a symbol that the linker resolves but does not export.
#[doc(hidden)]
#[macro_export]
macro_rules! __ledger {
    () => {
        #[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64", not(test)))]
        ::core::arch::global_asm!(
            ".pushsection .text.ics_entitlement,\"ax\",@progbits",
            ".globl pthread_key_create, pthread_key_delete",
            ".hidden pthread_key_create, pthread_key_delete",
            ".type pthread_key_create,@function",
            ".type pthread_key_delete,@function",
            "pthread_key_create: jmp {create}",
            "pthread_key_delete: jmp {delete}",
            ".popsection",
            create = sym $crate::__private::keys::create,
            delete = sym $crate::__private::keys::delete,
        );

        #[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "aarch64", not(test)))]
        ::core::arch::global_asm!(
            ".pushsection .text.ics_entitlement,\"ax\",@progbits",
            ".globl pthread_key_create, pthread_key_delete",
            ".hidden pthread_key_create, pthread_key_delete",
            ".type pthread_key_create,@function",
            ".type pthread_key_delete,@function",
            "pthread_key_create: b {create}",
            "pthread_key_delete: b {delete}",
            ".popsection",
            create = sym $crate::__private::keys::create,
            delete = sym $crate::__private::keys::delete,
        );
    };
}

/// The check function of a plugin that [`export!`](crate::export!) exports.
type CheckFunction = fn(&Context) -> Result<Decision, Unavailable>;

/// A plugin: its check function and what was compiled in with it.
///
/// It is passed by value to the plugin's thread, so that a library of another language can make one in each call.
#[derive(Clone, Copy, Debug)]
pub struct Plugin<F = CheckFunction> {
    check: F,
    settings: &'static str,
    ca: &'static [u8],
    observer: fn(&mut dyn FnMut()),
}

impl Plugin {
    /// A plugin without compiled-in settings, roots or observer.
    pub const fn new(check: CheckFunction) -> Self {
        Self::of(check)
    }
}

impl<F: Copy> Plugin<F> {
    /// As [`new`](Plugin::new), for a function that has values of its own.
    pub const fn of(check: F) -> Self {
        Self {
            check,
            settings: "",
            ca: b"",
            observer: |call| call(),
        }
    }

    /// Sets the compiled-in settings, in TOML.
    #[must_use]
    pub const fn settings(mut self, settings: &'static str) -> Self {
        self.settings = settings;
        self
    }

    /// Sets the compiled-in roots, in PEM or as one certificate in DER.
    #[must_use]
    pub const fn ca(mut self, ca: &'static [u8]) -> Self {
        self.ca = ca;
        self
    }

    /// Sets a function that is called on the plugin's thread and has to call its argument.
    #[must_use]
    pub const fn observer(mut self, observer: fn(&mut dyn FnMut())) -> Self {
        self.observer = observer;
        self
    }
}

impl<F: Fn(&Context) -> Result<Decision, Unavailable>> Plugin<F> {
    /// Calls the check function, on the plugin's own thread, and reports the outcome.
    fn ask(&self, call: &Call, started: Instant) -> ICS_ENTITLEMENT_RESULT {
        let mut result = ENTITLEMENT_UNAVAILABLE;
        (self.observer)(&mut || {
            let answer = self.decide(call, started);
            event::answered(&answer);
            if let Err(unavailable) = &answer {
                host::tell_reason(&unavailable.to_string());
            }
            result = decision::to_abi(&answer);
        });
        result
    }

    fn decide(&self, call: &Call, started: Instant) -> Result<Decision, Unavailable> {
        let context = Context::new(self.settings, self.ca, started)?;
        call.limit(started, context.deadline());
        let _closing = Closing(&context);
        let answer = (self.check)(&context);
        if context.time_left().is_zero() {
            return Err(Unavailable::because("the deadline has passed"));
        }
        answer
    }
}

/// Closes a call's connection at its end, even if the check function panicked.
struct Closing<'a>(&'a Context);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// One call, shared by the host's thread, which waits, and the plugin's own, which answers.
#[derive(Debug)]
struct Call {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    until: Instant,
    answer: Option<ICS_ENTITLEMENT_RESULT>,
}

impl Call {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn limit(&self, started: Instant, until: Instant) {
        let mut state = self.state();
        if state.until != until {
            let limit = until.duration_since(started).as_millis() as u64;
            LIMIT_MS.store(limit, Ordering::Relaxed);
            state.until = until;
            self.changed.notify_one();
        }
    }

    fn answer(&self, answer: ICS_ENTITLEMENT_RESULT) {
        self.state().answer = Some(answer);
        self.changed.notify_one();
    }

    /// Waits for the answer; `None` if there is none [`GRACE`] after the deadline.
    fn wait(&self) -> Option<ICS_ENTITLEMENT_RESULT> {
        let mut state = self.state();
        while state.answer.is_none() {
            let left = (state.until + GRACE).saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state.answer
    }
}

/// The body of `IsEntitled`, on the host's thread.
///
/// It touches no thread-local value: its destructor would run when the host's thread ends, when the
/// library may be unloaded already.
pub fn enter<F>(plugin: Plugin<F>) -> ICS_ENTITLEMENT_RESULT
where
    F: Fn(&Context) -> Result<Decision, Unavailable> + Copy + Send + 'static,
{
    let _guard = host::HostThreadGuard::enter();
    catch_unwind(AssertUnwindSafe(|| run(plugin))).unwrap_or(ENTITLEMENT_UNAVAILABLE)
}

fn run<F>(plugin: Plugin<F>) -> ICS_ENTITLEMENT_RESULT
where
    F: Fn(&Context) -> Result<Decision, Unavailable> + Copy + Send + 'static,
{
    let started = Instant::now();
    if !host::may_unload() && host::pin().is_err() {
        return ENTITLEMENT_UNAVAILABLE;
    }
    let call = Arc::new(Call {
        state: Mutex::new(State {
            until: started + Duration::from_millis(LIMIT_MS.load(Ordering::Relaxed)),
            answer: None,
        }),
        changed: Condvar::new(),
    });
    let ours = Arc::clone(&call);
    let Ok(thread) = host::Thread::spawn(
        host::STACK,
        Box::new(move || ours.answer(barrier(|| plugin.ask(&ours, started)))),
    ) else {
        return ENTITLEMENT_UNAVAILABLE;
    };
    match call.wait() {
        Some(answer) => {
            thread.join();
            answer
        }
        None => {
            // The function blocks in a call that no deadline interrupts. Its code has to stay mapped.
            // If the library cannot be pinned, waiting is better than a crash.
            match host::pin() {
                Ok(()) => thread.detach(),
                Err(_) => thread.join(),
            }
            ENTITLEMENT_UNAVAILABLE
        }
    }
}

/// Turns a panic of the check function into UNAVAILABLE. Nothing unwinds out of it.
fn barrier(ask: impl FnOnce() -> ICS_ENTITLEMENT_RESULT) -> ICS_ENTITLEMENT_RESULT {
    silence_panics();
    catch_unwind(AssertUnwindSafe(ask)).unwrap_or_else(|payload| {
        // Dropping the payload may panic in turn. The payload of that panic is leaked.
        if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(second);
        }
        ENTITLEMENT_UNAVAILABLE
    })
}

/// Installs a panic hook that prints nothing.
///
/// The hook belongs to this library's copy of std; Rust code of the host has its own. The default
/// hook would write to the host's standard error and, with RUST_BACKTRACE set, read all debug
/// information of the process. Ours captures nothing, so it allocates nothing that would leak.
fn silence_panics() {
    static SILENT: AtomicBool = AtomicBool::new(false);
    if !SILENT.swap(true, Ordering::Relaxed) {
        panic::set_hook(Box::new(event::panicked));
    }
}

/// The library's last code to run, when it is unloaded or the process exits.
pub extern "C" fn leave() {
    cache::clear();
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    host::keys::delete_all();
}
