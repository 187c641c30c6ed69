//! The `ics-harness` program: parse, dispatch, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A worker is this same program, executed anew; it never comes back from here.
    ics_harness::worker::main_if_worker();
    ics_harness::cli::main()
}
