//! What a file has as a provisioning document, whether it is one or an OEM's form.

use ics_device::csp::{Access, Outcome, hotspot};
use ics_device::document::{Diagnostic, Diagnostics, Document, Role, Span};
use ics_device::oem::{self, Form, NotSelected, Section};
use ics_device::printable::Printable;
use ics_device::state::State;

use super::super::document::{Input, encoding_name};
use super::Failure;

/// A document, with what was found while it was read.
pub(super) struct Opened {
    pub(super) document: Option<Document>,
    pub(super) faults: Diagnostics,
    /// What it was read from, such as `XML`.
    pub(super) from: String,
    pub(super) form: Option<Form>,
    /// What else in the form has settings, and was not read.
    pub(super) others: Vec<String>,
    /// Where its section begins, if that is for some devices only.
    pub(super) variant: Option<Span>,
    /// What a form has for all devices, where the document is from a variant.
    beneath: Option<Document>,
}

impl Opened {
    /// Applies it to a device, and adds what is found.
    pub(super) fn apply(&mut self, device: &mut State) -> Option<Outcome> {
        let document = self.document.as_ref()?;
        let access = Access::full();
        if let Some(beneath) = &self.beneath {
            // Its faults are not those of the section that was chosen.
            device.apply(beneath, &access, &mut Diagnostics::new());
        }
        let outcome = device.apply(document, &access, &mut self.faults);
        if let Some(form) = self.form {
            form.reword(&mut self.faults);
        }
        Some(outcome)
    }

    /// Says in one line what else could have been read.
    pub(super) fn describe_others(&self, input: &Input) -> String {
        match self.others.as_slice() {
            [] => String::new(),
            others => format!(
                "{}: not read: {}; choose with --variant\n",
                Printable(&input.name),
                others.join(", ")
            ),
        }
    }
}

/// Reads a provisioning document, or the section of an OEM's form that is chosen.
pub(super) fn open(
    input: &mut Input,
    role: Role,
    variant: Option<&str>,
) -> Result<Opened, Failure> {
    let Some(form) = Form::of(&input.bytes) else {
        if variant.is_some() {
            return Err(Failure::Usage(format!(
                "{} is no form of an OEM and has no variants; leave --variant out",
                Printable(&input.name)
            )));
        }
        let reading = input.open(role);
        return Ok(Opened {
            document: reading.document,
            faults: reading.faults,
            from: encoding_name(reading.encoding).to_owned(),
            form: None,
            others: Vec::new(),
            variant: None,
            beneath: None,
        });
    };
    let mut reading = oem::read(&input.bytes, form);
    let form = reading.form;
    let mut opened = Opened {
        document: None,
        faults: Diagnostics::new(),
        from: form.to_string(),
        form: Some(form),
        others: Vec::new(),
        variant: None,
        beneath: None,
    };
    match reading.select(variant) {
        Ok(section) => {
            let others = reading.sections.iter().filter(|one| one.at != section.at);
            opened.others = others.clone().map(Section::to_string).collect();
            if !section.is_for_all() {
                opened.variant = Some(section.at);
                let mut for_all = others.filter(|one| one.is_for_all());
                opened.beneath = for_all.next().map(|one| one.document.clone());
            }
            opened.from = format!("{form}: {section}");
            opened.document = Some(section.document.clone());
        }
        // What is broken may be what was meant.
        Err(_) if reading.faults.refuse() => {}
        Err(NotSelected::Nothing) => reading.faults.push(nothing()),
        Err(why) => {
            return Err(Failure::Usage(format!("{}: {why}", Printable(&input.name))));
        }
    }
    opened.faults = reading.faults;
    Ok(opened)
}

/// The fault of a form that is about other things.
fn nothing() -> Diagnostic {
    Diagnostic::error(Span::default(), NotSelected::Nothing.to_string())
        .expected("a section with such settings")
        .help("name the file of the image that has them")
}

/// What a form has, and what was found in all of its sections.
pub(super) struct CheckedForm {
    pub(super) form: Form,
    pub(super) sections: Vec<String>,
    pub(super) faults: Diagnostics,
}

/// Checks all sections of a form: those for all devices, and each variant on what they
/// leave.
pub(super) fn check(
    input: &Input,
    form: Form,
    state: &State,
    mut look: impl FnMut(&Document, &mut Diagnostics),
) -> CheckedForm {
    let oem::Reading {
        form,
        sections,
        mut faults,
    } = oem::read(&input.bytes, form);
    let access = Access::full();
    let mut device = state.clone();
    let (for_all, variants): (Vec<_>, Vec<_>) = sections.iter().partition(|one| one.is_for_all());
    for section in for_all {
        look(&section.document, &mut faults);
        device.apply(&section.document, &access, &mut faults);
    }
    for section in variants {
        look(&section.document, &mut faults);
        let mut device = device.clone();
        device.apply(&section.document, &access, &mut faults);
    }
    form.reword(&mut faults);
    if !sections.iter().any(|one| one.holds(hotspot::NAME)) && !faults.refuse() {
        let at = sections.first().map_or(Span::default(), |one| one.at);
        faults.push(
            Diagnostic::note(at, "no settings of HotSpot")
                .expected("them, if the form is about Internet sharing"),
        );
    }
    CheckedForm {
        form,
        sections: sections.iter().map(Section::to_string).collect(),
        faults,
    }
}

/// Which form a file is of, and what of it was read, in one line.
pub(super) fn describe(input: &Input, checked: &CheckedForm) -> String {
    let sections = match checked.sections.as_slice() {
        [] => "nothing that is known here".to_owned(),
        sections => sections.join(", "),
    };
    format!(
        "{}: {}, read: {sections}\n",
        Printable(&input.name),
        checked.form
    )
}
