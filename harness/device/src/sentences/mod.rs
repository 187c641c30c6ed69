//! Every sentence of the specification, and what shows that it holds.
//!
//! The table is data; `HOTSPOT.md` is made from it and from the tables of
//! nodes, and tests see to it that the page is up to date and that every test
//! that is named exists.

mod decisions;
mod page;
mod table;
#[cfg(test)]
mod tests;

pub use decisions::DECISIONS;
pub use page::page;
pub use table::SENTENCES;

/// What the paths of the harness's tests begin with. It tests that they exist.
pub const HARNESS: &str = "ics_harness::";

/// One sentence of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// What it is about: a node, or a part of the page.
    pub topic: &'static str,
    /// The sentence.
    pub text: &'static str,
    /// What shows that it holds.
    pub shown: Shown,
}

/// What shows that a sentence holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Tests, by their path in this crate; those of the harness begin with
    /// [`HARNESS`].
    Tests(&'static [&'static str]),
    /// Rules that the harness examines every plugin by, by id. It tests that they exist.
    Rules(&'static [&'static str]),
    /// Nothing: it says nothing that a device could do otherwise.
    Nothing(&'static str),
}
