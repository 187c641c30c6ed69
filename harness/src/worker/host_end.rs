//! How the process of a plugin ended on Windows, or under Wine.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::observation::OnWindows;
use super::protocol::ProcessEnd;

/// How the host's process ended: the word of its parent on the Windows side, which the plugin's process cannot reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HostEnd {
    /// The exit code, all 32 bits.
    pub(super) code: u32,
    /// The file that an exception that ended the process was raised in, as Windows path, or the function that Wine lacks; empty
    /// if it is not known.
    pub(super) raised_in: String,
    /// The libraries of Wine with HTTP or TLS that the process had loaded at any time.
    pub(super) stack: BTreeSet<String>,
}

/// Exceptions that a processor raises. Others are raised by a call, whose address is one of the system's libraries.
const FAULTS: &[u32] = &[
    0x8000_0002,
    0xC000_0005,
    0xC000_0006,
    0xC000_001D,
    0xC000_0094,
    0xC000_0096,
];

/// What Wine raises where a function of Windows is missing in it.
const MISSING: [u32; 2] = [0x8000_0100, 0x8000_0101];

/// Where Wine's own libraries are.
const SYSTEM: &str = r"c:\windows\";

impl HostEnd {
    /// How the process ended.
    pub(super) fn process_end(&self) -> ProcessEnd {
        match name(self.code) {
            Some(name) => ProcessEnd::Killed(format!("{name} ({:#010X})", self.code)),
            None => ProcessEnd::Exited(self.code.cast_signed()),
        }
    }

    /// What it shows besides on Windows: whatever the process ended by, the plugin is the cause.
    #[cfg(windows)]
    pub(super) fn on_windows(self) -> OnWindows {
        OnWindows {
            stack: self.stack,
            inconclusive: None,
        }
    }

    /// What it shows besides under Wine.
    pub(super) fn under_wine(self) -> OnWindows {
        let lower = self.raised_in.to_ascii_lowercase();
        let module = lower.rsplit('\\').next().unwrap_or_default();
        let inconclusive = if MISSING.contains(&self.code) {
            let function = match self.raised_in.as_str() {
                "" => String::new(),
                function => format!(", {function}"),
            };
            Some(format!(
                "the process ended because it used a function that Wine lacks{function} ({:#010X})",
                self.code
            ))
        } else if FAULTS.contains(&self.code) && lower.starts_with(SYSTEM) {
            let name = name(self.code).unwrap_or("a fault");
            Some(format!(
                "the process ended by {name} ({:#010X}) in Wine's {module}: it is not known whether the plugin or Wine is the cause",
                self.code
            ))
        } else {
            None
        };
        OnWindows {
            stack: self.stack,
            inconclusive,
        }
    }
}

/// What an exit code that is the code of an exception means; none of one that a program chose.
fn name(code: u32) -> Option<&'static str> {
    Some(match code {
        0x8000_0002 => "a misaligned access",
        0x8000_0003 => "a breakpoint",
        0xC000_0005 => "an access violation",
        0xC000_0006 => "a page that could not be read",
        0xC000_001D => "an illegal instruction",
        0xC000_0025 => "an exception that cannot be continued",
        0xC000_0094 => "an integer division by zero",
        0xC000_0096 => "a privileged instruction",
        0xC000_00FD => "a stack overflow",
        0xC000_0135 => "a missing library",
        0xC000_0374 => "a damaged heap",
        0xC000_0409 => "a fail-fast exception",
        // Microsoft's and GCC's.
        0xE06D_7363 | 0x2047_4343 => "a C++ exception that nothing caught",
        // Rust's, with which it unwinds.
        0x5253_5420 => "a panic that nothing caught",
        code if code >> 28 == 0xC || code >> 28 == 0x8 || code >> 28 == 0xE => "an exception",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(code: u32, raised_in: &str) -> HostEnd {
        HostEnd {
            code,
            raised_in: raised_in.to_owned(),
            stack: BTreeSet::new(),
        }
    }

    #[test]
    fn an_exception_is_named_and_a_code_of_a_program_is_not() {
        assert_eq!(
            end(0xC000_0005, "").process_end(),
            ProcessEnd::Killed("an access violation (0xC0000005)".to_owned())
        );
        assert_eq!(end(300, "").process_end(), ProcessEnd::Exited(300));
        assert_eq!(end(0xdead, "").process_end(), ProcessEnd::Exited(0xdead));
    }

    #[test]
    fn only_a_fault_in_one_of_wines_libraries_shows_nothing() {
        let inconclusive = |code, file| end(code, file).under_wine().inconclusive;
        let seen = inconclusive(0xC000_0005, r"C:\windows\system32\cryptnet.dll").unwrap();
        assert!(seen.contains("Wine's cryptnet.dll"), "{seen}");
        assert_eq!(inconclusive(0xC000_0005, r"Z:\tmp\plugin.dll"), None);
        // RaiseException is in one of Wine's libraries, whichever module calls it.
        let raised = inconclusive(0xE06D_7363, r"C:\windows\system32\kernelbase.dll");
        assert_eq!(raised, None);
        assert!(inconclusive(0x8000_0100, "").is_some());
        let seen = inconclusive(0x8000_0100, "#7 of winhttp.dll").unwrap();
        assert!(seen.contains("Wine lacks, #7 of winhttp.dll"), "{seen}");
    }
}
