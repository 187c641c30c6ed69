//! The environment of a worker: the same on every machine, but for where things are.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::os::windows::ffi::OsStrExt;

use super::wine;
use crate::worker::Options;

/// What Windows itself needs, and what a service of it has.
const KEPT: &[&str] = &[
    "ALLUSERSPROFILE",
    "APPDATA",
    "ComSpec",
    "COMPUTERNAME",
    "LOCALAPPDATA",
    "NUMBER_OF_PROCESSORS",
    "OS",
    "PATHEXT",
    "PROCESSOR_ARCHITECTURE",
    "ProgramData",
    "ProgramFiles",
    "SystemDrive",
    "SystemRoot",
    "USERNAME",
    "USERPROFILE",
    "windir",
];

/// What the names of variables begin with that Wine reads.
const OF_WINE: &str = "WINE";

/// The environment of a worker, as the system wants it.
pub(super) fn block(options: &Options) -> Vec<u16> {
    // By the name in capital letters, which is the order that the system wants.
    let mut variables: BTreeMap<String, (OsString, OsString)> = BTreeMap::new();
    let mut set = |name: &OsStr, value: &OsStr| {
        let key = name.to_string_lossy().to_ascii_uppercase();
        variables.insert(key, (name.to_owned(), value.to_owned()));
    };
    for name in KEPT {
        if let Some(value) = env::var_os(name) {
            set(OsStr::new(name), &value);
        }
    }
    if wine::version().is_some() {
        for (name, value) in env::vars_os() {
            if name.to_string_lossy().starts_with(OF_WINE) {
                set(&name, &value);
            }
        }
    }
    if let Some(root) = env::var_os("SystemRoot") {
        let mut path = root.clone();
        path.push(r"\system32;");
        path.push(&root);
        set(OsStr::new("PATH"), &path);
    }
    let temporary = env::temp_dir();
    for name in ["TEMP", "TMP"] {
        set(OsStr::new(name), temporary.as_os_str());
    }
    for (name, value) in &options.environment {
        set(OsStr::new(name), OsStr::new(value));
        if name == "TMPDIR" {
            // Windows has other names for it.
            set(OsStr::new("TEMP"), OsStr::new(value));
            set(OsStr::new("TMP"), OsStr::new(value));
        }
    }
    let mut block = Vec::new();
    for (name, value) in variables.values() {
        block.extend(name.encode_wide());
        block.push(u16::from(b'='));
        block.extend(value.encode_wide());
        block.push(0);
    }
    block.push(0);
    block
}
