//! Generated documents: every element, every kind of text, any depth.

use ics_device::document::{
    Attribute, Datatype, Document, Element, ElementTag, Role, Version, read, value, wbxml, xml,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::string::string_regex;

use crate::support::vectors::shown;

/// Names and values that PROV has tokens for, on page 0, on page 1 and on both.
const TOKENS: [&str; 16] = [
    "NAME",
    "NAPDEF",
    "PORT",
    "APPID",
    "TO-NAPID",
    "APPLICATION",
    "CLIENTIDENTITY",
    "RULE",
    "IPV4",
    "IPV6",
    "OBEX",
    "GSM-GPRS",
    "HTTP-BASIC",
    "HTTP-",
    "BASIC",
    "V.120",
];

/// Names of the CSPs at hand, which have none.
const NAMES: [&str; 8] = [
    "HotSpot",
    "CM_CellularEntries",
    "Enabled",
    "EntitlementDll",
    "MaxUsers",
    "MOAppLink",
    "é",
    "😀",
];

/// Any text that XML has.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => string_regex("[ -~]{0,12}").expect("a regex"),
        2 => select(&TOKENS[..]).prop_map(str::to_owned),
        1 => string_regex("[\t\n\r \u{A0}-\u{17F}\u{2028}\u{F000}\u{F001}😀&<>\"']{0,8}").expect("a regex"),
        1 => vec(select(&TOKENS[..]), 2..4).prop_map(|words| words.concat()),
        1 => string_regex("[a-z]{100,200}").expect("a regex"),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => select(&TOKENS[..]).prop_map(str::to_owned),
        2 => select(&NAMES[..]).prop_map(str::to_owned),
        1 => text().prop_filter("a name is not empty", |name| !name.is_empty()),
    ]
}

/// A value with a datatype that it has.
fn typed() -> impl Strategy<Value = (Option<Datatype>, Option<String>)> {
    let items = vec(string_regex("[a-z]{1,4}").expect("a regex"), 0..4);
    prop_oneof![
        4 => option::weighted(0.9, text()).prop_map(|text| (None, text)),
        1 => text().prop_map(|text| (Some(Datatype::String), Some(text))),
        1 => any::<i64>().prop_map(|number| (Some(Datatype::Integer), Some(number.to_string()))),
        1 => (-1e6..1e6).prop_map(|number: f64| (Some(Datatype::Float), Some(number.to_string()))),
        1 => any::<bool>().prop_map(|flag| (Some(Datatype::Boolean), Some(flag.to_string()))),
        1 => Just((Some(Datatype::Binary), Some("AQIDBA==".to_owned()))),
        1 => items.prop_map(|items| {
            let text = value::join_strings(items.iter().map(String::as_str));
            (Some(Datatype::MultipleString), text)
        }),
    ]
}

/// An element that holds nothing.
fn leaf() -> impl Strategy<Value = Element> {
    let parm =
        (name(), typed(), option::weighted(0.1, text())).prop_map(|(name, typed, options)| {
            let mut parm = Element::new(ElementTag::Parm, name);
            (parm.datatype, parm.value) = (typed.0.map(Into::into), typed.1.map(Into::into));
            let metadata = |value: String| Attribute {
                name: "options".into(),
                value: value.into(),
            };
            parm.attributes.extend(options.map(metadata));
            parm
        });
    prop_oneof![
        4 => parm,
        1 => name().prop_map(|name| Element::new(ElementTag::NoParm, name)),
        1 => name().prop_map(|name| Element::new(ElementTag::ParmQuery, name)),
        1 => group_leaf(),
        1 => (leaf_kind(), name(), text()).prop_map(|(tag, name, desc)| {
            Element::new(tag, name).failed(desc)
        }),
    ]
}

fn leaf_kind() -> impl Strategy<Value = ElementTag> {
    select(&ElementTag::ALL[..6])
}

/// An element about a group that holds nothing.
fn group_leaf() -> impl Strategy<Value = Element> {
    let query = (name(), option::of(any::<bool>())).prop_map(|(name, recursive)| {
        let mut query = Element::new(ElementTag::CharacteristicQuery, name);
        query.recursive = recursive.map(Into::into);
        query
    });
    prop_oneof![
        query,
        name().prop_map(|name| Element::new(ElementTag::NoCharacteristic, name))
    ]
}

/// A whole document, as a request or a response has it.
pub(crate) fn document() -> impl Strategy<Value = Document> {
    let inner = leaf().prop_recursive(4, 24, 5, |inner| {
        (name(), vec(inner, 0..5))
            .prop_map(|(name, children)| Element::characteristic(name, children))
    });
    let top = (name(), vec(inner, 0..5))
        .prop_map(|(name, children)| Element::characteristic(name, children));
    let version = option::of(select(&Version::ALL[..]));
    (version, vec(prop_oneof![5 => top, 1 => group_leaf()], 0..4)).prop_map(
        |(version, children)| Document {
            version: version.map(Into::into),
            children,
            ..Document::default()
        },
    )
}

fn same_again(bytes: &[u8], document: &Document) -> Result<(), TestCaseError> {
    let reading = read(bytes, Role::Response);
    prop_assert!(
        reading.faults.is_empty(),
        "{}",
        shown("it", bytes, &reading)
    );
    prop_assert_eq!(reading.document.as_ref(), Some(document));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_as_xml_is_read_again(document in document()) {
        let text = xml::write(&document).expect("generated texts are XML's");
        same_again(text.as_bytes(), &document)?;
    }

    #[test]
    fn what_is_written_as_wbxml_is_read_again(document in document()) {
        let bytes = wbxml::encode(&document).expect("generated texts are XML's");
        same_again(&bytes, &document)?;
    }

    #[test]
    fn no_bytes_are_too_strange(bytes in vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes, Role::Request);
        let _ = read(&[&[3, 0x0B, 0x6A], bytes.as_slice()].concat(), Role::Request);
    }

    #[test]
    fn a_broken_document_is_reported_at_a_place_within_it(
        document in document(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        binary in any::<bool>(),
    ) {
        let mut bytes = if binary {
            wbxml::encode(&document).expect("generated texts are XML's")
        } else {
            xml::write(&document).expect("generated texts are XML's").into_bytes()
        };
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let reading = read(&bytes, Role::Response);
        for fault in reading.faults.sorted() {
            prop_assert!(fault.at.end() as usize <= bytes.len(), "{fault:?} of {}", bytes.len());
        }
        // It can be shown, whatever it is.
        let _ = shown("it", &bytes, &reading);
        let _ = read(&bytes[..at], Role::Response);
    }
}
