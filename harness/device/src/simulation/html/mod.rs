//! The picture of a day: one HTML file that needs nothing else.
//!
//! It is drawn from the log alone, of which a [`Picture`] keeps what is drawn.
//! There is no script in it, and nothing comes from elsewhere; colours follow
//! the reader's light or dark setting.

mod few;
mod lanes;
mod page;
mod scene;
mod svg;

use quick_xml::escape::escape;

use self::scene::Scene;
use super::{LogEntry, Timeline};
use crate::printable::Printable;
use crate::service::Moment;

/// A picture that is made entry by entry.
#[derive(Clone, Debug)]
pub struct Picture {
    title: String,
    /// The program that plays, with its version.
    player: String,
    /// When the timeline ends.
    end: Moment,
    scene: Scene,
}

impl Picture {
    /// The picture of a timeline of which nothing was played yet. `player` is the
    /// program that plays it, such as `ics-harness 1.0`.
    pub fn new(title: String, player: String, timeline: &Timeline) -> Self {
        Self {
            title,
            player,
            end: timeline.end,
            scene: Scene::of(timeline),
        }
    }

    /// Takes in what happened next.
    pub fn take(&mut self, entry: &LogEntry) {
        self.scene.take(entry);
    }

    /// The page, of what was played up to this moment.
    pub fn page(mut self, until: Moment) -> String {
        self.scene.end(until);
        page::page(&self)
    }
}

/// A text as it stands in the page: no markup, and nothing that cannot be seen.
fn shown(text: &str) -> String {
    escape(Printable(text).to_string()).into_owned()
}
