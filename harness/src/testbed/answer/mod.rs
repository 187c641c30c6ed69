//! Selects the response to a request: one that hyper can write, or a fault that it cannot.

mod redirect;
mod refusal;
mod well_formed;

use std::time::SystemTime;

use redirect::{downgraded, leads_here, redirected};
use refusal::refusal;

use super::content::denial;
use super::scenario::FaultAt;
use super::scenario_state::ScenarioState;
use super::shape::with_wrong_shape;
use super::transcript::Meaning;
use super::upstream::NO_PERMISSION;
use super::{FrameFault, Http, WireFault};
use crate::profile::{Answer as Expected, CannedResponse, RenderError, Request, Responses};
pub(super) use refusal::is_another_refusal;
pub(crate) use well_formed::WellFormed;

/// A request, and the connection that it came on.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedRequest {
    /// Counts connections from 1.
    pub(crate) connection: usize,
    pub(crate) request: Request,
    /// When it was complete.
    pub(crate) received: SystemTime,
}

/// The response to a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    WellFormed(WellFormed),
    /// A fault, written directly to the connection, and the responses that it is derived from.
    Fault(WireFault, Box<Responses>),
    /// A fault of HTTP/2. In HTTP/1.1 there is no response.
    FrameFault(FrameFault, Box<Responses>),
}

/// The scenario's response to a request.
pub(crate) async fn decide(received: &ReceivedRequest, state: &ScenarioState) -> Answer {
    let request = &received.request;
    if let Some(list) = state.shared.authority.revocation_list()
        && state.has_revocation_list(&request.host)
    {
        return Answer::WellFormed(WellFormed::revocation_list(list));
    }
    let (profile, scenario) = (&state.shared.profile, state.scenario());
    let responses = |step| profile.responses(step, request, &state.issued);
    let unmatched = |connection, reason: String| {
        state.recorder.note(connection, reason);
        WellFormed::not_found()
    };
    let unrendered = |error: RenderError| unmatched(received.connection, error.to_string());
    // What a redirect leads to responds as the step that was redirected, whatever the profile says of that path or host.
    if leads_here(scenario.http, request, state) {
        let redirected = match scenario.at {
            FaultAt::Earlier(number) => usize::from(number),
            FaultAt::Question | FaultAt::LaterConnections => profile.deciding,
        };
        return Answer::WellFormed(match responses(redirected) {
            Ok(responses) => WellFormed::canned(&responses.allow, None),
            Err(error) => unrendered(error),
        });
    }
    let step = match profile.step_of(request, &state.issued) {
        Ok(step) => step,
        Err(_) if scenario.http == Http::CaptivePortal => {
            return Answer::WellFormed(WellFormed::login_page());
        }
        Err(mismatch) => {
            return Answer::WellFormed(unmatched(received.connection, mismatch.to_string()));
        }
    };
    let decides = step == profile.deciding;
    let mut responses = match responses(step) {
        Ok(responses) => responses,
        Err(error) => return Answer::WellFormed(unrendered(error)),
    };
    let mut permits = Some(Meaning::Allow);
    if let Some(upstream) = &state.shared.options.upstream {
        match upstream.pass_on(request).await {
            Ok(live) => {
                let answer = responses.answer_to(&live);
                if decides && answer != Expected::Success {
                    let reason = without_permission(&live, answer);
                    state.recorder.note(received.connection, reason);
                }
                permits = meaning_of(answer);
                responses.allow = live;
            }
            Err(error) => {
                state.recorder.note(received.connection, error.to_string());
                return Answer::WellFormed(WellFormed::bad_gateway());
            }
        }
    }
    let affected = match scenario.at {
        FaultAt::Question | FaultAt::LaterConnections => decides,
        FaultAt::Earlier(number) => usize::from(number) == step,
    };
    if let Http::Named(number) = scenario.http
        && let Some((of, named)) = profile.named_responses().nth(usize::from(number))
    {
        if of == step {
            let rendered = profile.render(&named.response, request, &state.issued);
            return Answer::WellFormed(match rendered {
                // A response that allows or denies is one of those.
                Ok(response) => WellFormed::canned(&response, meaning_of(named.answer)),
                Err(error) => unrendered(error),
            });
        }
    } else if affected && scenario.http != Http::Allow {
        if scenario.http == Http::Alternate {
            state.response_is_due().await;
        }
        return affected_answer(scenario.http, received, responses, state);
    }
    if step < profile.deciding {
        state.step_was_answered(step);
    }
    let meaning = if decides {
        permits
    } else {
        Some(Meaning::Continue)
    };
    Answer::WellFormed(WellFormed::canned(&responses.allow, meaning))
}

