//! Lists whose length is bounded, however long the timeline is.

use crate::service::Moment;
use crate::simulation::Timeline;

/// Up to this length all items are kept.
const MANY: usize = 2000;
/// The drawing has about half as many columns of dots.
const CELLS: u64 = 2000;

/// An item that can be merged with others that would be drawn at the same position.
pub(super) trait Drawn {
    fn from(&self) -> Moment;
    fn to(&self) -> Moment;
    /// Merges another item into this one; false if both have to be drawn.
    fn absorb(&mut self, other: &Self) -> bool;
}

/// A list in order of time. Once it is long, items that would be drawn at the same
/// position are merged, so that its length is bounded.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Few<T> {
    items: Vec<T>,
    cell: u64,
    most: usize,
    /// How many items were added.
    pub(super) count: usize,
}

impl<T: Drawn> Few<T> {
    /// An empty list for the drawing of this timeline.
    pub(super) fn of(timeline: &Timeline) -> Self {
        let whole = timeline.end.0.saturating_sub(timeline.start.at.0);
        Self {
            items: Vec::new(),
            cell: (whole / CELLS).max(1),
            most: MANY,
            count: 0,
        }
    }

    pub(super) fn push(&mut self, item: T) {
        self.count += 1;
        self.items.push(item);
        if self.items.len() > self.most {
            self.thin_out();
            // The rest has to be drawn; the list is compacted again once it has doubled.
            self.most = MANY.max(self.items.len() * 2);
        }
    }

    fn thin_out(&mut self) {
        /// At most this many kinds share a position.
        const KINDS: usize = 16;
        let mut kept: Vec<T> = Vec::new();
        for item in self.items.drain(..) {
            let spot = item.to().0 / self.cell;
            let mut near = kept.iter_mut().rev().take(KINDS);
            let absorbed = near.any(|one| one.from().0 / self.cell == spot && one.absorb(&item));
            if !absorbed {
                kept.push(item);
            }
        }
        self.items = kept;
    }

    pub(super) fn as_slice(&self) -> &[T] {
        &self.items
    }

    pub(super) fn last_mut(&mut self) -> Option<&mut T> {
        self.items.last_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Mark;
    use super::*;
    use crate::simulation::ServerState;
    use crate::simulation::command::Resources;

    #[test]
    fn millions_of_marks_become_as_many_as_can_be_seen() {
        let end = "begin = \"00:00\"\nend = \"day 366 00:00\"";
        let nothing = |_: &str| Err(std::io::ErrorKind::NotFound.into());
        let servers = [ServerState {
            name: "allow".to_owned(),
            description: String::new(),
        }];
        let resources = Resources {
            documents: &nothing,
            pushes: &|_| Err(std::io::ErrorKind::NotFound.into()),
            folder: "nowhere",
            servers: &servers,
        };
        let timeline = Timeline::read(end, &resources, b"").expect("a timeline");
        let mut few = Few::of(&timeline);
        for second in 0..365 * 24 * 360 {
            few.push(Mark::new(
                Moment::seconds(second * 10),
                if second % 3 == 0 { "✓" } else { "✕" },
                "good",
                String::new(),
            ));
        }
        assert_eq!(few.count, 365 * 24 * 360);
        let items = few.as_slice();
        assert!(items.len() <= 4 * MANY, "{}", items.len());
        let all: usize = items.iter().map(|one| one.count).sum();
        assert_eq!(all, few.count, "none is forgotten");
    }
}
