//! A load with as many columns as there is room to draw.

/// Some seconds that are drawn as one column.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Column {
    /// Checks a second.
    pub mean: f64,
    /// The most checks of one of the seconds.
    pub peak: u32,
}

/// The counts of each second in columns of the same width, to a second.
pub fn columns(per_second: &[u32], count: usize) -> Vec<Column> {
    let count = count.min(per_second.len());
    let begin = |index: usize| index * per_second.len() / count.max(1);
    (0..count)
        .map(|index| {
            let seconds = &per_second[begin(index)..begin(index + 1)];
            let sum: u64 = seconds.iter().copied().map(u64::from).sum();
            Column {
                mean: sum as f64 / seconds.len().max(1) as f64,
                peak: seconds.iter().copied().max().unwrap_or_default(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_is_in_one_column() {
        let seconds: Vec<u32> = (0..1003).collect();
        let columns = columns(&seconds, 10);
        assert_eq!(columns.len(), 10);
        assert_eq!(
            columns[0],
            Column {
                mean: 49.5,
                peak: 99
            }
        );
        assert_eq!(columns[9].peak, 1002);
        assert!(super::columns(&seconds[..3], 10).len() == 3);
        assert!(super::columns(&[], 10).is_empty());
    }
}
