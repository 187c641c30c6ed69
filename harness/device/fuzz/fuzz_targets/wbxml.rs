//! WAP binary XML: whole, and behind a header that is right.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    ics_device_fuzz::examine(bytes);
    let table = b"\x03\x0b\x6a\x18datatype\0integer\0parm-q\0";
    ics_device_fuzz::examine(&[table, bytes].concat());
});
