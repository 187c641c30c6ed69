//! How a library was linked: what it asks of the loader, and the protections that it has.

use schemars::JsonSchema;
use serde::Serialize;

/// How a library was linked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Linking {
    /// The folders in which its libraries are looked for first: RPATH and RUNPATH, as it names them.
    pub run_paths: Vec<String>,
    /// The functions of other libraries that it uses.
    pub imports: Vec<String>,
    /// Exports that the loader unites with those of the same name in other libraries: weak and unique symbols.
    pub shared_symbols: Vec<String>,
    /// The protections that it lacks.
    pub weaknesses: Vec<Weakness>,
}

/// A protection that a library lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Weakness {
    /// ELF: loading it makes the stack executable.
    ExecutableStack,
    /// ELF: its code is changed while it is loaded.
    TextRelocations,
    /// ELF: its table of functions stays writable, since there is no RELRO or symbols are bound when they are first used.
    WritableFunctionTable,
    /// PE: it has a fixed address (no DYNAMIC_BASE).
    FixedAddress,
    /// PE: its data can be executed (no NX_COMPAT).
    ExecutableData,
    /// PE: its address is chosen among few (no HIGH_ENTROPY_VA).
    LowEntropy,
}

impl Weakness {
    /// What is wrong, and the linker's option against it.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::ExecutableStack => "it makes the stack executable (-Wl,-z,noexecstack)",
            Self::TextRelocations => "its code is relocated and so writable at times (-fPIC)",
            Self::WritableFunctionTable => {
                "its table of functions stays writable (-Wl,-z,relro,-z,now)"
            }
            Self::FixedAddress => "it has a fixed address (/DYNAMICBASE)",
            Self::ExecutableData => "its data can be executed (/NXCOMPAT)",
            Self::LowEntropy => "its address has low entropy (/HIGHENTROPYVA)",
        }
    }
}
