//! The decision is one value of a closed type; everything else is no decision.

use ics_entitlement::{Client, Decision, Unavailable, export};

export!(
    check,
    settings = r#"url = "https://entitlement.operator.example/tethering""#
);

/// serde reports a missing or repeated member, null, another type and text after the end.
#[derive(serde::Deserialize)]
struct Answer {
    status: Status,
}

/// An enum, not a string: `Allowed`, `allowed ` and `disallowed` are errors.
#[derive(serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Allowed,
    Denied,
}

async fn check(client: Client) -> Result<Decision, Unavailable> {
    let answer: Answer = client.get("").send().await?.json().await?;
    Ok(match answer.status {
        Status::Allowed => Decision::Entitled,
        Status::Denied => Decision::NotEntitled,
    })
}
