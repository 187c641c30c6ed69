//! What a plugin is.

pub mod inspect;
