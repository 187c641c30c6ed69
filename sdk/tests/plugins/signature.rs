//! The compiler's message for a check function with a wrong signature.

use std::process::Command;

use crate::support::plugin;

/// Compiles a plugin against the SDK and returns the compiler's messages.
fn compile(function: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("lib.rs");
    let text = format!(
        "use ics_entitlement::{{export, Client, Context, Decision, Unavailable}};\n\
         export!(check);\n{function}\n"
    );
    std::fs::write(&source, text).unwrap();
    let sdk = plugin::sdk();
    let output = Command::new("rustc")
        .args([
            "--edition",
            "2024",
            "--crate-type",
            "cdylib",
            "--emit",
            "metadata",
            "-A",
            "unused",
        ])
        .arg("--extern")
        .arg(format!("ics_entitlement={}", sdk.display()))
        .arg("-L")
        .arg(format!("dependency={}", sdk.parent().unwrap().display()))
        .arg("--out-dir")
        .arg(folder.path())
        .arg(&source)
        .output()
        .unwrap();
    let messages = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.success(), messages.is_empty(), "{messages}");
    messages
}

#[test]
fn both_signatures_are_accepted() {
    let asking = "async fn check(_: Client) -> Result<Decision, Unavailable> { Ok(true.into()) }";
    assert_eq!(compile(asking), "");
    let plain = "fn check(_: &Context) -> Result<Decision, Unavailable> { Ok(true.into()) }";
    assert_eq!(compile(plain), "");
}

#[test]
fn a_wrong_signature_is_reported_with_the_right_ones() {
    for wrong in [
        "fn check() -> bool { true }",
        "fn check(_: String) -> Result<Decision, Unavailable> { Ok(true.into()) }",
        "async fn check(_: Client) -> Result<bool, Unavailable> { Ok(true) }",
        "async fn check(_: &Context) -> Result<Decision, Unavailable> { Ok(true.into()) }",
    ] {
        let messages = compile(wrong);
        assert!(
            messages.contains("is not a function that `export!` can export"),
            "{messages}"
        );
        assert!(
            messages.contains("expected `async fn(Client) -> Result<Decision, Unavailable>`"),
            "{messages}",
        );
    }
}
