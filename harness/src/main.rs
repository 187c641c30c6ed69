//! The `ics-harness` program: parse, dispatch, exit code.

fn main() {}
