//! Each call asks. What is kept between calls is how to ask, never what was answered.

use std::sync::OnceLock;

use ics_entitlement::{Client, Decision, Unavailable, export};

export!(
    check,
    settings = r#"url = "https://entitlement.operator.example""#
);

/// Fine in a static: it does not depend on any answer, and owns no descriptor and no thread.
static USER_AGENT: OnceLock<String> = OnceLock::new();

#[derive(serde::Deserialize)]
struct Reply {
    entitled: bool,
}

async fn check(client: Client) -> Result<Decision, Unavailable> {
    let agent = USER_AGENT.get_or_init(|| format!("entitlement/{}", env!("CARGO_PKG_VERSION")));
    let request = client.get("/v1/entitlement").header("user-agent", agent);
    // An error ends the call. It is not answered with the last decision, and not with "denied".
    let reply: Reply = request.send().await?.json().await?;
    Ok(Decision::from(reply.entitled))
}
