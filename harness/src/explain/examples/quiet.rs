//! Why there was no decision goes into the error. With the SDK's feature `tracing` the host's log
//! gets it.

use ics_entitlement::{Client, Decision, Unavailable, export};

export!(
    check,
    settings = r#"url = "https://entitlement.operator.example""#
);

#[derive(serde::Deserialize)]
struct Reply {
    code: u32,
}

async fn check(client: Client) -> Result<Decision, Unavailable> {
    let reply: Reply = client.get("/v1/entitlement").send().await?.json().await?;
    match reply.code {
        0 => Ok(Decision::Entitled),
        1 => Ok(Decision::NotEntitled),
        // Not println!, eprintln! or dbg!: descriptor 1 may be a socket of the host by now.
        other => Err(Unavailable::because(format!("unknown code {other}"))),
    }
}
