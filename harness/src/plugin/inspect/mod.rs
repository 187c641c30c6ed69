//! What a plugin's file itself says, read without loading it.
//!
//! Nothing of the file is executed here, and no file is too broken to be
//! described: a damaged one gives an [`Inspection`] with [`Problem`]s. ELF is
//! read as the loader reads it, by segments, because a library works without
//! its section headers.

mod elf;
mod entitlement;
mod machine;
mod macho;
mod marker;
mod pe;

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

use ics_device::printable::Utf8;

pub use entitlement::Entitlement;
pub use machine::Machine;
pub use marker::SdkMarker;

/// No export has a longer name that is worth reading, in bytes.
const LONGEST_NAME: usize = 1024;

/// No more exports than these are listed: a PE file can have no more.
const MOST_EXPORTS: usize = 65_536;

/// What a file says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Inspection {
    /// The file, as it was named; bytes that are no UTF-8 are replaced.
    pub path: String,
    /// Its length in bytes.
    pub size: u64,
    /// SHA-256 of the whole file, in lower-case hexadecimal digits.
    pub sha256: String,
    /// The container format.
    pub format: Format,
    /// What the container holds.
    pub kind: FileKind,
    /// What is broken in the file. Empty for a whole one.
    pub problems: Vec<Problem>,
    /// The processor that the code is for; none if the format has none.
    pub machine: Option<Machine>,
    /// What the file exports, in the order of its table.
    pub exports: Vec<Export>,
    /// Whether the entitlement function is exported, or what is wrong with it.
    pub entitlement: Entitlement,
    /// The libraries that it needs, as it names them.
    pub needed: Vec<String>,
    /// The name it gives itself: SONAME, install name, or the name in the
    /// export directory.
    pub name: Option<String>,
    /// The mark of a library made with the SDK; none in a foreign one.
    pub sdk: Option<SdkMarker>,
}

impl Inspection {
    /// Whether this is a whole shared library, whatever its machine.
    pub fn is_whole_library(&self) -> bool {
        self.kind == FileKind::SharedLibrary && self.problems.is_empty()
    }

    /// Whether the machine and the word size are those of this host.
    pub fn is_for_host(&self) -> bool {
        self.machine.as_ref().is_some_and(|machine| machine.host)
    }
}

/// The container format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Linux and most other Unix systems.
    Elf,
    /// Windows.
    Pe,
    /// Apple's systems.
    MachO,
    /// None of the three.
    Other,
}

impl Format {
    /// The name that people use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Elf => "ELF",
            Self::Pe => "PE",
            Self::MachO => "Mach-O",
            Self::Other => "neither ELF, PE nor Mach-O",
        }
    }
}

/// What a container holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// A library that can be loaded: .so, .dll, .dylib or .bundle.
    SharedLibrary,
    /// A program, a position-independent one too.
    Executable,
    /// An object file, to be linked first.
    Object,
    /// Anything else.
    Other,
}

impl FileKind {
    /// The name that people use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SharedLibrary => "shared library",
            Self::Executable => "executable",
            Self::Object => "object file",
            Self::Other => "no library",
        }
    }
}

/// What is broken in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "problem")]
pub enum Problem {
    /// The file ends before what its headers promise.
    Truncated {
        /// Where the last promised byte ends, in bytes from the start.
        needed: u64,
        /// The length of the file in bytes.
        found: u64,
    },
    /// A header or a table makes no sense.
    Malformed {
        /// What was found.
        reason: String,
    },
    /// The SDK's marker is there and cannot be read.
    Marker {
        /// What was found.
        reason: String,
    },
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Truncated { needed, found } => write!(
                formatter,
                "truncated: its headers promise {needed} bytes, and it has {found}"
            ),
            Self::Malformed { reason } => write!(formatter, "malformed: {reason}"),
            Self::Marker { reason } => write!(formatter, "unreadable SDK marker: {reason}"),
        }
    }
}

/// One thing that a library exports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Export {
    /// Its name; none where only an ordinal is exported (PE).
    pub name: Option<String>,
    /// Its ordinal, if it is known (PE, exports without a name only).
    pub ordinal: Option<u16>,
    /// What it is.
    pub kind: ExportKind,
}

