//! A 403 is a denial only if it is the operator's own: its type and one of its codes.

use ics_entitlement::{Client, Decision, Response, Unavailable, export};

export!(
    check,
    settings = r#"url = "https://entitlement.operator.example/tethering""#
);

#[derive(serde::Deserialize)]
struct Answer {
    status: String,
}

async fn check(client: Client) -> Result<Decision, Unavailable> {
    let response = client.get("").accept_status(403).send().await?;
    if response.status() == 403 {
        return denial(response).await;
    }
    match response.json::<Answer>().await?.status.as_str() {
        "allowed" => Ok(Decision::Entitled),
        _ => Err(Unavailable::because("a 200 that does not allow")),
    }
}

/// A firewall's HTML page, an empty body and an unknown code have denied nothing.
async fn denial(response: Response) -> Result<Decision, Unavailable> {
    match response.text_of("text/plain").await?.trim_end() {
        "1000" | "1003" => Ok(Decision::NotEntitled),
        code => Err(Unavailable::because(format!("a 403 with code `{code}`"))),
    }
}
