//! Each command of the program as its users meet it, and what the commands stand on:
//! the reader of library files, the header and the report.
//!
//! The tests run side by side in one process. None changes that process: variables and
//! the working folder are given to the program that a test starts, and files are in a
//! temporary folder of the test's own.

mod book;
mod ca;
#[expect(dead_code, reason = "examinations are those of other test programs")]
#[path = "../common/check.rs"]
mod check;
mod command_line;
mod device;
mod examples;
mod explain;
mod generated_files;
mod header;
mod hostile_bytes;
mod imports;
mod inspect;
mod interruption;
mod links;
mod manual;
mod new;
mod packaging;
#[path = "../common/prerequisites.rs"]
mod prerequisites;
mod provision;
mod report;
mod serve;
mod signature;
mod simulate;
mod support;
