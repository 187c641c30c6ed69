//! How many runs are made at once, and how long each may repeat calls, so that a slow plugin does not take all day.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::plan::Job;
use crate::run::RunRecord;
use crate::worker::DEFAULT_BUDGET;

/// How long all runs together should take, as far as this is known before.
const TOTAL: f64 = 200.0;

/// After this time no run is begun any more, unless the user gives the runs more time than usual: with those that are
/// still going on, an examination ends within five minutes.
const LAST_START: Duration = Duration::from_secs(210);

/// How long all runs that are repeated should take.
const TOTAL_AGAIN: f64 = 60.0;

/// A plugin that uses a smaller part of a processor during its calls waits, and more of its runs can be made at once.
const MOSTLY_WAITS: f64 = 0.05;

/// The pace of an examination.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pace {
    /// How many runs are made at once.
    pub(super) jobs: usize,
    pub(super) budget: Duration,
}

/// What a call of the plugin takes where nothing is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cost {
    seconds: f64,
    /// The part of the time in which a processor worked for it.
    busy: f64,
}

impl Cost {
    /// The slowest call of a run; the whole run, if no call returned.
    pub(super) fn of(record: &RunRecord) -> Self {
        let slowest = record
            .calls()
            .max_by(|one, other| one.seconds.total_cmp(&other.seconds));
        slowest.map_or(
            Self {
                seconds: record.observation.seconds,
                busy: 1.0,
            },
            |call| Self {
                seconds: call.seconds,
                busy: call.cpu / call.seconds.max(f64::MIN_POSITIVE),
            },
        )
    }
}

impl Cost {
    /// How many of so many runs are repeated at once: as few as possible, unless that would take too long.
    pub(super) fn at_once_again(self, runs: usize, possible: RangeInclusive<usize>) -> usize {
        // A run has about two calls.
        let wanted = (runs as f64 * 2.0 * self.seconds / TOTAL_AGAIN).ceil() as usize;
        wanted.min(*possible.end()).max(*possible.start())
    }
}

impl Pace {
    /// The pace until the cost of a call is known.
    pub(super) fn first(jobs: usize, budget: Duration) -> Self {
        Self {
            jobs,
            budget: match is_given(budget) {
                true => budget,
                false => budget / 4,
            },
        }
    }

    /// The pace of these jobs, with at most so many at once where the plugin mostly waits.
    pub(super) fn of(
        jobs: &[&Job],
        cost: Cost,
        at_once: usize,
        most_at_once: usize,
        budget: Duration,
    ) -> Self {
        let calls: Vec<u64> = jobs.iter().map(|job| job.calls()).collect();
        let estimate = |at_once: usize, budget: Duration| {
            let longest = budget.as_secs_f64() + cost.seconds;
            let each = calls
                .iter()
                .map(|calls| longest.min(*calls as f64 * cost.seconds));
            each.sum::<f64>() / at_once.max(1) as f64
        };
        let is_slow = |at_once, budget| estimate(at_once, budget) > TOTAL;
        let mut pace = Self {
            jobs: at_once,
            budget,
        };
        if is_slow(pace.jobs, pace.budget) && cost.busy < MOSTLY_WAITS {
            pace.jobs = at_once.max(most_at_once);
        }
        // Each run makes at least one call of each step.
        while !is_given(budget) && is_slow(pace.jobs, pace.budget) && pace.budget > budget / 8 {
            pace.budget /= 2;
        }
        pace
    }
}

/// How long runs may be begun; none if as long as it takes.
pub(super) fn last_start(budget: Duration) -> Option<Duration> {
    (!is_given(budget)).then_some(LAST_START)
}

/// Whether the user wants to give the runs more time than usual.
fn is_given(budget: Duration) -> bool {
    budget > DEFAULT_BUDGET
}

#[cfg(test)]
mod tests {
    use super::super::plan::Plan;
    use super::*;
    use crate::rules;

    const BUDGET: Duration = DEFAULT_BUDGET;

    fn pace(seconds: f64, busy: f64, budget: Duration) -> Pace {
        let all: Vec<_> = rules::all().collect();
        let plan = Plan::new(&all);
        let jobs: Vec<&Job> = plan.jobs.iter().collect();
        Pace::of(&jobs, Cost { seconds, busy }, 16, 64, budget)
    }

    #[test]
    fn an_examination_ends_within_five_minutes_unless_it_is_given_more() {
        let longest_call = Duration::from_secs(30);
        assert!(last_start(BUDGET).unwrap() + longest_call < Duration::from_secs(300));
        assert_eq!(last_start(2 * BUDGET), None);
    }

    #[test]
    fn a_usual_plugin_gets_the_usual_time() {
        let usual = Pace {
            jobs: 16,
            budget: BUDGET,
        };
        assert_eq!(pace(0.1, 1.0, BUDGET), usual);
        assert_eq!(pace(1.0, 0.01, BUDGET), usual);
    }

    #[test]
    fn of_a_plugin_that_waits_more_runs_are_made_at_once() {
        assert_eq!(pace(25.0, 0.01, BUDGET).jobs, 64);
    }

    #[test]
    fn a_plugin_that_works_gets_less_time_for_each_run() {
        let slow = pace(20.0, 1.0, BUDGET);
        assert_eq!(slow.jobs, 16);
        assert!(slow.budget < BUDGET / 2, "{slow:?}");
    }

    #[test]
    fn few_runs_are_repeated_at_once_unless_that_takes_long() {
        let cost = |seconds| Cost { seconds, busy: 1.0 };
        assert_eq!(cost(0.1).at_once_again(20, 2..=16), 2);
        assert_eq!(cost(20.0).at_once_again(12, 2..=16), 8);
        assert_eq!(cost(20.0).at_once_again(100, 2..=16), 16);
    }

    #[test]
    fn time_that_the_user_gives_is_used() {
        let hour = Duration::from_secs(3600);
        assert_eq!(pace(20.0, 1.0, hour).budget, hour);
    }
}
