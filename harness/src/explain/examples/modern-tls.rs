//! TLS 1.2 and 1.3 with authenticated encryption only: all that rustls, and so the SDK, can speak.

use ics_entitlement::{Client, Decision, Unavailable, export};

export!(
    check,
    settings = r#"
        url = "https://entitlement.operator.example"
        # Optional: the server's own key, in addition to a valid chain. Name the next key as well,
        # so that it can be changed: "sha256/" and base64 of the SubjectPublicKeyInfo.
        # pinned_keys = ["sha256/…", "sha256/…"]
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
