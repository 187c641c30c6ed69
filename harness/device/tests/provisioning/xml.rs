//! Documents as text: what is read, what is refused, and how that is reported.

use ics_device::document::{
    Colour, Datatype, Diagnostic, Element, ElementTag, Encoding, Level, Rendered, Role, Source,
    SourceLocation, Span, Version, limits, read, xml,
};

use crate::support::vectors::{accepted, load, request, shown};

/// The faults of a text as `line:column found`.
fn faults(text: &str, role: Role) -> Vec<String> {
    let reading = read(text.as_bytes(), role);
    let source = Source::new("it", text.as_bytes());
    let line = |one: &&Diagnostic| format!("{} {}", source.location(one.at), one.found);
    reading.faults.sorted().iter().map(line).collect()
}

fn wrapped(inner: &str) -> String {
    format!("<wap-provisioningdoc>{inner}</wap-provisioningdoc>")
}

#[test]
fn the_specification_s_sample_is_read() {
    let document = request("cdma.xml");
    assert_eq!(document.version, None);
    let [entries, hotspot] = document.children.as_slice() else {
        panic!("two characteristics: {document:?}")
    };
    assert_eq!(entries.name.value, "CM_CellularEntries");
    assert_eq!(
        entries.children[0].children[1],
        Element::parm("UserName", "")
    );
    let mut enabled = Element::parm("Enabled", "true");
    enabled.datatype = Some(Datatype::Boolean.into());
    assert_eq!(hotspot.children[0], enabled);
    assert_eq!(
        request("hotspot_datatype.xml").version.map(|one| one.value),
        Some(Version::V1_1)
    );
}

#[test]
fn each_part_knows_where_it_stood() {
    let bytes = load("cdma.xml");
    let document = request("cdma.xml");
    let source = Source::new("cdma.xml", &bytes);
    let enabled = &document.children[1].children[0];
    assert_eq!(
        source.location(enabled.at),
        SourceLocation::Line {
            line: 11,
            column: 9
        }
    );
    assert_eq!(
        source.location(enabled.name.at),
        SourceLocation::Line {
            line: 11,
            column: 21
        }
    );
    let value = enabled.value.as_ref().expect("it has one").at;
    assert_eq!(
        source.location(value),
        SourceLocation::Line {
            line: 11,
            column: 37
        }
    );
    assert_eq!(&bytes[value.start as usize..value.end() as usize], b"true");
}

#[test]
fn queries_deletions_and_responses_are_read() {
    let document = request("query.xml");
    let kinds: Vec<_> = document.children[0]
        .children
        .iter()
        .map(|one| one.tag)
        .collect();
    assert_eq!(kinds, [ElementTag::ParmQuery, ElementTag::NoParm]);
    assert!(document.children[1].is_recursive());
    let level = request_of("<characteristic-query type=\"HotSpot\" recursive=\"false\"/>");
    assert!(!level.is_recursive());
    for element_tag in ElementTag::ALL {
        let (tag, key) = (element_tag.name(), element_tag.key());
        let desc = if element_tag.is_error() {
            " desc=\"no\""
        } else {
            ""
        };
        let inner =
            format!("<characteristic type=\"a\"><{tag} {key}=\"b\"{desc}/></characteristic>");
        let text = wrapped(&inner);
        let element =
            accepted(tag, text.as_bytes(), Role::Response).children[0].children[0].clone();
        assert_eq!(element.tag, element_tag);
        let in_request = read(text.as_bytes(), Role::Request).faults;
        assert_eq!(in_request.refuse(), element_tag.is_error(), "{tag}");
    }
}

fn request_of(inner: &str) -> Element {
    accepted("it", wrapped(inner).as_bytes(), Role::Request).children[0].clone()
}

