//! WAP binary XML: the vectors, all that the format allows, all that it does not.

use ics_device::document::{Encoding, Role, Source, SourceLocation, limits, read, wbxml};

use crate::support::vectors::{accepted, load, request, shown};

/// Version 1.3, PROV 1.0, UTF-8, and the length of no string table.
const HEADER: [u8; 4] = [0x03, 0x0B, 0x6A, 0x00];

/// `<wap-provisioningdoc><characteristic type=`, up to the value.
const TYPE: [u8; 7] = [0x03, 0x0B, 0x6A, 0x00, 0x45, 0x86, 0x50];

/// The type of the only characteristic that begins with these bytes.
fn value(bytes: &[u8]) -> String {
    let bytes = [&TYPE, bytes, &[0x01, 0x01]].concat();
    accepted("it", &bytes, Role::Request).children[0]
        .name
        .value
        .clone()
}

#[test]
fn the_vectors_match_their_xml() {
    assert_eq!(request("gecko_cp_codepage.wbxml"), request("cp.xml"));
    assert_eq!(
        request("hotspot_datatype.libwbxml0118.wbxml"),
        request("hotspot_datatype.xml")
    );
    assert_eq!(request("query.libwbxml0118.wbxml"), request("query.xml"));
    let mut plain = request("hotspot_datatype.xml");
    plain.children[0]
        .children
        .iter_mut()
        .for_each(|parm| parm.datatype = None);
    assert_eq!(request("hotspot_nodatatype.libwbxml0118.wbxml"), plain);
    let empty = request("empty_prov.wbxml");
    assert_eq!(empty, request("prov_string_public_id.wbxml"));
    assert_eq!(empty.children, []);
}

#[test]
fn what_we_write_of_the_vectors_is_no_larger_than_what_others_wrote() {
    for name in [
        "empty_prov.wbxml",
        "gecko_cp_codepage.wbxml",
        "hotspot_datatype.libwbxml0118.wbxml",
        "hotspot_nodatatype.libwbxml0118.wbxml",
        "query.libwbxml0118.wbxml",
    ] {
        let document = request(name);
        let bytes = wbxml::encode(&document).expect("it was read");
        assert_eq!(accepted(name, &bytes, Role::Request), document);
        assert!(
            bytes.len() <= load(name).len(),
            "{name}: {} bytes",
            bytes.len()
        );
    }
}

#[test]
fn a_value_is_put_together_from_all_kinds_of_pieces() {
    assert_eq!(value(b"\x03ab\0\x03cd\0"), "abcd");
    assert_eq!(
        value(b"\x02\x41\x02\x83\xE0\x00\x02\x87\xEC\x00"),
        "A\u{F000}\u{1F600}"
    );
    assert_eq!(value(b"\xC3\x03abc\xC3\x00\x03d\0"), "abcd");
    // A value's token, then one of the other page, whose switch is no tag.
    assert_eq!(value(b"\x85\x00\x01\x8E"), "IPV4OBEX");
    assert_eq!(value(b"\x00\x01\x91\x93\x00\x00\x9A"), "HTTP-DIGESTPAP");
    let table = [&[0x03, 0x0B, 0x6A, 0x05], &b"ab\0c\0"[..]].concat();
    let of = |body: &[u8]| {
        let bytes = [&table, body].concat();
        accepted("it", &bytes, Role::Request).children[0]
            .name
            .value
            .clone()
    };
    assert_eq!(of(b"\x45\x86\x50\x83\x00\x83\x01\x83\x03\x01\x01"), "abbc");
}

#[test]
fn the_pages_of_tags_and_attributes_switch_apart() {
    // Page 1 of attributes in the first; in the second it is still that page,
    // while its tag comes from page 1 and the third's from page 0 again.
    let body = b"\x45\x86\x00\x01\x55\x01\x00\x01\x86\x59\x01\x00\x00\x86\x00\x00\x55\x01\x01";
    let document = accepted("it", &[&HEADER, &body[..]].concat(), Role::Request);
    let names: Vec<_> = document
        .children
        .iter()
        .map(|one| one.name.value.as_str())
        .collect();
    assert_eq!(names, ["APPLICATION", "RESOURCE", "NAPDEF"]);
}

#[test]
fn literals_instructions_and_ignorable_text_are_taken() {
    // PI, root as a literal with content, a PI and white space within, a PI after.
    let table = b"wap-provisioningdoc\0parm-query\0type\0";
    let pi = b"\x43\x05\x03x\0\x01";
    let group = b"\x46\x03\n  \0\x01";
    let query = b"\xC6\x04\x1F\x03a\0\x01\x84\x14\x05\x03b\0\x01\x01";
    let bytes = [
        &[0x01, 0x0B, 0x6A, table.len() as u8],
        &table[..],
        pi,
        b"\x44\x00",
        pi,
        query,
        b"\x01",
        pi,
    ]
    .concat();
    let document = accepted("it", &bytes, Role::Request);
    assert_eq!(document.children[0].children[0].tag.name(), "parm-query");
    let faults = read(
        &[&HEADER, &b"\x45"[..], group, b"\x01"].concat(),
        Role::Request,
    )
    .faults;
    let found: Vec<_> = faults
        .sorted()
        .iter()
        .map(|one| one.found.clone())
        .collect();
    assert_eq!(found, ["`characteristic` without `type`"]);
    // WBXML 1.0 had no character set in its header.
    accepted("it", b"\x00\x0B\x00\x05", Role::Request);
}

