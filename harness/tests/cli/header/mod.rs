//! The header of the contract: that the committed one is the generated one,
//! that compilers take it without a warning, and that both sides of it agree
//! on the values.

mod hosts;
mod msvc;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ics_harness::abi::ICS_ENTITLEMENT_RESULT;
use ics_harness::header::{Language, check, generate, module_definition};

use crate::prerequisites;
use crate::support::compilers::{assert_success, run_if_installed};

const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

struct Compiler {
    program: &'static str,
    dialects: &'static [&'static str],
}

const C: &[&str] = &["c99", "c11", "c17", "c2x", "c23"];
const CXX: &[&str] = &["c++98", "c++11", "c++17", "c++20", "c++2b", "c++23"];

const COMPILERS: [Compiler; 6] = [
    Compiler {
        program: "gcc",
        dialects: C,
    },
    Compiler {
        program: "g++",
        dialects: CXX,
    },
    Compiler {
        program: "clang",
        dialects: C,
    },
    Compiler {
        program: "clang++",
        dialects: CXX,
    },
    Compiler {
        program: "x86_64-w64-mingw32-gcc",
        dialects: C,
    },
    Compiler {
        program: "x86_64-w64-mingw32-g++",
        dialects: CXX,
    },
];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn include() -> String {
    format!("-I{}", repository().join("include").display())
}

#[test]
fn the_committed_header_is_the_generated_one() {
    let file = repository().join("include/IcsEntitlement.h");
    let difference = check(&file, Language::C, None).expect("the header can be read");
    if let Some(difference) = difference {
        panic!("run `ics-harness header --output include/IcsEntitlement.h`:\n{difference}");
    }
}

#[test]
fn the_committed_module_definition_is_the_generated_one() {
    let file = repository().join("include/IcsEntitlement.def");
    let committed = fs::read_to_string(file).expect("it can be read");
    assert!(
        committed.replace("\r\n", "\n") == module_definition(),
        "run `ics-harness header --def include/IcsEntitlement.def`"
    );
}

#[test]
fn a_difference_is_shown_line_by_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("old.h");
    let header = generate(Language::C, None).expect("a header");
    fs::write(
        &file,
        header.replace("ENTITLEMENT_FAILED = 1", "ENTITLEMENT_FAILED = 3"),
    )
    .expect("written");
    let difference = check(&file, Language::C, None)
        .expect("the file can be read")
        .expect("the files differ")
        .to_string();
    assert!(
        difference.contains("\n-  ENTITLEMENT_FAILED = 3,\n+  ENTITLEMENT_FAILED = 1,\n"),
        "{difference}"
    );
    fs::write(&file, header.replace('\n', "\r\n")).expect("written");
    assert_eq!(check(&file, Language::C, None).expect("readable"), None);
    let missing = check(&folder.path().join("none.h"), Language::C, None).expect_err("no file");
    assert!(missing.to_string().contains("none.h"), "{missing}");
}

/// Each dialect that the compiler knows, with and without short enumerations.
#[test]
fn the_header_compiles_without_a_warning() {
    let folder = tempfile::tempdir().expect("a folder");
    for language in ["c", "cpp"] {
        let user = "#include \"IcsEntitlement.h\"\n#include \"IcsEntitlement.h\"\n\
            typedef char the_width_is_32_bits[sizeof(ICS_ENTITLEMENT_RESULT) == 4 ? 1 : -1];\n\
            typedef char the_version_is_1[ICS_ENTITLEMENT_CONTRACT_VERSION == 1 ? 1 : -1];\n\
            extern the_width_is_32_bits a; extern the_version_is_1 b;\n\
            ICS_ENTITLEMENT_RESULT IsEntitled(void) { return ENTITLEMENT_UNAVAILABLE; }\n";
        fs::write(folder.path().join(format!("user.{language}")), user).expect("written");
        let empty = "typedef int empty;\n";
        fs::write(folder.path().join(format!("empty.{language}")), empty).expect("written");
    }
    for compiler in COMPILERS {
        let mut known = 0;
        for dialect in compiler.dialects {
            let extension = if dialect.starts_with("c++") {
                "cpp"
            } else {
                "c"
            };
            let standard = format!("-std={dialect}");
            let file = |name: &str| {
                let file = folder.path().join(format!("{name}.{extension}"));
                file.to_str().expect("a UTF-8 path").to_owned()
            };
            let empty = file("empty");
            let Some(probe) = run_if_installed(
                "the header compiles without a warning",
                compiler.program,
                &[&standard, "-fsyntax-only", &empty],
            ) else {
                break;
            };
            if !probe.status.success() {
                continue;
            }
            known += 1;
            for short_enums in ["-fno-short-enums", "-fshort-enums"] {
                let (include, user) = (include(), file("user"));
                let mut arguments = vec![&*standard, "-fsyntax-only", short_enums, &include, &user];
                arguments.extend(STRICT);
                let output = Command::new(compiler.program)
                    .args(&arguments)
                    .output()
                    .expect("it ran");
                assert_success(&output, &format!("{} {arguments:?}", compiler.program));
            }
        }
        if prerequisites::missing(compiler.program).is_none() {
            assert!(
                known >= 4,
                "{} knows only {known} dialects",
                compiler.program
            );
        }
    }
}