#[test]
fn what_a_device_answers_is_written_and_read_again() {
    let mut parm = Element::parm("MaxUsers", "9");
    parm.datatype = Some(Datatype::Integer.into());
    let failed = parm.failed("out of range: 1 to 8");
    assert_eq!(failed.tag, ElementTag::ParmError);
    let document = ics_device::document::Document {
        children: vec![Element::characteristic("HotSpot", vec![failed])],
        ..Default::default()
    };
    let text = xml::write(&document).expect("plain text");
    insta::assert_snapshot!(text, @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <wap-provisioningdoc>
        <characteristic type="HotSpot">
            <parm-error name="MaxUsers" value="9" desc="out of range: 1 to 8"/>
        </characteristic>
    </wap-provisioningdoc>
    "#);
    assert_eq!(accepted("it", text.as_bytes(), Role::Response), document);
}

#[test]
fn white_space_entities_and_quotes_of_a_value_survive() {
    let value = " a\tb\nc\rd\"'<>&\u{F000}é😀 ";
    let document = ics_device::document::Document {
        children: vec![Element::characteristic(
            "a",
            vec![Element::parm("b", value)],
        )],
        ..Default::default()
    };
    let text = xml::write(&document).expect("plain text");
    assert_eq!(accepted("it", text.as_bytes(), Role::Request), document);
    let parm = Element::parm("b", "\u{1}");
    let document = ics_device::document::Document {
        children: vec![Element::characteristic("a", vec![parm])],
        ..Default::default()
    };
    assert_eq!(xml::write(&document), Err(xml::Unwritable('\u{1}')));
}

#[test]
fn three_documents_with_five_mistakes_or_more_each() {
    for name in [
        "faults-names.xml",
        "faults-markup.xml",
        "faults-structure.xml",
    ] {
        let bytes = load(name);
        let reading = read(&bytes, Role::Request);
        assert_eq!(reading.accepted(), None);
        insta::assert_snapshot!(name, shown(name, &bytes, &reading));
    }
}

#[test]
fn colours_are_there_only_if_asked_for() {
    let bytes = load("faults-names.xml");
    let reading = read(&bytes, Role::Request);
    let source = Source::new("it", &bytes);
    let shown = |colour| Rendered::new(&reading.faults, &source, colour).to_string();
    assert!(!shown(Colour::Never).contains('\u{1b}'));
    let coloured = shown(Colour::Always);
    assert!(
        coloured.contains("\u{1b}[1m\u{1b}[31merror\u{1b}[0m"),
        "{coloured:?}"
    );
}

#[test]
fn a_csp_adds_its_own_faults_to_the_same_list() {
    let bytes = load("cdma.xml");
    let mut reading = read(&bytes, Role::Request);
    let parm = &reading.document.as_ref().expect("it is whole").children[1].children[2];
    let fault = Diagnostic::warning(parm.name.at, "the parm is obsolete");
    reading.faults.push(fault);
    assert!(reading.accepted().is_some(), "a warning does not refuse");
    let fault = Diagnostic::error(Span::point(0), "the document lacks something");
    assert_eq!(fault.level, Level::Error);
    reading.faults.push(fault);
    assert!(reading.accepted().is_none());
    let order: Vec<_> = reading
        .faults
        .sorted()
        .iter()
        .map(|one| one.found.as_str())
        .collect();
    assert_eq!(
        order,
        ["the document lacks something", "the parm is obsolete"]
    );
}

#[test]
fn sync_ml_is_refused_with_the_reason() {
    let bytes = load("syncml.xml");
    let reading = read(&bytes, Role::Request);
    assert_eq!(reading.document, None);
    insta::assert_snapshot!(shown("syncml.xml", &bytes, &reading));
}

#[test]
fn no_definition_and_no_entity_beyond_the_five_is_taken() {
    let bomb = "<!DOCTYPE wap-provisioningdoc [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>\n\
                <wap-provisioningdoc><characteristic type=\"&b;\"/></wap-provisioningdoc>";
    let expected = [
        "1:1 a DOCTYPE that defines elements or entities",
        "2:44 unknown entity `&b;`",
    ];
    assert_eq!(faults(bomb, Role::Request), expected);
}

#[test]
fn bytes_that_are_no_text_are_reported_by_their_place() {
    let mut bytes = wrapped("\n<characteristic type=\"a\u{e9}b\u{e9}\"/>").into_bytes();
    let bad: Vec<_> = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == 0xC3)
        .map(|one| one.0)
        .collect();
    for at in bad {
        bytes[at] = 0xFF;
        bytes[at + 1] = b'x';
    }
    let source = Source::new("it", &bytes);
    let reading = read(&bytes, Role::Request);
    let places: Vec<_> = reading
        .faults
        .sorted()
        .iter()
        .map(|one| source.location(one.at))
        .collect();
    assert_eq!(
        places,
        [
            SourceLocation::Line {
                line: 2,
                column: 24
            },
            SourceLocation::Line {
                line: 2,
                column: 27
            }
        ]
    );
    let wide: Vec<u8> = wrapped("")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let reading = read(&wide, Role::Request);
    assert_eq!(
        reading.faults.sorted()[0].found,
        "UTF-16, UTF-32 or binary data"
    );
}

#[test]
fn a_byte_order_mark_is_a_warning_and_has_no_column() {
    let mark = "1:1 a byte order mark";
    let document = "\u{FEFF}<wap-provisioningdoc/>";
    assert_eq!(faults(document, Role::Request), [mark]);
    assert!(!read(document.as_bytes(), Role::Request).faults.refuse());
    assert_eq!(
        faults("\u{FEFF}<prov/>", Role::Request),
        [mark, "1:2 root element `prov`"]
    );
    assert_eq!(
        faults("\u{FEFF}", Role::Request),
        [mark, "1:1 no root element"]
    );
}

