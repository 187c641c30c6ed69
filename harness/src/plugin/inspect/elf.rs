//! ELF, read by its segments as the dynamic loader does.

use object::elf::{
    DF_1_NOW, DF_1_PIE, DF_BIND_NOW, DF_TEXTREL, DT_BIND_NOW, DT_FLAGS, DT_FLAGS_1, DT_GNU_HASH,
    DT_HASH, DT_JMPREL, DT_NEEDED, DT_NULL, DT_RPATH, DT_RUNPATH, DT_SONAME, DT_STRSZ, DT_STRTAB,
    DT_SYMTAB, DT_TEXTREL, ET_DYN, ET_EXEC, ET_REL, FileHeader32, FileHeader64, PF_X, PT_GNU_RELRO,
    PT_GNU_STACK, PT_LOAD, SHN_ABS, STB_GNU_UNIQUE, STB_LOCAL, STB_WEAK, STT_COMMON, STT_FILE,
    STT_FUNC, STT_GNU_IFUNC, STT_OBJECT, STT_SECTION, STT_TLS, STV_HIDDEN, STV_INTERNAL,
};
use object::read::elf::{
    Dyn, ElfFile, FileHeader, GnuHashTable, HashTable, NoteIterator, ProgramHeader, Sym,
};
use object::{Endianness, Object, ObjectSymbol};

use super::marker::{NOTE_NAME, NOTE_TYPE};
use super::{Contents, Export, ExportKind, FileKind, Format, MAX_EXPORTS, Machine, Weakness, text};
use crate::abi::EXPORT_NAME;

/// Reads an ELF file of either word size and byte order.
pub(super) fn read(bytes: &[u8]) -> Contents {
    match bytes.get(4) {
        Some(1) => read_class::<FileHeader32<Endianness>>(bytes),
        Some(2) => read_class::<FileHeader64<Endianness>>(bytes),
        class => {
            let mut contents = Contents::new(Format::Elf);
            contents.malformed(match class {
                Some(class) => format!("there is no ELF class {class}"),
                None => "the file ends before its ELF class".to_owned(),
            });
            contents
        }
    }
}

fn read_class<Elf: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Contents {
    let mut contents = Contents::new(Format::Elf);
    let parsed = Elf::parse(bytes).and_then(|header| Ok((header, header.endian()?)));
    let (header, endian) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            contents.malformed(error.to_string());
            return contents;
        }
    };
    contents.machine = Some(Machine::elf(
        header.e_machine(endian).0,
        header.is_class_64(),
        header.is_big_endian(),
    ));
    contents.kind = match header.e_type(endian) {
        ET_DYN => FileKind::SharedLibrary,
        ET_EXEC => FileKind::Executable,
        ET_REL => FileKind::Object,
        _ => FileKind::Other,
    };
    contents.expect_length(promised_length(header, endian, bytes), bytes.len());
    let segments = match header.program_headers(endian, bytes) {
        Ok(segments) => segments,
        Err(error) => {
            contents.malformed(error.to_string());
            return contents;
        }
    };
    let image = Image::<Elf> {
        bytes,
        endian,
        segments,
    };
    if contents.kind == FileKind::SharedLibrary {
        match image.dynamic() {
            Some(entries) => read_dynamic(&image, entries, &mut contents),
            None => contents.malformed("it has no dynamic segment, so it cannot be loaded"),
        }
    }
    for segment in segments {
        if let Ok(Some(notes)) = segment.notes(endian, bytes) {
            read_notes(notes, endian, &mut contents);
        }
    }
    if contents.kind == FileKind::SharedLibrary {
        read_protections(&image, &mut contents);
    }
    contents.hidden = has_hidden_function::<Elf>(bytes);
    contents
}

/// Where the last of the headers, tables and segments ends.
fn promised_length<Elf: FileHeader<Endian = Endianness>>(
    header: &Elf,
    endian: Endianness,
    bytes: &[u8],
) -> u64 {
    let table = |offset: u64, count: u64, size: u16| {
        if count == 0 {
            0
        } else {
            offset.saturating_add(count.saturating_mul(u64::from(size)))
        }
    };
    // A count that does not fit its field is in section 0 (ELF, "e_shnum").
    let sections = header
        .shnum(endian, bytes)
        .unwrap_or_else(|_| u32::from(header.e_shnum(endian)).max(1));
    let offset: u64 = header.e_shoff(endian).into();
    let sections = if offset == 0 {
        0
    } else {
        table(offset, u64::from(sections), header.e_shentsize(endian))
    };
    let segments = table(
        header.e_phoff(endian).into(),
        u64::from(header.e_phnum(endian)),
        header.e_phentsize(endian),
    );
    let contents = header
        .program_headers(endian, bytes)
        .unwrap_or_default()
        .iter()
        .map(|segment| {
            let (offset, size) = segment.file_range(endian);
            offset.saturating_add(size)
        })
        .max();
    sections.max(segments).max(contents.unwrap_or(0))
}

