//! Cargo.toml:
//!
//!     [lib]
//!     crate-type = ["cdylib"]
//!
//!     [profile.plugin]          # cargo build --profile plugin --target TARGET
//!     inherits = "release"
//!     lto = "fat"
//!     codegen-units = 1
//!     strip = true              # no symbols, and no paths of the build machine
//!     panic = "unwind"          # "abort" would end the host
//!
//! rustc links with full RELRO, a non-executable stack and no text relocations by default. Do not
//! add `-C link-arg=-Wl,-rpath,…` or `-C relocation-model=static`.

use ics_entitlement::{Client, Decision, Unavailable, export};

// No secret is compiled in: a library can be read by everyone who has the device image.
export!(
    check,
    settings = r#"url = "https://entitlement.operator.example""#
);

#[derive(serde::Deserialize)]
struct Reply {
    entitled: bool,
}

async fn check(client: Client) -> Result<Decision, Unavailable> {
    let reply: Reply = client.get("/v1/entitlement").send().await?.json().await?;
    Ok(Decision::from(reply.entitled))
}
