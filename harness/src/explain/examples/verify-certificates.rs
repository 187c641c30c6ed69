//! The chain, the dates and the name are verified by default. All that is added is which roots to
//! trust.

use ics_entitlement::{Client, Decision, Unavailable, export};

export!(
    check,
    settings = r#"
        url = "https://entitlement.operator.example"
        # The operator's own CA, beside the library; no other CA is then trusted.
        ca = ["operator-ca.pem"]
    "#
);

#[derive(serde::Deserialize)]
struct Reply {
    entitled: bool,
}

async fn check(client: Client) -> Result<Decision, Unavailable> {
    // A chain that does not verify ends the handshake: no byte of the request has been sent.
    let reply: Reply = client.get("/v1/entitlement").send().await?.json().await?;
    Ok(Decision::from(reply.entitled))
}
