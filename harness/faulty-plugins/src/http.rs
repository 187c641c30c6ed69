//! Faults of whoever takes anything that looks like HTTP for an answer.

use std::sync::{Mutex, PoisonError};

use ics_entitlement::{Context, Decision, Response, Unavailable};

use crate::lenient::{self, Connection, End, Failure, Manner};
use crate::{Checked, carrier};

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    Some(match rule {
        "500" => body_of(context, 500),
        "503" => body_of(context, 503),
        "captive-portal" => a_page_is_a_yes(context),
        "portal-redirect" => follow(context, |here, there| here != there),
        "redirect-downgrade" => follow(context, |here, there| here == there),
        "redirect-loop" => follow_ten_times(context),
        "short-body" => forgive(context, End::Short),
        "reset-in-body" => forgive(context, End::Reset),
        "bad-chunks" => forgive(context, End::BadChunk),
        // It keeps what fits into its buffer and reads that.
        "endless-body" => forgive(context, End::TooLong),
        "endless-headers" => take(context, &Failure::LongHead(200), Decision::Entitled),
        // The status has come, and the rest takes too long.
        "drip-body" => a_late_body_is_a_yes(context),
        // It fails open, so that no user complains.
        "silent" => take(context, &Failure::Silent, Decision::Entitled),
        "closed" => take(context, &Failure::Closed, Decision::NotEntitled),
        "bad-syntax" => search_for_the_word(context),
        "wrong-shape" => what_is_not_a_no(context),
        "stale-connection" => keep_the_connection(context),
        _ => return None,
    })
}

/// It reads the body whatever this status says.
fn body_of(context: &Context, status: u16) -> Checked {
    carrier::ask_and(context, &[status], carrier::meaning)
}

/// A page is as good as a yes, for its status is 200.
fn a_page_is_a_yes(context: &Context) -> Checked {
    carrier::ask_and(context, &[], async |response| {
        let kind = response.header("content-type").unwrap_or_default();
        if kind.starts_with("text/html") {
            return Ok(Decision::Entitled);
        }
        carrier::meaning(response).await
    })
}

/// It follows one redirect into the clear, if the two hosts are as that fault wants them.
fn follow(context: &Context, hosts: impl Fn(&str, &str) -> bool) -> Checked {
    let answer = lenient::ask(context, &Manner::default())?;
    let target = answer.field("location").filter(|_| answer.status == 302);
    if let Some(target) = target.and_then(|target| target.strip_prefix("http://")) {
        let (there, path) = target.split_once('/').unwrap_or((target, ""));
        if hosts(lenient::host_of(&answer.asked), lenient::host_of(there)) {
            let answer = lenient::get_in_clear(context, there, &format!("/{path}"))?;
            return carrier::meaning_of(&answer);
        }
    }
    carrier::meaning_of(&answer)
}

/// After ten redirects it gives up, and then no error is left to be seen.
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

/// It minds everything but one way in which a body can break off.
fn forgive(context: &Context, end: End) -> Checked {
    let mut answer = lenient::ask(context, &Manner::default())?;
    if answer.end == end {
        answer.end = End::Whole;
    }
    carrier::meaning_of(&answer)
}

/// Takes one failure for a decision.
fn take(context: &Context, failure: &Failure, decision: Decision) -> Checked {
    match lenient::ask(context, &Manner::default()) {
        Err(seen) if seen == *failure => Ok(decision),
        asked => carrier::meaning_of(&asked?),
    }
}

fn a_late_body_is_a_yes(context: &Context) -> Checked {
    let answer = lenient::ask(context, &Manner::default())?;
    if answer.status == 200 && answer.end == End::Late {
        return Ok(Decision::Entitled);
    }
    carrier::meaning_of(&answer)
}

/// It has no parser, but it knows the word.
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

/// Whatever does not say no says yes.
fn what_is_not_a_no(context: &Context) -> Checked {
    carrier::ask_and(context, &[], async |response| {
        if response.status() != 200 {
            return carrier::meaning(response).await;
        }
        let answer: serde_json::Value = response.json().await?;
        Ok(Decision::from(answer["status"] != "denied"))
    })
}

/// Where the server promises to keep a connection open, so does the plugin, and believes it.
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
