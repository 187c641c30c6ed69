//! Write an entitlement plugin for Internet Sharing in ten lines.
//!
//! Before a device shares its cellular connection, its Internet Sharing service asks the mobile
//! operator: it loads a library, calls `ICS_ENTITLEMENT_RESULT IsEntitled(void)`, and shares only on
//! `ENTITLEMENT_SUCCESS`. This crate makes such a library, a plugin, out of one function.
//!
//! `Cargo.toml`; the crate is not published, so give the path of a copy, or the repository's address
//! with `git`:
//!
//! ```toml
//! [package]
//! name = "entitlement"
//! version = "0.1.0"
//! edition = "2024"
//!
//! # The protocol that the test server of `ics-harness check` has to speak.
//! [package.metadata.ics-harness]
//! protocol = "minimal"
//!
//! [lib]
//! crate-type = ["cdylib"]
//!
//! [dependencies]
//! ics-entitlement = { path = "../ics-entitlement/sdk" }
//! serde = { version = "1", features = ["derive"] }
//!
//! # The profile for release builds: `cargo build --profile plugin`.
//! [profile.plugin]
//! inherits = "release"
//! opt-level = "z"
//! lto = "fat"
//! codegen-units = 1
//! strip = true
//! panic = "unwind"
//! ```
//!
//! `src/lib.rs`:
//!
#![cfg_attr(feature = "http", doc = "```")]
#![cfg_attr(not(feature = "http"), doc = "```ignore")]
//! use ics_entitlement::{Client, Decision, Unavailable, export};
//!
//! export!(check, settings = r#"url = "https://entitlement.operator.example""#);
//!
//! #[derive(serde::Deserialize)]
//! struct Reply {
//!     entitled: bool,
//! }
//!
//! async fn check(client: Client) -> Result<Decision, Unavailable> {
//!     let reply: Reply = client.get("/v1/entitlement").send().await?.json().await?;
//!     Ok(Decision::from(reply.entitled))
//! }
//! # fn main() {}
//! ```
//!
//! # What the crate guarantees
//!
//! - **It fails closed.** Only `Ok(Decision::Entitled)` is SUCCESS. An error, a panic and a passed
//!   deadline are UNAVAILABLE.
//! - **A call leaves nothing behind.** The function runs on a thread of its own, with signals blocked.
//!   When the call has returned, no thread, descriptor or signal handler is left. On Unix the host's thread has its
//!   signals blocked as well while it waits, but for those that report a fault, and cannot be cancelled: both act after
//!   the call, and the host's mask is as before. The exception is a
//!   name look-up or a function that overran the deadline, which cannot be interrupted: the thread
//!   continues with the resources that it holds, and the library stays loaded for good.
//! - **The requests of a call share what they can:** the look-up, the address that responded, the connection if the
//!   server keeps it open, and else the TLS session. No connection outlives the call.
//! - **The library can be unloaded.** Between calls it keeps the settings, the roots and the TLS
//!   sessions, in memory only. Unloading frees them, and no thread-local key and no allocation is left.
//!   This works on Linux with glibc. Elsewhere the library stays loaded, since std cannot be unloaded
//!   cleanly there.
//! - **It trusts only what the settings name.** It requires https with the configured roots, follows no
//!   redirect, takes no proxy and no root from the environment, limits the size of bodies, and checks
//!   the declared type of each.
//! - **It returns in time.** One deadline covers the whole call, name look-up included.
//!
//! What only the plugin's author can ensure is listed in [`never`](mod@never).
//!
//! # Settings
//!
//! For `libcarrier.so` they are in `libcarrier.toml` beside it, which overrides the settings given to
//! [`export!`] key by key. Only `url` is required. An unknown key, a wrong type or a missing unit is an
//! error with line and column, and the call returns UNAVAILABLE.
//!
//! Who can write that file names the server, and so decides who may share: give it, and the folder, to the device's maker
//! alone. A file that every user may write (`chmod o+w`) is refused, as an error. On Windows the folder's permissions are the
//! protection; the SDK does not look at them.
//!
//! The file is looked for beside the library, wherever the host's current folder is: where the host loaded the library by
//! a relative path, the path of the mapped file is used, with links resolved (Linux and Android; elsewhere such a call
//! returns UNAVAILABLE).
//!
//! | key | default | meaning |
//! |---|---|---|
//! | `url` | | the server's URL, to which the paths in the code are appended; an internationalised host name in its `xn--` form |
//! | `deadline` | `"5s"` | the time limit of a call, from 1 ms to 1 h; units `ms`, `s`, and `min` or `m`, decimals allowed |
//! | `body_limit` | `"64 KiB"` | the largest response body that is read; units `B`, `KiB`, `MiB` |
//! | `ca` | `[]` | files with further trusted roots, PEM or DER, relative to the library's folder |
//! | `roots` | `"settings"` | further trusted roots: `"settings"` none, `"webpki"` Mozilla's (feature `webpki-roots`, which makes it the default), `"platform"` the system's (feature `platform-roots`; on Linux the variable `SSL_CERT_FILE` then overrides them) |
//! | `client_certificate`, `client_key` | | PEM files, relative to the library's folder |
//! | `pinned_keys` | `[]` | `"sha256/<base64>"` of the server's SubjectPublicKeyInfo; if there are any, one has to match |
//! | `allow_http` | `false` | whether cleartext HTTP is allowed |
//! | `interface` | | the network interface that connections are bound to (Linux) |
//! | `source_address` | | the local address that connections are bound to |
//! | `proxy` | | the URL of a proxy |
//! | `[retry]` `times` | `0` | the most repetitions of a request after a failed connection or the status 502, 503 or 504, within the deadline |
//! | `[retry]` `pause` | `"200 ms"` | the pause before the first repetition; it doubles each time, is randomised between half and the whole, and is extended by `Retry-After` |
//! | `[plugin]` | | the plugin's own settings, read by [`Context::settings`] |
//!
//! # Features
//!
//! `http` (default) adds the client; without it the crate has the contract, the macro and the
//! settings, and a plugin is a plain function. `webpki-roots` and `platform-roots` add roots.
//! `testing` adds the module of that name, a server for unit tests with the faults that a check has to survive; it is for
//! dev-dependencies.
//! `tracing` emits events that say why there was no decision; see [`export!`] for where to install a
//! subscriber. The crate prints nothing.
//!
//! # A host that asks why
//!
//! UNAVAILABLE says that there is no decision, and not why. A program that loads the plugin can ask: it exports this
//! function, and the plugin calls it once in each call without a decision, before `IsEntitled` returns.
//!
//! ```c
//! /* `text` is UTF-8 of `length` bytes, without a null character at its end, and valid only during the call. */
//! void ics_entitlement_reason(const uint8_t *text, size_t length);
//! ```
//!
//! - It is for laboratories, such as `ics-harness call`. No device defines it; then the reason goes nowhere.
//! - The plugin looks for it by name in the program, on Linux and macOS with `dlsym`, on Windows with `GetProcAddress` in
//!   the program's executable. On Linux link the program with
//!   `-Wl,--export-dynamic-symbol=ics_entitlement_reason` or `-rdynamic`.
//! - It is called on the plugin's own thread, and concurrent calls of `IsEntitled` call it concurrently. It must return
//!   soon, since the deadline of the call does not interrupt it, and must not call `IsEntitled`.
//! - The text is for people and may change with each version. It can hold host names, paths and the texts of errors,
//!   those of the plugin's author included: do not show it to a device's user, and do not send it anywhere.
//! - After SUCCESS, FAILED and a panic there is no reason.

