//! Checks one provisioning document, XML or WBXML, as a new device would, and
//! prints its faults.
//!
//!     cargo run -p ics-device --example check_document -- hotspot.xml

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;

use ics_device::csp::{self, Access, Settings};
use ics_device::document::{Colour, Rendered, Role, Source, read};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let name = std::env::args().nth(1).ok_or("name a document")?;
    let bytes = std::fs::read(&name)?;
    // Whatever can be found is found in one pass: in the bytes, then in the values.
    let mut reading = read(&bytes, Role::Request);
    if let Some(document) = &reading.document {
        let new_device = Settings::default();
        let access = Access::full();
        csp::check(&new_device, document, &access, &mut reading.faults);
    }
    let source = Source::new(&name, &bytes);
    let faults = Rendered::new(&reading.faults, &source, Colour::Never);
    write!(std::io::stdout(), "{faults}")?;
    Ok(if reading.faults.refuse() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
