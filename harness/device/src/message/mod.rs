//! The messages to the user, and the operator's texts in them.
//!
//! [`Notice`] says which of the operator's texts belong to an occasion;
//! [`resource`] finds MOHelpMessage's string in a resource library. Deciding
//! opens no file; only reading the library does, and the caller does that.

mod language;
mod notice;
pub mod resource;

#[cfg(test)]
mod tests;

pub use language::{LangId, search_order};
pub use notice::{Notice, Occasion, Shown, shown};
