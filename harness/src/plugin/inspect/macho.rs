//! Mach-O, the format of Apple's systems, alone or several in one file.

use object::macho::{
    FatArch32, FatArch64, MH_BUNDLE, MH_DYLIB, MH_EXECUTE, MH_OBJECT, MachHeader32, MachHeader64,
};
use object::read::macho::{FatArch, LoadCommandVariant, MachHeader, MachOFatFile, MachOFile};
use object::{
    Endianness, ExportTarget, NameOrOrdinal, Object, ObjectSection, ObjectSegment, ObjectSymbol,
    SectionKind,
};

use super::{Contents, Export, ExportKind, FileKind, Format, MOST_EXPORTS, Machine, text};
use crate::abi::EXPORT_NAME;

/// Reads a Mach-O file; of a universal one the part for this host, or the
/// first if there is none.
pub(super) fn read(bytes: &[u8]) -> Contents {
    match object::FileKind::parse(bytes) {
        Ok(object::FileKind::MachO32) => read_width::<MachHeader32<Endianness>>(bytes),
        Ok(object::FileKind::MachO64) => read_width::<MachHeader64<Endianness>>(bytes),
        Ok(object::FileKind::MachOFat32) => read_universal::<FatArch32>(bytes),
        Ok(object::FileKind::MachOFat64) => read_universal::<FatArch64>(bytes),
        _ => {
            let mut contents = Contents::new(Format::MachO);
            contents.malformed("it begins as Mach-O, and no whole header follows");
            contents
        }
    }
}

fn read_universal<Fat: FatArch>(bytes: &[u8]) -> Contents {
    let mut broken = Contents::new(Format::MachO);
    let parts = match MachOFatFile::<Fat>::parse(bytes) {
        Ok(file) => file.arches(),
        Err(error) => {
            broken.malformed(error.to_string());
            return broken;
        }
    };
    let is_host = |part: &&Fat| Machine::macho(part.cputype().0, false).host;
    let Some(part) = parts.iter().find(is_host).or(parts.first()) else {
        broken.malformed("it is a universal file of no parts");
        return broken;
    };
    let (offset, size) = part.file_range();
    broken.machine = Some(Machine::macho(part.cputype().0, false));
    broken.expect_length(offset.saturating_add(size), bytes.len());
    let Ok(inner) = part.data(bytes) else {
        return broken;
    };
    match object::FileKind::parse(inner) {
        Ok(object::FileKind::MachO32 | object::FileKind::MachO64) => read(inner),
        _ => {
            broken.malformed("its part for this machine is no Mach-O file");
            broken
        }
    }
}

fn read_width<Mach: MachHeader<Endian = Endianness>>(bytes: &[u8]) -> Contents {
    let mut contents = Contents::new(Format::MachO);
    let header = Mach::parse(bytes, 0).and_then(|header| Ok((header, header.endian()?)));
    let (header, endian) = match header {
        Ok(header) => header,
        Err(error) => {
            contents.malformed(error.to_string());
            return contents;
        }
    };
    contents.machine = Some(Machine::macho(
        header.cputype(endian).0,
        header.is_big_endian(),
    ));
    contents.kind = match header.filetype(endian) {
        MH_DYLIB | MH_BUNDLE => FileKind::SharedLibrary,
        MH_EXECUTE => FileKind::Executable,
        MH_OBJECT => FileKind::Object,
        _ => FileKind::Other,
    };
    let file = match MachOFile::<Mach>::parse(bytes) {
        Ok(file) => file,
        Err(error) => {
            contents.malformed(error.to_string());
            return contents;
        }
    };
    let ends = file.segments().map(|segment| {
        let (offset, size) = segment.file_range();
        offset.saturating_add(size)
    });
    contents.expect_length(ends.max().unwrap_or(0), bytes.len());
    if let Err(error) = read_commands(&file, &mut contents) {
        contents.malformed(error.to_string());
    }
    let exports = match has_exports(&file) {
        Ok(true) => read_exports(&file, &mut contents),
        Ok(false) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = exports {
        contents.malformed(error.to_string());
    }
    contents.hidden = file.symbols().any(|symbol| {
        symbol.is_definition()
            && symbol
                .name_bytes()
                .is_ok_and(|name| plain(name) == EXPORT_NAME.as_bytes())
    });
    contents
}

fn read_commands<Mach: MachHeader<Endian = Endianness>>(
    file: &MachOFile<'_, Mach>,
    contents: &mut Contents,
) -> object::Result<()> {
    let endian = file.endian();
    let mut commands = file.macho_load_commands()?;
    while let Some(command) = commands.next()? {
        match command.variant()? {
            LoadCommandVariant::IdDylib(library) => {
                contents.name = Some(text(command.string(endian, library.dylib.name)?));
            }
            LoadCommandVariant::Dylib(library) => {
                contents
                    .needed
                    .push(text(command.string(endian, library.dylib.name)?));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether there is anything in the trie of exports. Linkers leave it empty
/// where nothing is exported, and the reader takes an empty one for a broken one.
fn has_exports<Mach: MachHeader<Endian = Endianness>>(
    file: &MachOFile<'_, Mach>,
) -> object::Result<bool> {
    let endian = file.endian();
    let mut commands = file.macho_load_commands()?;
    while let Some(command) = commands.next()? {
        if let Some(trie) = command.dyld_exports_trie()? {
            return Ok(trie.datasize.get(endian) > 0);
        }
        if let Some(info) = command.dyld_info()? {
            return Ok(info.export_size.get(endian) > 0);
        }
    }
    Ok(false)
}

fn read_exports<Mach: MachHeader<Endian = Endianness>>(
    file: &MachOFile<'_, Mach>,
    contents: &mut Contents,
) -> object::Result<()> {
    let code: Vec<_> = file
        .sections()
        .filter(|section| section.kind() == SectionKind::Text)
        .map(|section| (section.address(), section.size()))
        .collect();
    let is_code = |address: u64| {
        code.iter()
            .any(|&(start, size)| address >= start && address - start < size)
    };
    for export in file.exports()?.take(MOST_EXPORTS) {
        let export = export?;
        let kind = match export.target() {
            ExportTarget::Address { address } if is_code(address) => ExportKind::Function,
            ExportTarget::Resolver { .. } => ExportKind::Function,
            ExportTarget::Reexport { library, name } => ExportKind::Forwarded {
                to: match name {
                    NameOrOrdinal::Name(name) => format!("{}.{}", text(library), text(plain(name))),
                    NameOrOrdinal::Ordinal(ordinal) => format!("{}.#{ordinal}", text(library)),
                },
            },
            _ => ExportKind::Data,
        };
        let name = match export.name() {
            NameOrOrdinal::Name(name) => Some(text(plain(name))),
            NameOrOrdinal::Ordinal(_) => None,
        };
        contents.exports.push(Export {
            name,
            ordinal: None,
            kind,
        });
    }
    Ok(())
}

/// The name as C and dlsym know it: Mach-O puts an underscore before it.
fn plain(name: &[u8]) -> &[u8] {
    name.strip_prefix(b"_").unwrap_or(name)
}
