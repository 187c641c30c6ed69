//! Redirects, and what they lead to.

use super::WellFormed;
use crate::profile::Request;
use crate::testbed::Http;
use crate::testbed::content::{Redirect, RedirectKind, RedirectTarget};
use crate::testbed::scenario_state::ScenarioState;

/// The path that [`RedirectTarget::SameHost`] leads to.
const NEW_PATH: &str = "/moved-here";

/// A redirect to the URL that sends the allow response.
pub(super) fn redirected(
    redirect: Redirect,
    request: &Request,
    state: &ScenarioState,
) -> WellFormed {
    let target = match redirect.to {
        RedirectTarget::OtherHost => {
            let port = match state.ports.https {
                443 => String::new(),
                port => format!(":{port}"),
            };
            format!("https://{}{port}/", host_of(&state.portal))
        }
        RedirectTarget::OtherHostInCleartext => format!("http://{}/", state.portal),
        RedirectTarget::SameHost => {
            let scheme = if request.secure { "https" } else { "http" };
            format!("{scheme}://{}{NEW_PATH}", request.host)
        }
    };
    match redirect.by {
        RedirectKind::Status(status) => WellFormed {
            status,
            ..WellFormed::redirect(target)
        },
        RedirectKind::Refresh => WellFormed {
            status: 200,
            location: None,
            fields: vec![("Refresh".to_owned(), format!("0; url={target}"))],
            ..WellFormed::redirect(String::new())
        },
    }
}

/// Whether the request is for the URL that the scenario's redirect leads to.
pub(super) fn leads_here(http: Http, request: &Request, state: &ScenarioState) -> bool {
    match http {
        Http::PortalRedirect => request.host == state.portal,
        Http::Redirect(redirect) => is_target(redirect.to, request, state),
        _ => false,
    }
}

/// Whether the request is for the URL that a redirect leads to.
fn is_target(target: RedirectTarget, request: &Request, state: &ScenarioState) -> bool {
    let other_host = host_of(&request.host) == host_of(&state.portal);
    match target {
        RedirectTarget::OtherHost => other_host && request.secure,
        RedirectTarget::OtherHostInCleartext => other_host && !request.secure,
        RedirectTarget::SameHost => request.target == NEW_PATH,
    }
}

/// The host of `host:port`. An IPv6 address has colons of its own, inside brackets.
fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => authority,
    }
}

/// The same resource on the http port of the same host.
pub(super) fn downgraded(request: &Request, state: &ScenarioState) -> String {
    let host = host_of(&request.host);
    let port = match state.ports.http {
        80 => String::new(),
        port => format!(":{port}"),
    };
    format!("http://{host}{port}{}", request.target)
}
