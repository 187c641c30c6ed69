//! [`export!`](crate::export!) and what stands behind it: the panic barrier, the thread and the
//! deadline around the author's function.

use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::abi::ICS_ENTITLEMENT_RESULT::{self, ENTITLEMENT_UNAVAILABLE};
use crate::{Context, Decision, Unavailable, context, decision, event, host};

/// How long a call may take until its settings have been read, in milliseconds: as long as the
/// one before, since waking the host's thread to tell it costs as much as reading them.
static LIMIT: AtomicU64 = AtomicU64::new(5_000);

/// How long after its deadline a call has to clear up before it is abandoned.
const GRACE: Duration = Duration::from_millis(100);

/// Exports a function as the plugin's `IsEntitled`.
///
/// It is written once in the root of a crate whose `crate-type` is `cdylib`, and takes
/// - an `async fn(Client) -> Result<Decision, Unavailable>`, or
/// - a plain `fn(&Context) -> Result<Decision, Unavailable>`,
/// - `settings = "…"`: the compiled-in settings in TOML, over which the settings file is laid,
/// - `ca = b"…"`: roots to trust, in PEM or as one certificate in DER,
/// - `observer = function`: a `fn() -> T` that is called on the plugin's own thread before
///   anything else, and whose value is dropped after everything else. With the feature `tracing`
///   that is where a subscriber belongs: `fn log() -> tracing::subscriber::DefaultGuard`.
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
            static PLUGIN: $crate::__private::Plugin =
                $crate::__private::Plugin::new(|context| $crate::__private::call($check, context))
                    $(.settings($settings))?
                    $(.ca($ca))?
                    $(.observer(|call| {
                        let _observer = $observer();
                        call();
                    }))?;

            #[unsafe(no_mangle)]
            extern "C" fn IsEntitled() -> $crate::abi::ICS_ENTITLEMENT_RESULT {
                $crate::__private::enter(&PLUGIN)
            }

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

        $crate::__ledger!();
    };
}

/// The hidden stand-ins for the functions that make and delete thread-local keys; see `host::keys`.
///
/// Assembly, because only so can a symbol be global to the linker and yet not be exported.
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

/// A plugin: the author's function and what was compiled in with it.
#[derive(Debug)]
pub struct Plugin {
    check: fn(&Context) -> Result<Decision, Unavailable>,
    settings: &'static str,
    ca: &'static [u8],
    observer: fn(&mut dyn FnMut()),
}

impl Plugin {
    /// A plugin without settings.
    pub const fn new(check: fn(&Context) -> Result<Decision, Unavailable>) -> Self {
        Self {
            check,
            settings: "",
            ca: b"",
            observer: |call| call(),
        }
    }

    /// Sets the compiled-in settings.
    #[must_use]
    pub const fn settings(mut self, settings: &'static str) -> Self {
        self.settings = settings;
        self
    }

    /// Sets the compiled-in roots.
    #[must_use]
    pub const fn ca(mut self, ca: &'static [u8]) -> Self {
        self.ca = ca;
        self
    }

    /// Sets what is done around a call.
    #[must_use]
    pub const fn observer(mut self, observer: fn(&mut dyn FnMut())) -> Self {
        self.observer = observer;
        self
    }

    /// Asks the author's function, on a thread of ours, and tells why there is no answer.
    fn ask(&self, call: &Call, started: Instant) -> ICS_ENTITLEMENT_RESULT {
        let mut result = ENTITLEMENT_UNAVAILABLE;
        (self.observer)(&mut || {
            let answer = self.decide(call, started);
            event::answered(&answer);
            result = decision::to_abi(&answer);
        });
        result
    }

    fn decide(&self, call: &Call, started: Instant) -> Result<Decision, Unavailable> {
        let context = Context::new(self.settings, self.ca, started)?;
        call.limit(started, context.deadline());
        let answer = (self.check)(&context);
        if context.time_left().is_zero() {
            return Err(Unavailable::because("the deadline has passed"));
        }
        answer
    }
}

/// One call, shared by the host's thread, which waits, and ours, which answers.
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
            LIMIT.store(limit, Ordering::Relaxed);
            state.until = until;
            self.changed.notify_one();
        }
    }

    fn answer(&self, answer: ICS_ENTITLEMENT_RESULT) {
        self.state().answer = Some(answer);
        self.changed.notify_one();
    }

    /// Waits for the answer. There is none if the time is over by more than the grace.
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
/// It touches no thread-local value, since a destructor of one would run when the host's thread
/// ends, and the library may be gone by then.
pub fn enter(plugin: &'static Plugin) -> ICS_ENTITLEMENT_RESULT {
    let untouched = host::Untouched::hold();
    let answer = catch_unwind(|| run(plugin)).unwrap_or(ENTITLEMENT_UNAVAILABLE);
    drop(untouched);
    answer
}

fn run(plugin: &'static Plugin) -> ICS_ENTITLEMENT_RESULT {
    let started = Instant::now();
    if !host::may_unload() && host::pin().is_err() {
        return ENTITLEMENT_UNAVAILABLE;
    }
    let call = Arc::new(Call {
        state: Mutex::new(State {
            until: started + Duration::from_millis(LIMIT.load(Ordering::Relaxed)),
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
            // The function blocks where no deadline reaches it. Its thread has to find its code.
            // If the library can't be kept, waiting is the lesser evil.
            match host::pin() {
                Ok(()) => thread.detach(),
                Err(_) => thread.join(),
            }
            ENTITLEMENT_UNAVAILABLE
        }
    }
}

/// Turns whatever the author's function does into an answer; nothing unwinds out of it.
fn barrier(ask: impl FnOnce() -> ICS_ENTITLEMENT_RESULT) -> ICS_ENTITLEMENT_RESULT {
    silence_panics();
    catch_unwind(AssertUnwindSafe(ask)).unwrap_or_else(|payload| {
        // The payload is the author's and may panic in its turn when dropped. Then it is leaked.
        if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(second);
        }
        ENTITLEMENT_UNAVAILABLE
    })
}

/// Installs a panic hook that says nothing.
///
/// The hook is this library's alone, the host's Rust code has its own. std's would write to the
/// host's standard error and, with RUST_BACKTRACE set, read all debug information of the process.
/// It needs no memory, so nothing has to be given back.
fn silence_panics() {
    static SILENT: AtomicBool = AtomicBool::new(false);
    if !SILENT.swap(true, Ordering::Relaxed) {
        panic::set_hook(Box::new(event::panicked));
    }
}

/// The last thing that runs in the library as it is unloaded, or the process ends.
pub extern "C" fn leave() {
    context::forget();
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    host::keys::forget_all();
}
