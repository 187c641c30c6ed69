//! Files are found from the library's own folder. For libcarrier.so the SDK reads libcarrier.toml
//! beside it, and takes paths in it relative to that folder. It writes nothing.

use ics_entitlement::{Client, Decision, Unavailable, export};

// Compiled-in settings, so that a missing file is no error. No path depends on the build machine.
export!(
    check,
    settings = r#"
        url = "https://entitlement.operator.example"
        ca = ["operator-ca.pem"]
        [plugin]
        path = "/v1/entitlement"
    "#
);

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    path: String,
}

#[derive(serde::Deserialize)]
struct Reply {
    entitled: bool,
}

async fn check(client: Client) -> Result<Decision, Unavailable> {
    let own: Own = client.settings()?;
    let reply: Reply = client.get(&own.path).send().await?.json().await?;
    Ok(Decision::from(reply.entitled))
}
