//! Pushes: what is taken apart is put together again, and no guess opens it.
#![no_main]

use ics_device::document::Role;
use ics_device::document::push::{Imsi, Method, Pin, Push, Secrets};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(push) = Push::parse(bytes) else { return };
    let again = Push::parse(&push.to_bytes()).expect("what was written is a push");
    assert_eq!(again, push);
    // Not the IMSI of the vector, which is among the seeds.
    let secrets = Secrets {
        imsi: Imsi::new("001010000000005"),
        pin: Pin::new("1234567890"),
    };
    // A proof of five digits can be guessed; forty hexadecimal ones cannot.
    if push.method != Some(Method::UserPinMac) {
        assert!(push.open(&secrets, Role::Request).is_err());
    }
});
