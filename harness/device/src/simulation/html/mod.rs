//! A drawing of a simulation: one self-contained HTML file.
//!
//! It is drawn from the log alone, of which a [`Picture`] keeps what is drawn.
//! It has no script and loads nothing; colours follow the reader's light or dark
//! setting.

mod few;
mod lanes;
mod page;
mod scene;
pub(crate) mod svg;

use quick_xml::escape::escape;

use self::scene::Scene;
use super::{Date, LogEntry, Timeline};
use crate::printable::Printable;
use crate::service::Moment;

/// The style sheet that this page shares with others: colours, text, cards, figures and tables, in light and dark.
pub const BASE_STYLE: &str = include_str!("base.css");

/// Stands below a drawing that is wider than a small window, inside of an element of the class `scroll`.
pub const SIDEWAYS: &str = r#"<p class="sideways">Scroll sideways to see the rest →</p>"#;

/// A drawing that is built entry by entry.
#[derive(Clone, Debug)]
pub struct Picture {
    title: String,
    /// The simulating program, with its version.
    program: String,
    /// When the timeline ends.
    end: Moment,
    /// The date of the first day, if the timeline has one.
    date: Option<Date>,
    scene: Scene,
}

impl Picture {
    /// An empty drawing of this timeline. `program` is the simulating program, such
    /// as `ics-device 1.0`.
    pub fn new(title: String, program: String, timeline: &Timeline) -> Self {
        Self {
            title,
            program,
            end: timeline.end,
            date: timeline.date,
            scene: Scene::of(timeline),
        }
    }

    /// Adds the next entry.
    pub fn take(&mut self, entry: &LogEntry) {
        self.scene.take(entry);
    }

    /// The page, of what happened up to this moment.
    pub fn page(mut self, until: Moment) -> String {
        self.scene.end(until);
        page::page(&self)
    }
}

/// A text, escaped for the page: no markup and no invisible characters.
pub(crate) fn shown(text: &str) -> String {
    escape(Printable(text).to_string()).into_owned()
}
