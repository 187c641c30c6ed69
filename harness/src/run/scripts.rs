//! Scripts that several rules or commands use: rules with the same script and scenario
//! share one run.

use crate::testbed::{Http, Scenario};
use crate::worker::script::{CALL, LOAD, Step, UNLOAD};

pub const ONE_CALL: &[Step] = &[LOAD, CALL, UNLOAD];

pub const TWO_CALLS: &[Step] = &[LOAD, CALL, CALL, UNLOAD];

/// Loads, then calls once in each of these variants of the response, and unloads. `STEPS` is twice their number and two
/// more.
pub const fn one_call_each<const VARIANTS: usize, const STEPS: usize>(
    variants: [Http; VARIANTS],
) -> [Step; STEPS] {
    assert!(
        STEPS == 2 * VARIANTS + 2,
        "a change and a call for each variant"
    );
    let mut steps = [CALL; STEPS];
    steps[0] = LOAD;
    let mut index = 0;
    while index < VARIANTS {
        steps[2 * index + 1] = Step::ChangeScenario(Scenario {
            http: variants[index],
            ..Scenario::ALLOW
        });
        index += 1;
    }
    steps[STEPS - 1] = UNLOAD;
    steps
}
