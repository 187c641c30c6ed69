//! What hostile bytes must never do, for the fuzz targets.
//!
//! The documents' module is compiled here by its path: the rest of the harness
//! would take minutes under a sanitizer and is not what is tested.

/// The device's side, as far as it reads what others wrote.
#[path = "../../src/device"]
pub mod device {
    pub mod document;
}

use device::document::{Colour, Document, Reading, Rendered, Role, Source, read, wbxml, xml};

/// Faults that are rendered. More of them only take time.
const MOST_SHOWN: usize = 16;

/// Reads bytes in both roles, shows every fault, and writes what was accepted in
/// both forms, which must come back the same.
pub fn examine(bytes: &[u8]) {
    for role in [Role::Request, Role::Response] {
        let reading = read(bytes, role);
        assert!(reading.document.is_some() || reading.faults.refuse());
        show(bytes, &reading);
        if let Some(document) = reading.accepted() {
            let text = xml::write(document).expect("what was read can be written");
            comes_back(text.as_bytes(), document);
            comes_back(
                &wbxml::encode(document).expect("what was read can be written"),
                document,
            );
        }
    }
}

fn show(bytes: &[u8], reading: &Reading) {
    for fault in reading.faults.sorted() {
        assert!(
            fault.at.end() as usize <= bytes.len(),
            "{fault:?} of {} bytes",
            bytes.len()
        );
    }
    if reading.faults.len() > MOST_SHOWN {
        return;
    }
    let source = Source::new("it", bytes);
    let shown = Rendered::new(&reading.faults, &source, Colour::Always).to_string();
    assert_eq!(shown.is_empty(), reading.faults.is_empty());
}

fn comes_back(bytes: &[u8], document: &Document) {
    let again = read(bytes, Role::Response);
    assert!(again.faults.is_empty(), "{:?}", again.faults);
    assert_eq!(again.document.as_ref(), Some(document));
}
