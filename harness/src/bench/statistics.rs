//! The statistics of a measurement.

/// The middle value, or the mean of the two middle ones. NaN if there are no values.
pub(super) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let sorted = sorted(values);
    match sorted.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => sorted[length / 2],
        length => f64::midpoint(sorted[length / 2 - 1], sorted[length / 2]),
    }
}

/// The percentile by the nearest-rank method. NaN if there are no values.
pub(super) fn percentile(values: impl IntoIterator<Item = f64>, percent: usize) -> f64 {
    let sorted = sorted(values);
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or(f64::NAN)
}

/// The quotient of each pair of values.
pub(super) fn ratios(
    one: impl IntoIterator<Item = f64>,
    other: impl IntoIterator<Item = f64>,
) -> impl Iterator<Item = f64> {
    one.into_iter().zip(other).map(|(one, other)| one / other)
}

fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median([]).is_nan());
    }

    #[test]
    fn percentiles_are_values_that_were_seen() {
        let values = (1..=200).rev().map(f64::from);
        assert_eq!(percentile(values.clone(), 50), 100.0);
        assert_eq!(percentile(values.clone(), 95), 190.0);
        assert_eq!(percentile(values, 99), 198.0);
        assert_eq!(percentile([7.0], 99), 7.0);
        assert!(percentile([], 50).is_nan());
    }

    #[test]
    fn ratios_are_taken_pair_by_pair() {
        let ratios = ratios([1.0, 20.0, 3.0], [2.0, 10.0, 3.0]);
        assert_eq!(median(ratios), 1.0);
    }
}
