//! Links the program without position independence on Linux, and with one function that plugins find.
//!
//! Each run of a plugin executes the program again. Processing its
//! approximately 25,000 relocations would take a fifth of such a run
//! (`benches/worker.rs`). Address space randomisation is of no use here: the program
//! executes foreign code on purpose.

use std::path::PathBuf;

/// Plugins that were made with the SDK look for it in their host (`worker/reason.rs`).
const FUNCTION: &str = "ics_entitlement_reason";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    match (target("OS").as_str(), target("ENV").as_str()) {
        ("linux", _) => {
            println!("cargo::rustc-link-arg-bins=-no-pie");
            println!("cargo::rustc-link-arg-bins=-Wl,--export-dynamic-symbol={FUNCTION}");
        }
        ("windows", "msvc") => println!("cargo::rustc-link-arg-bins=/EXPORT:{FUNCTION}"),
        ("windows", _) => {
            let folder = std::env::var_os("OUT_DIR").expect("Cargo sets it");
            let file = PathBuf::from(folder).join("exports.def");
            std::fs::write(&file, format!("EXPORTS\n    {FUNCTION}\n")).expect("it is writable");
            println!("cargo::rustc-link-arg-bins={}", file.display());
        }
        _ => {}
    }
}
