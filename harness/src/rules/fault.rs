//! How a fault scenario is judged: the allow response was damaged, so after SUCCESS the device
//! would share without permission, and for FAILED the plugin has no evidence.

use super::judgement::{Consequence, Judgement, NotPassed};
use crate::run::control::Question;
use crate::run::{FAILED, RunRecord, SUCCESS, UNAVAILABLE, answer_name};
use crate::testbed::transcript::Transcript;
use crate::worker::script::Step;

/// What the plugin must have done for the fault to have affected it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exposure {
    /// Nothing is required.
    None,
    /// It sent a DNS query.
    DnsQuery,
    /// It tried to connect.
    ConnectionAttempt,
    /// It sent a DNS query or tried to connect: without a route the kernel counts no connection attempt.
    RouteLookup,
    /// It connected to the TLS port.
    TlsConnection,
    /// It sent at least one request in each phase of the scenario in which it was called.
    Request,
    /// It sent a request over TLS.
    HttpsRequest,
    /// It sent a request in HTTP/2.
    Http2Request,
}

/// Why a fault of HTTP/2 did not affect the plugin.
pub(super) const NOT_IN_HTTP_2: &str = "the plugin sent no request in HTTP/2";

/// What the plugin receives from the server in the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServerResponse {
    /// Nothing: only UNAVAILABLE is right.
    None,
    /// A damaged response: FAILED breaks the rule only at the level of a `should`.
    Damaged,
}

/// Judges a run in a fault scenario.
pub(super) fn judge(
    record: &RunRecord,
    precondition: Exposure,
    response: ServerResponse,
) -> Judgement {
    record.calls_returned()?;
    record.loaded()?;
    let Some(last) = record.calls().last() else {
        return Err(NotPassed::skipped("no call was made"));
    };
    let unaffected = unaffected(record, precondition);
    if let Some(reason) = &unaffected
        && record.transcript.requests() > 0
    {
        // The plugin got its answer in a way that the fault does not affect.
        return Err(NotPassed::skipped(reason));
    }
    unfounded_answer(record, response)?;
    late_call(record)?;
    if let Some(reason) = unaffected {
        return Err(NotPassed::skipped(reason));
    }
    if let Some(call) = record.calls().find(|call| call.value == FAILED) {
        return Err(NotPassed::failed_should(format!(
            "{} after {:.2} s, although the server sent no deny response",
            answer_name(call.value),
            call.seconds
        ))
        .if_answered_otherwise());
    }
    Ok(format!(
        "{} after {:.2} s",
        answer_name(last.value),
        last.seconds
    ))
}

/// Fails for the first answer for which the plugin had no evidence.
fn unfounded_answer(record: &RunRecord, response: ServerResponse) -> Result<(), NotPassed> {
    let unfounded = record.calls().find(|call| match call.value {
        UNAVAILABLE => false,
        FAILED => response == ServerResponse::None,
        _ => true,
    });
    let Some(call) = unfounded else {
        return Ok(());
    };
    let consequence = match call.value {
        SUCCESS => ": the device would share its connection without permission",
        FAILED => ": no response arrived, so the server cannot have denied",
        _ => "",
    };
    let failure = NotPassed::wrong_answer(format!(
        "{} after {:.2} s{consequence}",
        answer_name(call.value),
        call.seconds
    ));
    Err(if call.value == SUCCESS {
        failure.with_consequence(Consequence::Shares)
    } else {
        failure
    })
}

/// Fails for the first call that returned after the deadline.
fn late_call(record: &RunRecord) -> Result<(), NotPassed> {
    let deadline = record.deadline_seconds();
    let Some(call) = record.calls().find(|call| call.seconds > deadline) else {
        return Ok(());
    };
    Err(NotPassed::failed(format!(
        "{} only after {:.2} s; the deadline is {deadline} s",
        answer_name(call.value),
        call.seconds
    ))
    .with_consequence(Consequence::Hangs)
    .caused_by("time/deadline"))
}

