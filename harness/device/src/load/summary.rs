//! A load in numbers.

use super::Totals;
use crate::service::Moment;

/// The checks of a load and their rates.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// How many requests the server received.
    pub checks: u64,
    /// How many of them had no answer, because of an outage or too late.
    pub unavailable: u64,
    /// How many were refused.
    pub failed: u64,
    /// Checks a second, over the whole time.
    pub mean: f64,
    /// Of a hundred seconds, ninety-nine have no more checks than this.
    pub percentile_99: u32,
    /// The most checks of a second.
    pub peak: u32,
    /// The first second with so many, in milliseconds from the first midnight.
    pub peak_at: Moment,
}

impl Summary {
    pub fn new(totals: &Totals) -> Self {
        let checks = totals.per_second.iter().copied().map(u64::from).sum();
        let peak = totals.per_second.iter().copied().max().unwrap_or_default();
        let at = totals.per_second.iter().position(|count| *count == peak);
        Self {
            checks,
            unavailable: totals.unavailable,
            failed: totals.failed,
            mean: checks as f64 / totals.per_second.len().max(1) as f64,
            percentile_99: percentile_99(&totals.per_second),
            peak,
            peak_at: Moment::seconds(at.unwrap_or_default() as u64),
        }
    }
}

/// By the nearest-rank method.
fn percentile_99(counts: &[u32]) -> u32 {
    let mut counts = counts.to_vec();
    let rank = (counts.len() * 99).div_ceil(100).saturating_sub(1);
    if counts.is_empty() {
        return 0;
    }
    *counts.select_nth_unstable(rank).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_of_seconds() {
        let totals = Totals {
            per_second: (0..200).rev().chain([199]).collect(),
            ..Totals::default()
        };
        let summary = Summary::new(&totals);
        assert_eq!(summary.checks, 199 * 200 / 2 + 199);
        assert!((summary.mean - summary.checks as f64 / 201.0).abs() < 1e-9);
        assert_eq!(summary.percentile_99, 198);
        assert_eq!((summary.peak, summary.peak_at), (199, Moment(0)));
        let none = Summary::new(&Totals::default());
        assert_eq!((none.peak, none.percentile_99, none.mean), (0, 0, 0.0));
    }
}
