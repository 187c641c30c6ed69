//! The documents beside the tests, and what both readers make of them.

use std::path::PathBuf;

use ics_device::document::{Colour, Document, Reading, Rendered, Role, Source, read};

/// The folder of the vectors.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

pub(crate) fn load(name: &str) -> Vec<u8> {
    let path = folder().join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What the terminal shows for the faults of these bytes.
pub(crate) fn shown(name: &str, bytes: &[u8], reading: &Reading) -> String {
    let source = Source::new(name, bytes);
    Rendered::new(&reading.faults, &source, Colour::Never).to_string()
}

/// The document in these bytes; the test fails with its faults if there are any.
pub(crate) fn accepted(name: &str, bytes: &[u8], role: Role) -> Document {
    let reading = read(bytes, role);
    assert!(
        reading.faults.is_empty(),
        "{}",
        shown(name, bytes, &reading)
    );
    reading
        .document
        .expect("a document without faults is there")
}

/// A request beside the tests.
pub(crate) fn request(name: &str) -> Document {
    accepted(name, &load(name), Role::Request)
}
