//! The part of a script that a profile has a use for.

use std::borrow::Cow;

use crate::profile::Profile;
use crate::testbed::Scenario;
use crate::testbed::applicable::applies;
use crate::worker::script::Step;

/// The script without the scenarios that cannot be made of the profile's responses, and without the calls in them.
///
/// # Errors
/// Why the rule has nothing to examine: nothing but working scenarios remains.
pub(super) fn applicable<'a>(
    profile: &Profile,
    first: &Scenario,
    script: &'a [Step],
) -> Result<Cow<'a, [Step]>, String> {
    applies(profile, first)?;
    let mut reason = None;
    let mut left_out = false;
    let kept: Vec<Step> = script
        .iter()
        .filter(|step| {
            if let Step::ChangeScenario(scenario) = step {
                left_out = match applies(profile, scenario) {
                    Ok(()) => false,
                    Err(why) => {
                        reason = Some(why);
                        true
                    }
                };
                return !left_out;
            }
            !(left_out && step.calls())
        })
        .copied()
        .collect();
    let Some(reason) = reason else {
        return Ok(Cow::Borrowed(script));
    };
    let works = |scenario: &Scenario| [Scenario::ALLOW, Scenario::DENY].contains(scenario);
    let changes = kept.iter().filter_map(|step| match step {
        Step::ChangeScenario(scenario) => Some(scenario),
        _ => None,
    });
    if std::iter::once(first).chain(changes).all(works) {
        return Err(reason);
    }
    Ok(Cow::Owned(kept))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::built_in;
    use crate::testbed::{FaultAt, Http, Shape};
    use crate::worker::script::{CALL, LOAD, UNLOAD};

    const CUT: Scenario = Scenario {
        http: Http::CutBody,
        ..Scenario::ALLOW
    };

    fn at_step(number: u8) -> Step {
        Step::ChangeScenario(Scenario {
            at: FaultAt::Earlier(number),
            ..CUT
        })
    }

    #[test]
    fn what_the_profile_lacks_is_left_out() {
        let profile = built_in("carrier-json").unwrap();
        let shape = Step::ChangeScenario(Scenario {
            http: Http::WrongShape(Shape::Null),
            ..Scenario::ALLOW
        });
        let script = [LOAD, at_step(0), CALL, shape, CALL, UNLOAD];
        let kept = applicable(&profile, &Scenario::ALLOW, &script).unwrap();
        assert_eq!(*kept, [LOAD, shape, CALL, UNLOAD]);
        let whole = applicable(&profile, &CUT, &script[3..]).unwrap();
        assert_eq!(*whole, script[3..]);
    }

    #[test]
    fn a_script_of_which_nothing_remains_does_not_apply() {
        let profile = built_in("carrier-json").unwrap();
        let allow = Step::ChangeScenario(Scenario::ALLOW);
        let script = [
            LOAD,
            at_step(0),
            CALL,
            at_step(1),
            CALL,
            allow,
            CALL,
            UNLOAD,
        ];
        let reason = applicable(&profile, &Scenario::ALLOW, &script).unwrap_err();
        assert!(reason.contains("one step"), "{reason}");
    }
}
