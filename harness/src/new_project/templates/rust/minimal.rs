//! A plugin: it asks the operator's server and returns its decision.

use ics_entitlement::{Client, Decision, Unavailable, export};

export!(check, settings = include_str!("settings.toml"));

#[derive(serde::Deserialize)]
struct Reply {
    entitled: bool,
}

async fn check(client: Client) -> Result<Decision, Unavailable> {
    let reply: Reply = client.get("/v1/entitlement").send().await?.json().await?;
    Ok(Decision::from(reply.entitled))
}
