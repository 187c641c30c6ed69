//! The specification's requirements, one a sentence, and the evidence for each.
//!
//! The tables are data. `HOTSPOT.md` is generated from them and from the tables
//! of nodes; tests check that the page is up to date and that every test that is
//! named exists.

mod decisions;
mod markdown;
mod table;
#[cfg(test)]
mod tests;

pub use decisions::DECISIONS;
pub use markdown::page;
pub use table::REQUIREMENTS;

/// The prefix of the paths of the harness's tests. The harness checks that they
/// exist.
pub const HARNESS: &str = "ics_harness::";

/// One requirement of the specification, in its own sentence, or a decision
/// where no public source says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// A node, or a part of the specification's page.
    pub topic: &'static str,
    pub text: &'static str,
    pub evidence: Evidence,
}

/// What shows that a requirement is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Tests, by their path in this crate; those of the harness begin with
    /// [`HARNESS`].
    Tests(&'static [&'static str]),
    /// Rules of the harness for plugins, by their ids. The harness checks that they exist.
    Rules(&'static [&'static str]),
    /// None is needed, because no device could do otherwise; the text says why.
    Nothing(&'static str),
}
