//! The status comes first, as a number. Only the two that the operator's protocol names are read
//! further.

use ics_entitlement::{Client, Decision, Unavailable, export};

export!(
    check,
    settings = r#"url = "https://entitlement.operator.example/tethering""#
);

#[derive(serde::Deserialize)]
struct Answer {
    status: String,
}

async fn check(client: Client) -> Result<Decision, Unavailable> {
    // `send` returns an error for every status but 200, unless it is accepted here.
    let response = client.get("").accept_status(403).send().await?;
    match response.status() {
        200 => match response.json::<Answer>().await?.status.as_str() {
            "allowed" => Ok(Decision::Entitled),
            _ => Err(Unavailable::because("a 200 that does not allow")),
        },
        403 => match response.text_of("text/plain").await?.trim_end() {
            "1000" => Ok(Decision::NotEntitled),
            _ => Err(Unavailable::because("a 403 that does not deny")),
        },
        other => Err(Unavailable::because(format!("status {other}"))),
    }
}