/// Bodies after [`HEADER`] that are wrong, with the offset and message of the first
/// fault. Offsets count from the document's beginning.
const WRONG_BODIES: [(&[u8], usize, &str); 28] = [
    (b"", 4, "the end of the document"),
    (
        b"\x45\x86\x00\x01\x03a\0\x01\x01",
        6,
        "a page switch before token 03",
    ),
    (
        b"\x45\x86\x01\x01",
        5,
        "a tag that announces attributes and has none",
    ),
    (b"\x45", 5, "the end of the document"),
    (b"\x45\x01\x00", 6, "1 byte after the document"),
    (b"\x45\x01\x45\x01", 6, "2 bytes after the document"),
    (b"\x01", 4, "token 01 where an element begins"),
    (b"\x03a\0", 4, "token 03 where an element begins"),
    (b"\x45\x00\x02", 5, "code page 2"),
    (b"\x45\x86\x00\x02", 6, "code page 2"),
    (
        b"\x45\x86\x43\x01\x01",
        6,
        "token 43 where an attribute begins",
    ),
    (
        b"\x45\x86\x85\x01\x01",
        6,
        "token 85 where an attribute begins",
    ),
    (
        b"\x45\x86\x50\xFF\x01\x01",
        7,
        "token ff of page 0 as a value",
    ),
    (b"\x45\x86\x50\x03abc", 8, "a string without its end"),
    (
        b"\x45\x86\x50\x03a\xFFb\0\x01\x01",
        9,
        "a string that is no UTF-8",
    ),
    (
        b"\x45\x86\x50\x03a\x02\0\x01\x01",
        9,
        "the character U+0002 in a string",
    ),
    (
        b"\x45\x86\x50\x83\x00\x01\x01",
        7,
        "a string at 0 of a string table of 0 bytes",
    ),
    (
        b"\x45\x86\x04\x09\x03a\0\x01\x01",
        6,
        "a literal's name at 9 of a string table of 0 bytes",
    ),
    (
        b"\x45\x86\x50\xC3\x7Fabc",
        9,
        "opaque data of 127 bytes, with 3 left",
    ),
    (
        b"\x45\x86\x50\xC3\x02\xC3\x28\x01\x01",
        9,
        "opaque data that is no UTF-8",
    ),
    (b"\x45\x86\x50\x02\x00\x01\x01", 7, "the entity 0 (0x0)"),
    (
        b"\x45\x86\x50\x02\x83\xB0\x00\x01\x01",
        7,
        "the entity 55296 (0xd800)",
    ),
    (
        b"\x45\x86\x50\x02\xC4\x80\x00\x01\x01",
        7,
        "the entity 1114112 (0x110000)",
    ),
    (
        b"\x45\x86\x50\x02\xFF\xFF\xFF\xFF\x7F\x01\x01",
        8,
        "a number past 32 bits as the number of a character",
    ),
    (
        b"\x45\x86\x50\x80\x00\x03a\0\x01\x01",
        7,
        "the extension token 80",
    ),
    (b"\x45\x40a\0\x01", 5, "the extension token 40"),
    (b"\x45\x03text\0\x01", 5, "text between elements"),
    (b"\x09", 4, "root element `token 09 of page 0`"),
];

#[test]
fn every_wrong_body_is_reported_by_its_offset() {
    for (body, offset, found) in WRONG_BODIES {
        check(&[&HEADER, body].concat(), offset, found);
    }
}

