//! Each call opens a connection of its own. The SDK does so; here it may also try a second time.

use ics_entitlement::{Client, Decision, Unavailable, export};

export!(
    check,
    settings = r#"
        url = "https://entitlement.operator.example"
        deadline = "5s"

        # A failed connection, 502, 503 and 504 are tried again, once, within the same deadline.
        [retry]
        times = 1
        pause = "200 ms"
    "#
);

#[derive(serde::Deserialize)]
struct Reply {
    entitled: bool,
}

async fn check(client: Client) -> Result<Decision, Unavailable> {
    let reply: Reply = client.get("/v1/entitlement").send().await?.json().await?;
    Ok(Decision::from(reply.entitled))
}
