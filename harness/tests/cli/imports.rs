//! What a library for Windows imports, and what of that other libraries have not.

use std::fs;
use std::path::Path;

use ics_harness::plugin::inspect::{ImportedFunction, Inspection, Problem, inspect, inspect_bytes};
use ics_harness::plugin::lacking::{lacking, missing_libraries};
use tempfile::TempDir;

use crate::support::compilers::{assert_success, run_if_installed};

const COMPILER: &str = "clang";
const LINKER: &str = "lld-link";
const LIBRARIAN: &str = "llvm-dlltool";

/// Libraries to link with, by what they export.
const LIBRARIES: &[(&str, &str)] = &[
    (
        "there",
        "LIBRARY there.dll\nEXPORTS\npresent\nabsent\nnumbered @999 NONAME\n",
    ),
    ("nowhere", "LIBRARY nowhere.dll\nEXPORTS\nelsewhere\n"),
    ("later", "LIBRARY later.dll\nEXPORTS\ndelayed\n"),
];

/// A folder with `plugin.dll`, which imports `later.dll` when it is first used, and with `There.dll`, which has a part of what is
/// imported. `None` if one of the programs is missing.
fn folder(claim: &'static str) -> Option<TempDir> {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let run = |program: &str, arguments: &[&str]| {
        let output = run_if_installed(claim, program, arguments)?;
        assert_success(&output, program);
        Some(())
    };
    let compile = |source: &str, object: &str| {
        let target = "--target=x86_64-windows-msvc";
        run(
            COMPILER,
            &[target, "-O1", "-DALL", "-c", source, "-o", object],
        )
    };
    let link = |made: &str, arguments: &[&str]| {
        let out = format!("/out:{made}");
        let usual = [
            "/nologo",
            "/dll",
            "/noentry",
            "/nodefaultlib",
            "/opt:noref",
            &out,
        ];
        run(LINKER, &[&usual, arguments].concat())
    };
    for (name, definition) in LIBRARIES {
        let (file, made) = (at(&format!("{name}.def")), at(&format!("{name}.lib")));
        fs::write(&file, definition).expect("written");
        run(LIBRARIAN, &["-m", "i386:x86-64", "-d", &file, "-l", &made])?;
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plugins/imports.c");
    let object = at("plugin.obj");
    compile(&source.display().to_string(), &object)?;
    let libraries = ["there.lib", "nowhere.lib", "later.lib"].map(at);
    let [there, nowhere, later] = libraries.each_ref().map(String::as_str);
    let arguments = ["/delayload:later.dll", &object, there, nowhere, later];
    link(&at("plugin.dll"), &arguments)?;
    let source = at("there.c");
    fs::write(
        &source,
        "__declspec(dllexport) int present(void) { return 2; }\n",
    )
    .expect("written");
    compile(&source, &at("there.obj"))?;
    link(&at("There.dll"), &[&at("there.obj")])?;
    Some(folder)
}

#[test]
fn a_missing_function_ordinal_and_library_are_named() {
    let Some(folder) = folder("a missing function, ordinal and library are named") else {
        return;
    };
    let found = inspect(&folder.path().join("plugin.dll")).expect("readable");
    assert_eq!(found.problems, []);
    let lacks = lacking(&found.imports, &[folder.path()]);
    let mut lacks: Vec<String> = lacks.iter().map(ToString::to_string).collect();
    lacks.sort();
    assert_eq!(
        lacks,
        [
            "later.dll (loaded when it is first used)",
            "nowhere.dll",
            "there.dll: absent, #999"
        ]
    );
    let at_once = missing_libraries(&found.imports, &[folder.path()]);
    assert_eq!(at_once, ["nowhere.dll"]);
    let there = found.imports.iter().find(|it| it.name == "there.dll");
    let functions = &there.expect("imported").functions;
    assert!(
        functions.contains(&ImportedFunction::Ordinal(999)),
        "{functions:?}"
    );
}

