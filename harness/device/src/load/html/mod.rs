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

/// A number with its digits in groups of three.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1 000"),
            (12_345_678, "12 345 678"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