/// What is said of a response of a real server that is not the allow response of the profile.
fn without_permission(live: &CannedResponse, answer: Expected) -> String {
    let what = match answer {
        Expected::Failed => "its deny response",
        _ => "neither the allow nor the deny response of the profile",
    };
    format!("{NO_PERMISSION} {what}, with status {}", live.status)
}

/// What a response means to which a plugin must answer so.
fn meaning_of(answer: Expected) -> Option<Meaning> {
    match answer {
        Expected::Success => Some(Meaning::Allow),
        Expected::Failed => Some(Meaning::Deny),
        Expected::Unavailable => None,
    }
}

/// The response to a request that the scenario is about.
fn affected_answer(
    http: Http,
    received: &ReceivedRequest,
    responses: Responses,
    state: &ScenarioState,
) -> Answer {
    let request = &received.request;
    let allow = || WellFormed::canned(&responses.allow, Some(Meaning::Allow));
    let deny = || WellFormed::canned(&responses.deny, Some(Meaning::Deny));
    // If the plugin must not accept them, the same bytes are neither an allow nor a deny response.
    let without_meaning = || WellFormed::canned(&responses.allow, None);
    Answer::WellFormed(match http {
        // A named response belongs to another step.
        Http::Allow | Http::Http2 | Http::Named(_) => allow(),
        Http::Deny => deny(),
        Http::OtherDenial(kind) => {
            WellFormed::canned(&denial(&responses, kind), Some(Meaning::Deny))
        }
        Http::Alternate if received.connection % 2 == 1 => allow(),
        Http::Alternate => deny(),
        Http::Status(status) => WellFormed {
            status,
            ..without_meaning()
        },
        Http::CaptivePortal => WellFormed::login_page(),
        Http::PortalRedirect => WellFormed::redirect(format!("http://{}/login", state.portal)),
        Http::RedirectLoop => WellFormed::redirect(request.target.clone()),
        Http::RedirectDowngrade if request.secure => {
            WellFormed::redirect(downgraded(request, state))
        }
        Http::RedirectDowngrade => without_meaning(),
        Http::BadSyntax => WellFormed {
            body: with_syntax_error(&responses.allow.body),
            ..without_meaning()
        },
        Http::CutBody => WellFormed {
            body: responses.allow.body[..responses.allow.body.len() / 2].to_vec(),
            ..without_meaning()
        },
        Http::WrongShape(shape) => match with_wrong_shape(&responses, shape) {
            Some(body) => WellFormed {
                body,
                ..without_meaning()
            },
            None => {
                let reason = "the allow body has no deciding member that can be wrong in this way";
                state.recorder.note(received.connection, reason);
                WellFormed::not_found()
            }
        },
        Http::OtherRefusal(kind) => refusal(kind, &responses).unwrap_or_else(deny),
        Http::Redirect(redirect) => redirected(redirect, request, state),
        Http::Broken(fault) => return Answer::Fault(fault, Box::new(responses)),
        Http::BrokenFrames(fault) => return Answer::FrameFault(fault, Box::new(responses)),
    })
}

/// The body with a syntax error at its end, and otherwise unchanged.
fn with_syntax_error(body: &[u8]) -> Vec<u8> {
    let body = body.trim_ascii_end();
    match body.split_last() {
        Some((b'}' | b']' | b'>' | b'"', rest)) => rest.to_vec(),
        // Text without brackets gets a byte that does not occur in text.
        _ => [body, b"\0"].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::with_syntax_error;

    #[test]
    fn a_syntax_error_leaves_the_allow_value_in_place() {
        assert_eq!(
            with_syntax_error(b"{\"status\":\"allowed\"}\n"),
            b"{\"status\":\"allowed\""
        );
        assert_eq!(with_syntax_error(b"allowed"), b"allowed\0");
    }
}
