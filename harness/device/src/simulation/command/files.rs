//! The files that commands name: documents and push messages.

use super::Resources;
use crate::document::names::quoted;
use crate::document::push::{Pin, Push};
use crate::document::{Diagnostic, Located};
use crate::simulation::action::{Action, ProvisioningFile};

/// The document with that name.
pub(super) fn document(
    name: &Located<String>,
    resources: &Resources<'_>,
    faults: &mut Vec<Diagnostic>,
) -> Option<ProvisioningFile> {
    let expected = "a document that is XML or WBXML";
    load(
        name,
        resources.documents,
        ("document", expected),
        resources,
        faults,
    )
}

/// A push message, and the PIN that is typed for it.
pub(super) fn push(
    name: &Located<String>,
    typed: Option<&Located<String>>,
    resources: &Resources<'_>,
    faults: &mut Vec<Diagnostic>,
) -> Option<Action> {
    let expected = "a push message, or the short messages that hold one";
    let pin = typed.map(|digits| {
        let pin = Pin::new(&digits.value);
        if pin.is_none() {
            let found = format!("{} as a PIN", quoted(&digits.value));
            faults.push(Diagnostic::error(digits.at, found).expected("digits only"));
        }
        pin
    });
    let file = load(
        name,
        resources.pushes,
        ("push message", expected),
        resources,
        faults,
    )?;
    if let Err(fault) = Push::parse(&file.bytes) {
        let found = format!(
            "{} is no push of a document: {}",
            quoted(&name.value),
            fault.found
        );
        faults.push(Diagnostic::error(name.at, found).expected(expected));
        return None;
    }
    Some(Action::Push {
        file,
        pin: pin.flatten(),
    })
}

fn load(
    name: &Located<String>,
    from: &dyn Fn(&str) -> std::io::Result<Vec<u8>>,
    (what, expected): (&str, &str),
    resources: &Resources<'_>,
    faults: &mut Vec<Diagnostic>,
) -> Option<ProvisioningFile> {
    match from(&name.value) {
        Ok(bytes) => Some(ProvisioningFile {
            name: name.value.clone(),
            bytes,
        }),
        Err(error) => {
            let quoted = quoted(&name.value);
            faults.push(match error.kind() {
                // The file was read, and is not what it should be.
                std::io::ErrorKind::Other => {
                    Diagnostic::error(name.at, format!("{quoted} {error}")).expected(expected)
                }
                _ => Diagnostic::error(name.at, format!("cannot read {quoted}: {error}"))
                    .expected(format!("a {what}'s path, relative to {}", resources.folder)),
            });
            None
        }
    }
}
