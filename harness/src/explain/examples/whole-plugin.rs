//! A whole plugin. The server answers {"entitled":true} or {"entitled":false}.

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
    // Each `?` becomes UNAVAILABLE: no network, no name, no valid certificate, a status other than
    // 200, a body that is cut, too large, not JSON or without the member.
    let reply: Reply = client.get("/v1/entitlement").send().await?.json().await?;
    Ok(Decision::from(reply.entitled))
}
