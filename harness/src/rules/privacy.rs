//! What the plugin tells to others than the operator's server, and what in the host's environment steers it.

use super::fault::{self, Exposure, ServerResponse};
use super::http;
use super::judgement::{Judgement, NotPassed};
use super::precondition::Precondition;
use super::rule::{Examination, Level, NamedRun, Rule};
use crate::run::control::without_port;
use crate::run::scripts::{ONE_CALL, TWO_CALLS};
use crate::run::{HostEnvironment, RunRecord, RunSpec, SUCCESS, answer_name};
use crate::testbed::transcript::{Event, Excerpt};
use crate::testbed::{Scenario, Tls};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "privacy/clear-identity",
        level: Level::Should,
        title: "No credential and no identity of the subscriber is sent over cleartext HTTP, in any scenario.",
        clause: "Everyone on the path reads what is sent without TLS: a phone number, an IMSI and a token identify the user or let others act for them.",
        expected: "No Authorization or Cookie field, no parameter such as `token` or `api_key` and no number of 10 to 16 digits in a request without TLS.",
        help: "Send identities and credentials over HTTPS only; do not fall back to http, and follow no redirect to it.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(clear_identity),
    },
    Rule {
        id: "privacy/redirect",
        level: Level::Should,
        title: "After a redirect to another host, no credential and no identity is sent to it.",
        clause: "Who answers for the operator's server, such as a portal, chooses where a redirect leads.",
        expected: "No Authorization or Cookie field, no parameter such as `token` or `api_key` and no number of 10 to 16 digits in a request to another host.",
        help: "Follow no redirects; if you must, remove credentials and identities where the host changes.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::run(
            http::first_variant(http::redirect::ELSEWHERE),
            http::redirect::ELSEWHERE,
            redirect,
        ),
    },
    Rule {
        id: "privacy/url-identity",
        level: Level::May,
        title: "No identity of the subscriber is part of the URL.",
        clause: "Servers and proxies write URLs to their logs, and a Referer field repeats them.",
        expected: "No number of 10 to 16 digits in the target of a request.",
        help: "Send identities in the body.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::usual(Scenario::ALLOW, url_identity),
    },
    Rule {
        id: "privacy/replay",
        level: Level::May,
        title: "A request cannot be sent again by someone else: it goes over TLS, and a nonce or timestamp in it is another one in each call.",
        clause: "A request that was recorded could otherwise be repeated to learn or to use the answer.",
        expected: "Requests over TLS; if they contain a nonce or a timestamp, another one in the second call.",
        help: "Make the nonce from the system's random source, and the timestamp from the clock, in each call.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::run(Scenario::ALLOW, TWO_CALLS, replay),
    },
    Rule {
        id: "privacy/proxy-environment",
        level: Level::Should,
        title: "Variables of the environment such as https_proxy, or the user's settings on Windows, do not lead the plugin to a proxy.",
        clause: "Who starts the service would choose where the question goes, and the operator's server is reached over the device's own connection.",
        expected: "ENTITLEMENT_SUCCESS, and nothing that goes to the proxy.",
        help: "Switch off the HTTP library's use of http_proxy, https_proxy and ALL_PROXY (libcurl: CURLOPT_PROXY \"\" and CURLOPT_NOPROXY \"*\"; reqwest: no_proxy(); Go: Transport.Proxy nil; WinHTTP: WINHTTP_ACCESS_TYPE_NO_PROXY).",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::Run(
            RunSpec::new(Scenario::ALLOW, ONE_CALL).with_environment(HostEnvironment::Proxy),
            proxy_environment,
        ),
    },
    Rule {
        id: "privacy/trust-environment",
        level: Level::Should,
        title: "Variables of the environment such as SSL_CERT_FILE add no trusted root certificate.",
        clause: "Who starts the service would choose whom the plugin believes.",
        expected: "ENTITLEMENT_UNAVAILABLE, and no request to a server whose certificate only the variables make trusted.",
        help: "Name the root certificates in the plugin's own settings; do not use a loader of system roots that reads SSL_CERT_FILE and SSL_CERT_DIR.",
        needs: &[Precondition::AcceptsTestCa],
        examination: Examination::Run(
            RunSpec::new(
                Scenario {
                    tls: Tls::UnknownIssuer,
                    ..Scenario::ALLOW
                },
                ONE_CALL,
            )
            .with_environment(HostEnvironment::UntrustedRoots),
            trust_environment,
        ),
    },
];

