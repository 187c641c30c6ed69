//! The `ics-harness` program: parse, dispatch, exit code.

fn main() {
    ics_harness::worker::main_if_worker();
}
