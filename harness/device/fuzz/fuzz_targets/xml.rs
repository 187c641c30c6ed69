//! XML: whole, and inside of a root and a characteristic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    ics_device_fuzz::examine(bytes);
    let open = b"<wap-provisioningdoc><characteristic type='a'>";
    let close = b"</characteristic></wap-provisioningdoc>";
    ics_device_fuzz::examine(&[&open[..], bytes, close].concat());
});
