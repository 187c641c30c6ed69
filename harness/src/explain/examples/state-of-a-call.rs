//! All state of a call belongs to the call. What calls share is written once and then only read.

use std::sync::LazyLock;

use ics_entitlement::{Client, Decision, Unavailable, export};

export!(
    check,
    settings = r#"url = "https://entitlement.operator.example""#
);

/// Shared: initialised once by whichever call comes first, the others wait for it.
static PATH: LazyLock<String> = LazyLock::new(|| format!("/v{}/entitlement", 1));

/// One call. Not `static mut`, and not thread-local: the next call may come on another thread.
struct Call {
    client: Client,
    attempts: u32,
}

#[derive(serde::Deserialize)]
struct Reply {
    entitled: bool,
}

impl Call {
    async fn ask(&mut self) -> Result<Decision, Unavailable> {
        self.attempts += 1;
        let reply: Reply = self.client.get(&PATH).send().await?.json().await?;
        Ok(Decision::from(reply.entitled))
    }
}

async fn check(client: Client) -> Result<Decision, Unavailable> {
    Call {
        client,
        attempts: 0,
    }
    .ask()
    .await
}
