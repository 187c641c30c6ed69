//! The OEM's forms: whole, and as the settings of each form.
#![no_main]

use ics_device::oem::Form;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(form) = Form::of(bytes) {
        ics_device_fuzz::examine_form(bytes, form);
    }
    let open = b"<Settings Path='HotSpot'>";
    ics_device_fuzz::examine_form(&[&open[..], bytes, b"</Settings>"].concat(), Form::Mcsf);
    let open = b"<WindowsCustomizations><Settings><Customizations><Common><Settings>";
    let close = b"</Settings></Common></Customizations></Settings></WindowsCustomizations>";
    ics_device_fuzz::examine_form(&[&open[..], bytes, close].concat(), Form::Wcd);
});
