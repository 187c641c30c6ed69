//! Links the program without position independence on Linux, and with one function that plugins find.
//!
//! Each run of a plugin executes the program again. Processing its
//! approximately 25,000 relocations would take a fifth of such a run
//! (`benches/worker.rs`). Address space randomisation is of no use here: the program
//! executes foreign code on purpose.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_CFG_TARGET_OS").is_some_and(|system| system == "linux") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
        // Plugins that were made with the SDK look for it in their host (`worker/linux/reason.rs`).
        println!("cargo::rustc-link-arg-bins=-Wl,--export-dynamic-symbol=ics_entitlement_reason");
    }
}
