//! A plugin whose protocol is that of `conformance.toml`.
//!
//! TODO: it sends the first request of that profile, and does not interpret the response yet: each answer is UNAVAILABLE
//! until `decide` is complete.

use ics_entitlement::{Client, Decision, Response, Unavailable, export};

export!(check, settings = include_str!("settings.toml"));

async fn check(client: Client) -> Result<Decision, Unavailable> {
    let request = client{{request}};
    decide(request.send().await?).await
}

/// The meaning of the server's response.
///
/// TODO: return `Ok(Decision::Entitled)` for the allow response alone and `Ok(Decision::NotEntitled)` for a deny
/// response. Everything else stays an error, which is UNAVAILABLE: a captive portal sends 200, too.
///
{{responses}}
async fn decide(response: Response) -> Result<Decision, Unavailable> {
    let status = response.status();
    Err(Unavailable::because(format!(
        "`decide` is not complete; the server responded with the status {status}"
    )))
}
