//! What the compiler says to an author whose function has the wrong signature.

use std::path::Path;
use std::process::Command;

/// Compiles a plugin against the SDK that this test was built with, and returns what was said.
fn complaint(function: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("lib.rs");
    let text = format!(
        "use ics_entitlement::{{export, Client, Context, Decision, Unavailable}};\n\
         export!(check);\n{function}\n"
    );
    std::fs::write(&source, text).unwrap();
    // The test stands beside the libraries that it was linked from.
    let test = std::env::current_exe().unwrap();
    let libraries = test.parent().unwrap();
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
        .arg(format!("ics_entitlement={}", newest(libraries).display()))
        .arg("-L")
        .arg(format!("dependency={}", libraries.display()))
        .arg("--out-dir")
        .arg(folder.path())
        .arg(&source)
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.success(), told.is_empty(), "{told}");
    told
}

/// The library of the SDK that was built last, which is the one that this test uses.
fn newest(folder: &Path) -> std::path::PathBuf {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("libics_entitlement-") && name.ends_with(".rlib")
        })
        .max_by_key(|path| path.metadata().unwrap().modified().unwrap())
        .unwrap()
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
