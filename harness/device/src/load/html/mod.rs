//! A page with the loads of each second, side by side: one self-contained HTML file.
//!
//! It has no script and loads nothing; colours follow the reader's light or dark setting, and
//! the style is that of a simulation's drawing.

mod page;
mod plot;
mod scale;

use std::time::Duration;

use super::{Load, Summary, Totals};
use crate::simulation::Date;

pub use page::page;

/// What a page shows.
#[derive(Debug)]
pub struct Drawing<'a> {
    pub title: String,
    /// The simulating program, with its version.
    pub program: String,
    /// The date of the first day, if it has one.
    pub date: Option<Date>,
    /// What all of the loads have in common.
    pub load: &'a Load,
    /// At least one.
    pub panels: Vec<Panel<'a>>,
}

/// One of the loads.
#[derive(Clone, Copy, Debug)]
pub struct Panel<'a> {
    /// `EntitlementInterval`.
    pub interval: Duration,
    /// How long a plugin waits at most before it asks.
    pub jitter: Duration,
    pub totals: &'a Totals,
    pub summary: &'a Summary,
}