#[test]
fn limits_hold() {
    let nested = |depth: usize| {
        let open = "<characteristic type=\"a\">".repeat(depth);
        wrapped(&format!("{open}{}", "</characteristic>".repeat(depth)))
    };
    assert_eq!(
        faults(&nested(limits::MAX_DEPTH - 1), Role::Request),
        <[String; 0]>::default()
    );
    assert_eq!(
        faults(&nested(limits::MAX_DEPTH + 9), Role::Request).len(),
        1
    );
    let attributes: String = (0..40).map(|number| format!(" a{number}=\"\"")).collect();
    let found = faults(
        &wrapped(&format!("<characteristic{attributes} type=\"a\"/>")),
        Role::Request,
    );
    assert!(
        found.iter().any(|one| one.ends_with("attribute number 33")),
        "{found:?}"
    );
    let long = wrapped(&" ".repeat(limits::MAX_BYTES));
    assert_eq!(read(long.as_bytes(), Role::Request).faults.len(), 1);
    let many = wrapped(&"<a/>".repeat(limits::MAX_FAULTS + 10));
    let reading = read(many.as_bytes(), Role::Request);
    assert_eq!(reading.faults.left_out(), 10);
    assert!(shown("it", many.as_bytes(), &reading).ends_with("and 10 more faults, not shown\n\n"));
}

#[test]
fn the_first_bytes_decide_the_encoding() {
    assert_eq!(Encoding::of(b"<?xml"), Encoding::Xml);
    assert_eq!(Encoding::of(b"\xEF\xBB\xBF<"), Encoding::Xml);
    assert_eq!(Encoding::of(b"\n <wap"), Encoding::Xml);
    assert_eq!(Encoding::of(&[3, 0x0B, 0x6A]), Encoding::Wbxml);
    assert_eq!(Encoding::of(&[1, 6, 0x2F]), Encoding::Push);
    assert_eq!(Encoding::of(b""), Encoding::Xml);
}

/// One wrong document a line: the text inside of the root, and its faults.
const WRONG: [(&str, &[&str]); 22] = [
    (
        "<characteristic/>",
        &["1:22 `characteristic` without `type`"],
    ),
    ("<characteristic type=''/>", &["1:44 an empty `type`"]),
    (
        "<characteristic type='a' a='b'/>",
        &["1:47 unknown attribute `a`"],
    ),
    (
        "<characteristic type='a' type='b'/>",
        &["1:47 attribute `type` for the second time"],
    ),
    (
        "<characteristic type='a'mwid='1'/>",
        &["1:46 `mwid` without a space before it"],
    ),
    (
        "<characteristic type='a'>x &amp; y</characteristic>",
        &["1:47 text between elements"],
    ),
    (
        "<characteristic type='a'><![CDATA[x]]></characteristic>",
        &["1:47 text between elements"],
    ),
    ("<characteristic type='<'/>", &["1:44 `<` in a value"]),
    (
        "<characteristic type='a'>",
        &["1:23 `characteristic` is never ended"],
    ),
    ("</characteristic>", &["1:22 end tag </characteristic>"]),
    ("<!-- a -- b -->", &["1:22 `--` inside a comment"]),
    (
        "<!DOCTYPE wap-provisioningdoc>",
        &["1:22 a DOCTYPE at the wrong place"],
    ),
    (
        "<?xml version='1.0'?>",
        &["1:22 an XML declaration that is not at the beginning"],
    ),
    (
        "<parm name='a' value='b'/>",
        &["1:23 `parm` directly under the root"],
    ),
    (
        "<wap-provisioningdoc/>",
        &["1:23 unknown element `wap-provisioningdoc`"],
    ),
    ("<frob a='b'/>", &["1:23 unknown element `frob`"]),
    ("<characteristic type/>", &["1:42 an attribute without `=`"]),
    (
        "<characteristic type='a\u{1}b'/>",
        &["1:45 the character U+0001"],
    ),
    (
        "<characteristic type='a' <characteristic type='b'/>",
        &[
            "1:22 a tag without `>`",
            "1:23 `characteristic` is never ended",
        ],
    ),
    (
        "<characteristic-query type='a' recursive='TRUE'/>",
        &["1:64 recursive `TRUE`"],
    ),
    (
        "<nocharacteristic type='a'><noparm name='b'/></nocharacteristic>",
        &["1:50 `noparm` inside `nocharacteristic`"],
    ),
    (
        "<characteristic type='a'><parm name='b' value='1,5' datatype='float'/></characteristic>",
        &["1:69 `1,5` is no float"],
    ),
];

#[test]
fn every_kind_of_fault_is_reported_at_its_place() {
    for (inner, expected) in WRONG {
        let mut found = faults(&wrapped(inner), Role::Request);
        found.sort();
        let mut expected: Vec<_> = expected.iter().map(|one| (*one).to_owned()).collect();
        expected.sort();
        assert_eq!(found, expected, "{inner}");
    }
    for (text, expected) in [
        ("", "1:1 no root element"),
        ("  \n", "2:1 no root element"),
        ("<wap-provisioningdoc/>x", "1:23 text between elements"),
        (
            "<wap-provisioningdoc/><wap-provisioningdoc/>",
            "1:24 a second root element `wap-provisioningdoc`",
        ),
        (
            "<wap-provisoningdoc/>",
            "1:2 root element `wap-provisoningdoc`",
        ),
        (
            "<characteristic type='a'/>",
            "1:2 root element `characteristic`",
        ),
        (
            "<?xml version='1.1'?><wap-provisioningdoc/>",
            "1:1 XML version `1.1`",
        ),
    ] {
        assert_eq!(faults(text, Role::Request), [expected], "{text}");
    }
}
