//! Every error of the network has one outcome: no decision. It is neither "denied" nor the last
//! answer.

use ics_entitlement::{Client, Decision, Unavailable, export};

export!(
    check,
    settings = r#"url = "https://entitlement.operator.example""#
);

#[derive(serde::Deserialize)]
struct Reply {
    entitled: bool,
}

async fn check(client: Client) -> Result<Decision, Unavailable> {
    // `?` turns each of them into `Unavailable`: no route, no name, an empty list of addresses,
    // refused, reset, closed, a handshake that fails, a time-out, a response that is cut.
    let response = client.get("/v1/entitlement").send().await?;
    let reply: Reply = response.json().await?;
    // What loses it again: `.unwrap_or(Reply { entitled: false })`, `.unwrap_or_default()`, and
    // a `match` on certain errors, whose last arm decides about all the others.
    Ok(Decision::from(reply.entitled))
}
