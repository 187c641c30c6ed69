//! Scripts that several rules or commands use: rules with the same script and scenario
//! share one run.

use crate::testbed::{Http, Scenario};
use crate::worker::script::{CALL, LOAD, Step, UNLOAD, calls};

pub const ONE_CALL: &[Step] = &[LOAD, CALL, UNLOAD];

/// The first call is a step of its own, so that what it leaves behind is not hidden by a later one.
pub const THREE_CALLS: &[Step] = &[LOAD, CALL, calls(2), UNLOAD];

pub const TWO_CALLS: &[Step] = &[LOAD, CALL, CALL, UNLOAD];

/// The usual script of a scenario: several calls, because a later one can differ from the first. There is one call where
/// each of them may wait until the plugin's own deadline.
pub const fn usual(scenario: &Scenario) -> &'static [Step] {
    if scenario.stalls() {
        ONE_CALL
    } else {
        THREE_CALLS
    }
}

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
