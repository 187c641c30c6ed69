//! The state of the host's process, from the lines with which the Windows side reports it.

use std::collections::BTreeSet;
use std::fs;

use crate::worker::observation::Snapshot;
use crate::worker::wine::{STACK, starts_by_itself};

/// What one report of the state has said so far.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) snapshot: Snapshot,
    /// Those of [`STACK`] that are loaded.
    pub(super) stack: BTreeSet<String>,
}

impl State {
    /// Takes a line, and returns whether it belongs to a state.
    pub(super) fn take(&mut self, key: &str, text: &str) -> bool {
        let snapshot = &mut self.snapshot;
        match key {
            "thread" => snapshot.threads.push(text.to_owned()),
            "child" => {
                let program = text.split_once(' ').map_or("", |(_, name)| name);
                if !starts_by_itself(program, true) {
                    snapshot.children.push(text.to_owned());
                }
            }
            "handle" => {
                let (number, kind) = text.split_once(' ').unwrap_or((text, "of unknown kind"));
                if let Ok(number) = number.parse() {
                    snapshot.descriptors.insert(number, kind.to_owned());
                }
            }
            "indexes" => snapshot.keys_free = text.parse().ok(),
            "mapped" => snapshot.mapped = true,
            "module" => {
                let name = text.to_ascii_lowercase();
                if STACK.contains(&name.as_str()) {
                    self.stack.insert(name);
                }
            }
            "folder" => snapshot.folder = text.to_owned(),
            "variable" => {
                if let Some((name, value)) = text.split_once('=') {
                    let (name, value) = (name.to_owned(), value.to_owned());
                    snapshot.environment.insert(name, value);
                }
            }
            "floating-point" => text.clone_into(&mut snapshot.rounding),
            "priority" => {
                if let Some((name, value)) = text.rsplit_once(' ') {
                    let (name, value) = (name.to_owned(), value.to_owned());
                    snapshot.priority.insert(name, value);
                }
            }
            "locale" => {
                if let Some((name, value)) = text.split_once(' ') {
                    snapshot.locale.insert(name.to_owned(), value.to_owned());
                }
            }
            "heaps" => snapshot.heaps = text.parse().unwrap_or(0),
            "standard" => {
                let (number, handle) = text.split_once(' ').unwrap_or((text, ""));
                if let Ok(number) = number.parse() {
                    let handles = &mut snapshot.standard_descriptors;
                    handles.insert(number, handle.to_owned());
                }
            }
            "console" => text.clone_into(&mut snapshot.console),
            "name" => text.clone_into(&mut snapshot.thread_name),
            _ => return false,
        }
        true
    }
}

/// Text of the Windows side, in which a backslash stands before a backslash and for a line feed before an `n`.
pub(super) fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n') => plain.push('\n'),
                Some(other) => plain.push(other),
                None => {}
            },
            _ => plain.push(character),
        }
    }
    plain
}

/// The most memory that a process has had resident so far, in KiB.
pub(super) fn peak_memory(process: i32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_host_reports_is_a_snapshot() {
        let mut state = State::default();
        for line in [
            "thread 40",
            "handle 12 Event",
            "child 44 explorer.exe",
            "child 48 notepad.exe",
            "module WINHTTP.dll",
            "module kernel32.dll",
            "variable A=B=C",
            "priority thread priority 0",
            "heaps 3",
            "standard 1 38 inherited",
            "console code pages 437 and 437, modes 1f7 and 3",
            "mapped",
        ] {
            let (key, text) = line.split_once(' ').unwrap_or((line, ""));
            assert!(state.take(key, text), "{line}");
        }
        assert!(!state.take("call", "0 1 2"));
        let snapshot = state.snapshot;
        assert_eq!(snapshot.threads, ["40"]);
        assert_eq!(snapshot.children, ["48 notepad.exe"]);
        assert_eq!(snapshot.descriptors[&12], "Event");
        assert_eq!(snapshot.environment["A"], "B=C");
        assert_eq!(snapshot.priority["thread priority"], "0");
        assert_eq!(snapshot.heaps, 3);
        assert_eq!(snapshot.standard_descriptors[&1], "38 inherited");
        assert!(snapshot.console.ends_with("modes 1f7 and 3"));
        assert!(snapshot.mapped);
        assert!(state.stack.contains("winhttp.dll") && state.stack.len() == 1);
    }

    #[test]
    fn escaped_text_is_plain_again() {
        assert_eq!(unescape(r"C:\\new\nline"), "C:\\new\nline");
    }
}
