//! The `ics-harness` program: parse, dispatch, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A worker is a new process of this same program; in one, this call does not return.
    ics_harness::worker::main_if_worker();
    ics_harness::cli::main()
}
