//! The processor that a file's code is for.

use schemars::JsonSchema;
use serde::Serialize;

/// A processor architecture, its word size and byte order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Machine {
    /// Rust's name of the architecture (`target_arch`), or the format's number if it has none here.
    pub architecture: String,
    /// The word size of the code: 32 or 64.
    pub bits: u8,
    pub big_endian: bool,
    /// Whether all three are those of this host.
    pub host: bool,
}

impl Machine {
    fn new(architecture: String, bits: u8, big_endian: bool) -> Self {
        let host = architecture == std::env::consts::ARCH
            && u32::from(bits) == usize::BITS
            && big_endian == cfg!(target_endian = "big");
        Self {
            architecture,
            bits,
            big_endian,
            host,
        }
    }

    /// `e_machine` of ELF (System V ABI, "Machine Information").
    pub(super) fn elf(number: u16, is_64: bool, big_endian: bool) -> Self {
        let name = match (number, is_64) {
            (2, false) => "sparc",
            (3, false) => "x86",
            (8, false) => "mips",
            (8, true) => "mips64",
            (20, false) => "powerpc",
            (21, true) => "powerpc64",
            (22, true) => "s390x",
            (40, false) => "arm",
            (43, true) => "sparc64",
            // The x32 ABI is x86_64 with a word of 32 bits.
            (62, _) => "x86_64",
            (183, _) => "aarch64",
            (243, false) => "riscv32",
            (243, true) => "riscv64",
            (258, true) => "loongarch64",
            _ => return Self::new(format!("ELF machine {number}"), word(is_64), big_endian),
        };
        Self::new(name.to_owned(), word(is_64), big_endian)
    }

    /// Why no processor can execute the code, if the word size is none that the architecture has.
    pub fn contradiction(&self) -> Option<String> {
        let only = match self.architecture.as_str() {
            "ELF machine 2" | "ELF machine 3" | "ELF machine 20" | "ELF machine 40" => 32,
            "ELF machine 21" | "ELF machine 22" | "ELF machine 43" | "ELF machine 258" => 64,
            _ => return None,
        };
        (only != self.bits).then(|| {
            format!(
                "its header names {}, which has words of {only} bits, and {} bits",
                self.architecture, self.bits
            )
        })
    }

    /// `Machine` of the COFF header ("PE Format", Machine Types).
    pub(super) fn pe(number: u16, is_64: bool) -> Self {
        let name = match number {
            0x014c => "x86",
            0x8664 => "x86_64",
            0x01c0 | 0x01c2 | 0x01c4 => "arm",
            0xaa64 => "aarch64",
            0xa641 => "arm64ec",
            _ => return Self::new(format!("PE machine {number:#06x}"), word(is_64), false),
        };
        Self::new(name.to_owned(), word(is_64), false)
    }

    /// `cputype` of Mach-O (`mach/machine.h`).
    pub(super) fn macho(number: u32, big_endian: bool) -> Self {
        const ABI64: u32 = 0x0100_0000;
        let is_64 = number & ABI64 != 0;
        let name = match number {
            7 => "x86",
            0x0100_0007 => "x86_64",
            12 => "arm",
            0x0100_000c => "aarch64",
            18 => "powerpc",
            0x0100_0012 => "powerpc64",
            _ => return Self::new(format!("Mach-O CPU {number:#x}"), word(is_64), big_endian),
        };
        Self::new(name.to_owned(), word(is_64), big_endian)
    }
}

fn word(is_64: bool) -> u8 {
    if is_64 { 64 } else { 32 }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let order = if self.big_endian { ", big-endian" } else { "" };
        let host = if self.host {
            "this host's"
        } else {
            "not this host's"
        };
        write!(
            formatter,
            "{}, {} bit{order} ({host})",
            self.architecture, self.bits
        )
    }
}
