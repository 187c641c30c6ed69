//! What a PE file imports: the libraries, and the functions of each.
//!
//! The tables are read by their addresses, whichever section they are in. A hostile file can lead to the same bytes again and
//! again: so how much is read is limited, and a file that has more is malformed.

use object::LittleEndian as LE;
use object::pe::IMAGE_DELAYLOAD_RVA_BASED;
use object::read::pe::{ImageNtHeaders, PeFile};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Contents, text};

/// The most libraries, functions and bytes of names that are read. Large programs have some hundred, some thousand, and some
/// hundred thousand.
const MAX_LIBRARIES: usize = 2048;
const MAX_FUNCTIONS: usize = 65_536;
const MAX_TEXT: usize = 4 << 20;

/// A library that a PE file imports from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImportedLibrary {
    /// Its name, as the file has it.
    pub name: String,
    /// Whether it is loaded only when a function of it is called.
    pub delayed: bool,
    pub functions: Vec<ImportedFunction>,
}

/// A function of another library.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ImportedFunction {
    Name(String),
    Ordinal(u16),
}

impl std::fmt::Display for ImportedFunction {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => formatter.write_str(name),
            Self::Ordinal(ordinal) => write!(formatter, "#{ordinal}"),
        }
    }
}

/// Reads both tables of imports, as far as they are intact.
pub(super) fn read<Pe: ImageNtHeaders>(file: &PeFile<'_, Pe>, contents: &mut Contents) {
    let mut reader = Reader {
        file,
        imports: Vec::new(),
        functions: 0,
        text: 0,
    };
    let result = reader.usual().and_then(|()| reader.delayed());
    contents.imports = reader.imports;
    let names = contents.imports.iter().map(|library| library.name.clone());
    contents.needed.extend(names);
    if let Err(reason) = result {
        contents.malformed(reason);
    }
}

struct Reader<'file, 'data, Pe: ImageNtHeaders> {
    file: &'file PeFile<'data, Pe>,
    imports: Vec<ImportedLibrary>,
    functions: usize,
    text: usize,
}

impl<'data, Pe: ImageNtHeaders> Reader<'_, 'data, Pe> {
    fn usual(&mut self) -> Result<(), String> {
        let table = self
            .file
            .import_table()
            .map_err(|error| error.to_string())?;
        let Some(table) = table else {
            return Ok(());
        };
        for descriptor in table.descriptors().map_err(|error| error.to_string())? {
            let descriptor = descriptor.map_err(|error| error.to_string())?;
            let lookup = match descriptor.original_first_thunk.get(LE) {
                // Some linkers write one table only.
                0 => descriptor.first_thunk.get(LE),
                lookup => lookup,
            };
            self.library(descriptor.name.get(LE), lookup, false)?;
        }
        Ok(())
    }

    fn delayed(&mut self) -> Result<(), String> {
        let table = self.file.delay_load_import_table();
        let Some(table) = table.map_err(|error| error.to_string())? else {
            return Ok(());
        };
        for descriptor in table.descriptors().map_err(|error| error.to_string())? {
            let descriptor = descriptor.map_err(|error| error.to_string())?;
            // Compilers before 2002 wrote addresses in memory here.
            if descriptor.attributes.get(LE) & IMAGE_DELAYLOAD_RVA_BASED != 0 {
                let name = descriptor.dll_name_rva.get(LE);
                self.library(name, descriptor.import_name_table_rva.get(LE), true)?;
            }
        }
        Ok(())
    }

    fn library(&mut self, name: u32, lookup: u32, delayed: bool) -> Result<(), String> {
        if self.imports.len() == MAX_LIBRARIES {
            return Err(format!(
                "it imports from more than {MAX_LIBRARIES} libraries"
            ));
        }
        let name = self.name(name)?;
        self.imports.push(ImportedLibrary {
            name,
            delayed,
            functions: Vec::new(),
        });
        let width: usize = if self.file.nt_headers().is_type_64() {
            8
        } else {
            4
        };
        let table = self.bytes(lookup)?;
        for entry in table.chunks_exact(width) {
            let number = entry.iter().rev();
            let entry = number.fold(0, |value, byte| value << 8 | u64::from(*byte));
            if entry == 0 {
                return Ok(());
            }
            self.functions += 1;
            if self.functions > MAX_FUNCTIONS {
                return Err(format!("it imports more than {MAX_FUNCTIONS} functions"));
            }
            // The highest bit says that the lowest 16 are an ordinal, else the lowest 31 are an address.
            let function = if entry >> (8 * width - 1) == 1 {
                ImportedFunction::Ordinal((entry & 0xffff) as u16)
            } else {
                let address = (entry & 0x7fff_ffff) as u32;
                // Before the name there is a hint of two bytes.
                ImportedFunction::Name(self.name(address.wrapping_add(2))?)
            };
            if let Some(library) = self.imports.last_mut() {
                library.functions.push(function);
            }
        }
        Err("a table of imports has no end".to_owned())
    }

    /// The text at an address, up to a zero.
    fn name(&mut self, address: u32) -> Result<String, String> {
        let bytes = self.bytes(address)?;
        let Some(length) = bytes.iter().position(|byte| *byte == 0) else {
            return Err("the name of an import has no end".to_owned());
        };
        let name = text(&bytes[..length]);
        self.text += length.max(name.len());
        if self.text > MAX_TEXT {
            return Err(format!(
                "the names of its imports are longer than {} MiB",
                MAX_TEXT >> 20
            ));
        }
        Ok(name)
    }

    /// What the file has at an address in memory, up to the end of the section.
    fn bytes(&self, address: u32) -> Result<&'data [u8], String> {
        let sections = self.file.section_table();
        sections
            .pe_data_at(self.file.data(), address)
            .ok_or_else(|| format!("an import leads to {address:#x}, where the file has nothing"))
    }
}
