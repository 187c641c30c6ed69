//! The SDK's client follows no redirect: a 302 is an error, whatever its Location says.

use ics_entitlement::{Client, Decision, Unavailable, export};

// The one host that may decide is named in the settings, with https. `allow_http` stays false.
export!(
    check,
    settings = r#"url = "https://entitlement.operator.example/tethering""#
);

#[derive(serde::Deserialize)]
struct Answer {
    entitled: bool,
}

async fn check(client: Client) -> Result<Decision, Unavailable> {
    // Do not add `.accept_status(302)` and read `Location`: the answer of another host, or of
    // another protocol, is not the operator's.
    let response = client.get("").send().await?;
    Ok(Decision::from(response.json::<Answer>().await?.entitled))
}
