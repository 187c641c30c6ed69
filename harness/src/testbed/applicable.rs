//! Which scenarios a profile has a use for.

use super::answer::is_another_refusal;
use super::content::OtherDenial;
use super::scenario::FaultAt;
use super::shape::with_wrong_shape;
use super::{Http, Scenario};
use crate::profile::{Issued, Profile, Request, Responses};

/// Whether a scenario can be made of a profile's responses.
///
/// # Errors
/// Why not: what the profile does not have.
pub fn applies(profile: &Profile, scenario: &Scenario) -> Result<(), String> {
    let missing = |what: &str| Err(format!("the profile {} {what}", profile.name));
    match scenario.at {
        FaultAt::Question => {}
        FaultAt::Earlier(_) | FaultAt::LaterConnections if profile.earlier_steps() == 0 => {
            return missing("has one step");
        }
        FaultAt::Earlier(number) if usize::from(number) >= profile.earlier_steps() => {
            return missing("has fewer steps");
        }
        FaultAt::Earlier(_) | FaultAt::LaterConnections => {}
    }
    match scenario.http {
        Http::WrongShape(_) if profile.member.is_none() => {
            missing("names no deciding member of its allow response")
        }
        // A body that depends on the request is known when there is one.
        Http::WrongShape(shape) => match responses(profile) {
            Some(responses) if with_wrong_shape(&responses, shape).is_none() => {
                missing("has a deciding member that cannot be wrong in this way")
            }
            _ => Ok(()),
        },
        Http::OtherRefusal(kind) => match responses(profile) {
            Some(responses) if !is_another_refusal(kind, &responses) => {
                missing("names no member of its deny response that denies")
            }
            _ => Ok(()),
        },
        // The first further one may be the deny response itself.
        Http::OtherDenial(OtherDenial::Further(number @ 1..))
            if number + 1 >= profile.deciding_step().deny.len() =>
        {
            missing("has no such deny response")
        }
        Http::Named(number) if profile.named_responses().nth(usize::from(number)).is_none() => {
            missing("has no such response")
        }
        _ => Ok(()),
    }
}

/// The responses of the deciding step, if they do not depend on the request.
fn responses(profile: &Profile) -> Option<Responses> {
    profile
        .responses(profile.deciding, &Request::default(), &Issued::default())
        .ok()
}
