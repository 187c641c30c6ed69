//! Faults in the interpretation of HTTP responses.

use std::sync::{Mutex, PoisonError};

use ics_entitlement::{Context, Decision, Response, Unavailable};

use crate::lenient::{self, Answer, Connection, Defect, End, Failure, Manner};
use crate::{Checked, carrier, content};

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    Some(match rule {
        "500" => body_of(context, 500),
        "503" => body_of(context, 503),
        "captive-portal" => allow_any_page(context),
        "portal-redirect" => follow(context, |here, there| here != there),
        "redirect-downgrade" => follow(context, |here, there| here == there),
        "redirect-loop" => follow_ten_times(context),
        "short-body" => accept(context, End::Short, |_| true),
        "reset-in-body" => accept(context, End::Reset, has_length),
        "cut-without-length" => accept(context, End::Reset, |answer| !has_length(answer)),
        "bad-chunks" => accept(context, End::BadChunk, |_| true),
        "chunks-without-end" => accept(context, End::NoLastChunk, |_| true),
        "short-chunks" => accept(context, End::ShortChunk, |_| true),
        // Parses the part that fits into its buffer.
        "endless-body" => accept(context, End::TooLong, |answer| !has_length(answer)),
        "endless-headers" => take(context, &Failure::LongHead(200), Decision::Entitled),
        // Relies on the status, since the body takes too long.
        "drip-body" => allow_late_body(context),
        // Fails open, so that no user complains.
        "silent" => take(context, &Failure::Silent, Decision::Entitled),
        "closed" => take(context, &Failure::Closed, Decision::NotEntitled),
        "bad-syntax" => search_for_the_word(context),
        "wrong-shape" => allow_unless_denied(context),
        "stale-connection" => keep_the_connection(context, 200),
        "unasked-response" => keep_the_connection(context, 403),
        "response-for-other" => read_the_last_response(context),
        "odd-reason" => read_the_status_line(context, |line| {
            line.starts_with("HTTP/") && line.contains("200 OK")
        }),
        "bad-status-line" => read_the_status_line(context, |line| line.starts_with("ICY 200")),
        "bad-headers" => overlook(context, Defect::Field),
        "two-lengths" => overlook(context, Defect::TwoLengths),
        "bad-encoding" => overlook(context, Defect::Coded),
        "length-and-chunked" => prefer_the_length(context),
        "http-0-9" => take_bytes_for_a_body(context),
        // Relies on the status, since the rest is lost.
        "allow-then-reset" => cut_head(context, |end, bytes| {
            end != End::Late && bytes.starts_with(b"HTTP/1.1 200")
        }),
        // The server is there, but slow: fails open.
        "drip-headers" => cut_head(context, |end, _| end == End::Late),
        "endless-1xx" => take(context, &Failure::Interim, Decision::Entitled),
        "huge-body" => reserve(context, |answer| {
            let length = answer.field("content-length")?.parse().ok()?;
            (length > 1 << 20 && answer.field("content-encoding").is_none()).then_some(length)
        }),
        // A buffer for whatever may come out of the decompression.
        "gzip-bomb" => reserve(context, |answer| {
            answer.field("content-encoding").map(|_| 96 << 20)
        }),
        "gzip" => offer_gzip(context),
        "http-2" => offer_http_2(context),
        "redirect-elsewhere" => follow_to_https(context, 307, |here, there| here != there),
        "redirect-same-host" => follow_to_https(context, 308, |here, there| here == there),
        _ => return content::check(rule, context),
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

/// Follows one redirect to HTTPS with one status, if `hosts` accepts the old and the new host.
fn follow_to_https(context: &Context, status: u16, hosts: impl Fn(&str, &str) -> bool) -> Checked {
    let answer = lenient::ask(context, &Manner::default())?;
    let target = answer.field("location").filter(|_| answer.status == status);
    if let Some(target) = target.and_then(|target| target.strip_prefix("https://")) {
        let (there, path) = target.split_once('/').unwrap_or((target, ""));
        if hosts(&answer.asked, there) {
            let answer = lenient::ask_elsewhere(context, there, &format!("/{path}"))?;
            return carrier::meaning_of(&answer);
        }
    }
    carrier::meaning_of(&answer)
}

fn has_length(answer: &Answer) -> bool {
    answer.field("content-length").is_some()
}

/// Overlooks one defect of the header fields.
fn overlook(context: &Context, defect: Defect) -> Checked {
    let mut answer = lenient::ask(context, &Manner::default())?;
    answer.defects.retain(|seen| *seen != defect);
    carrier::meaning_of(&answer)
}

/// Uses Content-Length although the body is chunked.
fn prefer_the_length(context: &Context) -> Checked {
    let manner = Manner {
        prefers_length: true,
        ..Manner::default()
    };
    let mut answer = lenient::ask(context, &manner)?;
    answer
        .defects
        .retain(|seen| *seen != Defect::LengthAndChunked);
    carrier::meaning_of(&answer)
}

/// Reads the status line as text.
fn read_the_status_line(context: &Context, is_ok: impl Fn(&str) -> bool) -> Checked {
    let mut answer = lenient::ask(context, &Manner::default())?;
    if is_ok(&answer.line) {
        answer.status = 200;
    }
    carrier::meaning_of(&answer)
}

/// Takes what is not a head for a body.
fn take_bytes_for_a_body(context: &Context) -> Checked {
    match lenient::ask(context, &Manner::default()) {
        Err(Failure::CutHead(_, bytes)) => carrier::allowed(&bytes),
        asked => carrier::meaning_of(&asked?),
    }
}

/// Allows after some incomplete heads.
fn cut_head(context: &Context, allows: impl Fn(End, &[u8]) -> bool) -> Checked {
    match lenient::ask(context, &Manner::default()) {
        Err(Failure::CutHead(end, bytes)) if allows(end, &bytes) => Ok(Decision::Entitled),
        asked => carrier::meaning_of(&asked?),
    }
}

/// Copies the header fields of a browser, and cannot decode what it offers.
fn offer_gzip(context: &Context) -> Checked {
    let manner = Manner {
        offers_gzip: true,
        ..Manner::default()
    };
    carrier::meaning_of(&lenient::ask(context, &manner)?)
}

/// Offers the protocols of a browser, and speaks HTTP/1.1 whatever the server has chosen.
fn offer_http_2(context: &Context) -> Checked {
    let manner = Manner {
        offers_http_2: true,
        ..Manner::default()
    };
    carrier::meaning_of(&lenient::ask(context, &manner)?)
}

/// Reserves and clears memory for a body, of the size that the response makes it believe.
fn reserve(context: &Context, size: impl Fn(&Answer) -> Option<usize>) -> Checked {
    let answer = lenient::ask(context, &Manner::default())?;
    if let Some(size) = size(&answer) {
        // Not zero, which the system would give without giving memory.
        drop(std::hint::black_box(vec![b' '; size]));
    }
    carrier::meaning_of(&answer)
}

/// Uses the last of the responses that arrived.
fn read_the_last_response(context: &Context) -> Checked {
    let answer = lenient::ask(context, &Manner::default())?;
    match answer.rest.is_empty() {
        true => carrier::meaning_of(&answer),
        false => carrier::meaning_of(&lenient::response_after(&answer)?),
    }
}

/// Accepts a body that ends in one wrong way, in some responses.
fn accept(context: &Context, end: End, which: impl Fn(&Answer) -> bool) -> Checked {
    let mut answer = lenient::ask(context, &Manner::default())?;
    if answer.end == end && which(&answer) {
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

/// Reuses a connection that the server promised to keep open in a response of that status, without a check.
fn keep_the_connection(context: &Context, status: u16) -> Checked {
    static KEPT: Mutex<Option<Connection>> = Mutex::new(None);
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner).take();
    let mut connection = match kept {
        Some(connection) => connection,
        None => lenient::connect(context, &Manner::default())?,
    };
    let answer = connection.ask(context)?;
    if answer.field("keep-alive").is_some() && answer.status == status {
        *KEPT.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
    }
    carrier::meaning_of(&answer)
}
