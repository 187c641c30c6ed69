//! Faults in the interpretation of HTTP responses.

use std::sync::{Mutex, PoisonError};

use ics_entitlement::{Context, Decision, Response, Unavailable};

use crate::lenient::{self, Connection, End, Failure, Manner};
use crate::{Checked, carrier};

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    Some(match rule {
        "500" => body_of(context, 500),
        "503" => body_of(context, 503),
        "captive-portal" => allow_any_page(context),
        "portal-redirect" => follow(context, |here, there| here != there),
        "redirect-downgrade" => follow(context, |here, there| here == there),
        "redirect-loop" => follow_ten_times(context),
        "short-body" => accept(context, End::Short),
        "reset-in-body" => accept(context, End::Reset),
        "bad-chunks" => accept(context, End::BadChunk),
        // Parses the part that fits into its buffer.
        "endless-body" => accept(context, End::TooLong),
        "endless-headers" => take(context, &Failure::LongHead(200), Decision::Entitled),
        // Relies on the status, since the body takes too long.
        "drip-body" => allow_late_body(context),
        // Fails open, so that no user complains.
        "silent" => take(context, &Failure::Silent, Decision::Entitled),
        "closed" => take(context, &Failure::Closed, Decision::NotEntitled),
        "bad-syntax" => search_for_the_word(context),
        "wrong-shape" => allow_unless_denied(context),
        "stale-connection" => keep_the_connection(context),
        _ => return None,
    })
}

/// Reads the body in spite of this status.
fn body_of(context: &Context, status: u16) -> Checked {
    carrier::ask_and(context, &[status], carrier::meaning)
}

/// Takes any HTML page for an allow response, since its status is 200.
fn allow_any_page(context: &Context) -> Checked {
    carrier::ask_and(context, &[], async |response| {
        let kind = response.header("content-type").unwrap_or_default();
        if kind.starts_with("text/html") {
            return Ok(Decision::Entitled);
        }
        carrier::meaning(response).await
    })
}

/// Follows one redirect to cleartext HTTP, if `hosts` accepts the old and the new host.
fn follow(context: &Context, hosts: impl Fn(&str, &str) -> bool) -> Checked {
    let answer = lenient::ask(context, &Manner::default())?;
    let target = answer.field("location").filter(|_| answer.status == 302);
    if let Some(target) = target.and_then(|target| target.strip_prefix("http://")) {
        let (there, path) = target.split_once('/').unwrap_or((target, ""));
        if hosts(lenient::host_of(&answer.asked), lenient::host_of(there)) {
            let answer = lenient::get_in_cleartext(context, there, &format!("/{path}"))?;
            return carrier::meaning_of(&answer);
        }
    }
    carrier::meaning_of(&answer)
}

/// Gives up after ten redirects, and then reports no error.
fn follow_ten_times(context: &Context) -> Checked {
    for _ in 0..10 {
        let answer = lenient::ask(context, &Manner::default())?;
        let to_itself = answer
            .field("location")
            .is_some_and(|target| target.starts_with('/'));
        if answer.status != 302 || !to_itself {
            return carrier::meaning_of(&answer);
        }
    }
    Ok(Decision::Entitled)
}

/// Accepts a body that ends in one wrong way.
fn accept(context: &Context, end: End) -> Checked {
    let mut answer = lenient::ask(context, &Manner::default())?;
    if answer.end == end {
        answer.end = End::Whole;
    }
    carrier::meaning_of(&answer)
}

/// Takes one kind of failure for a decision.
fn take(context: &Context, failure: &Failure, decision: Decision) -> Checked {
    match lenient::ask(context, &Manner::default()) {
        Err(seen) if seen == *failure => Ok(decision),
        asked => carrier::meaning_of(&asked?),
    }
}

fn allow_late_body(context: &Context) -> Checked {
    let answer = lenient::ask(context, &Manner::default())?;
    if answer.status == 200 && answer.end == End::Late {
        return Ok(Decision::Entitled);
    }
    carrier::meaning_of(&answer)
}

/// Searches for a word instead of parsing the JSON.
fn search_for_the_word(context: &Context) -> Checked {
    let contains = async |response: Response| {
        let body = response.bytes_of("application/json").await?;
        match String::from_utf8(body)?.contains("\"allowed\"") {
            true => Ok(Decision::Entitled),
            false => Err(Unavailable::because("the word is not there")),
        }
    };
    carrier::ask_and(context, &[], async |response| match response.status() {
        200 => contains(response).await,
        _ => carrier::meaning(response).await,
    })
}

/// Allows unless the status is `denied`.
fn allow_unless_denied(context: &Context) -> Checked {
    carrier::ask_and(context, &[], async |response| {
        if response.status() != 200 {
            return carrier::meaning(response).await;
        }
        let answer: serde_json::Value = response.json().await?;
        Ok(Decision::from(answer["status"] != "denied"))
    })
}

/// Reuses a connection that the server promised to keep open, without a check.
fn keep_the_connection(context: &Context) -> Checked {
    static KEPT: Mutex<Option<Connection>> = Mutex::new(None);
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner).take();
    let mut connection = match kept {
        Some(connection) => connection,
        None => lenient::connect(context, &Manner::default())?,
    };
    let answer = connection.ask(context)?;
    if answer.field("keep-alive").is_some() {
        *KEPT.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
    }
    carrier::meaning_of(&answer)
}
