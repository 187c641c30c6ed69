//! What documents do to a device: the first makes the settings that the second
//! meets.
#![no_main]

use ics_device::csp::Settings;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // A byte that no text has parts the two.
    let mut documents = bytes.splitn(2, |byte| *byte == 0xFF);
    let inside = |text: &[u8]| {
        let open = b"<wap-provisioningdoc>";
        let close = b"</wap-provisioningdoc>";
        [&open[..], text, close].concat()
    };
    let mut next = || documents.next().map(inside).unwrap_or_default();
    let settings = ics_device_fuzz::apply(&next(), &Settings::default());
    ics_device_fuzz::apply(&next(), &settings.unwrap_or_default());
});
