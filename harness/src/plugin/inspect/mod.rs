//! Reads a plugin's file without loading it.
//!
//! No code of the file is executed, and every file can be described: a damaged one has
//! an [`Inspection`] with [`Problem`]s. ELF is read as the loader reads it, by segments,
//! because a library works without its section headers.

mod elf;
mod entitlement;
mod imports;
mod linking;
mod machine;
mod macho;
mod marker;
mod pe;
mod read;
mod secrets;

use std::path::Path;
use std::time::SystemTime;

use ics_device::printable::Utf8;
use object::ReadCache;
use rustls::pki_types::CertificateDer;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

pub use entitlement::Entitlement;
pub use imports::{ImportedFunction, ImportedLibrary};
pub use linking::{Linking, Weakness};
pub use machine::Machine;
pub use marker::SdkMarker;
pub use read::InspectError;
pub(in crate::plugin) use read::read;

use super::signature::{Signatures, Trust};

/// The length in bytes after which names are truncated.
const MAX_NAME: usize = 1024;

/// The maximum number of exports that are listed: a PE file can have no more.
const MAX_EXPORTS: usize = 65_536;

/// The contents of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Inspection {
    /// The file, as it was named; bytes that are not UTF-8 are replaced.
    pub path: String,
    /// Its length in bytes.
    pub size: u64,
    /// SHA-256 of the whole file, in lower-case hexadecimal digits.
    pub sha256: String,
    pub format: Format,
    pub kind: FileKind,
    /// The file's defects. Empty for an intact one.
    pub problems: Vec<Problem>,
    /// The processor that the code is for; none if the format has none.
    pub machine: Option<Machine>,
    /// What the file exports, in the order of its table.
    pub exports: Vec<Export>,
    /// Whether the entitlement function is exported, or what is wrong with it.
    pub entitlement: Entitlement,
    /// The libraries that it needs, as it names them.
    pub needed: Vec<String>,
    /// What it imports from them (PE).
    pub imports: Vec<ImportedLibrary>,
    /// Its own name: SONAME, install name, or the name in the export directory.
    pub name: Option<String>,
    /// The marker of a library made with the SDK; none in a foreign one.
    pub sdk: Option<SdkMarker>,
    /// How it was linked.
    pub linking: Linking,
    /// The signatures of a library for Windows; none in another format, which has none.
    pub signatures: Option<Signatures>,
    /// Private keys and credentials in it, each described with a part of it.
    pub secrets: Vec<String>,
}

