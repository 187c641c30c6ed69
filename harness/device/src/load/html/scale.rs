//! How high a rate is drawn.

use crate::load::grouped;

/// From nothing to the most checks a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    most: f64,
    logarithmic: bool,
}

impl Scale {
    /// A scale for this mean and this peak. Where the peak is much higher, both can be seen
    /// on a logarithmic scale only.
    pub(super) fn new(mean: f64, peak: f64) -> Self {
        Self {
            most: peak.max(1.0),
            logarithmic: peak > 20.0 * mean,
        }
    }

    pub(super) fn is_logarithmic(self) -> bool {
        self.logarithmic
    }

    /// Where a rate is, from 0 at the bottom to 1 at the top.
    pub(super) fn part(self, rate: f64) -> f64 {
        let part = match self.logarithmic {
            true => rate.ln_1p() / self.most.ln_1p(),
            false => rate / self.most,
        };
        part.clamp(0.0, 1.0)
    }

    /// The rates that are written beside it.
    pub(super) fn ticks(self) -> Vec<(f64, String)> {
        let rates: Vec<f64> = if self.logarithmic {
            let tens = (0..10).map(|power| 10_f64.powi(power));
            let rates = std::iter::once(0.0).chain(tens);
            rates.take_while(|rate| *rate <= self.most).collect()
        } else {
            let step = step(self.most / 4.0);
            let count = (self.most / step) as u32;
            (0..=count).map(|index| f64::from(index) * step).collect()
        };
        let written = |rate: f64| match rate.fract() == 0.0 {
            true => grouped(rate as u64),
            false => format!("{rate:.1}"),
        };
        rates
            .into_iter()
            .map(|rate| (rate, written(rate)))
            .collect()
    }
}

/// The round number that is next to this one and not less: 1, 2 or 5 times a power of ten.
fn step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let factors = [1.0, 2.0, 5.0, 10.0];
    let factor = factors.into_iter().find(|factor| factor * power >= least);
    factor.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within_the_scale() {
        let words = |scale: Scale| -> Vec<String> {
            scale.ticks().into_iter().map(|(_, words)| words).collect()
        };
        assert_eq!(words(Scale::new(30.0, 95.0)), ["0", "50"]);
        assert_eq!(words(Scale::new(30.0, 41.0)), ["0", "20", "40"]);
        assert_eq!(words(Scale::new(300.0, 1000.0))[..2], ["0", "500"]);
        assert_eq!(words(Scale::new(0.5, 1.0)), ["0", "0.5", "1"]);
        let peak = Scale::new(30.0, 51_234.0);
        assert_eq!(words(peak), ["0", "1", "10", "100", "1 000", "10 000"]);
        assert!((peak.part(51_234.0) - 1.0).abs() < 1e-9 && peak.part(0.0) == 0.0);
    }
}
