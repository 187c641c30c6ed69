//! The random numbers of one device.

use rand_distr::{Distribution, StandardUniform};
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::SeedableRng;

/// An odd number without pattern, which spreads the numbers of devices over all seeds.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Random numbers that depend on the seed and the device alone. What users plan and
/// how checks go are drawn from two sequences, so that plans are the same with
/// another interval or jitter, and the loads can be compared.
#[derive(Clone, Debug)]
pub(super) struct Random {
    pub(super) plans: Pcg64Mcg,
    pub(super) events: Pcg64Mcg,
}

impl Random {
    pub(super) fn of_device(seed: u64, device: u64) -> Self {
        let own = seed.wrapping_add(device.wrapping_mul(GOLDEN));
        Self {
            plans: Pcg64Mcg::seed_from_u64(own),
            events: Pcg64Mcg::seed_from_u64(own ^ GOLDEN.rotate_left(32)),
        }
    }
}

/// Whether something happens that has this probability.
pub(super) fn chance(probability: f64, random: &mut Pcg64Mcg) -> bool {
    // What is certain takes no number.
    probability >= 1.0 || (probability > 0.0 && unit(random) < probability)
}

/// A number from 0 up to 1, without 1.
pub(super) fn unit(random: &mut Pcg64Mcg) -> f64 {
    StandardUniform.sample(random)
}
