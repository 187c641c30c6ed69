//! Nothing is taken from the environment. A proxy or a root that is really meant is in the
//! settings.

use ics_entitlement::{Client, Decision, Unavailable, export};

export!(
    check,
    settings = r#"
        url = "https://entitlement.operator.example"
        ca = ["operator-ca.pem"]
        # The roots are those above; "platform" would let SSL_CERT_FILE add to them on Linux.
        roots = "settings"
        # HTTPS_PROXY is ignored. If the operator's network has a proxy:
        # proxy = "http://proxy.operator.example:3128"
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
