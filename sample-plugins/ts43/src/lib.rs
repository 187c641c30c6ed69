//! A plugin for a service entitlement configuration server, modelled on GSMA TS.43.
//!
//! TS.43 is made for services such as voice over Wi-Fi, and assigns no application id to tethering. This plugin asks for
//! the id in its settings, and only the status of that application decides. It keeps nothing between calls: neither the
//! configuration, whatever validity the server gives it, nor a token.

mod answer;
mod eap;
mod request;
mod retry_after;
mod settings;
#[cfg(test)]
mod tests;

use std::time::SystemTime;

use answer::Answer;
use eap::{NoSim, Sim};
use ics_entitlement::{Client, Decision, Unavailable, export};
use request::Credential;
use settings::{Method, Settings};

export!(check, settings = include_str!("settings.toml"));

async fn check(client: Client) -> Result<Decision, Unavailable> {
    let settings: Settings = client.settings()?;
    ask(&client, &settings, &NoSim).await
}

/// Asks the server until it decides.
///
/// Each reason to ask once more is used up by it: the fallback to GET, the wait that the server asks for, and the new
/// authentication after a token became stale. So the loop ends after four requests at most, and the relay after some
/// more.
async fn ask(
    client: &Client,
    settings: &Settings,
    sim: &impl Sim,
) -> Result<Decision, Unavailable> {
    let mut method = settings.method;
    let mut credential = Credential::first(settings)?;
    let mut may_wait = true;
    loop {
        let request = request::of(client, settings, method, &credential);
        let response = request.send().await?;
        match response.status() {
            200 => {
                let cookie = eap::cookie(&response);
                return match answer::read(response, &settings.app).await? {
                    Answer::Document(document) => document.decision(),
                    Answer::Challenge(packet) => {
                        let document = eap::relay(client, &settings.app, sim, packet, cookie);
                        document.await?.decision()
                    }
                };
            }
            403 => return Ok(Decision::NotEntitled),
            405 | 501 if method == Method::Post => method = Method::Get,
            503 if may_wait => {
                may_wait = false;
                let pause = response.header("retry-after");
                let pause = pause.and_then(|value| retry_after::pause(value, SystemTime::now()));
                // No attempt is possible after the deadline, so waiting would only delay the answer.
                match pause.filter(|pause| *pause < client.context().time_left()) {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return Err(Unavailable::because("status 503, and no time to wait")),
                }
            }
            511 if credential.is_token() => credential = Credential::of_the_sim(settings)?,
            status => return Err(Unavailable::because(format!("status {status}"))),
        }
    }
}
