//! What the tests of several files use.

pub(crate) mod fix;
pub(crate) mod libwbxml;
pub(crate) mod tokens;
pub(crate) mod variants;
pub(crate) mod vectors;
