//! Faults in the interpretation of what a well-formed response says.

use ics_entitlement::{Context, Decision, Response};

use crate::Checked;
use crate::carrier::{self, AllowResponse};

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    Some(match rule {
        // A partial response has the decision too.
        "status-of-another-kind" => carrier::ask_and(context, &[206], carrier::meaning),
        "another-value" => of_body(context, |body| {
            let response: AllowResponse = serde_json::from_str(str::from_utf8(&body)?)?;
            match response.status.contains("allowed") {
                true => Ok(Decision::Entitled),
                false => carrier::decision(&response),
            }
        }),
        "deny-of-another-kind" => every_403_denies(context),
        // The library's generic value keeps the last of two members.
        "duplicate-member" => of_body(context, |body| {
            let value: serde_json::Value = serde_json::from_slice(&body)?;
            carrier::decision(&serde_json::from_value(value)?)
        }),
        "empty-200" => of_body(context, |body| match body.is_empty() {
            true => Ok(Decision::Entitled),
            false => carrier::allowed(&body),
        }),
        // Leaves out what it cannot decode.
        "bad-utf8" => of_body(context, |mut body| {
            body.retain(u8::is_ascii);
            carrier::allowed(&body)
        }),
        // Replaces what it cannot decode.
        "bad-utf8-elsewhere" => of_body(context, |body| {
            carrier::allowed(String::from_utf8_lossy(&body).as_bytes())
        }),
        // Stops after the first document.
        "trailing-garbage" => of_body(context, |body| {
            let text = str::from_utf8(&body)?;
            let mut documents = serde_json::Deserializer::from_str(text).into_iter();
            match documents.next() {
                Some(response) => carrier::decision(&response?),
                None => carrier::allowed(&body),
            }
        }),
        "wrong-type" => any_type(context),
        _ => return None,
    })
}

/// Interprets the body of a 200.
fn of_body(context: &Context, meaning: impl FnOnce(Vec<u8>) -> Checked) -> Checked {
    carrier::ask_and(context, &[], async |response: Response| {
        match response.status() {
            200 => meaning(response.bytes_of("application/json").await?),
            _ => carrier::meaning(response).await,
        }
    })
}

/// Does not read the code of a refusal.
fn every_403_denies(context: &Context) -> Checked {
    carrier::ask_and(context, &[], async |response| match response.status() {
        403 => Ok(Decision::NotEntitled),
        _ => carrier::meaning(response).await,
    })
}

/// Reads the JSON whatever its type.
fn any_type(context: &Context) -> Checked {
    carrier::ask_and(context, &[], async |response| {
        if response.status() != 200 {
            return carrier::meaning(response).await;
        }
        let kind = response.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_owned();
        carrier::allowed(&response.bytes_of(&kind).await?)
    })
}
