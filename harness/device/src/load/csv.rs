//! A load as a table for load generators.

use std::fmt::Write;

/// A line for each second: its number from the first midnight on, and its checks in each of the
/// loads, whose names are in the first line after `second`.
pub fn csv(loads: &[(String, &[u32])]) -> String {
    let mut text = String::from("second");
    for (name, _) in loads {
        text.push(',');
        text.push_str(name);
    }
    text.push('\n');
    let seconds = loads.iter().map(|(_, counts)| counts.len()).max();
    for second in 0..seconds.unwrap_or_default() {
        // Writing to a text does not fail.
        let _ = write!(text, "{second}");
        for (_, counts) in loads {
            let _ = write!(text, ",{}", counts.get(second).copied().unwrap_or_default());
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_each_second() {
        let loads = [
            ("checks".to_owned(), &[1, 2][..]),
            ("checks_60s".to_owned(), &[0, 30]),
        ];
        assert_eq!(csv(&loads), "second,checks,checks_60s\n0,1,0\n1,2,30\n");
    }
}
