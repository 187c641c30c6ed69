//! Distributions of durations and of times of day.

use rand_distr::weighted::WeightedAliasIndex;
use rand_distr::{Distribution, Exp1, StandardNormal};
use rand_pcg::Pcg64Mcg;

use super::random::unit;

/// A day, in milliseconds.
pub(super) const DAY: u64 = 24 * 60 * 60 * 1000;
const HOUR: f64 = 60.0 * 60.0 * 1000.0;

/// How a duration is distributed. The parameters are milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub enum Span {
    /// Always the same.
    Fixed(u64),
    /// Each from the first up to the second, without it, is as likely.
    Uniform(u64, u64),
    /// A normal distribution; what is less than nothing is nothing.
    Normal { mean: u64, deviation: u64 },
    /// What has no memory, such as the time to the next telephone call.
    Exponential { mean: u64 },
    /// Many short ones and few long ones: half of them are shorter than the median, and
    /// two in three lie between the median divided and multiplied by the factor.
    LogNormal { median: u64, factor: f64 },
}

impl Span {
    /// One duration, in milliseconds.
    pub(super) fn sample(&self, random: &mut Pcg64Mcg) -> u64 {
        match self {
            Self::Fixed(span) => *span,
            Self::Uniform(from, to) => {
                let width = to.saturating_sub(*from) as f64;
                from.saturating_add(millis(width * unit(random)))
            }
            Self::Normal { mean, deviation } => {
                millis(*mean as f64 + *deviation as f64 * normal(random))
            }
            Self::Exponential { mean } => {
                let one: f64 = Exp1.sample(random);
                millis(*mean as f64 * one)
            }
            Self::LogNormal { median, factor } => {
                millis(*median as f64 * power(*factor, normal(random)))
            }
        }
    }
}

/// How a time of day is distributed.
#[derive(Clone, Debug)]
pub enum TimeOfDay {
    /// Always the same, in milliseconds from midnight.
    Fixed(u64),
    /// Each from the first up to the second, without it, is as likely; past midnight if
    /// the second one is earlier.
    Uniform(u64, u64),
    /// A normal distribution, which goes on past midnight.
    Normal { mean: u64, deviation: u64 },
    /// A weight for each hour of the day; within an hour each time is as likely.
    Hours(Box<WeightedAliasIndex<f64>>),
}

impl TimeOfDay {
    /// One time, in milliseconds from midnight.
    pub(super) fn sample(&self, random: &mut Pcg64Mcg) -> u64 {
        match self {
            Self::Fixed(time) => *time,
            Self::Uniform(from, to) => {
                let to = if to > from { *to } else { to + DAY };
                let width = (to - from) as f64;
                (from + millis(width * unit(random))) % DAY
            }
            Self::Normal { mean, deviation } => shifted(*mean, *deviation as f64 * normal(random)),
            Self::Hours(weights) => {
                let hour = weights.sample(random) as f64;
                millis((hour + unit(random)) * HOUR).min(DAY - 1)
            }
        }
    }
}

/// A time of day that is another one by a normal distribution.
pub(super) fn varied(time: u64, deviation: u64, random: &mut Pcg64Mcg) -> u64 {
    shifted(time, deviation as f64 * normal(random))
}

fn shifted(time: u64, by: f64) -> u64 {
    millis((time as f64 + by).rem_euclid(DAY as f64)).min(DAY - 1)
}

fn normal(random: &mut Pcg64Mcg) -> f64 {
    StandardNormal.sample(random)
}

/// A power, computed alike on each system.
fn power(base: f64, exponent: f64) -> f64 {
    use rand_distr::num_traits::Float;
    Float::powf(base, exponent)
}

/// Whole milliseconds; nothing for what is less than nothing.
fn millis(span: f64) -> u64 {
    // The conversion saturates.
    span.max(0.0) as u64
}