/// A request of a transcript.
struct Sent<'a> {
    phase: usize,
    secure: bool,
    method: &'a str,
    host: &'a str,
    target: &'a str,
    head: &'a Excerpt,
    content: &'a Excerpt,
    digest: &'a str,
    /// What in it is a credential or may be an identity.
    identity: Option<&'static str>,
}

fn sent(record: &RunRecord) -> impl Iterator<Item = Sent<'_>> {
    record
        .transcript
        .entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Request {
                secure,
                method,
                host,
                target,
                head,
                content,
                digest,
                ..
            } => Some(Sent {
                phase: entry.phase,
                secure: *secure,
                method,
                host,
                target,
                head,
                content,
                digest,
                identity: entry.event.identity(),
            }),
            _ => None,
        })
}

fn clear_identity(all: &[NamedRun<'_>]) -> Judgement {
    let mut requests = 0_usize;
    for NamedRun { rule, record } in all {
        requests += record.transcript.requests();
        if let Some(exposed) = record.transcript.exposed_identity() {
            let seen = format!(
                "a cleartext request to {} with {}",
                exposed.host, exposed.what
            );
            return Err(NotPassed::failed_in(rule, &seen));
        }
    }
    match requests {
        0 => Err(NotPassed::skipped("no request was seen")),
        requests => Ok(format!(
            "{requests} requests, none of them in cleartext with an identity"
        )),
    }
}

fn redirect(record: &RunRecord) -> Judgement {
    record.calls_returned_else_skip()?;
    record.loaded()?;
    let Some(first) = sent(record).next() else {
        return Err(NotPassed::skipped(fault::why_no_request(record)));
    };
    let control = &record.control;
    // Each call begins at the operator's server, which is not the host of a connectivity probe before.
    let asks = |host: &str| match &control.question {
        Some(question) => without_port(host).eq_ignore_ascii_case(question.host_name()),
        None => host == first.host,
    };
    let (mut followed, mut host) = (0_usize, first.host);
    for request in sent(record) {
        if asks(request.host) || control.other_hosts.has_name(without_port(request.host)) {
            continue;
        }
        followed += 1;
        host = request.host;
        if let Some(identity) = request.identity {
            let seen = format!("the request to {host} has {identity}");
            return Err(NotPassed::failed(seen));
        }
    }
    NotPassed::unless_all_kept(&record.transcript)?;
    Ok(match followed {
        0 => "no redirect was followed".to_owned(),
        requests => format!("{requests} requests to {host}, none with an identity"),
    })
}

fn url_identity(record: &RunRecord) -> Judgement {
    record.loaded()?;
    let mut requests = 0_usize;
    for request in sent(record) {
        requests += 1;
        if request.target.contains(" digits>") {
            return Err(NotPassed::failed(format!(
                "a request for {}",
                request.target
            )));
        }
    }
    NotPassed::unless_all_kept(&record.transcript)?;
    match requests {
        0 => Err(NotPassed::skipped(fault::why_no_request(record))),
        _ => Ok("no number that may be an identity in a URL".to_owned()),
    }
}

/// Parts of names of values that have to change.
const CHANGING: [&str; 2] = ["nonce", "timestamp"];

/// The values of nonces and timestamps in a request's text, such as `"nonce":"7f"` or `x-timestamp: 17`.
fn changing_values(text: &str) -> Vec<String> {
    let lower = text.to_ascii_lowercase();
    let mut values = Vec::new();
    for name in CHANGING {
        for (at, _) in lower.match_indices(name) {
            let rest = &text[at + name.len()..];
            let rest = rest.trim_start_matches(['"', ':', '=', ' ', '\'']);
            let value: String = rest
                .chars()
                .take_while(|letter| letter.is_ascii_alphanumeric() || "-_.+/".contains(*letter))
                .collect();
            // A number that was masked cannot be compared.
            if !value.is_empty() {
                values.push(value);
            }
        }
    }
    values
}

/// Both calls are made in one phase, so their requests are compared in pairs. A request that carries no question, such
/// as a connectivity probe, may be sent again by anyone.
fn replay(record: &RunRecord) -> Judgement {
    record.calls_returned_else_skip()?;
    record.loaded()?;
    NotPassed::unless_all_kept(&record.transcript)?;
    let question = record.control.question.as_ref();
    let asks = |request: &Sent<'_>| {
        question.is_none_or(|known| known.is(request.method, request.host, request.target))
    };
    let requests: Vec<Sent<'_>> = sent(record)
        .filter(|request| request.phase == 0 && asks(request))
        .collect();
    if requests.len() < 2 {
        return Err(NotPassed::skipped(fault::why_no_request(record)));
    }
    let (first, second) = requests.split_at(requests.len() / 2);
    let mut nonces = 0_usize;
    for (before, after) in first.iter().zip(second) {
        let values = |request: &Sent<'_>| {
            let texts = [request.target, &request.head.text, &request.content.text];
            texts.map(changing_values).concat()
        };
        let (old, new) = (values(before), values(after));
        nonces += old.len();
        if let Some(same) = old.iter().find(|value| new.contains(value)) {
            return Err(NotPassed::failed(format!(
                "both calls sent the nonce or timestamp {same}"
            )));
        }
        if !after.secure && before.digest == after.digest {
            return Err(NotPassed::failed(
                "both calls sent the same request, and without TLS",
            ));
        }
    }
    Ok(match nonces {
        0 => "the requests are protected by TLS and contain no nonce".to_owned(),
        _ => "another nonce or timestamp in each call".to_owned(),
    })
}