impl Export {
    /// Whether a compiler or a linker made this export, and no author.
    pub fn is_compiler_made(&self) -> bool {
        const MADE: [&str; 8] = [
            "_init",
            "_fini",
            "_edata",
            "_end",
            "__bss_start",
            "__end__",
            "__data_start",
            "_mh_bundle_header",
        ];
        self.name
            .as_deref()
            .is_some_and(|name| MADE.contains(&name) || name.starts_with("__odr_asan"))
    }
}

/// What an export is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum ExportKind {
    /// Code.
    Function,
    /// A variable, also a thread-local one.
    Data,
    /// A function of another library.
    Forwarded {
        /// The library and the name or ordinal in it, as in `OTHER.Name`.
        to: String,
    },
}

/// What the reader of one format found.
#[derive(Debug)]
struct Contents {
    format: Format,
    kind: FileKind,
    problems: Vec<Problem>,
    machine: Option<Machine>,
    exports: Vec<Export>,
    /// Whether the function is in the library, and not exported.
    hidden: bool,
    needed: Vec<String>,
    name: Option<String>,
    sdk: Option<SdkMarker>,
}

impl Contents {
    fn new(format: Format) -> Self {
        Self {
            format,
            kind: FileKind::Other,
            problems: Vec::new(),
            machine: None,
            exports: Vec::new(),
            hidden: false,
            needed: Vec::new(),
            name: None,
            sdk: None,
        }
    }

    fn malformed(&mut self, reason: impl Into<String>) {
        self.problems.push(Problem::Malformed {
            reason: reason.into(),
        });
    }

    fn take_marker(&mut self, description: &[u8]) {
        match SdkMarker::parse(description) {
            Ok(marker) => self.sdk = Some(marker),
            Err(reason) => self.problems.push(Problem::Marker { reason }),
        }
    }

    /// Notes that a file of `found` bytes should have `needed` ones.
    fn expect_length(&mut self, needed: u64, found: usize) {
        let found = found as u64;
        if needed > found {
            self.problems.push(Problem::Truncated { needed, found });
        }
    }
}

/// Why nothing can be said about a file.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// The system did not give its bytes.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Reading a pipe or a device might never end.
    #[error("{0} is not a regular file")]
    NotAFile(PathBuf),
}

/// Reads what a file says about itself. Links are followed.
///
/// # Errors
///
/// The file cannot be read, or is no regular file. A broken file is no error.
pub fn inspect(path: &Path) -> Result<Inspection, InspectError> {
    let unreadable = |source| InspectError::Read {
        path: path.to_owned(),
        source,
    };
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(InspectError::NotAFile(path.to_owned()));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    Ok(inspect_bytes(
        &Utf8(path.as_os_str().as_encoded_bytes()).to_string(),
        &bytes,
    ))
}

/// Reads what the bytes of a file say about it.
pub fn inspect_bytes(path: &str, bytes: &[u8]) -> Inspection {
    let contents = match bytes {
        [0x7f, b'E', b'L', b'F', ..] => elf::read(bytes),
        [b'M', b'Z', ..] => pe::read(bytes),
        [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..]
        | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..]
        | [0xca, 0xfe, 0xba, 0xbe | 0xbf, ..] => macho::read(bytes),
        _ => Contents::new(Format::Other),
    };
    let entitlement = Entitlement::of(&contents.exports, contents.hidden);
    Inspection {
        path: path.to_owned(),
        size: bytes.len() as u64,
        sha256: Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        format: contents.format,
        kind: contents.kind,
        problems: contents.problems,
        machine: contents.machine,
        exports: contents.exports,
        entitlement,
        needed: contents.needed,
        name: contents.name,
        sdk: contents.sdk,
    }
}

/// A name as text: cut where no sensible name goes on, foreign bytes written out.
fn text(bytes: &[u8]) -> String {
    Utf8(&bytes[..bytes.len().min(LONGEST_NAME)]).to_string()
}
