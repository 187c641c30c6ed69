//! Pushes: taken apart, proven, refused, made.

use ics_device::document::push::{Imsi, Method, Pin, Push, Refusal, Secrets, seal};
use ics_device::document::{Encoding, Role, read};

use crate::support::vectors::load;

fn secrets(imsi: &str, pin: &str) -> Secrets {
    Secrets {
        imsi: Imsi::new(imsi),
        pin: Pin::new(pin),
    }
}

const IMSI: &str = "466923103145252";

#[test]
fn the_vector_is_proven_by_its_imsi_and_by_no_other() {
    let bytes = load("netwpin.push");
    let push = Push::parse(&bytes).expect("it is a push");
    assert_eq!(
        (push.transaction, push.method),
        (1, Some(Method::NetworkPin))
    );
    assert_eq!(push.body, load("empty_prov.wbxml"));
    let reading = push
        .open(&secrets(IMSI, ""), Role::Request)
        .expect("it is proven");
    assert!(reading.accepted().is_some());
    assert_eq!(push.to_bytes(), bytes);
    let other = secrets("466923103145253", "");
    let refusal = push
        .open(&other, Role::Request)
        .expect_err("another device");
    assert_eq!(refusal, Refusal::Wrong(Method::NetworkPin));
    let refusal = push
        .open(&secrets("", "1234"), Role::Request)
        .expect_err("no SIM");
    assert_eq!(
        refusal,
        Refusal::NoSecret(Method::NetworkPin, "the device's IMSI")
    );
}

