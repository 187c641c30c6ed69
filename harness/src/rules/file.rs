//! Rules about the file, which is read without loading it.

use super::judgement::{Judgement, NotPassed};
use super::rule::{Examination, Level, Rule};
use crate::abi::EXPORT_NAME;
use crate::plugin::inspect::{Entitlement, Inspection};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "file/format",
        level: Level::Must,
        title: "The file is a complete PE, ELF or Mach-O shared library.",
        clause: "The OEM must provide a DLL in the device image.",
        expected: "A complete shared library.",
        help: "Link a shared library (Rust: crate-type cdylib; C: -shared), and check that the file was copied completely.",
        needs: &[],
        examination: Examination::File(format),
    },
    Rule {
        id: "file/machine",
        level: Level::Must,
        title: "Its machine type and word size match the host's.",
        clause: "The Internet Sharing service loads the specified DLL into a process of the device's machine type.",
        expected: "A library for the host's machine type and word size.",
        help: "Build for the target that loads it (Rust: --target; C: a compiler for that machine).",
        needs: &[],
        examination: Examination::File(machine),
    },
    Rule {
        id: "file/export",
        level: Level::Must,
        title: "It exports a function named IsEntitled.",
        clause: "The DLL implements a function with the signature ICS_ENTITLEMENT_RESULT IsEntitled(void).",
        expected: "A function exported under the undecorated name IsEntitled.",
        help: "Include IcsEntitlement.h, which declares it extern \"C\" and exported; in Rust use export!.",
        needs: &[],
        examination: Examination::File(export),
    },
    Rule {
        id: "file/exports-only",
        level: Level::May,
        title: "It exports nothing but IsEntitled.",
        clause: "The contract is one function; every other export is a symbol that can collide with one of the host's.",
        expected: "IsEntitled and no other export.",
        help: "Hide all other symbols: -fvisibility=hidden and a version script, or a .def file with one name.",
        needs: &[],
        examination: Examination::File(exports_only),
    },
];

fn format(inspection: &Inspection) -> Judgement {
    let what = format!("{}, {}", inspection.format.name(), inspection.kind.name());
    match inspection.problems.first() {
        Some(problem) => Err(NotPassed::failed(format!("{what}; {problem}"))),
        None if inspection.is_whole_library() => Ok(what),
        None => Err(NotPassed::failed(what)),
    }
}

fn machine(inspection: &Inspection) -> Judgement {
    match &inspection.machine {
        None => Err(NotPassed::skipped(
            "the file names no machine: see file/format",
        )),
        Some(machine) if machine.host => Ok(machine.to_string()),
        Some(machine) => Err(NotPassed::failed(format!(
            "{machine}; the host is {}",
            std::env::consts::ARCH
        ))),
    }
}

fn export(inspection: &Inspection) -> Judgement {
    if !inspection.is_whole_library() {
        return Err(NotPassed::skipped(
            "the file is not a complete shared library: see file/format",
        ));
    }
    match inspection.entitlement.help() {
        None => Ok(inspection.entitlement.to_string()),
        Some(help) => Err(NotPassed::failed(format!(
            "{}; {help}",
            inspection.entitlement
        ))),
    }
}

fn exports_only(inspection: &Inspection) -> Judgement {
    if inspection.entitlement != Entitlement::Function {
        return Err(NotPassed::skipped(
            "IsEntitled is not exported: see file/export",
        ));
    }
    let others: Vec<&str> = inspection
        .exports
        .iter()
        .filter(|export| !export.is_compiler_made())
        .map(|export| export.name.as_deref().unwrap_or("(no name)"))
        .filter(|name| *name != EXPORT_NAME)
        .collect();
    match others.first() {
        None => Ok("IsEntitled only".to_owned()),
        Some(first) => Err(NotPassed::failed(format!(
            "{} other exports, the first: {first}",
            others.len()
        ))),
    }
}
