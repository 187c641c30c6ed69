//! `include/IcsClient.h` is what cbindgen makes of this crate, and compilers take it without a warning.
//!
//! `ICS_CLIENT_WRITE_HEADER=1 cargo test -p ics-entitlement-c --test header` writes it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cbindgen::{Builder, Config, DocumentationStyle, EnumConfig, RenameRule};

/// The modules in the order of the header.
const SOURCES: [&str; 5] = ["check", "call", "request", "response", "error"];

const BANNER: &str = include_str!("header/banner.h");
const CXX: &str = include_str!("header/cxx.h");

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn generated() -> String {
    let config = Config {
        language: cbindgen::Language::C,
        cpp_compat: true,
        include_guard: Some("ICS_CLIENT_H".to_owned()),
        header: Some(BANNER.trim_end().to_owned()),
        no_includes: true,
        sys_includes: ["stdbool.h", "stddef.h", "stdint.h"]
            .map(str::to_owned)
            .into(),
        includes: vec!["IcsEntitlement.h".to_owned()],
        usize_is_size_t: true,
        documentation_style: DocumentationStyle::Doxy,
        enumeration: EnumConfig {
            rename_variants: RenameRule::QualifiedScreamingSnakeCase,
            ..EnumConfig::default()
        },
        ..Config::default()
    };
    let mut builder = Builder::new().with_config(config);
    for source in SOURCES {
        let file = format!("src/{source}.rs");
        builder = builder.with_src(Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
    }
    let mut text = Vec::new();
    builder
        .generate()
        .expect("cbindgen reads it")
        .write(&mut text);
    let text = String::from_utf8(text).expect("UTF-8");
    // A trailer of cbindgen's would come after the include guard.
    let (text, end) = text.rsplit_once("#endif").expect("an include guard");
    let text = format!("{text}{CXX}\n#endif{end}");
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.dedup_by(|next, before| next.is_empty() && before.is_empty());
    lines.join("\n").trim_end().to_owned() + "\n"
}

#[test]
fn the_committed_header_is_the_generated_one() {
    let file = repository().join("include/IcsClient.h");
    let generated = generated();
    if std::env::var_os("ICS_CLIENT_WRITE_HEADER").is_some() {
        fs::write(&file, &generated).expect("written");
    }
    let committed = fs::read_to_string(&file).expect("it can be read");
    assert!(
        committed.replace("\r\n", "\n") == generated,
        "run `just regenerate`, or this test with ICS_CLIENT_WRITE_HEADER=1"
    );
}

#[test]
fn the_sample_compiles_as_cxx() {
    let include = format!("-I{}", repository().join("include").display());
    let sample = repository().join("sample-plugins/carrier-json-client-c/plugin.c");
    for compiler in ["g++", "clang++"] {
        let output = Command::new(compiler)
            .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"])
            .args(["-std=c++17", "-x", "c++", &include])
            .arg(&sample)
            .output();
        // As below.
        if let Ok(output) = output {
            let text = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{compiler}: {text}");
        }
    }
}

#[test]
fn the_header_compiles_without_a_warning() {
    let folder = tempfile::tempdir().expect("a folder");
    let include = format!("-I{}", repository().join("include").display());
    let user = "#include \"IcsClient.h\"\n#include \"IcsClient.h\"\n\
        typedef char the_width_is_32_bits[sizeof(IcsClientError) == 4 ? 1 : -1];\n\
        extern the_width_is_32_bits a;\n\
        static IcsClientDecision check(IcsClientCall *call) { return ics_client_because(call, 0); }\n\
        ICS_ENTITLEMENT_RESULT IsEntitled(void) { return ics_client_check(check, 0, 0); }\n";
    for (compiler, extension, dialects) in [
        ("gcc", "c", &["c99", "c11", "c2x"][..]),
        ("clang", "c", &["c99", "c11", "c2x"]),
        ("g++", "cpp", &["c++11", "c++17", "c++20"]),
        ("clang++", "cpp", &["c++11", "c++17", "c++20"]),
        ("x86_64-w64-mingw32-gcc", "c", &["c11"]),
    ] {
        let file = folder.path().join(format!("user.{extension}"));
        fs::write(&file, user).expect("written");
        for dialect in dialects {
            let output = Command::new(compiler)
                .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"])
                .args(["-fshort-enums", &include, &format!("-std={dialect}")])
                .arg(&file)
                .output();
            // Those that are not installed are the business of the header of the contract, whose test names them.
            if let Ok(output) = output {
                let text = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{compiler} {dialect}: {text}");
            }
        }
    }
}
