//! Scenarios from a seed.

use fastrand::Rng;
use strum::VariantArray;

use crate::testbed::wire::{
    Body, Ending, Fields, Framing, Interim, Pace, StatusLine, WireResponse,
};
use crate::testbed::{Dns, Http, Scenario, Tcp, Tls, WireFault};

/// How often a part of a response deviates, of 100.
const PART: u32 = 25;

/// How often a lower layer has a fault, of 100. A connection that fails shows nothing of the response.
const LAYER: u32 = 8;

/// Numbers of cases differ little, and seeds of a generator must not.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// The scenario of a case: always the same for the same seed and number.
pub(super) fn scenario(seed: u64, number: u32) -> Scenario {
    let mut random = Rng::with_seed(seed ^ u64::from(number).wrapping_mul(SPREAD));
    let response = WireResponse {
        interim: pick(&mut random, PART, Interim::Nothing),
        status_line: pick(&mut random, PART, StatusLine::Good),
        fields: pick(&mut random, PART, Fields::Good),
        body: pick(&mut random, PART, Body::Allow),
        framing: pick(&mut random, PART, Framing::Length),
        pace: pick(&mut random, PART, Pace::AtOnce),
        // Zero is no division.
        cuts: if random.bool() { random.u32(..) } else { 0 },
        ending: pick(&mut random, PART, Ending::Close),
    };
    Scenario {
        dns: pick(&mut random, LAYER, Dns::Answers),
        tcp: pick(&mut random, LAYER, Tcp::Accepts),
        tls: pick(&mut random, LAYER, Tls::Valid),
        http: Http::Broken(WireFault::Response(response)),
        ..Scenario::ALLOW
    }
}

/// The usual value, or with that probability any of its type.
fn pick<T: VariantArray + Copy>(random: &mut Rng, percent: u32, usual: T) -> T {
    if random.u32(..100) < percent {
        T::VARIANTS[random.usize(..T::VARIANTS.len())]
    } else {
        usual
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::testbed::wire::Damage;

    #[test]
    fn a_case_is_determined_by_seed_and_number() {
        assert_eq!(scenario(1, 7), scenario(1, 7));
        assert_ne!(scenario(1, 7), scenario(2, 7));
    }

    #[test]
    fn cases_differ_and_are_of_each_kind() {
        let cases: Vec<Scenario> = (1..=1000).map(|number| scenario(42, number)).collect();
        let different: HashSet<_> = cases.iter().collect();
        // A twentieth has no deviation at all, and an eighth has one.
        assert!(different.len() > 750, "{}", different.len());
        for damage in [Damage::None, Damage::Tolerated, Damage::Certain] {
            let some = cases.iter().filter(|case| case.damage() == damage).count();
            assert!(some > 50, "{some} cases with {damage:?}");
        }
    }
}