impl Inspection {
    /// Reads the signatures again, of the same bytes, and whether they lead to one of these roots.
    ///
    /// # Errors
    /// If the file cannot be read any more, or has changed.
    pub fn trust(
        &mut self,
        path: &Path,
        roots: &[CertificateDer<'static>],
    ) -> Result<(), InspectError> {
        if self.format != Format::Pe {
            return Ok(());
        }
        let bytes = read(path)?;
        if hash(&bytes) != self.sha256 {
            return Err(InspectError::Read {
                path: path.to_owned(),
                source: std::io::Error::other("it changes while it is read"),
            });
        }
        self.signatures = Some(Signatures::of(
            &bytes,
            Trust {
                roots: Some(roots),
                now: SystemTime::now(),
            },
        ));
        Ok(())
    }

    /// Whether this is an intact shared library, for any machine.
    pub fn is_whole_library(&self) -> bool {
        self.kind == FileKind::SharedLibrary && self.problems.is_empty()
    }

    /// What kind of file it is, and the first thing that is wrong with it, as text.
    pub fn what_it_is(&self) -> String {
        if self.size == 0 {
            return Problem::Empty.to_string();
        }
        let what = format!("{}, {}", self.format.name(), self.kind.name());
        match self.problems.first() {
            Some(problem) => format!("{what}; {problem}"),
            None => what,
        }
    }

    /// Whether the system, the machine and the word size are those of this host.
    pub fn is_for_host(&self) -> bool {
        self.format == Format::HOST && self.machine.as_ref().is_some_and(|machine| machine.host)
    }

    /// Whether Wine on this host could load it: it is a library for Windows, for this host's processor, which also executes
    /// 32-bit code if it is an x86-64 one.
    pub fn is_for_wine(&self) -> bool {
        Format::HOST != Format::Pe
            && self.format == Format::Pe
            && self.is_whole_library()
            && (self.machine.as_ref().is_some_and(|machine| machine.host)
                || (self.is_for_x86() && std::env::consts::ARCH == "x86_64"))
    }

    /// Whether its code is for 32-bit x86.
    pub fn is_for_x86(&self) -> bool {
        let machine = self.machine.as_ref();
        machine.is_some_and(|machine| {
            machine.architecture == "x86" && machine.contradiction().is_none()
        })
    }

    /// What the file is and where it can be examined, if that is another system or machine. None for a file that is no
    /// complete library, and for one whose header contradicts itself.
    pub fn for_another_host(&self) -> Option<String> {
        let machine = self.machine.as_ref()?;
        if !self.is_whole_library() || self.is_for_host() || machine.contradiction().is_some() {
            return None;
        }
        let system = self.format.system()?;
        Some(format!(
            "it is {} {} library for {system} on {} ({} bit), and this host loads {} libraries for {}: examine it there",
            if self.format == Format::Elf {
                "an"
            } else {
                "a"
            },
            self.format.name(),
            machine.architecture,
            machine.bits,
            Format::HOST.name(),
            std::env::consts::ARCH,
        ))
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
    /// What this host loads.
    pub const HOST: Self = if cfg!(windows) { Self::Pe } else { Self::Elf };

    /// The system that loads it.
    pub const fn system(self) -> Option<&'static str> {
        match self {
            Self::Elf => Some("Linux"),
            Self::Pe => Some("Windows"),
            Self::MachO => Some("macOS"),
            Self::Other => None,
        }
    }

    /// The name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Elf => "ELF",
            Self::Pe => "PE",
            Self::MachO => "Mach-O",
            Self::Other => "neither ELF, PE nor Mach-O",
        }
    }
}

/// The kind of file that a container is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// A library that can be loaded: .so, .dll, .dylib or .bundle.
    SharedLibrary,
    /// A program, position-independent or not.
    Executable,
    /// An object file, which is not linked yet.
    Object,
    Other,
}

impl FileKind {
    /// The name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SharedLibrary => "shared library",
            Self::Executable => "executable",
            Self::Object => "object file",
            Self::Other => "no library",
        }
    }
}

/// A defect of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "problem")]
pub enum Problem {
    /// There is nothing in it.
    Empty,
    /// The file is shorter than its headers state.
    Truncated {
        /// The length that the headers state, in bytes.
        needed: u64,
        /// The length of the file in bytes.
        found: u64,
    },
    /// A header or a table is invalid.
    Malformed { reason: String },
    /// The SDK's marker cannot be parsed.
    Marker { reason: String },
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => write!(formatter, "the file is empty"),
            Self::Truncated { needed, found } => write!(
                formatter,
                "truncated: its headers state {needed} bytes, and it has {found}"
            ),
            Self::Malformed { reason } => write!(formatter, "malformed: {reason}"),
            Self::Marker { reason } => write!(formatter, "unreadable SDK marker: {reason}"),
        }
    }
}

/// A symbol that a library exports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Export {
    /// Its name; none where only an ordinal is exported (PE).
    pub name: Option<String>,
    /// Its ordinal, if it is known (PE, exports without a name only).
    pub ordinal: Option<u16>,
    pub kind: ExportKind,
}

impl Export {
    /// Whether a compiler or a linker generated this export.
    pub fn is_compiler_made(&self) -> bool {
        const GENERATED: [&str; 8] = [
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
            .is_some_and(|name| GENERATED.contains(&name) || name.starts_with("__odr_asan"))
    }
}

/// The kind of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum ExportKind {
    Function,
    /// A variable, including a thread-local one.
    Data,
    /// A function of another library.
    Forwarded {
        /// The library and the name or ordinal in it, as in `OTHER.Name`.
        to: String,
    },
}

/// What the parser of one format found.
#[derive(Debug)]
struct Contents {
    format: Format,
    kind: FileKind,
    problems: Vec<Problem>,
    machine: Option<Machine>,
    exports: Vec<Export>,
    /// Whether the function is in the library but not exported.
    hidden: bool,
    needed: Vec<String>,
    imports: Vec<ImportedLibrary>,
    name: Option<String>,
    sdk: Option<SdkMarker>,
    linking: Linking,
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
            imports: Vec::new(),
            name: None,
            sdk: None,
            linking: Linking::default(),
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

