//! A document is checked as a whole and applied whole or not at all.

use super::change::{Change, changes, note_waiting};
use super::respond::respond;
use super::walk::walk;
use super::{Access, Settings};
use crate::document::{Diagnostics, Document};

/// The outcome of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The device's response.
    pub response: Document,
    /// The settings after it; none if it was refused.
    pub settings: Option<Settings>,
    /// What it changed; empty if it was refused.
    pub changes: Vec<Change>,
}

/// Checks a document as [`apply()`] does, and does nothing else.
pub fn check(
    settings: &Settings,
    document: &Document,
    access: &Access,
    diagnostics: &mut Diagnostics,
) {
    check_beside(settings, &[], document, access, diagnostics);
}

/// The same on a device that has these connections of its own, which no document
/// provisioned.
pub fn check_beside(
    settings: &Settings,
    own: &[&str],
    document: &Document,
    access: &Access,
    diagnostics: &mut Diagnostics,
) {
    walk(settings, own, document, access, diagnostics);
}

/// Applies a document to settings, in memory. Faults are added to those that the
/// reader of the document found; any error refuses the whole document.
pub fn apply(
    settings: &Settings,
    document: &Document,
    access: &Access,
    diagnostics: &mut Diagnostics,
) -> Outcome {
    apply_beside(settings, &[], document, access, diagnostics)
}

/// The same on a device that has these connections of its own, which no document
/// provisioned.
pub fn apply_beside(
    settings: &Settings,
    own: &[&str],
    document: &Document,
    access: &Access,
    diagnostics: &mut Diagnostics,
) -> Outcome {
    let walked = walk(settings, own, document, access, diagnostics);
    let is_refused = diagnostics.refuse();
    let mut response = Document {
        version: document.version,
        children: respond(document, &walked, settings, diagnostics),
        at: document.at,
        cut: false,
    };
    if is_refused {
        return Outcome {
            response,
            settings: None,
            changes: Vec::new(),
        };
    }
    let changes = changes(settings, &walked.proposed);
    note_waiting(&mut response.children, &changes);
    Outcome {
        response,
        settings: Some(walked.proposed),
        changes,
    }
}
