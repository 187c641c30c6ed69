//! A host in Rust: loads a plugin, asks it once, unloads it, and says what it answered.
//!
//!     cargo run -p ics-entitlement --example host -- /path/of/libplugin.so
//!
//! The exit code is the answer: 0 only if the device may share its connection.

use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::process::ExitCode;

use ics_entitlement::abi::EXPORT_NAME;
use ics_entitlement::abi::ICS_ENTITLEMENT_RESULT::{self, ENTITLEMENT_UNAVAILABLE};
use libloading::{Library, Symbol};

/// Loads a plugin, asks it, and unloads it.
fn ask(path: &OsStr) -> Result<ICS_ENTITLEMENT_RESULT, libloading::Error> {
    // SAFETY: loading runs the library's constructors. Who names the library vouches for them.
    let library = unsafe { Library::new(path)? };
    // The number is received, not the enumeration: a value that the contract does not have would be undefined behaviour.
    // SAFETY: the library is a plugin, so its function has this signature.
    let answer = unsafe {
        let is_entitled: Symbol<'_, unsafe extern "C" fn() -> i32> = library.get(EXPORT_NAME)?;
        is_entitled()
    };
    library.close()?;
    Ok(ICS_ENTITLEMENT_RESULT::from_raw(answer).unwrap_or(ENTITLEMENT_UNAVAILABLE))
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut out = std::io::stdout();
    let path: Option<OsString> = std::env::args_os().nth(1);
    let answer = match path.map(|path| ask(&path)) {
        Some(Ok(answer)) => {
            writeln!(out, "{answer:?}")?;
            answer
        }
        Some(Err(error)) => {
            writeln!(std::io::stderr(), "{error}")?;
            ENTITLEMENT_UNAVAILABLE
        }
        None => {
            writeln!(std::io::stderr(), "usage: host PLUGIN")?;
            ENTITLEMENT_UNAVAILABLE
        }
    };
    Ok(ExitCode::from(answer as u8))
}
