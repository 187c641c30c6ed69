//! Rules about the file, which is read without loading it.

use std::path::Path;

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
        level: Level::Should,
        title: "It exports nothing but IsEntitled.",
        clause: "The contract is one function; every other export is a symbol that can collide with one of the host's, and C++ templates and inline functions among them keep the library in memory after it is unloaded.",
        expected: "IsEntitled and no other export.",
        help: "Hide all other symbols: -fvisibility=hidden -fvisibility-inlines-hidden and a version script, or a .def file with one name.",
        needs: &[],
        examination: Examination::File(exports_only),
    },
    Rule {
        id: "file/dependencies",
        level: Level::Should,
        title: "It finds its libraries on the device, not in a build folder.",
        clause: "On the device the loader searches the system's folders and the plugin's own; a folder of the machine that built the plugin is not there, or belongs to someone else, and a relative one depends on the host's current folder.",
        expected: "No RPATH or RUNPATH but $ORIGIN and the system's folders, and no library that is named by its path.",
        help: "Link without -Wl,-rpath of a build folder (CMake: CMAKE_SKIP_BUILD_RPATH; libtool: install before packaging), ship libraries beside the plugin with -Wl,-rpath,'$ORIGIN', and give them a SONAME.",
        needs: &[],
        examination: Examination::File(dependencies),
    },
    Rule {
        id: "file/hardening",
        level: Level::Should,
        title: "It is linked with the protections that every system offers.",
        clause: "The library parses what a network sends, in a process of the system: an attacker who finds an error in it should find no writable code or function table, and no fixed address.",
        expected: "ELF: no executable stack, no text relocations, full RELRO. PE: DYNAMIC_BASE, NX_COMPAT, and HIGH_ENTROPY_VA in 64 bit code.",
        help: "Link with the options that are named (gcc and clang: -fPIC -Wl,-z,relro,-z,now,-z,noexecstack; MSVC sets all of them unless told otherwise).",
        needs: &[],
        examination: Examination::File(hardening),
    },
    Rule {
        id: "file/signed",
        level: Level::Must,
        title: "A library for Windows is code signed, by a signer that the image trusts.",
        clause: "The specification says of EntitlementDll: \"The DLL must be code signed\". A device's image loads libraries only with a signature that it trusts.",
        expected: "PE: an Authenticode signature that is valid for the file, with a digest that is not weak, of a certificate for code signing that leads to a root of --trust and was valid at the time of the stamp. Nothing elsewhere.",
        help: "Sign the finished file and stamp the signature: signtool sign /fd SHA256 /tr URL /td SHA256, or osslsigncode sign -h sha256 -ts URL. Sign last: whatever changes the file afterwards breaks it.",
        needs: &[],
        examination: Examination::File(signed),
    },
    Rule {
        id: "file/secrets",
        level: Level::Should,
        title: "It contains no private key and no credential in plain text.",
        clause: "Anyone who has a device image can read the library, and a key in it is a key of every device.",
        expected: "No private key in PEM, and no password or token in plain text.",
        help: "Keep keys in the device's key store and ask the platform to sign; let the server issue a credential for each device. Revoke the one that was found.",
        needs: &[],
        examination: Examination::File(secrets),
    },
    Rule {
        id: "file/system-calls",
        level: Level::May,
        title: "It uses no function that ends or changes the process of its host.",
        clause: "The plugin is a guest in the process of a service: what it does to the process, it does to the service.",
        expected: "None of exit, fork, system, setenv, chdir, setlocale, signal and their like among its imports.",
        help: "Look at where it is used. It is a hint: whether the function is called is seen in the runs.",
        needs: &[],
        examination: Examination::File(system_calls),
    },
];

fn format(inspection: &Inspection) -> Judgement {
    match inspection.is_whole_library() {
        true => Ok(inspection.what_it_is()),
        false => Err(NotPassed::failed(inspection.what_it_is())),
    }
}

fn machine(inspection: &Inspection) -> Judgement {
    let Some(machine) = &inspection.machine else {
        return Err(NotPassed::skipped(
            "the file names no machine: see file/format",
        ));
    };
    if let Some(contradiction) = machine.contradiction() {
        return Err(NotPassed::failed(contradiction));
    }
    match inspection.for_another_host() {
        Some(what) => Err(NotPassed::skipped(what)),
        None => Ok(machine.to_string()),
    }
}

fn export(inspection: &Inspection) -> Judgement {
    whole(inspection)?;
    match inspection.entitlement.help() {
        None => Ok(inspection.entitlement.to_string()),
        Some(help) => Err(NotPassed::failed(format!(
            "{}; {help}",
            inspection.entitlement
        ))),
    }
}