/// A file as its segments map it to memory.
struct Image<'data, Elf: FileHeader> {
    bytes: &'data [u8],
    endian: Endianness,
    segments: &'data [Elf::ProgramHeader],
}

impl<'data, Elf: FileHeader<Endian = Endianness>> Image<'data, Elf> {
    fn dynamic(&self) -> Option<&'data [Elf::Dyn]> {
        self.segments
            .iter()
            .find_map(|segment| segment.dynamic(self.endian, self.bytes).ok().flatten())
    }

    fn load_segments(&self) -> impl Iterator<Item = &'data Elf::ProgramHeader> {
        let endian = self.endian;
        self.segments
            .iter()
            .filter(move |segment| segment.p_type(endian) == PT_LOAD)
    }

    /// The file's bytes from an address to the end of its segment.
    fn bytes_at(&self, address: u64) -> Option<&'data [u8]> {
        self.load_segments().find_map(|segment| {
            let (offset, size) = segment.file_range(self.endian);
            let into = address.checked_sub(segment.p_vaddr(self.endian).into())?;
            if into >= size {
                return None;
            }
            let start = usize::try_from(offset.checked_add(into)?).ok()?;
            let end = usize::try_from(offset.checked_add(size)?).ok()?;
            self.bytes.get(start..end.min(self.bytes.len()))
        })
    }

    fn is_code(&self, address: u64) -> bool {
        self.load_segments().any(|segment| {
            let start: u64 = segment.p_vaddr(self.endian).into();
            segment.p_flags(self.endian).0 & PF_X.0 != 0
                && address >= start
                && address - start < segment.p_memsz(self.endian).into()
        })
    }
}

