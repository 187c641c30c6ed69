//! What the compiler says to an author whose function has the wrong signature.

use std::process::Command;

use crate::support::plugin;

/// Compiles a plugin against the SDK as plugins get it, and returns what was said.
fn complaint(function: &str) -> String {
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
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.success(), told.is_empty(), "{told}");
    told
}

#[test]
fn both_forms_are_accepted() {
    let asking = "async fn check(_: Client) -> Result<Decision, Unavailable> { Ok(true.into()) }";
    assert_eq!(complaint(asking), "");
    let plain = "fn check(_: &Context) -> Result<Decision, Unavailable> { Ok(true.into()) }";
    assert_eq!(complaint(plain), "");
}

#[test]
fn a_wrong_signature_is_told_with_the_right_ones() {
    for wrong in [
        "fn check() -> bool { true }",
        "fn check(_: String) -> Result<Decision, Unavailable> { Ok(true.into()) }",
        "async fn check(_: Client) -> Result<bool, Unavailable> { Ok(true) }",
        "async fn check(_: &Context) -> Result<Decision, Unavailable> { Ok(true.into()) }",
    ] {
        let told = complaint(wrong);
        assert!(
            told.contains("is not a function that `export!` can export"),
            "{told}"
        );
        assert!(
            told.contains("expected `async fn(Client) -> Result<Decision, Unavailable>`"),
            "{told}",
        );
    }
}