fn signed(inspection: &Inspection) -> Judgement {
    let Some(signatures) = &inspection.signatures else {
        return Err(NotPassed::not_applicable(
            "only libraries for Windows contain signatures",
        ));
    };
    if let Some(problem) = &signatures.problem {
        return Err(NotPassed::failed(problem.clone()));
    }
    let Some(first) = signatures.signatures.first() else {
        return Err(NotPassed::failed(
            "it is not signed; a signature in a catalogue is not looked for",
        ));
    };
    // A signature that may be good is not judged.
    let refused = |seen: String| match signatures.not_supported() {
        Some(what) => NotPassed::skipped(format!("not supported: {what}")),
        None => NotPassed::failed(seen),
    };
    let Some(signature) = signatures.best() else {
        let reasons: Vec<&str> = first
            .faults
            .iter()
            .chain(&first.untrusted)
            .map(String::as_str)
            .collect();
        return Err(refused(reasons.join("; ")));
    };
    let notes: String = signature
        .notes
        .iter()
        .map(|note| format!("; {note}"))
        .collect();
    if let Some(why) = &signature.untrusted {
        return Err(refused(format!(
            "signed by {}, but {why}{notes}",
            signature.signer
        )));
    }
    let stamped = match &signature.stamped {
        Some(stamped) => format!(", stamped {}", stamped.at),
        None => String::new(),
    };
    let seen = format!(
        "{} by {}{stamped}{notes}",
        signature.digest, signature.signer
    );
    if signature.weak {
        return Err(refused(seen));
    }
    match signature.trusted {
        true => Ok(seen),
        false => Err(NotPassed::skipped(format!(
            "it is signed ({seen}); who is trusted is not known: name the roots with --trust"
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
    let Some(first) = others.first() else {
        return Ok("IsEntitled only".to_owned());
    };
    let seen = format!("{} other exports, the first: {first}", others.len());
    // The loader never unloads a library of which another one may use such a symbol.
    let kept = inspection.linking.shared_symbols.iter();
    match kept.filter(|name| name.starts_with("_Z")).count() {
        0 => Err(NotPassed::failed_may(seen)),
        kept => Err(NotPassed::failed(format!(
            "{seen}; {kept} of them are C++ symbols that the loader shares between libraries, which can keep this one from being unloaded"
        ))),
    }
}

/// Where a device has its libraries.
const SYSTEM_FOLDERS: [&str; 6] = ["/lib", "/lib32", "/lib64", "/usr", "/system", "/vendor"];

fn dependencies(inspection: &Inspection) -> Judgement {
    whole(inspection)?;
    let is_installed = |path: &str| {
        let system = SYSTEM_FOLDERS
            .iter()
            .any(|folder| Path::new(path).starts_with(folder));
        system || path.starts_with("$ORIGIN") || path.starts_with("${ORIGIN}")
    };
    let paths = inspection.linking.run_paths.iter();
    let paths = paths
        .filter(|path| !is_installed(path))
        .map(|path| match path.as_str() {
            "" => "an empty run path, which is the host's current folder".to_owned(),
            path if path.starts_with('/') => {
                format!("a run path that is no folder of the system ({path})")
            }
            path => format!("a run path in the host's current folder ({path})"),
        });
    let named = inspection.needed.iter().filter(|name| name.contains('/'));
    let named = named.map(|name| format!("a library that is named by its path ({name})"));
    let found: Vec<String> = paths.chain(named).collect();
    if found.is_empty() {
        Ok(format!(
            "{} libraries, found by name",
            inspection.needed.len()
        ))
    } else {
        Err(NotPassed::failed(found.join("; ")))
    }
}

fn hardening(inspection: &Inspection) -> Judgement {
    whole(inspection)?;
    let weaknesses = inspection.linking.weaknesses.iter();
    let weaknesses: Vec<&str> = weaknesses.map(|weakness| weakness.describe()).collect();
    if weaknesses.is_empty() {
        Ok("all of them".to_owned())
    } else {
        Err(NotPassed::failed(weaknesses.join("; ")))
    }
}

fn secrets(inspection: &Inspection) -> Judgement {
    if inspection.secrets.is_empty() {
        Ok("none".to_owned())
    } else {
        Err(NotPassed::failed(inspection.secrets.join("; ")))
    }
}

/// Functions that end or change the process. What Rust's and C's runtimes use for themselves is not among them.
const OF_THE_PROCESS: &[&str] = &[
    "exit",
    "_exit",
    "_Exit",
    "quick_exit",
    "fork",
    "vfork",
    "system",
    "popen",
    "execl",
    "execlp",
    "execle",
    "execv",
    "execvp",
    "execve",
    "setenv",
    "unsetenv",
    "putenv",
    "clearenv",
    "chdir",
    "fchdir",
    "chroot",
    "setlocale",
    "umask",
    "signal",
    "alarm",
    "setitimer",
    "daemon",
    "setrlimit",
    "setpriority",
    "setuid",
    "seteuid",
    "mlockall",
    "ExitProcess",
    "TerminateProcess",
    "SetEnvironmentVariableA",
    "SetEnvironmentVariableW",
    "SetCurrentDirectoryA",
    "SetCurrentDirectoryW",
];

fn system_calls(inspection: &Inspection) -> Judgement {
    whole(inspection)?;
    let imports = inspection.linking.imports.iter().map(String::as_str);
    let found: Vec<&str> = imports
        .filter(|name| OF_THE_PROCESS.contains(name))
        .collect();
    if found.is_empty() {
        Ok("none".to_owned())
    } else {
        Err(NotPassed::failed(format!("it uses {}", found.join(", "))))
    }
}

/// Skips the rule unless the file is a whole library.
fn whole(inspection: &Inspection) -> Result<(), NotPassed> {
    if inspection.is_whole_library() {
        return Ok(());
    }
    Err(NotPassed::skipped(
        "the file is not a complete shared library: see file/format",
    ))
}