fn proxy_environment(record: &RunRecord) -> Judgement {
    record.calls_returned_else_skip()?;
    record.loaded()?;
    let proxied = record
        .transcript
        .entries
        .iter()
        .find_map(|entry| match &entry.event {
            Event::Question { name, .. } if name.contains(HostEnvironment::PROXY_HOST) => {
                Some("it looked up the proxy's name")
            }
            Event::Request { method, .. } if method == "CONNECT" => {
                Some("it asked the proxy for a connection")
            }
            _ => None,
        });
    if proxied.is_none() {
        NotPassed::unless_all_kept(&record.transcript)?;
    }
    let answer = record.calls().next().map(|call| call.value);
    match (proxied, answer) {
        (Some(seen), _) => Err(NotPassed::failed(seen)),
        (None, None) => Err(NotPassed::skipped("no call was made")),
        (None, Some(SUCCESS)) => Ok("ENTITLEMENT_SUCCESS, and nothing went to a proxy".to_owned()),
        (None, Some(other)) => Err(NotPassed::wrong_answer(format!(
            "{} with a proxy in the environment, and SUCCESS without it",
            answer_name(other)
        ))),
    }
}

fn trust_environment(record: &RunRecord) -> Judgement {
    let requests = record.transcript.requests();
    if requests > record.transcript.cleartext_requests() {
        return Err(NotPassed::failed(
            "it sent a request to a server that only the variables make trusted",
        ));
    }
    fault::judge(record, Exposure::TlsConnection, ServerResponse::None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_are_found_by_their_names() {
        assert_eq!(changing_values(r#"{"nonce":"7f-1","x":1}"#), ["7f-1"]);
        assert_eq!(changing_values("/v1?a=1&client_nonce=b&c=2"), ["b"]);
        assert_eq!(changing_values("x-timestamp: 1795000000\n"), ["1795000000"]);
        assert_eq!(changing_values("nonce=<16 digits>"), Vec::<String>::new());
        assert_eq!(changing_values("announce"), Vec::<String>::new());
    }
}