#[test]
fn one_changed_bit_anywhere_opens_nothing() {
    let bytes = load("netwpin.push");
    let push = Push::parse(&bytes).expect("it is a push");
    // What the proof covers, and the proof.
    let covered = (10..50).chain(bytes.len() - push.body.len()..bytes.len());
    for at in covered {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            // The digits of a MAC may be in either case; all else is malformed or wrong.
            if (10..50).contains(&at) && changed[at].eq_ignore_ascii_case(&bytes[at]) {
                continue;
            }
            let opened = Push::parse(&changed)
                .ok()
                .map(|push| push.open(&secrets(IMSI, ""), Role::Request));
            assert!(!matches!(opened, Some(Ok(_))), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn each_method_opens_what_it_sealed_and_refuses_another_secret() {
    let body = load("hotspot_datatype.libwbxml0118.wbxml");
    for method in Method::ALL {
        let sealed = seal(method, &secrets(IMSI, "13579"), body.clone()).expect("all is given");
        let bytes = sealed.push.to_bytes();
        assert_eq!(Encoding::of(&bytes), Encoding::Push);
        let push = Push::parse(&bytes).expect("it is a push");
        assert_eq!(push, sealed.push);
        let typed = sealed.typed.as_ref().map_or("13579", Pin::digits);
        let reading = push
            .open(&secrets(IMSI, typed), Role::Request)
            .expect("it is proven");
        assert_eq!(
            reading.accepted().map(|document| document.children.len()),
            Some(1)
        );
        let wrong_pin = if typed.len() == 5 {
            "13570".to_owned()
        } else {
            typed.replacen('1', "2", 1)
        };
        let by_pin = push.open(&secrets(IMSI, &wrong_pin), Role::Request);
        let by_imsi = push.open(&secrets("123456789012345", typed), Role::Request);
        let uses_pin = method != Method::NetworkPin;
        let uses_imsi = matches!(method, Method::NetworkPin | Method::UserNetworkPin);
        assert_eq!(
            by_pin.err(),
            uses_pin.then_some(Refusal::Wrong(method)),
            "{method}"
        );
        assert_eq!(
            by_imsi.err(),
            uses_imsi.then_some(Refusal::Wrong(method)),
            "{method}"
        );
    }
}

#[test]
fn what_is_typed_for_userpinmac_is_key_and_proof() {
    let body = load("empty_prov.wbxml");
    let sealed = seal(Method::UserPinMac, &secrets("", "12345"), body).expect("a key of five");
    let typed = sealed.typed.expect("the user types it");
    assert_eq!(typed.digits().len(), 10);
    assert!(typed.digits().starts_with("12345"));
    // HMAC-SHA1("12345", 03 0b 6a 00 45 01) begins with a2 12 6e 4e 78.
    assert_eq!(typed.digits(), "1234528080");
    let missing =
        seal(Method::UserPinMac, &secrets("", "1234"), Vec::new()).expect_err("four digits");
    assert_eq!(
        missing,
        Refusal::NoSecret(Method::UserPinMac, "a PIN of 5 to 20 digits")
    );
}

#[test]
fn a_push_that_proves_nothing_is_refused() {
    let unsigned = [&[1, 6, 1, 0xB6], load("empty_prov.wbxml").as_slice()].concat();
    let push = Push::parse(&unsigned).expect("it is a push");
    let all = secrets(IMSI, "1234");
    assert_eq!(
        push.open(&all, Role::Request).expect_err("unsigned"),
        Refusal::Unsigned
    );
    let no_mac = [
        &[1, 6, 4, 3, 0xB6, 0x91, 0x81],
        load("empty_prov.wbxml").as_slice(),
    ]
    .concat();
    let push = Push::parse(&no_mac).expect("it is a push");
    let refusal = push.open(&all, Role::Request).expect_err("no MAC");
    assert_eq!(refusal, Refusal::NoMac(Method::UserPin));
    // `read` does not accept pushes, so that authentication cannot be forgotten.
    let reading = read(&unsigned, Role::Request);
    assert_eq!((reading.encoding, reading.document), (Encoding::Push, None));
}

#[test]
fn a_mac_that_travels_with_userpinmac_is_refused() {
    let body = load("empty_prov.wbxml");
    let sealed = seal(Method::UserPin, &secrets("", "1234"), body).expect("the PIN is given");
    let mut bytes = sealed.push.to_bytes();
    let sec = bytes
        .iter()
        .position(|byte| *byte == 0x91)
        .expect("it has SEC");
    bytes[sec + 1] = 0x83;
    let push = Push::parse(&bytes).expect("it is a push");
    let refusal = push
        .open(&secrets("", "1234567890"), Role::Request)
        .expect_err("it carries one");
    assert_eq!(refusal, Refusal::NeedlessMac(Method::UserPinMac));
}

/// Messages that are none, with the offset and the message of the fault.
const WRONG: [(&[u8], u32, &str); 16] = [
    (&[1], 1, "the end"),
    (&[1, 7, 0], 1, "a PDU of type 07"),
    (
        &[1, 6, 0xFF, 0xFF, 0xFF, 0x7F],
        2,
        "a number too large as the length of the headers",
    ),
    (&[1, 6, 9, 0xB6], 3, "headers of 9 bytes, with 1 left"),
    (&[1, 6, 0], 3, "the end"),
    (&[1, 6, 1, 0xAE], 3, "a push of another content type"),
    (
        &[1, 6, 2, 5, 0xB6],
        4,
        "a content type of 5 bytes, with 1 left",
    ),
    (&[1, 6, 4, 3, 0xB6, 0x91, 0x84], 5, "security method 84"),
    (&[1, 6, 4, 3, 0xB6, 0x91, 0x01], 5, "security method 01"),
    (&[1, 6, 5, 4, 0xB6, 0x92, b'A', 0], 6, "a malformed MAC"),
    (&[1, 6, 4, 3, 0xB6, 0x92, b'A'], 6, "a MAC without its end"),
    (
        &[1, 6, 6, 5, 0xB6, 0x91, 0x80, 0x91, 0x80],
        7,
        "a second SEC",
    ),
    (
        b"\x01\x06\x57\x1f\x55\xb6\
          \x920123456789012345678901234567890123456789\0\
          \x920123456789012345678901234567890123456789\0",
        48,
        "a second MAC",
    ),
    (
        b"\x01\x06\x01\xb6<wap-provisioningdoc/>",
        4,
        "a body that begins with 3c, announced as `application/vnd.wap.connectivity-wbxml`",
    ),
    (
        &[1, 6, 1, 0xB5, 0x03, 0x0B, 0x6A, 0x00, 0x45, 0x01],
        4,
        "a body of WBXML, announced as `text/vnd.wap.connectivity-xml`",
    ),
    (
        b"\x01\x06\x1etext/vnd.wap.connectivity-xml\0\x03\x0b\x6a",
        33,
        "a body of WBXML, announced as `text/vnd.wap.connectivity-xml`",
    ),
];

#[test]
fn what_is_no_push_is_reported_by_its_offset() {
    for (bytes, offset, found) in WRONG {
        let fault = Push::parse(bytes).expect_err(found);
        assert_eq!((fault.at.start, fault.found.as_str()), (offset, found));
    }
}

#[test]
fn other_forms_of_the_content_type_and_other_headers_are_passed_over() {
    let media = b"application/vnd.wap.connectivity-wbxml\0";
    // Charset, an unknown parameter with text, one with a long number.
    let parameters = [
        &[0x81, 0xEA][..],
        b"x\0y\0",
        &[0x85, 2, 1, 2],
        &[0x91, 0x80],
    ]
    .concat();
    let field = [&media[..], &parameters].concat();
    let length = u8::try_from(field.len()).expect("it is short");
    let headers = [&[0x1F, length][..], &field, &[0xAF, 0x82, 0xB4, 0x87]].concat();
    let length = u8::try_from(headers.len()).expect("it is short");
    let body = load("empty_prov.wbxml");
    let message = [&[7, 6, length][..], &headers, &body].concat();
    let push = Push::parse(&message).expect("it is a push");
    assert_eq!(push.method, Some(Method::NetworkPin));
    assert_eq!(push.headers, [0xAF, 0x82, 0xB4, 0x87]);
    assert_eq!(push.body, body);
}
