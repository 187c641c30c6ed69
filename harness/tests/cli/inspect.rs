//! What `inspect` reports about files that compilers made, and about broken ones.

mod files;

use std::fs;
use std::path::{Path, PathBuf};

use ics_harness::plugin::inspect::{
    Entitlement, ExportKind, FileKind, Format, InspectError, Inspection, Problem, inspect,
    inspect_bytes,
};
use tempfile::TempDir;

use crate::support::compilers::{assert_success, run_if_installed};

const HOST: &[&str] = &["-shared", "-fPIC"];

/// Compiles the fixture with a compiler, if it is installed.
struct Fixtures {
    claim: &'static str,
    folder: TempDir,
    source: PathBuf,
}

impl Fixtures {
    /// For a claim, which is named where a compiler is missing.
    fn new(claim: &'static str) -> Self {
        Self {
            claim,
            folder: tempfile::tempdir().expect("a folder"),
            source: Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plugins/exports.c"),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn compile(&self, compiler: &str, flags: &[&str]) -> Option<PathBuf> {
        // A compiler for Windows adds an extension where there is none.
        let library = self.path("fixture.library");
        let language = if compiler.ends_with("++") { "c++" } else { "c" };
        let library_name = library.to_str().expect("a UTF-8 path");
        let source = self.source.to_str().expect("a UTF-8 path");
        let mut arguments = flags.to_vec();
        arguments.extend(["-x", language, source, "-x", "none", "-o", library_name]);
        let output = run_if_installed(self.claim, compiler, &arguments)?;
        assert_success(&output, &format!("{compiler} {arguments:?}"));
        Some(library)
    }

    fn inspect(&self, compiler: &str, flags: &[&str]) -> Option<Inspection> {
        let library = self.compile(compiler, flags)?;
        Some(inspect(&library).expect("the file can be read"))
    }
}

fn with<'a>(flags: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [flags, more].concat()
}

#[test]
fn a_good_library_is_described_whole() {
    let fixtures = Fixtures::new("a good library is described whole");
    let flags = with(HOST, &["-Wl,-soname,libgood.so.1,--no-as-needed"]);
    let Some(found) = fixtures.inspect("gcc", &flags) else {
        return;
    };
    assert!(found.is_whole_library(), "{:?}", found.problems);
    assert!(found.is_for_host(), "{:?}", found.machine);
    assert_eq!(found.format, Format::Elf);
    assert_eq!(found.entitlement, Entitlement::Function);
    assert_eq!(found.entitlement.help(), None);
    assert_eq!(found.name.as_deref(), Some("libgood.so.1"));
    assert!(
        found.needed.iter().any(|name| name == "libc.so.6"),
        "{:?}",
        found.needed
    );
    assert_eq!(found.sdk, None);
    let names: Vec<_> = found
        .exports
        .iter()
        .map(|export| export.name.as_deref())
        .collect();
    assert_eq!(names, [Some("IsEntitled")]);
    assert_eq!(found.sha256.len(), 64);
}

#[test]
fn a_wrong_elf_export_is_named() {
    let fixtures = Fixtures::new("a wrong elf export is named");
    let mangled = Entitlement::Mangled {
        symbol: "_Z10IsEntitledv".to_owned(),
    };
    let misspelt = Entitlement::Misspelt {
        symbol: "is_entitled".to_owned(),
    };
    for (compiler, flag, expected) in [
        ("g++", "-DPLAIN", mangled),
        ("gcc", "-DHIDDEN", Entitlement::Hidden),
        ("gcc", "-DDATA", Entitlement::Data),
        ("gcc", "-DCONSTANT", Entitlement::Data),
        ("gcc", "-DTHREAD_LOCAL", Entitlement::Data),
        ("gcc", "-DMISSPELT", misspelt),
        ("gcc", "-DUNEXPORTED", Entitlement::Missing),
    ] {
        if let Some(found) = fixtures.inspect(compiler, &with(HOST, &[flag])) {
            assert_eq!(found.entitlement, expected, "{compiler} {flag}");
            assert!(found.entitlement.help().is_some(), "{flag}");
            assert!(found.is_whole_library(), "{flag}: {:?}", found.problems);
        }
    }
}

