//! An operator's server for the unit tests of a plugin, in this process, with the faults that a check has to survive.
//!
//! `Cargo.toml`; among the dev-dependencies, so that no plugin contains it:
//!
//! ```toml
//! [dev-dependencies]
//! ics-entitlement = { path = "../ics-entitlement/sdk", features = ["testing"] }
//! ```
//!
//! ```
//! use ics_entitlement::testing::{Fault, Reply, Server};
//! use ics_entitlement::{Client, Decision, Unavailable};
//!
//! // In a plugin, the constant is given to `export!`, too.
//! const SETTINGS: &str = "url = \"https://entitlement.operator.example\"";
//!
//! #[derive(serde::Deserialize)]
//! struct Answer {
//!     entitled: bool,
//! }
//!
//! async fn check(client: Client) -> Result<Decision, Unavailable> {
//!     let answer: Answer = client.get("/v1/entitlement").send().await?.json().await?;
//!     Ok(Decision::from(answer.entitled))
//! }
//!
//! # fn main() {
//! let server = Server::start();
//! server.reply("GET /v1/entitlement", Reply::json(r#"{"entitled": false}"#));
//! assert_eq!(server.ask(check, SETTINGS).unwrap(), Decision::NotEntitled);
//! server.reply("GET /v1/entitlement", Reply::json(r#"{"entitled": true}"#));
//! assert_eq!(server.ask(check, SETTINGS).unwrap(), Decision::Entitled);
//! assert_eq!(server.requests().len(), 2);
//!
//! // The allow response, damaged or from a server that is not the operator's, is no decision.
//! # // Three of them, for the time that the documentation's tests take.
//! for fault in Fault::ALL {
//! #   if !matches!(fault, Fault::Redirect | Fault::WrongName | Fault::TruncatedBody) { continue; }
//!     server.fault(*fault);
//!     let answer = server.ask(check, SETTINGS);
//!     assert!(answer.is_err(), "{fault}: {answer:?}");
//! }
//! # }
//! ```
//!
//! It replaces no examination: `ics-harness check` loads the library as a device does, in a network of its own, and sees
//! what a call leaves behind. Name look-ups, packet loss, and what concerns the host's process are shown there alone.

mod certificate;
mod connection;
mod fault;
mod reply;
mod server;

pub use fault::Fault;
pub use reply::Reply;
pub use server::{Recorded, Server};
