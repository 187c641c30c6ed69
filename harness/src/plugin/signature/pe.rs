//! What of a PE file is signed, and where its signatures are.

use std::ops::Range;

use authenticode::{
    AttributeCertificateIterator, PeOffsetError, PeOffsets, PeTrait, WIN_CERT_REVISION_2_0,
    WIN_CERT_TYPE_PKCS_SIGNED_DATA, authenticode_digest,
};
use object::LittleEndian as LE;
use object::pe::{IMAGE_DIRECTORY_ENTRY_SECURITY, ImageNtHeaders32, ImageNtHeaders64};
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, PeFile};

use super::signed::Hash;

/// A file with a table of signatures.
pub(super) struct Signed<'data> {
    layout: Layout<'data>,
    /// The signatures, in DER.
    pub(super) entries: Vec<Vec<u8>>,
}

/// Where the parts of a file are, as the digest needs them.
struct Layout<'data> {
    data: &'data [u8],
    sections: Vec<Range<usize>>,
    table: Option<Range<usize>>,
    offsets: PeOffsets,
}

impl<'data> Signed<'data> {
    /// Finds the signatures; none if the file has none.
    pub(super) fn read(data: &'data [u8]) -> Result<Option<Self>, String> {
        let layout = match object::FileKind::parse(data) {
            Ok(object::FileKind::Pe32) => Layout::read::<ImageNtHeaders32>(data),
            Ok(object::FileKind::Pe64) => Layout::read::<ImageNtHeaders64>(data),
            _ if data.starts_with(b"MZ") => None,
            _ => return Ok(None),
        };
        let layout = layout.ok_or("its headers are damaged")?;
        let Some(table) = layout.table.clone() else {
            return Ok(None);
        };
        if table.end > data.len() {
            return Err("its table of signatures is longer than the file".to_owned());
        }
        if table.end < data.len() {
            return Err("there are bytes after its table of signatures".to_owned());
        }
        let entries = AttributeCertificateIterator::new(&layout)
            .map_err(|error| format!("its table of signatures is not valid: {error}"))?;
        let mut signatures = Vec::new();
        for entry in entries.into_iter().flatten() {
            let entry =
                entry.map_err(|error| format!("its table of signatures is not valid: {error}"))?;
            if entry.revision != WIN_CERT_REVISION_2_0
                || entry.certificate_type != WIN_CERT_TYPE_PKCS_SIGNED_DATA
            {
                return Err(format!(
                    "its table of signatures has an entry of type {} in revision {:#x}, and not PKCS #7",
                    entry.certificate_type, entry.revision
                ));
            }
            signatures.push(entry.data.to_owned());
        }
        Ok(Some(Self {
            layout,
            entries: signatures,
        }))
    }

    /// The digest that a signature has to contain.
    pub(super) fn digest(&self, hash: Hash) -> Result<Vec<u8>, String> {
        let mut context = Context(ring::digest::Context::new(hash.algorithm()));
        authenticode_digest(&self.layout, &mut context)
            .map_err(|_| "the parts of the file that are signed cannot be found".to_owned())?;
        Ok(context.0.finish().as_ref().to_owned())
    }
}

/// ring's digests, as the crate authenticode takes them.
struct Context(ring::digest::Context);

impl digest::Update for Context {
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }
}

impl<'data> Layout<'data> {
    fn read<Pe: ImageNtHeaders>(data: &'data [u8]) -> Option<Self> {
        let file = PeFile::<Pe>::parse(data).ok()?;
        let header = file.nt_headers().optional_header();
        let bytes = object::pod::bytes_of(header);
        let start = (bytes.as_ptr() as usize).checked_sub(data.as_ptr() as usize)?;
        // "PE Format": the offset of CheckSum in the optional header, and the size of an entry of the directories.
        let check_sum = start.checked_add(64)?;
        let directories = start.checked_add(bytes.len())?;
        let security = directories.checked_add(8 * IMAGE_DIRECTORY_ENTRY_SECURITY)?;
        let sections = file.section_table().iter().map(|section| {
            let start = section.pointer_to_raw_data.get(LE) as usize;
            Some(start..start.checked_add(section.size_of_raw_data.get(LE) as usize)?)
        });
        let table = file
            .data_directory(IMAGE_DIRECTORY_ENTRY_SECURITY)
            .map(|directory| directory.address_range())
            .filter(|(start, size)| (*start, *size) != (0, 0))
            .map(|(start, size)| {
                Some(start as usize..(start as usize).checked_add(size as usize)?)
            });
        let table = match table {
            Some(range) => Some(range?),
            None => None,
        };
        Some(Self {
            data,
            sections: sections.collect::<Option<_>>()?,
            table,
            offsets: PeOffsets {
                check_sum,
                after_check_sum: check_sum.checked_add(4)?,
                security_data_dir: security,
                after_security_data_dir: security.checked_add(8)?,
                after_header: header.size_of_headers() as usize,
            },
        })
    }
}

impl PeTrait for Layout<'_> {
    fn data(&self) -> &[u8] {
        self.data
    }

    fn num_sections(&self) -> usize {
        self.sections.len()
    }

    /// `index` begins at 1.
    fn section_data_range(&self, index: usize) -> Result<Range<usize>, PeOffsetError> {
        let section = index
            .checked_sub(1)
            .and_then(|index| self.sections.get(index));
        section.cloned().ok_or(PeOffsetError)
    }

    fn certificate_table_range(&self) -> Result<Option<Range<usize>>, PeOffsetError> {
        Ok(self.table.clone())
    }

    fn offsets(&self) -> Result<PeOffsets, PeOffsetError> {
        Ok(self.offsets.clone())
    }
}
