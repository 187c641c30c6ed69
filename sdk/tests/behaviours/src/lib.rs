//! The plugin of the SDK's tests. The setting `behaviour` selects what it does.

use std::time::Duration;

use ics_entitlement::{Client, Decision, Unavailable, export};
use serde::Deserialize;

export!(check);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    behaviour: Behaviour,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Behaviour {
    #[default]
    Ask,
    AskTwice,
    Panic,
    PanicInDestructor,
    PanicWithPanickingPayload,
    PanicInThread,
    Block,
    Sleep,
}

#[derive(Deserialize)]
struct Answer {
    status: String,
}

/// Panics when dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

async fn check(client: Client) -> Result<Decision, Unavailable> {
    match client.settings::<Settings>()?.behaviour {
        Behaviour::Ask => {}
        Behaviour::AskTwice => {
            client.get("/token").send().await?.json::<Answer>().await?;
        }
        Behaviour::Panic => panic!("on purpose"),
        Behaviour::PanicInDestructor => {
            let _bomb = Bomb;
            return Ok(Decision::Entitled);
        }
        Behaviour::PanicWithPanickingPayload => std::panic::panic_any(Bomb),
        Behaviour::PanicInThread => {
            let thread = std::thread::spawn(|| panic!("on purpose"));
            thread
                .join()
                .map_err(|_| Unavailable::because("the thread panicked"))?;
        }
        Behaviour::Block => std::thread::sleep(Duration::from_secs(3)),
        Behaviour::Sleep => tokio::time::sleep(Duration::from_secs(3)).await,
    }
    let answer: Answer = client.get("/v1").send().await?.json().await?;
    Ok(Decision::from(answer.status == "allowed"))
}
