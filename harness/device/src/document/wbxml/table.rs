//! The string table of a document that is written: which strings are worth a place in it.
//!
//! A short message holds 133 octets of a push, so that a few bytes decide whether a document takes one more. Of small
//! documents also the strings that several values have in common are put into the table, and values are written in pieces.

use std::collections::{HashMap, HashSet};

/// Up to so many bytes of values the common strings of values are looked for, which takes the square of that.
const MOST_SEARCHED: usize = 4096;

/// Shorter strings save nothing: a reference takes two bytes.
const SHORTEST: usize = 4;

/// A string inline: its token and the zero byte after it.
const INLINE: usize = 2;

/// The texts of a document.
#[derive(Default)]
pub(super) struct Texts<'a> {
    /// Names without a token, which have to be in the table.
    names: Vec<&'a str>,
    /// Values that no token says, as often as they come.
    values: Vec<&'a str>,
}

/// A part of a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    Inline(&'t str),
    /// What begins there in the table.
    Entry(usize),
}

/// The finished table.
pub(super) struct Table<'a> {
    pub(super) bytes: Vec<u8>,
    entries: Vec<(&'a str, usize)>,
    by_text: HashMap<&'a str, usize>,
    /// Whether values are written in pieces.
    is_small: bool,
}

impl<'a> Texts<'a> {
    pub(super) fn add_name(&mut self, name: &'a str) {
        self.names.push(name);
    }

    pub(super) fn add_value(&mut self, value: &'a str) {
        self.values.push(value);
    }

    pub(super) fn table(self) -> Table<'a> {
        let searched: usize = self.values.iter().map(|value| value.len()).sum();
        let mut table = Table {
            bytes: Vec::new(),
            entries: Vec::new(),
            by_text: HashMap::new(),
            is_small: searched <= MOST_SEARCHED,
        };
        for name in self.names {
            table.add(name);
        }
        if table.is_small {
            table.add_common(&self.values);
        } else {
            table.add_repeated(&self.values);
        }
        table
    }
}

impl<'a> Table<'a> {
    /// Where a name begins that was added.
    pub(super) fn offset(&self, name: &str) -> Option<usize> {
        self.by_text.get(name).copied()
    }