    /// Records a problem if a file of `found` bytes should have `needed`.
    fn expect_length(&mut self, needed: u64, found: usize) {
        let found = found as u64;
        if needed > found {
            self.problems.push(Problem::Truncated { needed, found });
        }
    }
}

/// Inspects a file. Links are followed.
///
/// # Errors
///
/// The file cannot be read, is longer than 1 GiB, or is not a regular file. A damaged file is no error.
pub fn inspect(path: &Path) -> Result<Inspection, InspectError> {
    inspect_trusting(path, None)
}

/// The same, and whether signatures lead to one of these roots, if there are some. The file is read once, and each digest
/// of it is made once.
///
/// # Errors
/// As [`inspect`].
pub fn inspect_trusting(
    path: &Path,
    roots: Option<&[CertificateDer<'static>]>,
) -> Result<Inspection, InspectError> {
    let bytes = read(path)?;
    let name = Utf8(path.as_os_str().as_encoded_bytes()).to_string();
    Ok(of_bytes(&name, &bytes, roots))
}

/// The signatures alone of a library for Windows, with nothing else read from the file.
///
/// # Errors
/// As [`inspect`], and if the file is no PE file.
pub fn signatures_of(
    path: &Path,
    roots: Option<&[CertificateDer<'static>]>,
) -> Result<Signatures, InspectError> {
    let bytes = read(path)?;
    if bytes.is_empty() {
        return Err(InspectError::Empty(path.to_owned()));
    }
    if !bytes.starts_with(b"MZ") {
        return Err(InspectError::NotPe(path.to_owned()));
    }
    let now = SystemTime::now();
    Ok(Signatures::of(&bytes, Trust { roots, now }))
}

/// Inspects the bytes of a file.
pub fn inspect_bytes(path: &str, bytes: &[u8]) -> Inspection {
    of_bytes(path, bytes, None)
}

fn of_bytes(path: &str, bytes: &[u8], roots: Option<&[CertificateDer<'static>]>) -> Inspection {
    let contents = match bytes {
        [0x7f, b'E', b'L', b'F', ..] => elf::read(bytes),
        [b'M', b'Z', ..] => pe::read(bytes),
        [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..]
        | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..]
        | [0xca, 0xfe, 0xba, 0xbe | 0xbf, ..] => macho::read(bytes),
        [] => Contents {
            problems: vec![Problem::Empty],
            ..Contents::new(Format::Other)
        },
        _ => Contents::new(Format::Other),
    };
    let entitlement = Entitlement::of(&contents.exports, contents.hidden);
    Inspection {
        path: path.to_owned(),
        size: bytes.len() as u64,
        sha256: hash(bytes),
        format: contents.format,
        kind: contents.kind,
        problems: contents.problems,
        machine: contents.machine,
        exports: contents.exports,
        entitlement,
        needed: contents.needed,
        imports: contents.imports,
        name: contents.name,
        sdk: contents.sdk,
        linking: contents.linking,
        signatures: (contents.format == Format::Pe).then(|| {
            let now = SystemTime::now();
            Signatures::of(bytes, Trust { roots, now })
        }),
        secrets: secrets::find(bytes),
    }
}

/// What can be imported from a library for Windows, by names and ordinals; none if it cannot be read. Only its headers and
/// its table of exports are read: the libraries of a system are large, and a plugin imports several.
pub fn exports_of(path: &Path) -> Option<Vec<ImportedFunction>> {
    let file = ReadCache::new(std::fs::File::open(path).ok()?);
    pe::exported(&file).ok()
}

/// SHA-256, in lower-case hexadecimal digits.
pub fn hash(bytes: &[u8]) -> String {
    let digits = Sha256::digest(bytes);
    digits.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A name as text: truncated at [`MAX_NAME`], with bytes that are not UTF-8 escaped.
fn text(bytes: &[u8]) -> String {
    Utf8(&bytes[..bytes.len().min(MAX_NAME)]).to_string()
}
