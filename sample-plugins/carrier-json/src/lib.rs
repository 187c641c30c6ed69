//! A plugin for the tethering check of ChromeOS's connection manager.
//!
//! The server sends 200 if the device may share its connection, and 403 with a code if it may not. A
//! captive portal sends 200 too, so this plugin requires a JSON body that a portal does not send. The
//! setting `accept = "status-only"` selects the original behaviour.

use ics_entitlement::{Client, Decision, Response, Unavailable, export};
use serde::{Deserialize, Serialize};

export!(check, settings = include_str!("settings.toml"));

/// The table `[plugin]` of the settings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    method: Method,
    accept: Accept,
    imsi: Option<String>,
}

#[derive(Deserialize)]
enum Method {
    #[serde(rename = "GET")]
    Get,
    #[serde(rename = "POST")]
    Post,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Accept {
    Json,
    StatusOnly,
}

#[derive(Serialize)]
struct Question {
    #[serde(skip_serializing_if = "Option::is_none")]
    imsi: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    status: String,
}

async fn check(client: Client) -> Result<Decision, Unavailable> {
    let settings: Settings = client.settings()?;
    let request = match settings.method {
        Method::Get => client.get(""),
        Method::Post => client.post("").json(&Question {
            imsi: settings.imsi,
        }),
    };
    let response = request.accept_status(403).send().await?;
    if response.status() == 403 {
        return refusal(response).await;
    }
    match settings.accept {
        Accept::StatusOnly => Ok(Decision::Entitled),
        Accept::Json => match response.json::<Answer>().await?.status.as_str() {
            "allowed" => Ok(Decision::Entitled),
            _ => Err(Unavailable::because("a 200 whose status is not `allowed`")),
        },
    }
}

/// Interprets the code in the body of a 403. Not every code is a decision.
async fn refusal(response: Response) -> Result<Decision, Unavailable> {
    match response.text().await?.trim_matches(['\r', '\n', ' ']) {
        // Not subscribed to tethering; user not recognised.
        "1000" | "1003" => Ok(Decision::NotEntitled),
        // 1001: the request was wrong. 5000: the server failed. Others are unknown.
        code => Err(Unavailable::because(format!("a 403 with code `{code}`"))),
    }
}
