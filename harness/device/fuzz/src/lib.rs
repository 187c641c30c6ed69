//! What hostile bytes must never do, for the fuzz targets.

use ics_device::csp::{self, Access, HotSpot, Settings};
use ics_device::document::limits::MAX_BYTES;
use ics_device::document::{
    Colour, Diagnostics, Document, Reading, Rendered, Role, Source, read, wbxml, xml,
};
use ics_device::oem::{self, Form, Unheld};

/// Faults that are rendered. More of them only take time.
const MOST_SHOWN: usize = 16;

/// Reads bytes in both roles, shows every fault, and writes what was accepted in
/// both forms, which must come back the same.
pub fn examine(bytes: &[u8]) {
    for role in [Role::Request, Role::Response] {
        let reading = read(bytes, role);
        assert!(reading.document.is_some() || reading.faults.refuse());
        show(bytes, &reading);
        if let Some(document) = reading.accepted() {
            let text = xml::write(document).expect("what was read can be written");
            comes_back(text.as_bytes(), document);
            comes_back(
                &wbxml::encode(document).expect("what was read can be written"),
                document,
            );
        }
    }
}

fn show(bytes: &[u8], reading: &Reading) {
    show_faults(bytes, &reading.faults);
}

fn show_faults(bytes: &[u8], faults: &Diagnostics) {
    for fault in faults.sorted() {
        assert!(
            fault.at.end() as usize <= bytes.len(),
            "{fault:?} of {} bytes",
            bytes.len()
        );
    }
    if faults.len() > MOST_SHOWN {
        return;
    }
    let source = Source::new("it", bytes);
    let shown = Rendered::new(faults, &source, Colour::Always).to_string();
    assert_eq!(shown.is_empty(), faults.is_empty());
}

fn comes_back(bytes: &[u8], document: &Document) {
    let again = read(bytes, Role::Response);
    assert!(again.faults.is_empty(), "{:?}", again.faults);
    assert_eq!(again.document.as_ref(), Some(document));
}

/// Applies what was read to a device with these settings, faults and all. Returns
/// the settings after it, if it was taken.
pub fn apply(bytes: &[u8], settings: &Settings) -> Option<Settings> {
    let mut reading = read(bytes, Role::Request);
    let document = reading.document.as_ref()?;
    let mut found = reading.faults.clone();
    csp::check(settings, document, &Access::full(), &mut found);
    let outcome = csp::apply(settings, document, &Access::full(), &mut reading.faults);
    assert_eq!(
        found, reading.faults,
        "checking is applying without doing it"
    );
    assert_eq!(outcome.settings.is_none(), reading.faults.refuse());
    show(bytes, &reading);
    let text = xml::write(&outcome.response).expect("what was read can be written");
    if text.len() <= MAX_BYTES {
        comes_back(text.as_bytes(), &outcome.response);
    }
    let settings = outcome.settings?;
    HotSpot::read(&settings).expect("what a document left can be read");
    Some(settings)
}

/// Reads a form, checks each section, and writes those that are accepted in both forms:
/// what a form holds whole comes back the same.
pub fn examine_form(bytes: &[u8], form: Form) {
    let reading = oem::read(bytes, form);
    show_faults(bytes, &reading.faults);
    for section in &reading.sections {
        let mut faults = reading.faults.clone();
        let none = Settings::default();
        let outcome = csp::apply(&none, &section.document, &Access::full(), &mut faults);
        reading.form.reword(&mut faults);
        show_faults(bytes, &faults);
        let Some(settings) = outcome.settings else {
            continue;
        };
        let text = xml::write(&section.document).expect("what was read can be written");
        comes_back(text.as_bytes(), &section.document);
        for target in [Form::Mcsf, Form::Wcd] {
            let mut unheld = Diagnostics::new();
            let text = oem::write(&section.document, target, Unheld::LeaveOut, &mut unheld);
            let Some(text) = text else { continue };
            let again = oem::read(text.as_bytes(), target);
            assert!(
                again.faults.counts().errors == 0,
                "{:?}\n{text}",
                again.faults
            );
            if !unheld.is_empty() {
                continue;
            }
            let section = again.select(None).expect("it was written");
            let mut faults = Diagnostics::new();
            let back = csp::apply(&none, &section.document, &Access::full(), &mut faults);
            assert_eq!(back.settings, Some(settings.clone()), "{text}");
        }
    }
}
