//! The tokens that Microsoft adds to WBXML.

use ics_device::document::{Level, Role, read, wbxml};

use crate::support::vectors::{accepted, load, shown};

const VECTORS: [&str; 7] = [
    "ms-01-query",
    "ms-02-parm-query",
    "ms-03-delete-then-set",
    "ms-04-registry-page201",
    "ms-05-old-110e",
    "ms-06a-page1-110e",
    "ms-06b-page1-0b",
];

#[test]
fn each_vector_says_what_its_text_says() {
    for name in VECTORS {
        let read = |extension: &str| {
            let name = format!("neighbours/{name}.{extension}");
            accepted(&name, &load(&name), Role::Request)
        };
        assert_eq!(read("wbxml"), read("xml"), "{name}");
    }
}

#[test]
fn what_is_written_with_the_tokens_is_read_again_and_is_shorter() {
    for name in VECTORS {
        let name = format!("neighbours/{name}.xml");
        let document = accepted(&name, &load(&name), Role::Request);
        let theirs = wbxml::encode_for_microsoft(&document).expect("plain text");
        let plain = wbxml::encode(&document).expect("plain text");
        assert_eq!(accepted(&name, &theirs, Role::Request), document, "{name}");
        assert!(
            theirs.len() <= plain.len(),
            "{name}: {} of {}",
            theirs.len(),
            plain.len()
        );
    }
    let bytes = load("neighbours/ms-01-query.wbxml");
    let document = accepted("ms-01", &bytes, Role::Request);
    assert_eq!(
        wbxml::encode_for_microsoft(&document).as_deref(),
        Ok(&bytes[..])
    );
}

#[test]
fn a_token_that_no_page_has_is_shown_by_page_and_number() {
    // A characteristic whose type is token 48 of page 204, and a value 9A of page 201.
    let bytes = b"\x03\x0B\x6A\x00\x45\xC6\x00\xCC\x48\x01\x87\x00\x00\x05\x03a\0\x06\x00\xC9\x9A\x01\x01\x01";
    let reading = read(bytes, Role::Request);
    assert!(!reading.faults.refuse(), "{}", shown("it", bytes, &reading));
    let found: Vec<_> = reading
        .faults
        .sorted()
        .iter()
        .map(|one| (one.level, one.found.clone()))
        .collect();
    assert_eq!(
        found,
        [
            (Level::Warning, "page 204, token 48".to_owned()),
            (Level::Warning, "page 201, token 9A".to_owned()),
        ]
    );
    let document = reading.document.expect("it was read");
    assert_eq!(document.children[0].name.value, "page 204, token 48");
    let value = document.children[0].children[0]
        .value
        .as_ref()
        .expect("a value");
    assert_eq!(value.value, "page 201, token 9A");
}

#[test]
fn a_page_that_nobody_has_ends_the_reading() {
    let reading = read(
        b"\x03\x0B\x6A\x00\x45\xC6\x00\xCD\x05\x01\x01\x01",
        Role::Request,
    );
    assert_eq!(reading.faults.sorted()[0].found, "code page 205");
}
