//! What a plugin is: a library file, or a crate folder that is built first.

pub mod load;
