//! Simpler scenarios.

use crate::testbed::wire::WireResponse;
use crate::testbed::{Http, Scenario, WireFault};

/// The scenarios with one deviation less, each with another part set back to what a correct server does.
pub(super) fn steps(scenario: Scenario) -> impl Iterator<Item = Scenario> {
    const ALLOW: Scenario = Scenario::ALLOW;
    const GOOD: WireResponse = WireResponse::ALLOW;
    let layers = [
        Scenario {
            dns: ALLOW.dns,
            ..scenario
        },
        Scenario {
            tcp: ALLOW.tcp,
            ..scenario
        },
        Scenario {
            tls: ALLOW.tls,
            ..scenario
        },
    ];
    let response = match scenario.http {
        Http::Broken(WireFault::Response(response)) => Some(response),
        _ => None,
    };
    let parts = response.into_iter().flat_map(move |response| {
        [
            WireResponse {
                interim: GOOD.interim,
                ..response
            },
            WireResponse {
                status_line: GOOD.status_line,
                ..response
            },
            WireResponse {
                fields: GOOD.fields,
                ..response
            },
            WireResponse {
                body: GOOD.body,
                ..response
            },
            WireResponse {
                framing: GOOD.framing,
                ..response
            },
            WireResponse {
                pace: GOOD.pace,
                ..response
            },
            WireResponse {
                cuts: GOOD.cuts,
                ..response
            },
            WireResponse {
                ending: GOOD.ending,
                ..response
            },
        ]
        .map(|simpler| Scenario {
            http: Http::Broken(WireFault::Response(simpler)),
            ..scenario
        })
    });
    layers
        .into_iter()
        .chain(parts)
        .filter(move |simpler| *simpler != scenario)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testbed::Dns;
    use crate::testbed::wire::{Framing, StatusLine};

    #[test]
    fn each_step_sets_one_deviation_back() {
        let scenario = Scenario {
            dns: Dns::Slow,
            http: Http::Broken(WireFault::Response(WireResponse {
                framing: Framing::LongerLength,
                status_line: StatusLine::Http10,
                ..WireResponse::ALLOW
            })),
            ..Scenario::ALLOW
        };
        assert_eq!(steps(scenario).count(), 3);
        let good = Scenario {
            http: Http::Broken(WireFault::Response(WireResponse::ALLOW)),
            ..Scenario::ALLOW
        };
        assert_eq!(steps(good).count(), 0);
    }
}
