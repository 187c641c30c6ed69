//! Faults in the interpretation of responses in HTTP/2.

use ics_entitlement::{Context, Decision};

use crate::lenient::{self, Answer, End, Failure, Manner};
use crate::{Checked, carrier};

/// It speaks HTTP/2 if the server chooses that.
fn speaks() -> Manner {
    Manner {
        speaks_http_2: true,
        ..Manner::default()
    }
}

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    Some(match rule {
        // Fails open, so that no user complains.
        "reset-stream" => take(context, &Failure::StreamReset),
        "goaway" => take(context, &Failure::Closed),
        "silent" => take(context, &Failure::Silent),
        "reset-in-body" => accept(context, End::Reset),
        "cut-body" => accept(context, End::Short),
        "longer-length" => accept(context, End::Malformed),
        // Parses the part that fits into its buffer.
        "endless-body" => accept(context, End::TooLong),
        "stalled-body" => rely_on_the_status(context),
        "header-bomb" => ask(
            context,
            Manner {
                keeps_all_fields: true,
                ..speaks()
            },
        ),
        "goaway-after-response" => ask(
            context,
            Manner {
                doubts_ended_connections: true,
                ..speaks()
            },
        ),
        _ => return None,
    })
}

fn ask(context: &Context, manner: Manner) -> Checked {
    carrier::meaning_of(&lenient::ask(context, &manner)?)
}

/// Takes one kind of failure for permission. HTTP/1.1 is spoken correctly, also in what follows.
fn take(context: &Context, failure: &Failure) -> Checked {
    let mut connection = lenient::connect(context, &speaks())?;
    let in_http_2 = connection.is_http_2();
    match connection.ask(context) {
        Err(seen) if in_http_2 && seen == *failure => Ok(Decision::Entitled),
        asked => carrier::meaning_of(&asked?),
    }
}

/// Accepts a body that ends in one wrong way.
fn accept(context: &Context, end: End) -> Checked {
    let mut answer = lenient::ask(context, &speaks())?;
    if is_http_2(&answer) && answer.end == end {
        answer.end = End::Whole;
    }
    carrier::meaning_of(&answer)
}

/// Relies on the status where nothing follows.
fn rely_on_the_status(context: &Context) -> Checked {
    let answer = lenient::ask(context, &speaks())?;
    let head_only = answer.end == End::Late && answer.body.is_empty();
    if is_http_2(&answer) && answer.status == 200 && head_only {
        return Ok(Decision::Entitled);
    }
    carrier::meaning_of(&answer)
}

/// A response in HTTP/2 has no status line.
fn is_http_2(answer: &Answer) -> bool {
    answer.line.is_empty()
}