#[test]
fn a_library_without_section_headers_is_read_as_the_loader_does() {
    let fixtures = Fixtures::new("a library without section headers is read as the loader does");
    for hash in ["-Wl,--hash-style=gnu", "-Wl,--hash-style=sysv"] {
        let flags = with(
            HOST,
            &[
                "-s",
                hash,
                "-DMARKED=\"{\\\"sdk\\\":\\\"0.1.0\\\",\\\"settings\\\":1}\"",
            ],
        );
        let Some(library) = fixtures.compile("gcc", &flags) else {
            return;
        };
        let mut bytes = fs::read(library).expect("readable");
        let whole = inspect_bytes("whole", &bytes);
        // e_shoff, and e_shnum with e_shstrndx: there are no section headers.
        bytes[40..48].fill(0);
        bytes[60..64].fill(0);
        let found = inspect_bytes("whole", &bytes);
        assert_eq!(found.entitlement, Entitlement::Function, "{hash}");
        assert!(found.is_whole_library());
        assert_eq!(found.sdk.as_ref().expect("marked").sdk, "0.1.0");
        assert_eq!(
            Inspection {
                sha256: whole.sha256.clone(),
                ..found
            },
            whole
        );
    }
}

#[test]
fn the_marker_of_the_sdk_is_found_in_elf_and_pe() {
    let fixtures = Fixtures::new("the marker of the sdk is found in elf and pe");
    let marked = "-DMARKED=\"{\\\"sdk\\\":\\\"0.1.0\\\",\\\"settings\\\":1}\"";
    let broken = "-DMARKED=\"{\\\"sdk\\\":1}\"";
    for (compiler, flags) in [("gcc", HOST), ("x86_64-w64-mingw32-gcc", &["-shared"])] {
        let Some(found) = fixtures.inspect(compiler, &with(flags, &[marked])) else {
            continue;
        };
        let sdk = found.sdk.expect("the marker");
        assert_eq!((sdk.sdk.as_str(), sdk.settings), ("0.1.0", 1), "{compiler}");
        let found = fixtures
            .inspect(compiler, &with(flags, &[broken]))
            .expect("installed");
        assert_eq!(found.sdk, None);
        assert!(
            matches!(&found.problems[..], [Problem::Marker { .. }]),
            "{:?}",
            found.problems
        );
    }
}

#[test]
fn a_program_and_an_object_are_no_libraries() {
    let fixtures = Fixtures::new("a program and an object are no libraries");
    for (flags, kind) in [
        (&["-DPROGRAM", "-pie", "-fPIE"][..], FileKind::Executable),
        (&["-DPROGRAM", "-no-pie"], FileKind::Executable),
        (&["-c"], FileKind::Object),
    ] {
        if let Some(found) = fixtures.inspect("gcc", flags) {
            assert_eq!(found.kind, kind, "{flags:?}");
            assert_eq!(found.problems, [], "{flags:?}");
        }
    }
}

#[test]
fn a_dll_and_what_is_wrong_with_its_export_are_described() {
    let fixtures = Fixtures::new("a dll and what is wrong with its export are described");
    let definition = |text: &str| {
        let file = fixtures.path("exports.def");
        fs::write(&file, text).expect("written");
        file.to_str().expect("a UTF-8 path").to_owned()
    };
    let Some(found) = fixtures.inspect("x86_64-w64-mingw32-gcc", &["-shared"]) else {
        return;
    };
    assert_eq!(
        (found.format, found.kind),
        (Format::Pe, FileKind::SharedLibrary)
    );
    assert_eq!(found.problems, []);
    assert_eq!(found.entitlement, Entitlement::Function);
    assert!(
        found
            .needed
            .iter()
            .any(|name| name.eq_ignore_ascii_case("kernel32.dll")),
        "{:?}",
        found.needed
    );
    let machine = found.machine.expect("a machine");
    assert_eq!(
        (machine.architecture.as_str(), machine.bits),
        ("x86_64", 64)
    );

    for flag in ["-DDATA", "-DCONSTANT"] {
        let found = fixtures
            .inspect("x86_64-w64-mingw32-gcc", &["-shared", flag])
            .expect("installed");
        assert_eq!(found.entitlement, Entitlement::Data, "{flag}");
    }
    if let Some(found) = fixtures.inspect("x86_64-w64-mingw32-g++", &["-shared"]) {
        let expected = Entitlement::Mangled {
            symbol: "_Z10IsEntitledv".to_owned(),
        };
        assert_eq!(found.entitlement, expected);
    }
    let file = definition("EXPORTS\n  IsEntitled = OTHER.Ask\n");
    let found = fixtures
        .inspect(
            "x86_64-w64-mingw32-gcc",
            &["-shared", "-DUNEXPORTED", &file],
        )
        .expect("installed");
    let expected = Entitlement::Forwarded {
        to: "OTHER.Ask".to_owned(),
    };
    assert_eq!(found.entitlement, expected);

    let file = definition("EXPORTS\n  Ask @7 NONAME\n");
    let found = fixtures
        .inspect(
            "x86_64-w64-mingw32-gcc",
            &["-shared", "-DUNEXPORTED", &file],
        )
        .expect("installed");
    assert_eq!(
        found.entitlement,
        Entitlement::OrdinalOnly { ordinals: vec![7] }
    );
    assert_eq!(found.exports[0].name, None);
    assert_eq!(found.exports[0].kind, ExportKind::Function);
}

