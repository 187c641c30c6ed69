//! Faults of a plugin that asks in two steps: it fetches a token, and asks with it. They are about the profile
//! `two-step.toml` of the proofs.

use ics_entitlement::{Context, Decision, Unavailable};
use serde::Deserialize;

use crate::lenient::{self, AcceptedDefect, Answer, End, Failure, Manner, Request};
use crate::{Checked, carrier};

/// The request for a token.
const TOKEN: Request<'static> = Request {
    method: "POST",
    path: "/oauth/token",
    fields: "Content-Type: application/x-www-form-urlencoded\r\n",
    body: "grant_type=client_credentials",
};

/// The body of the response to it.
#[derive(Deserialize)]
struct Token {
    access_token: String,
}

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    let fetch = || lenient::send(context, &Manner::default(), &TOKEN);
    Some(match rule {
        // No rule: a plugin without a fault.
        "careful" => fetch_and_ask(context, token),
        // Takes the refusal of the client for that of the subscriber.
        "refused" => match fetch() {
            Ok(answer) if answer.status == 401 => Ok(Decision::NotEntitled),
            fetched => go_on(context, fetched, token),
        },
        "status" => fetch_and_ask(context, |mut answer| {
            answer.status = 200;
            token(answer)
        }),
        "unusable" => fetch_and_ask(context, search_for_token),
        "incomplete" => fetch_and_ask(context, |mut answer| {
            if answer.end == End::Short {
                answer.end = End::Whole;
            }
            token(answer)
        }),
        // Fails open: takes a server that does not answer for one that allows.
        "silent" => match fetch() {
            Err(Failure::Silent) => Ok(Decision::Entitled),
            fetched => go_on(context, fetched, token),
        },
        // Parses the part that fits into its buffer.
        "endless" => fetch_and_ask(context, |mut answer| {
            if answer.end == End::TooLong {
                answer.end = End::Whole;
            }
            token(answer)
        }),
        "redirect" => follow(context),
        "certificate" => {
            let manner = Manner {
                accepted_defect: AcceptedDefect::WrongName,
                ..Manner::default()
            };
            fetch().map_err(Unavailable::from).and_then(|answer| {
                let token = token(answer)?;
                carrier::meaning_of(&ask(context, &manner, &token)?)
            })
        }
        "certificate-of-token" => {
            let manner = Manner {
                accepted_defect: AcceptedDefect::WrongName,
                ..Manner::default()
            };
            go_on(context, lenient::send(context, &manner, &TOKEN), token)
        }
        // Of the profile: takes the refusal of a token for that of the subscriber.
        "stale-token" => fetch().map_err(Unavailable::from).and_then(|answer| {
            let answer = ask(context, &Manner::default(), &token(answer)?)?;
            let stale = answer.status == 401 && answer.body == br#"{"error":"invalid_token"}"#;
            match stale {
                true => Ok(Decision::NotEntitled),
                false => carrier::meaning_of(&answer),
            }
        }),
        _ => return None,
    })
}

/// Fetches a token, reads it in that way, and asks.
fn fetch_and_ask(
    context: &Context,
    read: impl FnOnce(Answer) -> Result<String, Unavailable>,
) -> Checked {
    let fetched = lenient::send(context, &Manner::default(), &TOKEN);
    go_on(context, fetched, read)
}

/// Reads the token in that way, and asks.
fn go_on(
    context: &Context,
    fetched: Result<Answer, Failure>,
    read: impl FnOnce(Answer) -> Result<String, Unavailable>,
) -> Checked {
    let token = read(fetched?)?;
    carrier::meaning_of(&ask(context, &Manner::default(), &token)?)
}

/// Asks with a token, correctly if the manner is.
fn ask(context: &Context, manner: &Manner, token: &str) -> Result<Answer, Failure> {
    let question = Request {
        method: "GET",
        path: "/entitlement",
        fields: &format!("Authorization: Bearer {token}\r\n"),
        body: "",
    };
    lenient::send(context, manner, &question)
}

/// The token of a response, read correctly.
fn token(answer: Answer) -> Result<String, Unavailable> {
    let kind = answer.field("content-type").unwrap_or_default();
    if answer.end != End::Whole
        || !answer.defects.is_empty()
        || answer.status != 200
        || !kind.eq_ignore_ascii_case("application/json")
    {
        return Err(Unavailable::because(format!(
            "the token's response: {} {kind}, {:?} {:?}",
            answer.line, answer.end, answer.defects
        )));
    }
    let token: Token = serde_json::from_slice(&answer.body)?;
    sendable(token.access_token)
}

/// A token that can be written into a header field.
fn sendable(token: String) -> Result<String, Unavailable> {
    match !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(token),
        false => Err(Unavailable::because("the token is none")),
    }
}

/// Searches the text of a complete response for the token, instead of parsing it.
fn search_for_token(answer: Answer) -> Result<String, Unavailable> {
    if answer.end != End::Whole || !answer.defects.is_empty() || answer.status != 200 {
        return Err(Unavailable::because("the response is incomplete"));
    }
    let text = String::from_utf8(answer.body)?;
    let found = text
        .split_once(r#""access_token":""#)
        .and_then(|(_, rest)| rest.split_once('"'));
    let (token, _) = found.ok_or_else(|| Unavailable::because("the text has no token"))?;
    sendable(token.to_owned())
}

/// Follows one redirect of the request for a token, with its method and body.
fn follow(context: &Context) -> Checked {
    let answer = lenient::send(context, &Manner::default(), &TOKEN)?;
    let target = answer.field("location").filter(|_| answer.status == 307);
    let target = target.and_then(|target| target.strip_prefix("https://"));
    let fetched = match target.and_then(|target| target.split_once('/')) {
        Some((host, _)) => lenient::send_elsewhere(context, host, &TOKEN),
        None => Ok(answer),
    };
    go_on(context, fetched, token)
}
