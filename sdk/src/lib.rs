//! Write an entitlement plugin for Internet Sharing in ten lines.
//!
//! A device asks its operator before it shares a cellular connection: it loads a library, calls
//! `ICS_ENTITLEMENT_RESULT IsEntitled(void)`, and shares only on `ENTITLEMENT_SUCCESS`. This crate
//! makes such a library out of one function.
//!
//! `Cargo.toml`; the crate is not published, so name the place of a copy, or with `git` that of the
//! repository:
//!
//! ```toml
//! [package]
//! name = "entitlement"
//! version = "0.1.0"
//! edition = "2024"
//!
//! # What the server of `ics-harness check` has to say for this plugin to understand it.
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
//! # What a plugin is shipped with: `cargo build --profile plugin`.
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
//! # What the crate sees to
//!
//! - **It fails closed.** SUCCESS is `Ok(Decision::Entitled)` and nothing else. An error, a panic
//!   and a passed deadline are UNAVAILABLE.
//! - **It is a good guest.** The function runs on a thread of its own, with signals blocked. When
//!   the call has returned, it has left no thread, descriptor or signal handler. The one exception
//!   is a name look-up or a function that overran the deadline. Nobody can stop those: the thread
//!   runs on with what it holds, and the library stays loaded for good.
//! - **It is a tidy one.** Between calls it keeps the settings, the client and the TLS sessions, in
//!   memory alone. When the library is unloaded they are given back, and no thread-local key and
//!   no allocation is left. On Linux with glibc it really leaves the address space. Elsewhere it
//!   asks to stay, since std can't be unloaded cleanly there.
//! - **It believes little.** https with roots that the settings name, no redirect, no proxy and no
//!   root from the environment, bodies up to a limit, and every body read as what it says it is.
//! - **It comes back in time.** One deadline covers everything, name look-up included.
//!
//! What only the author can see to is told in [`never`](mod@never).
//!
//! # Settings
//!
//! For `libcarrier.so` they are in `libcarrier.toml` beside it, laid key by key over those given
//! to [`export!`]. None is needed but `url`. A key that is not known, a wrong type or a missing
//! unit is an error with its line and column, and an error is UNAVAILABLE.
//!
//! | key | default | meaning |
//! |---|---|---|
//! | `url` | | what the paths in the code are joined to; a name beyond ASCII in its `xn--` form |
//! | `deadline` | `"5s"` | for a whole call; units `ms`, `s`, and `min` or `m`, with decimals if need be |
//! | `body_limit` | `"64 KiB"` | the largest body that is read; units `B`, `KiB`, `MiB` |
//! | `ca` | `[]` | files with further roots, PEM or DER, relative to the library |
//! | `roots` | `"settings"` | whom else to trust: `"settings"` nobody, `"webpki"` Mozilla's list (feature `webpki-roots`, which makes it the default), `"platform"` the system's (feature `platform-roots`; on Linux the variable `SSL_CERT_FILE` then has a say) |
//! | `client_certificate`, `client_key` | | PEM files, relative to the library |
//! | `pinned_keys` | `[]` | `"sha256/<base64>"` of the server's SubjectPublicKeyInfo; one has to match |
//! | `allow_http` | `false` | whether http in clear is spoken |
//! | `interface` | | the network interface to go out by (Linux) |
//! | `source_address` | | the address to go out from |
//! | `proxy` | | the URL of a proxy |
//! | `[retry]` `times` | `0` | how often to ask again when there was no connection, or status 502, 503 or 504, within the deadline |
//! | `[retry]` `pause` | `"200 ms"` | before the first of these; it doubles, varies by half, and a server's Retry-After makes it longer |
//! | `[plugin]` | | the author's own, read by [`Context::settings`] |
//!
//! # Features
//!
//! `http` (default) is the client; without it the crate is the contract, the macro and the
//! settings, and a plugin is a plain function. `webpki-roots` and `platform-roots` add roots.
//! `tracing` emits events that say why there was no answer; see [`export!`] for where a subscriber
//! goes. Nothing is ever printed.

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

/// It has no example of a plugin, for [`export!`] writes that; this is what a host in Rust makes
/// of it.
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
/// const ALLOWED: c_int = ICS_ENTITLEMENT_RESULT::ENTITLEMENT_SUCCESS as c_int;
/// // A plugin linked in, and not loaded, would have this type.
/// const _: unsafe extern "C" fn() -> ICS_ENTITLEMENT_RESULT = IsEntitled;
///
/// assert_eq!(ICS_ENTITLEMENT_CONTRACT_VERSION, 1);
/// let name = CString::new(EXPORT_NAME).unwrap();
/// // SAFETY: the library is a plugin, so its function has this signature. The answer is read as
/// // a number, since a foreign one in the enumeration would be undefined behaviour.
/// let answer = unsafe {
///     let library = dlopen(c"./libentitlement.so".as_ptr(), RTLD_NOW);
///     assert!(!library.is_null());
///     let function = dlsym(library, name.as_ptr());
///     assert!(!function.is_null());
///     std::mem::transmute::<*mut c_void, extern "C" fn() -> c_int>(function)()
/// };
/// let share = answer == ALLOWED;
/// ```
pub mod abi;
#[doc = include_str!("../docs/NEVER.md")]
pub mod never {}

pub use check::Check;
#[cfg(feature = "http")]
pub use client::{Client, ClientError, Request, Response, Transport};
pub use config::SettingsError;
pub use context::Context;
pub use decision::{Decision, Unavailable};

/// What the output of [`export!`] needs. It is no part of the API and changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::check::call;
    pub use crate::export::{Plugin, enter, leave};
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    pub use crate::host::keys;
    pub use crate::marker::{MARKER, Marker};
}
