//! Nothing of the library runs or is registered after the call. `export!` takes care of what Rust's
//! standard library would leave: thread-local keys and destructors, and what lives in statics.

use ics_entitlement::{Context, Decision, Unavailable, export};

export!(
    check,
    settings = r#"url = "https://entitlement.operator.example""#
);

/// In the call, not in a static: it is dropped before the call returns. `thread_local!` would
/// register a destructor on the thread that uses it, and that thread may end after unloading.
struct Scratch(Vec<u8>);

fn check(context: &Context) -> Result<Decision, Unavailable> {
    let scratch = Scratch(Vec::with_capacity(4096));
    let client = context.client();
    context.block_on(async move {
        // A task of `tokio::spawn` would end with `block_on`; one of `spawn_blocking` need not.
        let response = client.get("/v1/entitlement").send().await?;
        let text = response.text_of("text/plain").await?;
        drop(scratch.0);
        match text.trim_end() {
            "allowed" => Ok(Decision::Entitled),
            "denied" => Ok(Decision::NotEntitled),
            other => Err(Unavailable::because(format!("unknown answer `{other}`"))),
        }
    })?
}