/// Why the fault did not affect the plugin, if it did not.
fn unaffected(record: &RunRecord, precondition: Exposure) -> Option<String> {
    let transcript = &record.transcript;
    let connected = transcript.connections() > 0 || transcript.attempts.is_some_and(|n| n > 0);
    let secure = transcript.requests() - transcript.cleartext_requests();
    match precondition {
        Exposure::DnsQuery if transcript.questions() == 0 => {
            Some("the plugin sends no DNS query, so a DNS fault cannot affect it".to_owned())
        }
        Exposure::ConnectionAttempt if !connected && transcript.attempts.is_none() => Some(
            "a connection attempt that gets no response can be observed only in a private network"
                .to_owned(),
        ),
        Exposure::ConnectionAttempt if !connected => {
            Some("the plugin never tried to connect".to_owned())
        }
        // Without a route, nothing is counted of a plugin that needs no name to connect.
        Exposure::RouteLookup
            if !connected && transcript.questions() == 0 && !asks_an_address(record) =>
        {
            Some("the plugin neither sent a DNS query nor tried to connect".to_owned())
        }
        Exposure::TlsConnection
            if transcript.handshakes() + transcript.secure_connections() == 0 =>
        {
            Some("the plugin does not use HTTPS".to_owned())
        }
        Exposure::Request if transcript.requests() == 0 => Some(why_no_request(record)),
        Exposure::Request => phases_with_calls(record)
            .find(|(phase, _)| record.transcript.requests_in(*phase) == 0)
            .map(|(_, first)| format!("no request was sent from call {first} on")),
        Exposure::HttpsRequest if transcript.requests() > 0 && secure == 0 => {
            Some("the plugin does not use HTTPS".to_owned())
        }
        Exposure::HttpsRequest if secure == 0 => Some(why_no_request(record)),
        Exposure::Http2Request if transcript.requests() == 0 => Some(why_no_request(record)),
        Exposure::Http2Request if transcript.http_2_requests() == 0 => {
            Some(NOT_IN_HTTP_2.to_owned())
        }
        _ => None,
    }
}

/// The phases of the scenario in which calls were made, each with the number of its first call. A plugin may send no
/// request in a later call of a phase, for example because the server asked it to come back later.
fn phases_with_calls(record: &RunRecord) -> impl Iterator<Item = (usize, usize)> {
    let mut phase = 0;
    let mut calls = 0;
    let mut phases: Vec<(usize, usize)> = Vec::new();
    for (step, report) in record.finished_steps() {
        if matches!(step, Step::ChangeScenario(_)) {
            phase += 1;
        }
        let known = phases.last().is_some_and(|(last, _)| *last == phase);
        if !report.calls.is_empty() && !known {
            phases.push((phase, calls + 1));
        }
        calls += report.calls.len();
    }
    phases.into_iter()
}

/// Whether the plugin asked an IP address where nothing was wrong.
fn asks_an_address(record: &RunRecord) -> bool {
    let question = record.control.question.as_ref();
    question.is_some_and(Question::asks_an_address)
}

/// Why no request arrived.
pub(super) fn why_no_request(record: &RunRecord) -> String {
    let transcript = &record.transcript;
    if transcript.refused_handshakes() > 0 {
        "needs a response over TLS, and the plugin rejects the test bed's certificate: it seems to trust root certificates of its own; for a test build, give the authority that it trusts (--ca CERT --ca-key KEY), or build it with the one that `ics-harness ca export` writes".to_owned()
    } else if transcript.unused_handshakes() > 0 {
        "needs a response over TLS, and the plugin completes the handshake and then closes the connection without a request: it seems to pin a key or certificate; for a test build, pin that of an authority and give it (--ca CERT --ca-key KEY), or leave the pin out".to_owned()
    } else if transcript.connections() > 0 {
        "the plugin connected but never sent a complete request".to_owned()
    } else {
        unserved_port(transcript)
            .unwrap_or_else(|| "the plugin never reached the server".to_owned())
    }
}

/// Where the plugin tried to connect to, and how to have that port served.
fn unserved_port(transcript: &Transcript) -> Option<String> {
    let unserved = transcript.unserved();
    let (to, _) = unserved.iter().max_by_key(|(_, count)| *count)?;
    let others = match unserved.len() {
        1 => String::new(),
        many => format!(" and {} other addresses or ports", many - 1),
    };
    Some(format!(
        "it tried {to}{others}, which the test bed does not serve: name the port with --https-port {}",
        to.port()
    ))
}
