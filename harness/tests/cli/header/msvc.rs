//! The header and the module-definition file in MSVC mode: with clang's command line of Microsoft's compiler, and its
//! linker's. No file of Microsoft's is needed, since the header includes only what a compiler itself has.

use std::fs;
use std::path::Path;

use object::read::pe::PeFile64;
use object::{NameOrOrdinal, Object, ObjectKind};

use super::include;
use crate::support::compilers::{assert_success, run_if_installed};

/// A plugin whose source does not say `extern "C"` or how it is called; the header does.
const PLUGIN: &str = "#include \"IcsEntitlement.h\"\n#include \"IcsEntitlement.h\"\n\
    typedef char the_width_is_32_bits[sizeof(ICS_ENTITLEMENT_RESULT) == 4 ? 1 : -1];\n\
    extern the_width_is_32_bits a;\n\
    ICS_ENTITLEMENT_RESULT IsEntitled(void) { return ENTITLEMENT_UNAVAILABLE; }\n";

/// Compiles a file as `cl` would, with each warning an error.
fn compile(claim: &str, target: &str, arguments: &[&str]) -> bool {
    let target = format!("--target={target}");
    let include = include();
    let mut all = vec!["--driver-mode=cl", &target, "/c", "/W4", "/WX", &include];
    // clang's own stdint.h, and not that of a C library.
    all.extend(["-Xclang", "-ffreestanding"]);
    all.extend(arguments);
    let Some(output) = run_if_installed(claim, "clang", &all) else {
        return false;
    };
    assert_success(&output, &format!("clang {all:?}"));
    true
}

fn text(name: &NameOrOrdinal<&[u8]>) -> String {
    match name {
        NameOrOrdinal::Name(name) => String::from_utf8_lossy(name).into_owned(),
        NameOrOrdinal::Ordinal(ordinal) => format!("#{ordinal}"),
    }
}

fn write_plugin(folder: &Path, language: &str) -> String {
    let source = folder.join(format!("plugin.{language}"));
    fs::write(&source, PLUGIN).expect("written");
    source.to_str().expect("a UTF-8 path").to_owned()
}

#[test]
fn the_header_compiles_in_msvc_mode_without_a_warning() {
    const CLAIM: &str = "the header compiles in MSVC mode without a warning";
    let folder = tempfile::tempdir().expect("a folder");
    let object = format!("/Fo{}", folder.path().join("plugin.obj").display());
    for (language, dialects) in [
        ("c", &["/std:c11", "/std:c17"][..]),
        ("cpp", &["/std:c++14", "/std:c++17", "/std:c++20"]),
    ] {
        let source = write_plugin(folder.path(), language);
        for target in ["x86_64-pc-windows-msvc", "i686-pc-windows-msvc"] {
            for dialect in dialects {
                // The calling conventions that a project may have as its default.
                for convention in ["/Gd", "/Gr", "/Gz"] {
                    if !compile(CLAIM, target, &[dialect, convention, &object, &source]) {
                        return;
                    }
                }
            }
        }
    }
}

#[test]
fn a_plugin_is_linked_with_the_module_definition() {
    const CLAIM: &str = "a plugin is linked in MSVC mode with the module-definition file";
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let source = write_plugin(folder.path(), "cpp");
    let object = path("plugin.obj");
    let flags = ["/DICS_ENTITLEMENT_API=", &format!("/Fo{object}"), &source];
    if !compile(CLAIM, "x86_64-pc-windows-msvc", &flags) {
        return;
    }
    let definition = super::repository().join("include/IcsEntitlement.def");
    let link = [
        "/dll",
        "/noentry",
        "/nodefaultlib",
        "/WX",
        &format!("/def:{}", definition.display()),
        &format!("/out:{}", path("plugin.dll")),
        &object,
    ];
    let Some(output) = run_if_installed(CLAIM, "lld-link", &link) else {
        return;
    };
    assert_success(&output, "lld-link");
    let bytes = fs::read(path("plugin.dll")).expect("it was linked");
    let dll = PeFile64::parse(&*bytes).expect("a DLL");
    assert_eq!(dll.kind(), ObjectKind::Dynamic);
    let names: Vec<_> = dll
        .exports()
        .expect("exports")
        .map(|export| text(&export.expect("an export").name()))
        .collect();
    assert_eq!(names, ["IsEntitled"]);
}

/// A host that is linked with the import library finds the function in the DLL that the library names.
#[test]
fn an_import_library_is_made_from_the_module_definition() {
    const CLAIM: &str = "an import library is made from the module-definition file";
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let definition = super::repository().join("include/IcsEntitlement.def");
    let library = path("plugin.lib");
    let make = [
        "-m",
        "i386:x86-64",
        "-d",
        &definition.display().to_string(),
        "-D",
        "plugin.dll",
        "-l",
        &library,
    ];
    let Some(output) = run_if_installed(CLAIM, "llvm-dlltool", &make) else {
        return;
    };
    assert_success(&output, "llvm-dlltool");
    let source = path("host.c");
    let host = "#include \"IcsEntitlement.h\"\nint start(void) { return IsEntitled(); }\n";
    fs::write(&source, host).expect("written");
    let object = path("host.obj");
    let flags = [
        "/DICS_ENTITLEMENT_API=__declspec(dllimport)",
        &format!("/Fo{object}"),
        &source,
    ];
    if !compile(CLAIM, "x86_64-pc-windows-msvc", &flags) {
        return;
    }
    let program = format!("/out:{}", path("host.exe"));
    let link = [
        "/entry:start",
        "/subsystem:console",
        "/nodefaultlib",
        &program,
        &object,
        &library,
    ];
    let Some(output) = run_if_installed(CLAIM, "lld-link", &link) else {
        return;
    };
    assert_success(&output, "lld-link");
    let bytes = fs::read(path("host.exe")).expect("it was linked");
    let program = PeFile64::parse(&*bytes).expect("a program");
    let names: Vec<_> = program
        .imports()
        .expect("imports")
        .map(|import| text(&import.expect("an import").name()))
        .collect();
    assert_eq!(names, ["IsEntitled"]);
    let libraries = program.import_libraries().expect("libraries");
    assert_eq!(libraries.count(), 1);
}
