//! The text of faults.

use crate::document::Diagnostic;
use crate::document::names::{nearest, one_of};

/// Suggests the nearest name; if none is near, lists all names.
pub(super) fn unknown<'a>(
    fault: Diagnostic,
    name: &str,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    match nearest(name, names.clone()) {
        Some(meant) => fault.help(format!("write `{meant}`")),
        None => fault.expected(one_of(names)),
    }
}

/// A fault in one sentence, for the `desc` of a response.
pub(super) fn describe(fault: &Diagnostic) -> String {
    let mut text = fault.found.clone();
    for (before, more) in [("; expected ", &fault.expected), ("; ", &fault.help)] {
        if let Some(more) = more {
            text.push_str(before);
            text.push_str(more);
        }
    }
    text
}
