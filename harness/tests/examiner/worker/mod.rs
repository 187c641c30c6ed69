//! What the worker shows of plugins that do all that plugins can do to a host.
//!
//! The plugins are small C sources in `tests/plugins`, compiled when they are
//! needed; a C compiler named `cc` must be there.

#![expect(
    clippy::unwrap_used,
    reason = "what goes wrong in a helper fails the test that called it"
)]

mod cleanup;
mod copies;
mod ends;
mod hostile;
mod output;
mod snapshots;
mod steps;
mod support;
mod watch;