fn read_dynamic<Elf: FileHeader<Endian = Endianness>>(
    image: &Image<'_, Elf>,
    entries: &[Elf::Dyn],
    contents: &mut Contents,
) {
    let endian = image.endian;
    let entries: Vec<_> = entries
        .iter()
        .map(|entry| (entry.d_tag(endian), entry.d_val(endian).into()))
        .take_while(|(tag, _)| *tag != DT_NULL)
        .collect();
    let value = |wanted| {
        entries
            .iter()
            .find(|(tag, _)| *tag == wanted)
            .map(|(_, value)| *value)
    };
    // dlopen refuses a position-independent program, which is an ET_DYN too.
    if value(DT_FLAGS_1).is_some_and(|flags| flags & DF_1_PIE.0 != 0) {
        contents.kind = FileKind::Executable;
    }
    let strings = value(DT_STRTAB).and_then(|address| image.bytes_at(address));
    let Some(strings) = strings else {
        contents.malformed("its dynamic string table is not in the file");
        return;
    };
    let length = value(DT_STRSZ).and_then(|size| usize::try_from(size).ok());
    let strings = &strings[..strings.len().min(length.unwrap_or(usize::MAX))];
    let string = |offset: u64| {
        let rest = strings.get(usize::try_from(offset).ok()?..)?;
        rest.split(|&byte| byte == 0).next()
    };
    let flags = value(DT_FLAGS).unwrap_or(0);
    if value(DT_TEXTREL).is_some() || flags & DF_TEXTREL.0 != 0 {
        contents.linking.weaknesses.push(Weakness::TextRelocations);
    }
    let bound_now = value(DT_BIND_NOW).is_some()
        || flags & DF_BIND_NOW.0 != 0
        || value(DT_FLAGS_1).is_some_and(|flags| flags & DF_1_NOW.0 != 0);
    let protected = image
        .segments
        .iter()
        .any(|segment| segment.p_type(endian) == PT_GNU_RELRO);
    // Without a table for functions that are bound later, there is nothing to protect.
    if !(protected && bound_now) && value(DT_JMPREL).is_some() {
        contents
            .linking
            .weaknesses
            .push(Weakness::WritableFunctionTable);
    }
    let run_paths = entries
        .iter()
        .filter(|(tag, _)| *tag == DT_RPATH || *tag == DT_RUNPATH);
    contents.linking.run_paths = run_paths
        .filter_map(|(_, value)| string(*value))
        .flat_map(|paths| paths.split(|byte| *byte == b':'))
        .map(text)
        .collect();
    for (tag, value) in &entries {
        if *tag == DT_NEEDED || *tag == DT_SONAME {
            match string(*value) {
                Some(name) if *tag == DT_NEEDED => contents.needed.push(text(name)),
                Some(name) => contents.name = Some(text(name)),
                None => contents.malformed("a name in its dynamic segment is not in the file"),
            }
        }
    }
    let count = value(DT_GNU_HASH)
        .and_then(|address| GnuHashTable::<Elf>::parse(endian, image.bytes_at(address)?).ok())
        .and_then(|table| table.symbol_table_length(endian))
        .or_else(|| {
            let table = image.bytes_at(value(DT_HASH)?)?;
            Some(
                HashTable::<Elf>::parse(endian, table)
                    .ok()?
                    .symbol_table_length(),
            )
        });
    // A table without a hash, or with an empty one, exports nothing.
    let (Some(count), Some(address)) = (count, value(DT_SYMTAB)) else {
        return;
    };
    let symbols = image.bytes_at(address).and_then(|table| {
        let count = usize::try_from(count).ok()?;
        object::pod::slice_from_bytes::<Elf::Sym>(table, count).ok()
    });
    let Some((symbols, _)) = symbols else {
        contents.malformed("its dynamic symbol table is not in the file");
        return;
    };
    let imports = symbols
        .iter()
        .filter(|symbol| symbol.is_undefined(endian) && symbol.st_bind() != STB_LOCAL)
        .filter_map(|symbol| string(symbol.st_name(endian).into()))
        .take(MAX_EXPORTS);
    contents.linking.imports = imports.map(text).collect();
    let exports = symbols
        .iter()
        .filter(|symbol| is_exported(*symbol, endian))
        .take(MAX_EXPORTS);
    for symbol in exports {
        let Some(name) = string(symbol.st_name(endian).into()) else {
            contents.malformed("the name of a symbol is not in the file");
            continue;
        };
        let kind = match symbol.st_type() {
            STT_OBJECT | STT_COMMON | STT_TLS => ExportKind::Data,
            // On some machines the address is that of a function descriptor, which is data.
            STT_FUNC | STT_GNU_IFUNC => ExportKind::Function,
            // Symbols of assembly often have no type: code is in an executable segment.
            _ if image.is_code(symbol.st_value(endian).into()) => ExportKind::Function,
            _ => ExportKind::Data,
        };
        if symbol.st_bind() == STB_WEAK || symbol.st_bind() == STB_GNU_UNIQUE {
            contents.linking.shared_symbols.push(text(name));
        }
        contents.exports.push(Export {
            name: Some(text(name)),
            ordinal: None,
            kind,
        });
    }
}

/// A library without a statement about its stack gets the default of old systems: an executable one.
fn read_protections<Elf: FileHeader<Endian = Endianness>>(
    image: &Image<'_, Elf>,
    contents: &mut Contents,
) {
    let stack = image
        .segments
        .iter()
        .find(|segment| segment.p_type(image.endian) == PT_GNU_STACK);
    if stack.is_none_or(|stack| stack.p_flags(image.endian).0 & PF_X.0 != 0) {
        contents.linking.weaknesses.push(Weakness::ExecutableStack);
    }
}

fn is_exported<S: Sym<Endian = Endianness>>(symbol: &S, endian: Endianness) -> bool {
    !symbol.is_undefined(endian)
        && symbol.st_bind() != STB_LOCAL
        && symbol.st_visibility() != STV_HIDDEN
        && symbol.st_visibility() != STV_INTERNAL
        && symbol.st_type() != STT_SECTION
        && symbol.st_type() != STT_FILE
        // The names of symbol versions are absolute symbols, and no exports.
        && symbol.st_shndx(endian) != SHN_ABS
}

fn read_notes<Elf: FileHeader<Endian = Endianness>>(
    mut notes: NoteIterator<'_, Elf>,
    endian: Endianness,
    contents: &mut Contents,
) {
    while let Ok(Some(note)) = notes.next() {
        if note.name() == NOTE_NAME && note.n_type(endian).0 == NOTE_TYPE {
            contents.take_marker(note.desc());
        }
    }
}

/// Whether the function is in the symbol table for debuggers. It is read by section
/// headers, and a stripped library has none.
fn has_hidden_function<Elf: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> bool {
    ElfFile::<Elf>::parse(bytes).is_ok_and(|file| {
        file.symbols().any(|symbol| {
            symbol.is_definition() && symbol.name_bytes() == Ok(EXPORT_NAME.as_bytes())
        })
    })
}