    /// The value in the pieces that take the fewest bytes.
    pub(super) fn pieces<'t>(&self, text: &'t str) -> Vec<Piece<'t>> {
        if !self.is_small {
            return vec![match self.offset(text) {
                Some(offset) => Piece::Entry(offset),
                None => Piece::Inline(text),
            }];
        }
        let costs = self.costs(text);
        let mut pieces = Vec::new();
        let mut at = 0;
        while at < text.len() {
            if let Some((length, offset)) = costs.entry[at] {
                pieces.push(Piece::Entry(offset));
                at += length;
                continue;
            }
            let begin = at;
            loop {
                at += text[at..].chars().next().map_or(1, char::len_utf8);
                if at >= text.len() || costs.closed[at] <= costs.open[at] {
                    break;
                }
            }
            pieces.push(Piece::Inline(&text[begin..at]));
        }
        if pieces.is_empty() {
            pieces.push(Piece::Inline(text));
        }
        pieces
    }

    fn add(&mut self, text: &'a str) {
        if self.by_text.contains_key(text) {
            return;
        }
        let offset = self.within(text).unwrap_or_else(|| {
            let offset = self.bytes.len();
            self.bytes.extend(text.as_bytes());
            self.bytes.push(0);
            offset
        });
        self.by_text.insert(text, offset);
        self.entries.push((text, offset));
    }

    /// Where the string begins in one that ends with it.
    fn within(&self, text: &str) -> Option<usize> {
        if !self.is_small {
            return None;
        }
        let longer = self
            .entries
            .iter()
            .find(|(entry, _)| entry.ends_with(text))?;
        Some(longer.1 + longer.0.len() - text.len())
    }

    /// Values that come more than once.
    fn add_repeated(&mut self, values: &[&'a str]) {
        let mut times: HashMap<&str, usize> = HashMap::new();
        for value in values {
            let times = times.entry(value).or_default();
            *times += 1;
            if *times == 2 && value.len() > SHORTEST {
                self.add(value);
            }
        }
    }

    /// The strings in common that save most, one after the other, as long as one saves a byte.
    fn add_common(&mut self, values: &[&'a str]) {
        let mut candidates = common(values);
        let mut costs: Vec<usize> = values.iter().map(|value| self.cost(value)).collect();
        while !candidates.is_empty() {
            let mut best: Option<(usize, &'a str)> = None;
            candidates.retain(|candidate| {
                let saved = self.saved_by(candidate, values, &costs);
                if saved > best.map_or(0, |(most, _)| most) {
                    best = Some((saved, candidate));
                }
                // What saves nothing now saves nothing beside more entries.
                saved > 0
            });
            let Some((_, text)) = best else { break };
            self.add(text);
            candidates.retain(|candidate| *candidate != text);
            costs = values.iter().map(|value| self.cost(value)).collect();
        }
    }

    /// How many bytes a string would save in the table.
    fn saved_by(&mut self, text: &'a str, values: &[&'a str], costs: &[usize]) -> usize {
        let (entries, length) = (self.entries.len(), self.bytes.len());
        self.add(text);
        let added =
            self.bytes.len() - length + size_of_number(self.bytes.len()) - size_of_number(length);
        let saved: usize = values
            .iter()
            .zip(costs)
            .filter(|(value, _)| value.contains(text))
            .map(|(value, cost)| cost.saturating_sub(self.cost(value)))
            .sum();
        self.bytes.truncate(length);
        self.entries.truncate(entries);
        self.by_text.remove(text);
        saved.saturating_sub(added)
    }

    /// What a value takes.
    fn cost(&self, text: &str) -> usize {
        match text.is_empty() {
            true => INLINE,
            false => self.costs(text).closed[0],
        }
    }

    /// What the rest of a value takes from each byte on.
    fn costs(&self, text: &str) -> Costs {
        let mut costs = Costs {
            closed: vec![0; text.len() + 1],
            open: vec![0; text.len() + 1],
            entry: vec![None; text.len() + 1],
        };
        let entries: Vec<_> = self
            .entries
            .iter()
            .filter(|(entry, _)| text.contains(entry))
            .collect();
        for (at, one) in text.char_indices().rev() {
            let next = at + one.len_utf8();
            let inside = one.len_utf8() + costs.open[next];
            costs.closed[at] = INLINE + inside;
            for (entry, offset) in &entries {
                if entry.is_empty() || !text[at..].starts_with(entry) {
                    continue;
                }
                let cost = 1 + size_of_number(*offset) + costs.closed[at + entry.len()];
                if cost < costs.closed[at] {
                    costs.closed[at] = cost;
                    costs.entry[at] = Some((entry.len(), *offset));
                }
            }
            costs.open[at] = inside.min(costs.closed[at]);
        }
        costs
    }
}

/// What the rest of a value takes, for each of its bytes.
struct Costs {
    /// If a piece begins there.
    closed: Vec<usize>,
    /// If a string inline is going on there, whose first two bytes are counted.
    open: Vec<usize>,
    /// The length and the place of the entry that a piece beginning there is, if it is one.
    entry: Vec<Option<(usize, usize)>>,
}

/// The strings that two values have in common: for each pair the longest one, and values that come twice.
fn common<'a>(values: &[&'a str]) -> Vec<&'a str> {
    let mut found = HashSet::new();
    for (index, one) in values.iter().enumerate() {
        for other in &values[..index] {
            let text = longest_common(one, other);
            if text.len() >= SHORTEST {
                found.insert(text);
            }
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    // The same document is written the same every time.
    found.sort_unstable();
    found
}

/// The longest string that stands in both.
fn longest_common<'a>(one: &'a str, other: &str) -> &'a str {
    if one == other {
        return one;
    }
    let (bytes, others) = (one.as_bytes(), other.as_bytes());
    let mut lengths = vec![0_usize; others.len() + 1];
    let mut longest = (0, 0);
    for (index, byte) in bytes.iter().enumerate() {
        for at in (0..others.len()).rev() {
            lengths[at + 1] = if *byte == others[at] {
                lengths[at] + 1
            } else {
                0
            };
            if lengths[at + 1] > longest.1 - longest.0 {
                longest = (index + 1 - lengths[at + 1], index + 1);
            }
        }
    }
    let (begin, end) = longest;
    let begin = (begin..end)
        .find(|at| one.is_char_boundary(*at))
        .unwrap_or(end);
    let end = one.floor_char_boundary(end);
    one.get(begin..end).unwrap_or_default()
}

/// How many bytes a number takes in groups of seven bits.
pub(super) fn size_of_number(number: usize) -> usize {
    (1..).take_while(|group| number >> (7 * group) > 0).count() + 1
}
