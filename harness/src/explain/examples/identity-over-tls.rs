//! Identities go into the body or the Authorization field of a request over TLS, never into the
//! URL.

use ics_entitlement::{Client, Decision, Unavailable, export};

export!(
    check,
    settings = r#"url = "https://entitlement.operator.example""#
);

#[derive(serde::Deserialize)]
struct Own {
    imsi: String,
    token: String,
}

#[derive(serde::Serialize)]
struct Question<'a> {
    imsi: &'a str,
}

#[derive(serde::Deserialize)]
struct Reply {
    entitled: bool,
}

async fn check(client: Client) -> Result<Decision, Unavailable> {
    let own: Own = client.settings()?;
    let request = client
        .post("/v1/entitlement")
        .bearer(&own.token)
        .json(&Question { imsi: &own.imsi });
    // The reason of an error does not repeat the identity: it may be logged.
    let reply: Reply = request.send().await?.json().await?;
    Ok(Decision::from(reply.entitled))
}