#[test]
fn the_generated_cxx_header_compiles_without_a_warning() {
    const CLAIM: &str = "the generated C++ header compiles without a warning";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("user.cpp");
    let header = generate(Language::Cxx, None).expect("a header");
    let user = "\nICS_ENTITLEMENT_RESULT IsEntitled(void) { return ENTITLEMENT_SUCCESS; }\n";
    fs::write(&file, header + user).expect("written");
    let file = file.to_str().expect("a UTF-8 path");
    for compiler in COMPILERS.iter().filter(|each| each.dialects == CXX) {
        let mut arguments = vec!["-std=c++11", "-fsyntax-only", "-fshort-enums", file];
        arguments.extend(STRICT);
        if let Some(output) = run_if_installed(CLAIM, compiler.program, &arguments) {
            assert_success(&output, compiler.program);
        }
    }
}

/// A plugin that returns each of the three names, in several dialects, and a
/// host that prints the numbers and the names that it got.
#[cfg(unix)]
#[test]
fn a_c_plugin_and_a_c_host_agree_on_the_values() {
    const CLAIM: &str = "a C plugin and a C host agree on the values";
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/header");
    let (plugin, host) = (sources.join("plugin.c"), sources.join("host.c"));
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("host");
    let include = include();
    let path = |path: &Path| path.to_str().expect("a UTF-8 path").to_owned();
    let host_arguments = [
        "-std=c11",
        &include,
        &path(&host),
        "-o",
        &path(&program),
        "-ldl",
    ];
    let Some(output) = run_if_installed(CLAIM, "gcc", &host_arguments) else {
        return;
    };
    assert_success(&output, "the host");
    let answers = [
        (
            "ENTITLEMENT_SUCCESS",
            ICS_ENTITLEMENT_RESULT::ENTITLEMENT_SUCCESS,
        ),
        (
            "ENTITLEMENT_FAILED",
            ICS_ENTITLEMENT_RESULT::ENTITLEMENT_FAILED,
        ),
        (
            "ENTITLEMENT_UNAVAILABLE",
            ICS_ENTITLEMENT_RESULT::ENTITLEMENT_UNAVAILABLE,
        ),
    ];
    for (compiler, flags) in [
        ("gcc", &["-std=c99"][..]),
        ("gcc", &["-std=c11", "-fshort-enums"]),
        ("g++", &["-std=c++98", "-fshort-enums"]),
        ("g++", &["-std=c++20", "-fshort-enums"]),
        ("clang", &["-std=c2x", "-fshort-enums"]),
        ("clang++", &["-std=c++17", "-fshort-enums", "-O2"]),
    ] {
        for (name, value) in answers {
            let library = path(&folder.path().join("plugin.so"));
            let answer = format!("-DANSWER={name}");
            let language = if compiler.ends_with("++") { "c++" } else { "c" };
            let plugin = path(&plugin);
            let mut arguments = flags.to_vec();
            arguments.extend(["-shared", "-fPIC", "-fvisibility=hidden", &include, &answer]);
            arguments.extend(["-x", language, &plugin, "-o", &library]);
            let Some(output) = run_if_installed(CLAIM, compiler, &arguments) else {
                break;
            };
            assert_success(&output, &format!("{compiler} {arguments:?}"));
            let output = Command::new(&program)
                .arg(&library)
                .output()
                .expect("the host runs");
            assert_success(
                &output,
                &format!("the host with a plugin of {compiler} {flags:?}"),
            );
            let text = String::from_utf8_lossy(&output.stdout);
            assert_eq!(
                text,
                format!("{} {name}\n", value as i32),
                "{compiler} {flags:?}"
            );
        }
    }
}

#[test]
fn the_cython_declarations_compile() {
    const CLAIM: &str = "the Cython declarations compile";
    let folder = tempfile::tempdir().expect("a folder");
    let declarations = generate(Language::Cython, None).expect("declarations");
    fs::write(folder.path().join("entitlement.pxd"), declarations).expect("written");
    let user = "from entitlement cimport *\n\
        def ask():\n    cdef ICS_ENTITLEMENT_RESULT answer\n    with nogil:\n        answer = IsEntitled()\n    \
        return (answer, ENTITLEMENT_SUCCESS, ENTITLEMENT_FAILED, ENTITLEMENT_UNAVAILABLE, ICS_ENTITLEMENT_CONTRACT_VERSION)\n";
    let file = folder.path().join("user.pyx");
    fs::write(&file, user).expect("written");
    let file = file.to_str().expect("a UTF-8 path");
    let Some(output) = run_if_installed(CLAIM, "cython3", &["-3", "-Werror", file]) else {
        return;
    };
    assert_success(&output, "cython3");
    // Cython does not read the C header; the C compiler does, if Python's is there.
    let Some(flags) = run_if_installed(CLAIM, "python3-config", &["--includes"]) else {
        return;
    };
    let flags = String::from_utf8_lossy(&flags.stdout).into_owned();
    let (include, generated) = (include(), file.replace(".pyx", ".c"));
    let mut arguments: Vec<&str> = flags.split_whitespace().collect();
    arguments.extend(["-Wall", "-Werror", "-fsyntax-only", &include, &generated]);
    if let Some(output) = run_if_installed(CLAIM, "gcc", &arguments) {
        assert_success(&output, "the C that Cython wrote");
    }
}