/// Where the space for tables is: in the file, and in memory.
fn space(bytes: &[u8]) -> (usize, u32) {
    let marker = b"SPACE FOR TABLES";
    let offset = bytes
        .windows(marker.len())
        .position(|part| part == marker)
        .expect("the space");
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let header = word(0x3c) as usize;
    let half = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let sections = header + 24 + half(header + 20);
    let address = (0..half(header + 6)).find_map(|index| {
        let section = sections + 40 * index;
        let (address, size, raw) = (word(section + 12), word(section + 16), word(section + 20));
        let inside = offset
            .checked_sub(raw as usize)
            .filter(|inside| *inside < size as usize)?;
        Some(address + u32::try_from(inside).expect("small"))
    });
    (offset, address.expect("a section"))
}

/// The library with that table of imports, which is at the beginning of the space.
fn with_table(bytes: &[u8], table: &[u32]) -> Inspection {
    let (offset, address) = space(bytes);
    let mut bytes = bytes.to_vec();
    let header = u32::from_le_bytes(bytes[0x3c..0x40].try_into().expect("four bytes")) as usize;
    // The second directory of the optional header of 64-bit files.
    let directory = header + 24 + 112 + 8;
    bytes[directory..directory + 4].copy_from_slice(&address.to_le_bytes());
    for (index, value) in table.iter().enumerate() {
        let at = offset + 4 * index;
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    inspect_bytes("hostile.dll", &bytes)
}

#[test]
fn a_hostile_table_of_imports_is_read_within_limits_and_named() {
    let Some(folder) = folder("a hostile table of imports is named") else {
        return;
    };
    let bytes = fs::read(folder.path().join("plugin.dll")).expect("readable");
    let (_, address) = space(&bytes);
    let size = 1 << 19;
    // The last kilobytes of the space are one name.
    let with_name = |mut table: Vec<u32>| {
        table.resize(size - 256, 0);
        table.resize(size - 1, u32::from_le_bytes(*b"AAAA"));
        table.push(0);
        table
    };
    let name = address + 4 * (u32::try_from(size).expect("small") - 256);
    let functions = address + 80;
    let one = [functions, 0, 0, name, functions];
    let end = [0; 5];
    let reason = |table: Vec<u32>| {
        let found = with_table(&bytes, &table);
        let text: usize = found.imports.iter().map(|library| library.name.len()).sum();
        let count: usize = found
            .imports
            .iter()
            .map(|library| library.functions.len())
            .sum();
        assert!(text < 8 << 20 && count <= 65_536, "{text} {count}");
        let [Problem::Malformed { reason }] = &found.problems[..] else {
            panic!("{:?}", found.problems);
        };
        reason.clone()
    };
    // Each of many libraries has the same name, and no function.
    let many: Vec<u32> = [address + 4 * 400_000, 0, 0, name, address].repeat(3000);
    assert!(reason(with_name(many)).contains("more than 2048 libraries"));
    // Each of many functions has the same long name.
    let mut same: Vec<u32> = [&one[..], &end, &end, &end].concat();
    same.resize(300_000, 0);
    for entry in same[20..].chunks_exact_mut(2) {
        entry[0] = name;
    }
    assert!(reason(with_name(same)).contains("longer than 4 MiB"));
    // Each of many functions has a number.
    let mut numbered: Vec<u32> = [&one[..], &end, &end, &end].concat();
    numbered.resize(300_000, 0);
    for entry in numbered[20..].chunks_exact_mut(2) {
        entry.copy_from_slice(&[7, 1 << 31]);
    }
    assert!(reason(with_name(numbered)).contains("more than 65536 functions"));
    // Addresses that lead nowhere.
    let nowhere = [functions, 0, 0, 0xfff_0000, functions];
    assert!(reason(with_name([&nowhere[..], &end].concat())).contains("leads to 0xfff0000"));
    let nowhere = [0xfff_0000, 0, 0, name, functions];
    assert!(reason(with_name([&nowhere[..], &end].concat())).contains("leads to 0xfff0000"));
}
