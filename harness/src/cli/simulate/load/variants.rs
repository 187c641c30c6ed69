//! The loads that are shown side by side.

use std::time::Duration;

/// More columns have no room.
const MOST: usize = 8;

/// What differs from load to load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Variant {
    /// `EntitlementInterval`.
    pub(super) interval: Duration,
    /// How long a plugin waits at most before it asks.
    pub(super) jitter: Duration,
}

/// Each interval with each jitter, those of the files first.
pub(super) fn variants(
    first: Variant,
    intervals: &[Duration],
    jitters: &[Duration],
) -> Result<Vec<Variant>, String> {
    let mut all = Vec::new();
    for &interval in [first.interval].iter().chain(intervals) {
        for &jitter in [first.jitter].iter().chain(jitters) {
            let variant = Variant { interval, jitter };
            if !all.contains(&variant) {
                all.push(variant);
            }
        }
    }
    if all.len() > MOST {
        return Err(format!(
            "these are {} loads, of each --interval with each --jitter; at most {MOST} are shown side by side",
            all.len()
        ));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_interval_is_shown_with_each_jitter_and_none_twice() {
        let seconds = Duration::from_secs;
        let first = Variant {
            interval: seconds(60),
            jitter: Duration::ZERO,
        };
        let all = variants(first, &[seconds(30), seconds(60)], &[seconds(5)]);
        let all = all.expect("not too many");
        let pairs: Vec<_> = all
            .iter()
            .map(|one| (one.interval.as_secs(), one.jitter.as_secs()))
            .collect();
        assert_eq!(pairs, [(60, 0), (60, 5), (30, 0), (30, 5)]);
        let many: Vec<_> = (1..=8).map(seconds).collect();
        assert!(variants(first, &many, &[]).is_err());
    }
}
