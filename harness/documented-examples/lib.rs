//! The example that `build.rs` took out of the documentation.

include!(concat!(env!("OUT_DIR"), "/example.rs"));
