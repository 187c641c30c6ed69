//! The picture of a day: one HTML file that needs nothing else.
//!
//! It is drawn from the log alone. There is no script in it, and nothing comes
//! from elsewhere; colours follow the reader's light or dark setting.

mod lanes;
mod page;
mod scene;
mod svg;

use super::{Entry, Timeline};

pub use page::page;

/// What is drawn.
#[derive(Clone, Debug)]
pub struct Story<'a> {
    /// The page's title.
    pub title: String,
    /// When it begins and ends.
    pub timeline: &'a Timeline,
    /// What happened.
    pub entries: &'a [Entry],
}