#![warn(missing_docs)]

mod cache;
mod check;
#[cfg(feature = "http")]
mod client;
mod config;
mod context;
mod decision;
mod event;
mod export;
mod host;
mod marker;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "http")]
mod transport;

/// A plugin uses [`export!`] instead of this module. A host in Rust uses it like this:
///
/// ```no_run
/// use std::ffi::{CString, c_char, c_int, c_void};
///
/// use ics_entitlement::abi::{
///     EXPORT_NAME, ICS_ENTITLEMENT_CONTRACT_VERSION, ICS_ENTITLEMENT_RESULT, IsEntitled,
/// };
///
/// unsafe extern "C" {
///     fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
///     fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
/// }
///
/// const RTLD_NOW: c_int = 2;
/// // The type of the function, for a plugin that is linked and not loaded.
/// const _: unsafe extern "C" fn() -> ICS_ENTITLEMENT_RESULT = IsEntitled;
///
/// assert_eq!(ICS_ENTITLEMENT_CONTRACT_VERSION, 1);
/// let name = CString::new(EXPORT_NAME).unwrap();
/// // SAFETY: the library is a plugin, so its function has this signature. The answer is received as
/// // a number, since an undefined value of the enumeration would be undefined behaviour.
/// let answer = unsafe {
///     let library = dlopen(c"./libentitlement.so".as_ptr(), RTLD_NOW);
///     assert!(!library.is_null());
///     let function = dlsym(library, name.as_ptr());
///     assert!(!function.is_null());
///     std::mem::transmute::<*mut c_void, extern "C" fn() -> c_int>(function)()
/// };
/// let result = ICS_ENTITLEMENT_RESULT::from_raw(answer);
/// let share = result == Some(ICS_ENTITLEMENT_RESULT::ENTITLEMENT_SUCCESS);
/// ```
pub mod abi;
#[doc = include_str!("../docs/NEVER.md")]
pub mod never {}

pub use check::Check;
#[cfg(feature = "http")]
pub use client::{CheckBuilder, CheckError, Client, Request, Response, UniqueJson};
pub use config::SettingsError;
pub use context::Context;
pub use decision::{Decision, Unavailable};
#[cfg(feature = "http")]
pub use transport::{ClientError, Phase, Transport};

/// Items that the output of [`export!`] needs. They are not part of the API and may change at any time.
#[doc(hidden)]
pub mod __private {
    pub use crate::check::call;
    #[cfg(feature = "http")]
    pub use crate::client::response::is_utf8;
    pub use crate::export::{Plugin, enter, leave};
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    pub use crate::host::keys;
    pub use crate::marker::{MARKER, Marker};
}
