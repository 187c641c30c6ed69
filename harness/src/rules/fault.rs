//! How a fault world is judged: the allow answer was damaged, so SUCCESS would
//! share without leave, and FAILED says more than the plugin can know.

use super::rule::{Examined, FAILED, Judgement, SUCCESS, UNAVAILABLE, answer_name};
use crate::worker::script::Step;
use crate::world::transcript::Event;

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
    /// It sent a request.
    Request,
}

/// Whether anything of the server's answer was to be had in the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answered {
    /// Nothing: only UNAVAILABLE is true.
    No,
    /// Something, however bad: FAILED is careless, not forbidden.
    Badly,
}

/// Judges a run in a fault world.
pub(super) fn judge(examined: &Examined<'_>, reach: Reach, answered: Answered) -> Judgement {
    if let Some(broken) = broke_off_in_call(examined) {
        return Judgement::broken(broken);
    }
    if let Some(error) = examined.error() {
        return Judgement::broken(error);
    }
    let Some(last) = examined.calls().last() else {
        return Judgement::skipped("no call was made");
    };
    let late = examined
        .calls()
        .find(|call| call.seconds > examined.limits.deadline);
    let wrong = examined.calls().find(|call| match call.value {
        UNAVAILABLE => false,
        FAILED => answered == Answered::No,
        _ => true,
    });
    if let Some(call) = wrong {
        let consequence = match call.value {
            SUCCESS => ": the device would share without leave",
            FAILED => ": nothing of the server's answer was had, so it cannot have said no",
            _ => "",
        };
        return Judgement::broken(format!(
            "{} after {:.2} s{consequence}",
            answer_name(call.value),
            call.seconds
        ));
    }
    if let Some(call) = late {
        return Judgement::broken(format!(
            "{} only after {:.1} s; the deadline is {} s",
            answer_name(call.value),
            call.seconds,
            examined.limits.deadline
        ));
    }
    if let Some(reason) = not_met(examined, reach) {
        return Judgement::skipped(reason);
    }
    if let Some(call) = examined.calls().find(|call| call.value == FAILED) {
        return Judgement::careless(format!(
            "{} after {:.2} s, though the server did not say no",
            answer_name(call.value),
            call.seconds
        ));
    }
    Judgement::holds(format!(
        "{} after {:.2} s",
        answer_name(last.value),
        last.seconds
    ))
}

/// A crash, exit or hang, unless it came after the last call: then it is the
/// business of the rules about loading.
pub(super) fn broke_off_in_call(examined: &Examined<'_>) -> Option<String> {
    let step = examined.broke_off_at()?;
    let calls_follow = examined.script.get(step..).is_some_and(|rest| {
        rest.iter().any(|step| {
            matches!(
                step,
                Step::Load { .. }
                    | Step::Call { .. }
                    | Step::Together { .. }
                    | Step::InTurn { .. }
                    | Step::Rounds { .. }
            )
        })
    });
    if calls_follow {
        examined.broke_off()
    } else {
        None
    }
}

/// Why the fault never met the plugin, if it did not.
fn not_met(examined: &Examined<'_>, reach: Reach) -> Option<String> {
    let transcript = &examined.observation.transcript;
    let connected = transcript.connections() > 0 || transcript.attempts.is_some_and(|n| n > 0);
    match reach {
        Reach::Question if transcript.questions() == 0 => {
            Some("the plugin does not ask by name, so what DNS says cannot meet it".to_owned())
        }
        // Without a network of its own to count in, a refused attempt leaves no trace.
        Reach::Attempt if !connected && transcript.attempts.is_some() => {
            Some("the plugin never tried to connect".to_owned())
        }
        Reach::Route if !connected && transcript.questions() == 0 => {
            Some("the plugin neither asked for a name nor tried to connect".to_owned())
        }
        Reach::Handshake if !transcript.entries.iter().any(|entry| is_tls(&entry.event)) => {
            Some("the plugin does not speak https".to_owned())
        }
        Reach::Request if transcript.requests() == 0 => Some(why_no_request(examined)),
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

/// Why no request came, in words.
pub(super) fn why_no_request(examined: &Examined<'_>) -> String {
    let transcript = &examined.observation.transcript;
    if transcript.refused_handshakes() > 0 {
        "needs a trusted answer, and the plugin refuses the world's certificate: its roots seem to be compiled in".to_owned()
    } else if transcript.connections() > 0 {
        "the plugin connected but never sent a whole request".to_owned()
    } else {
        "the plugin never reached the server".to_owned()
    }
}
