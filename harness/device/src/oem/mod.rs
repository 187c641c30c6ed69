//! The forms in which an OEM writes settings into an image: the customization answer
//! file (MCSF) and the customizations of Windows Configuration Designer (WCD, COSA).
//!
//! A form is read into one provisioning document for each of its sections, whose
//! parts know where they stood in the OEM's file: so a form is checked by the same
//! rules as a document, and converting is writing. What only one side has is named in
//! the [`Diagnostics`]; nothing is left out silently. Which setting of a form is which
//! node is data (`table.rs`).
//!
//! The XML reader, its limits and diagnostics are those of [`crate::document`].

mod collect;
mod form;
mod held;
mod mcsf;
mod reword;
mod section;
mod select;
mod table;
mod tree;
mod value;
mod vocabulary;
mod wcd;
mod write;

#[cfg(test)]
mod tests;

use crate::document::Diagnostics;
use tree::Tree;

pub use form::Form;
pub use section::Section;
pub use select::NotSelected;
pub use write::write;

/// The result of reading a form.
#[derive(Clone, Debug)]
pub struct Reading {
    pub form: Form,
    /// What holds settings for providers that are known here, in the file's order. It
    /// may be used only if no fault refuses the file.
    pub sections: Vec<Section>,
    /// What the form itself has for faults; its settings are not checked yet.
    pub faults: Diagnostics,
}

/// What to do with a part of a document that a form cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unheld {
    /// It is an error, and nothing is written.
    Refuse,
    /// It is left out with a warning.
    LeaveOut,
}

/// Reads a file of this form (see [`Form::of`]).
pub fn read(bytes: &[u8], form: Form) -> Reading {
    let mut tree = Tree::read(bytes);
    let mut sections = Vec::new();
    let mut form = form;
    if let Some(root) = &tree.root {
        if wcd::is_fragment(root) {
            form = Form::Wcd;
        }
        sections = match form {
            Form::Mcsf => mcsf::read(root, &mut tree.faults),
            Form::Wcd => wcd::read(root, &mut tree.faults),
        };
        section::refuse_second(&sections, &mut tree.faults);
    }
    // What is missing beside something broken is no fault of its own.
    if tree.faults.refuse() {
        sections
            .iter_mut()
            .for_each(|section| section.document.cut = true);
    }
    sections.retain(|section| !section.document.children.is_empty());
    Reading {
        form,
        sections,
        faults: tree.faults,
    }
}
