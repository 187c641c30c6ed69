//! PE, the format of Windows.

use object::pe::{
    IMAGE_DIRECTORY_ENTRY_SECURITY, IMAGE_FILE_DLL, IMAGE_FILE_EXECUTABLE_IMAGE,
    IMAGE_SCN_MEM_EXECUTE, ImageNtHeaders32, ImageNtHeaders64,
};
use object::read::pe::{ExportTarget, ImageNtHeaders, ImageOptionalHeader, PeFile};
use object::{LittleEndian as LE, Object, ObjectSection, ReadRef};

use super::marker::{PE_SECTION, description_of};
use super::{
    Contents, Export, ExportKind, FileKind, Format, ImportedFunction, MAX_EXPORTS, Machine,
    Weakness, imports, text,
};

/// Bits of `DllCharacteristics` ("PE Format", DLL Characteristics).
const HIGH_ENTROPY_VA: u16 = 0x0020;
const DYNAMIC_BASE: u16 = 0x0040;
const NX_COMPAT: u16 = 0x0100;

/// Reads a PE file of either word size.
pub(super) fn read(bytes: &[u8]) -> Contents {
    match object::FileKind::parse(bytes) {
        Ok(object::FileKind::Pe32) => read_width::<ImageNtHeaders32>(bytes),
        Ok(object::FileKind::Pe64) => read_width::<ImageNtHeaders64>(bytes),
        _ => {
            let mut contents = Contents::new(Format::Pe);
            contents.malformed("it begins as a DOS program, but has no complete PE header");
            contents
        }
    }
}

fn read_width<Pe: ImageNtHeaders>(bytes: &[u8]) -> Contents {
    let mut contents = Contents::new(Format::Pe);
    let file = match PeFile::<Pe>::parse(bytes) {
        Ok(file) => file,
        Err(error) => {
            contents.malformed(error.to_string());
            return contents;
        }
    };
    let headers = file.nt_headers();
    contents.machine = Some(Machine::pe(
        headers.file_header().machine.get(LE).0,
        headers.is_type_64(),
    ));
    let flags = headers.file_header().characteristics.get(LE).0;
    contents.kind = if flags & IMAGE_FILE_DLL.0 != 0 {
        FileKind::SharedLibrary
    } else if flags & IMAGE_FILE_EXECUTABLE_IMAGE.0 != 0 {
        FileKind::Executable
    } else {
        FileKind::Other
    };
    let characteristics = headers.optional_header().dll_characteristics();
    let lacks = |flag: u16| characteristics.0 & flag == 0;
    for (flag, weakness, applies) in [
        (DYNAMIC_BASE, Weakness::FixedAddress, true),
        (NX_COMPAT, Weakness::ExecutableData, true),
        (HIGH_ENTROPY_VA, Weakness::LowEntropy, headers.is_type_64()),
    ] {
        if applies && lacks(flag) {
            contents.linking.weaknesses.push(weakness);
        }
    }
    contents.expect_length(promised_length(&file), bytes.len());
    if let Err(reason) = read_exports(&file, &mut contents) {
        contents.malformed(reason.to_string());
    }
    imports::read(&file, &mut contents);
    if let Some(section) = file.section_by_name(PE_SECTION) {
        match section.data() {
            Ok(note) => contents.take_marker(description_of(note)),
            Err(error) => contents.malformed(error.to_string()),
        }
    }
    contents
}

/// Where the headers, the last section and the signature end.
fn promised_length<Pe: ImageNtHeaders>(file: &PeFile<'_, Pe>) -> u64 {
    let sections = file.section_table();
    let contents = sections.iter().map(|section| {
        let start = u64::from(section.pointer_to_raw_data.get(LE));
        start + u64::from(section.size_of_raw_data.get(LE))
    });
    // This is the only directory whose address is an offset in the file.
    let signature = file
        .data_directory(IMAGE_DIRECTORY_ENTRY_SECURITY)
        .map(|directory| {
            let (start, size) = directory.address_range();
            u64::from(start) + u64::from(size)
        });
    let headers = u64::from(file.nt_headers().optional_header().size_of_headers());
    headers
        .max(contents.max().unwrap_or(0))
        .max(signature.unwrap_or(0))
}

fn read_exports<Pe: ImageNtHeaders>(
    file: &PeFile<'_, Pe>,
    contents: &mut Contents,
) -> object::Result<()> {
    let Some(table) = file.export_table()? else {
        return Ok(());
    };
    let name = table.directory().name.get(LE);
    contents.name = table.name_from_pointer(name).ok().map(text);
    let mut named = vec![false; table.addresses().len()];
    let names = table.name_iter().take(MAX_EXPORTS);
    for (pointer, index) in names {
        let name = table.name_from_pointer(pointer)?;
        let address = table.address_by_index(index)?;
        named[usize::from(index.0)] = true;
        contents.exports.push(Export {
            name: Some(text(name)),
            ordinal: Some(table.ordinal_from_index(index)?.0),
            kind: kind(file, table.target_from_address(address)?, address),
        });
    }
    for (index, ordinal, address) in table.address_iter() {
        // An address of zero is a gap between ordinals.
        if address != 0 && !named[usize::from(index.0)] {
            contents.exports.push(Export {
                name: None,
                ordinal: Some(ordinal.0),
                kind: kind(file, table.target_from_address(address)?, address),
            });
        }
    }
    Ok(())
}

/// How the exports of a file can be imported: by their names, and by their ordinals.
pub(super) fn exported<'data>(data: impl ReadRef<'data>) -> object::Result<Vec<ImportedFunction>> {
    match object::FileKind::parse(data)? {
        object::FileKind::Pe32 => exported_width::<ImageNtHeaders32, _>(data),
        object::FileKind::Pe64 => exported_width::<ImageNtHeaders64, _>(data),
        _ => Ok(Vec::new()),
    }
}

fn exported_width<'data, Pe: ImageNtHeaders, R: ReadRef<'data>>(
    data: R,
) -> object::Result<Vec<ImportedFunction>> {
    let file = PeFile::<Pe, R>::parse(data)?;
    let Some(table) = file.export_table()? else {
        return Ok(Vec::new());
    };
    let mut exported = Vec::new();
    for (pointer, _) in table.name_iter().take(MAX_EXPORTS) {
        let name = table.name_from_pointer(pointer)?;
        exported.push(ImportedFunction::Name(text(name)));
    }
    let addresses = table.address_iter().take(MAX_EXPORTS);
    // An address of zero is a gap between ordinals.
    let ordinals = addresses.filter(|(_, _, address)| *address != 0);
    exported.extend(ordinals.map(|(_, ordinal, _)| ImportedFunction::Ordinal(ordinal.0)));
    Ok(exported)
}

fn kind<Pe: ImageNtHeaders>(
    file: &PeFile<'_, Pe>,
    target: ExportTarget<'_>,
    address: u32,
) -> ExportKind {
    match target {
        ExportTarget::ForwardByName(library, name) => ExportKind::Forwarded {
            to: format!("{}.{}", text(library), text(name)),
        },
        ExportTarget::ForwardByOrdinal(library, ordinal) => ExportKind::Forwarded {
            to: format!("{}.#{ordinal}", text(library)),
        },
        ExportTarget::Address(_) => {
            let section = file.section_table().section_containing(address);
            let code = section.is_some_and(|section| {
                section.characteristics.get(LE).0 & IMAGE_SCN_MEM_EXECUTE.0 != 0
            });
            if code {
                ExportKind::Function
            } else {
                ExportKind::Data
            }
        }
    }
}