#[test]
fn a_decorated_export_of_32_bit_windows_is_named() {
    let fixtures = Fixtures::new("a decorated export of 32 bit windows is named");
    let Some(found) = fixtures.inspect("i686-w64-mingw32-gcc", &["-shared", "-DSTDCALL"]) else {
        return;
    };
    let expected = Entitlement::Decorated {
        symbol: "IsEntitled@0".to_owned(),
    };
    assert_eq!(found.entitlement, expected);
    let machine = found.machine.expect("a machine");
    assert_eq!(
        (machine.architecture.as_str(), machine.bits, machine.host),
        ("x86", 32, false)
    );
    let found = fixtures
        .inspect("i686-w64-mingw32-gcc", &["-shared"])
        .expect("installed");
    assert_eq!(found.entitlement, Entitlement::Function);
}

#[test]
fn other_machines_are_distinguished() {
    let fixtures = Fixtures::new("other machines are distinguished");
    // Linking for another machine needs a linker that knows it.
    if run_if_installed(fixtures.claim, "ld.lld", &["--version"]).is_none() {
        return;
    }
    for (target, architecture, bits, big_endian) in [
        ("aarch64-linux-gnu", "aarch64", 64, false),
        ("i386-linux-gnu", "x86", 32, false),
        ("powerpc64-linux-gnu", "powerpc64", 64, true),
        ("mips-linux-gnu", "mips", 32, true),
        ("x86_64-linux-gnux32", "x86_64", 32, false),
    ] {
        let target = format!("--target={target}");
        let flags = [&*target, "-shared", "-fPIC", "-nostdlib", "-fuse-ld=lld"];
        let Some(found) = fixtures.inspect("clang", &flags) else {
            return;
        };
        assert!(found.is_whole_library(), "{target}: {:?}", found.problems);
        assert_eq!(found.entitlement, Entitlement::Function, "{target}");
        let machine = found.machine.expect("a machine");
        assert_eq!(
            (
                machine.architecture.as_str(),
                machine.bits,
                machine.big_endian
            ),
            (architecture, bits, big_endian)
        );
        assert_eq!(
            machine.host,
            architecture == std::env::consts::ARCH && bits == 64,
            "{target}"
        );
    }
}

/// Whether clang has a linker for Apple's systems. It may be where only clang looks for it.
fn links_for_apple(claim: &str) -> bool {
    let asked = run_if_installed(claim, "clang", &["--print-prog-name=ld64.lld"]);
    let Some(found) = asked.and_then(|output| String::from_utf8(output.stdout).ok()) else {
        return false;
    };
    run_if_installed(claim, found.trim(), &["--version"]).is_some()
}