#[test]
fn every_wrong_header_is_reported_by_its_offset() {
    let all: [(&[u8], usize, &str); 12] = [
        (&[0x03], 1, "the end of the document"),
        (&[0x03, 0x0B, 0x6A], 3, "the end of the document"),
        (
            &[0x03, 0x0B, 0x03, 0x00, 0x45, 0x01],
            2,
            "character set 3 (0x03)",
        ),
        (
            &[0x03, 0x05, 0x6A, 0x00, 0x45, 0x01],
            1,
            "a service indication (WAP push with a link)",
        ),
        (
            &[0x03, 0x00, 0x00, 0x6A, 0x02, b'x', 0, 0x45, 0x01],
            1,
            "public identifier `x`",
        ),
        (
            &[0x03, 0x00, 0x05, 0x6A, 0x02, b'x', 0, 0x45, 0x01],
            1,
            "a public identifier at 5 of a string table of 2 bytes",
        ),
        (
            &[0x03, 0x00, 0x00, 0x6A, 0x01, b'x', 0x45, 0x01],
            1,
            "a public identifier that has no end in the string table",
        ),
        (
            &[0x03, 0x0B, 0x6A, 0x7F, 0x45, 0x01],
            4,
            "a string table of 127 bytes, with 2 left",
        ),
        (
            &[0x03, 0x0B, 0x6A, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
            3,
            "a number past 32 bits as the length of the string table",
        ),
        (
            &[0x03, 0x9F, 0x51, 0x6A, 0x00, 0x2D, 0x01],
            1,
            "a SyncML (OMA DM) document",
        ),
        (
            &[0x02, 0xA4, 0x01, 0x6A, 0x00, 0x2D, 0x01],
            1,
            "a SyncML (OMA DM) document",
        ),
        (
            b"\x03\x00\x00\x6A\x1E-//SYNCML//DTD SyncML 1.2//EN\0\x6D\x01",
            1,
            "a SyncML (OMA DM) document",
        ),
    ];
    for (bytes, offset, found) in all {
        check(bytes, offset, found);
    }
}

fn check(bytes: &[u8], offset: usize, found: &str) {
    let reading = read(bytes, Role::Request);
    assert_eq!(reading.encoding, Encoding::Wbxml);
    assert!(reading.accepted().is_none(), "{found}");
    let faults = reading.faults.sorted();
    let first = faults
        .first()
        .map(|one| (one.at.start as usize, one.found.as_str()));
    assert_eq!(first, Some((offset, found)), "{bytes:02x?}");
    let source = Source::new("it", bytes);
    assert_eq!(source.location(faults[0].at), SourceLocation::Byte(offset));
}

#[test]
fn faults_are_shown_in_their_row_of_bytes() {
    let mut bytes = load("hotspot_datatype.libwbxml0118.wbxml");
    bytes[0x1C] = 0xFF;
    bytes.push(0x05);
    let reading = read(&bytes, Role::Request);
    insta::assert_snapshot!(shown("it.wbxml", &bytes, &reading));
}

#[test]
fn structure_is_checked_as_in_xml() {
    // A parm under the root, a parm without a name, a wrong datatype, an unknown
    // literal, text: each is found, none hides the next.
    let table = b"datatype\0parmm\0";
    let body = b"\x45\x87\x05\x03a\0\x01\xC6\x50\x03b\0\x01\x87\x06\x03c\0\x01\
                 \x87\x05\x03d\0\x04\x00\x03boolen\0\x01\x84\x09\x05\x03e\0\x01\x03f\0\x01\x01";
    let bytes = [
        &[0x03, 0x0B, 0x6A, table.len() as u8],
        &table[..],
        &body[..],
    ]
    .concat();
    let faults = read(&bytes, Role::Request).faults;
    let found: Vec<_> = faults
        .sorted()
        .iter()
        .map(|one| one.found.clone())
        .collect();
    let expected = [
        "`parm` directly under the root",
        "`parm` without `name`",
        "datatype `boolen`",
        "unknown element `parmm`",
        "text between elements",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_string_that_is_used_again_and_again_has_an_end() {
    let long = vec![b'a'; 500_000];
    let uses: Vec<u8> = [0x83, 0x00].repeat(20);
    let length = [0x9E, 0xC2, 0x21];
    let bytes = [
        &[3, 0x0B, 0x6A],
        &length[..],
        &long,
        b"\0\x45\x86\x50",
        &uses,
        &[1, 1],
    ]
    .concat();
    assert!(bytes.len() < limits::MAX_BYTES);
    let faults = read(&bytes, Role::Request).faults;
    assert_eq!(
        faults.sorted()[0].found,
        "more than 4194304 bytes of text in all"
    );
}

/// Three kinds of input crash libwbxml 0.11.8: a character's number from 2^31 up
/// (an assertion), elements so deep that its recursion exhausts the stack, and
/// opaque data where it decodes types (another document type than ours).
#[test]
fn what_crashes_another_codec_is_an_error_here() {
    for (name, found) in [
        ("crash-entity.wbxml", "the entity 2147483648 (0x80000000)"),
        (
            "crash-entity-in-content.wbxml",
            "the entity 2147483648 (0x80000000)",
        ),
        ("crash-opaque.wbxml", "an OMA DRM rights object"),
    ] {
        let faults = read(&load(name), Role::Request).faults;
        assert_eq!(faults.sorted()[0].found, found, "{name}");
    }
    let depth = 200_000;
    let deep = [
        &HEADER,
        &[0x45][..],
        &vec![0x46; depth],
        &vec![0x01; depth + 1],
    ]
    .concat();
    let faults = read(&deep, Role::Request).faults;
    assert!(
        faults
            .sorted()
            .iter()
            .any(|one| one.found == "an element at depth 33")
    );
    let depth = 24_000;
    let (open, close) = ("<characteristic type=\"a\">", "</characteristic>");
    let text = format!(
        "<wap-provisioningdoc>{}{}</wap-provisioningdoc>",
        open.repeat(depth),
        close.repeat(depth)
    );
    assert!(text.len() < limits::MAX_BYTES);
    let faults = read(text.as_bytes(), Role::Request).faults;
    assert_eq!(
        faults
            .sorted()
            .iter()
            .map(|one| one.found.as_str())
            .collect::<Vec<_>>(),
        ["an element at depth 33"]
    );
}
