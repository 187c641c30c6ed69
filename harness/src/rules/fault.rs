//! How a fault scenario is judged: the allow response was damaged, so after SUCCESS the device
//! would share without permission, and for FAILED the plugin has no evidence.

use super::judgement::{Judged, NotHeld};
use crate::run::{FAILED, RunRecord, SUCCESS, UNAVAILABLE, answer_name};
use crate::testbed::transcript::Event;

/// How far the plugin must have come for the fault to have met it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Nothing is asked of it.
    Nothing,
    /// It asked for a name.
    Question,
    /// It tried to connect.
    Attempt,
    /// It looked for a way to the server. Without a route the kernel counts no attempt.
    Route,
    /// It connected to the TLS port.
    Handshake,
    /// It sent a request in each phase of the scenario in which it was called.
    Request,
    /// It sent a request over TLS.
    SecureRequest,
}

/// Whether anything of the server's answer was to be had in the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answered {
    /// Nothing: only UNAVAILABLE is true.
    No,
    /// Something, however bad: FAILED is careless, not forbidden.
    Badly,
}

/// Judges a run in a fault scenario.
pub(super) fn judge(record: &RunRecord, reach: Reach, answered: Answered) -> Judged {
    record.calls_returned()?;
    record.loaded()?;
    let Some(last) = record.calls().last() else {
        return Err(NotHeld::skipped("no call was made"));
    };
    let not_met = not_met(record, reach);
    if let Some(reason) = &not_met
        && record.transcript.requests() > 0
    {
        // The plugin got its answer in a way that the fault does not affect.
        return Err(NotHeld::skipped(reason));
    }
    if let Some(broken) = wrong(record, answered).or_else(|| late(record)) {
        return Err(NotHeld::broken(broken));
    }
    if let Some(reason) = not_met {
        return Err(NotHeld::skipped(reason));
    }
    if let Some(call) = record.calls().find(|call| call.value == FAILED) {
        return Err(NotHeld::careless(format!(
            "{} after {:.2} s, although the server sent no deny response",
            answer_name(call.value),
            call.seconds
        )));
    }
    Ok(format!(
        "{} after {:.2} s",
        answer_name(last.value),
        last.seconds
    ))
}

/// Describes the first answer for which the plugin had no evidence.
fn wrong(record: &RunRecord, answered: Answered) -> Option<String> {
    let call = record.calls().find(|call| match call.value {
        UNAVAILABLE => false,
        FAILED => answered == Answered::No,
        _ => true,
    })?;
    let consequence = match call.value {
        SUCCESS => ": the device would share its connection without permission",
        FAILED => ": no response arrived, so the server cannot have denied",
        _ => "",
    };
    Some(format!(
        "{} after {:.2} s{consequence}",
        answer_name(call.value),
        call.seconds
    ))
}

/// Describes the first call that returned after the deadline.
fn late(record: &RunRecord) -> Option<String> {
    let deadline = record.deadline_seconds();
    let call = record.calls().find(|call| call.seconds > deadline)?;
    Some(format!(
        "{} only after {:.1} s; the deadline is {deadline} s",
        answer_name(call.value),
        call.seconds
    ))
}

/// Why the fault did not affect the plugin, if it did not.
fn not_met(record: &RunRecord, reach: Reach) -> Option<String> {
    let transcript = &record.transcript;
    let connected = transcript.connections() > 0 || transcript.attempts.is_some_and(|n| n > 0);
    let secure = transcript.requests() - transcript.clear_requests();
    match reach {
        Reach::Question if transcript.questions() == 0 => {
            Some("the plugin sends no DNS query, so a DNS fault cannot affect it".to_owned())
        }
        Reach::Attempt if !connected && transcript.attempts.is_none() => Some(
            "a connection attempt that gets no response can be observed only in a private network"
                .to_owned(),
        ),
        Reach::Attempt if !connected => Some("the plugin never tried to connect".to_owned()),
        Reach::Route if !connected && transcript.questions() == 0 => {
            Some("the plugin neither sent a DNS query nor tried to connect".to_owned())
        }
        Reach::Handshake if !transcript.entries.iter().any(|entry| is_tls(&entry.event)) => {
            Some("the plugin does not use HTTPS".to_owned())
        }
        Reach::Request if transcript.requests() == 0 => Some(why_no_request(record)),
        Reach::Request => (0..record.calls().count())
            .find(|phase| record.transcript.requests_in(*phase) == 0)
            .map(|phase| format!("call {} sent no request", phase + 1)),
        Reach::SecureRequest if transcript.requests() > 0 && secure == 0 => {
            Some("the plugin does not use HTTPS".to_owned())
        }
        Reach::SecureRequest if secure == 0 => Some(why_no_request(record)),
        _ => None,
    }
}

/// Whether the event shows that the TLS port was used.
fn is_tls(event: &Event) -> bool {
    match event {
        Event::Handshake { .. } => true,
        Event::Connection { secure, .. } => *secure,
        _ => false,
    }
}

/// Why no request arrived.
pub(super) fn why_no_request(record: &RunRecord) -> String {
    let transcript = &record.transcript;
    if transcript.refused_handshakes() > 0 {
        "needs a response over TLS, and the plugin rejects the test bed's certificate: its root certificates seem to be compiled in".to_owned()
    } else if transcript.connections() > 0 {
        "the plugin connected but never sent a complete request".to_owned()
    } else {
        "the plugin never reached the server".to_owned()
    }
}