#[test]
fn a_library_of_apple_is_described() {
    let fixtures = Fixtures::new("a library of apple is described");
    if !links_for_apple(fixtures.claim) {
        return;
    }
    let flags = [
        "--target=arm64-apple-macos11",
        "-dynamiclib",
        "-nostdlib",
        "-fuse-ld=lld",
        "-Wl,-install_name,@rpath/libgood.dylib",
    ];
    for (flag, expected) in [
        ("-DPLAIN", Entitlement::Function),
        ("-DDATA", Entitlement::Data),
        ("-DHIDDEN", Entitlement::Hidden),
        ("-DUNEXPORTED", Entitlement::Missing),
    ] {
        let Some(found) = fixtures.inspect("clang", &with(&flags, &[flag])) else {
            return;
        };
        assert_eq!(
            (found.format, found.kind),
            (Format::MachO, FileKind::SharedLibrary)
        );
        assert_eq!(found.problems, [], "{flag}");
        assert_eq!(found.entitlement, expected, "{flag}");
        assert_eq!(found.name.as_deref(), Some("@rpath/libgood.dylib"));
        let machine = found.machine.expect("a machine");
        assert_eq!(
            (machine.architecture.as_str(), machine.bits),
            ("aarch64", 64)
        );
    }
}

#[test]
fn what_is_no_library_file_is_reported_as_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("notes.txt");
    for text in [
        "",
        "MZ",
        "\u{7f}ELF",
        "#!/bin/sh\n",
        "\u{7f}ELF\u{2}\u{1}\u{1}",
    ] {
        fs::write(&file, text).expect("written");
        let found = inspect(&file).expect("readable");
        assert!(!found.is_whole_library(), "{text:?}");
        assert_eq!(found.entitlement, Entitlement::Missing);
    }
    assert!(matches!(
        inspect(folder.path()),
        Err(InspectError::Folder(_))
    ));
    let missing = inspect(&folder.path().join("none.so")).expect_err("no such file");
    assert!(missing.to_string().contains("none.so"));
}

/// The ends of a file are where copying it breaks off.
#[test]
fn a_truncated_library_is_never_whole() {
    let fixtures = Fixtures::new("a truncated library is never whole");
    for (compiler, flags) in [
        ("gcc", HOST),
        ("x86_64-w64-mingw32-gcc", &["-shared", "-s"]),
    ] {
        let Some(library) = fixtures.compile(compiler, flags) else {
            continue;
        };
        let bytes = fs::read(library).expect("readable");
        assert!(inspect_bytes("whole", &bytes).is_whole_library());
        for length in (0..bytes.len())
            .filter(|length| *length < 2048 || length % 61 == 0 || bytes.len() - length < 64)
        {
            let found = inspect_bytes("cut", &bytes[..length]);
            assert!(
                !found.is_whole_library(),
                "{compiler}: {length} of {} bytes",
                bytes.len()
            );
        }
    }
}

mod mutations {
    //! Files with some bytes changed: any answer will do, if there is one.

    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    /// The files that can be made here; at least the smallest ELF header.
    static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
        let fixtures = Fixtures::new("no file makes the reader panic");
        let apple: &[&str] = &[
            "--target=arm64-apple-macos11",
            "-dynamiclib",
            "-nostdlib",
            "-fuse-ld=lld",
        ];
        let linker = links_for_apple(fixtures.claim);
        let mut seeds = vec![b"\x7fELF\x02\x01\x01".repeat(64)];
        for (compiler, flags) in [
            ("gcc", with(HOST, &["-s"])),
            ("x86_64-w64-mingw32-gcc", vec!["-shared", "-s"]),
            ("i686-w64-mingw32-gcc", vec!["-shared", "-s"]),
            (
                "clang",
                if linker {
                    apple.to_vec()
                } else {
                    HOST.to_vec()
                },
            ),
        ] {
            if let Some(file) = fixtures.compile(compiler, &flags) {
                seeds.push(fs::read(file).expect("readable"));
            }
        }
        seeds
    });

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn no_file_makes_the_reader_panic(
            seed in any::<prop::sample::Index>(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..12),
            end in any::<Option<prop::sample::Index>>(),
        ) {
            let mut bytes = seed.get(&SEEDS).clone();
            let length = bytes.len();
            for (index, value, early) in changes {
                // Headers and tables are where a byte matters.
                let range = if early { length.min(1024) } else { length };
                bytes[index.index(range)] = value;
            }
            if let Some(end) = end {
                bytes.truncate(end.index(length));
            }
            let found = inspect_bytes("mutated", &bytes);
            prop_assert!(serde_json::to_string(&found).is_ok());
            let mut text = Vec::new();
            prop_assert!(ics_harness::cli::inspect::describe(&found, &mut text).is_ok());
        }
    }
}
