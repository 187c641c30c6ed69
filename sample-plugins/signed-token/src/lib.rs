//! A plugin that trusts neither the network nor who answers for the server: only the operator's signature.
//!
//! TLS shows which server answers, to those who trust its certificate authority. If an authority, a proxy or the server's
//! front end is not trusted, the answer itself has to be authentic and new: the server signs it together with a nonce
//! that the plugin has just made. What was recorded, made for another device, or signed by anyone else is no answer.

mod claims;
mod jws;
mod nonce;
mod settings;
#[cfg(test)]
mod tests;

use std::time::{SystemTime, UNIX_EPOCH};

use claims::{Claims, Expected};
use ics_entitlement::{Client, Decision, Unavailable, export};
use nonce::Nonce;
use serde::Serialize;
use settings::Settings;

export!(check, settings = include_str!("settings.toml"));

#[derive(Serialize)]
struct Question<'a> {
    nonce: &'a str,
    device: &'a str,
}

async fn check(client: Client) -> Result<Decision, Unavailable> {
    let settings: Settings = client.settings()?;
    let nonce = Nonce::new()?;
    let question = Question {
        nonce: nonce.as_str(),
        device: &settings.device,
    };
    let asked_at = now()?;
    let response = client.post("").json(&question).send().await?;
    let token = response.text_of("application/jwt").await?;
    // A text file often ends with a line break.
    let payload = jws::verified(token.trim_ascii(), &settings.public_key)?;
    let claims: Claims = serde_json::from_str(str::from_utf8(&payload)?)?;
    claims.decision(&Expected {
        nonce: nonce.as_str(),
        device: &settings.device,
        asked_at,
        now: now()?,
        tolerance: settings.clock_tolerance,
    })
}

/// The device's time, in seconds since 1970.
///
/// A device whose clock is wrong by more than the tolerance gets no decision. It cannot take the time from the answer,
/// since whoever sends the answer could then choose it.
fn now() -> Result<u64, Unavailable> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}
