//! Strings in the resources of a Windows library.
//!
//! The library is read, never loaded. Whatever its bytes are, reading ends with
//! a string or an error.

use object::FileKind;
use object::LittleEndian as LE;
use object::pe::RT_STRING;
use object::read::pe::{
    ImageNtHeaders, PeFile, PeFile32, PeFile64, ResourceDirectory, ResourceDirectoryTable,
    ResourceNameOrId,
};

use super::{LangId, search_order};

/// Strings stand in blocks of this many, whether they are there or not.
const BLOCK: u16 = 16;

/// A string and the language it was found in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub text: String,
    pub language: LangId,
}

/// Why a library does not give a string.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFound {
    /// It is no Windows library.
    #[error("not a Windows library (a PE file)")]
    NotPe,
    #[error("the library's resources cannot be read: {0}")]
    Damaged(&'static str),
    /// It has no strings at all.
    #[error("the library has no string table")]
    NoStrings,
    /// It has no string of this number.
    #[error("the library has no string {id}{}", in_languages(.languages))]
    NoString {
        id: u16,
        /// The languages that the string's block is there in.
        languages: Vec<LangId>,
    },
}

fn in_languages(languages: &[LangId]) -> String {
    let mut tags = languages.iter().map(LangId::to_string);
    match tags.next() {
        Some(first) => format!(" in {}", tags.fold(first, |all, tag| all + ", " + &tag)),
        None => String::new(),
    }
}

/// The string of this number, in the first language of the system's order for
/// this user that its block is there in. As in the system, a block without the
/// string ends the search: other languages are not looked at.
///
/// # Errors
/// The file is no Windows library, is damaged, or has no such string.
pub fn string(library: &[u8], id: u16, user: LangId) -> Result<Found, NotFound> {
    match FileKind::parse(library) {
        Ok(FileKind::Pe32) => {
            let file = PeFile32::parse(library).map_err(|_| NotFound::NotPe)?;
            find(&file, library, id, user)
        }
        Ok(FileKind::Pe64) => {
            let file = PeFile64::parse(library).map_err(|_| NotFound::NotPe)?;
            find(&file, library, id, user)
        }
        _ => Err(NotFound::NotPe),
    }
}

fn find<Headers: ImageNtHeaders>(
    file: &PeFile<'_, Headers>,
    library: &[u8],
    id: u16,
    user: LangId,
) -> Result<Found, NotFound> {
    let sections = file.section_table();
    let directory = file
        .data_directories()
        .resource_directory(library, &sections)
        .map_err(|_| NotFound::Damaged("its directory lies outside the file"))?
        .ok_or(NotFound::NoStrings)?;
    let root = directory
        .root()
        .map_err(|_| NotFound::Damaged("its root is cut off"))?;
    let strings = below(&root, directory, RT_STRING)?.ok_or(NotFound::NoStrings)?;
    let no_string = |languages| NotFound::NoString { id, languages };
    let block = below(&strings, directory, id / BLOCK + 1)?.ok_or_else(|| no_string(Vec::new()))?;
    let languages: Vec<_> = block
        .entries
        .iter()
        .filter_map(|entry| match entry.name_or_id() {
            ResourceNameOrId::Id(id) => Some((LangId(id), entry)),
            ResourceNameOrId::Name(_) => None,
        })
        .collect();
    let preferred = search_order(user)
        .into_iter()
        .find_map(|wanted| languages.iter().find(|(language, _)| *language == wanted));
    let (language, entry) = *preferred
        .or(languages.first())
        .ok_or_else(|| no_string(Vec::new()))?;
    let data = entry
        .data(directory)
        .ok()
        .and_then(|data| data.data())
        .ok_or(NotFound::Damaged("a language has no data"))?;
    let bytes = sections
        .pe_data_at(library, data.offset_to_data.get(LE))
        .and_then(|bytes| bytes.get(..usize::try_from(data.size.get(LE)).ok()?))
        .ok_or(NotFound::Damaged(
            "a block of strings lies outside the file",
        ))?;
    let text = nth(bytes, id % BLOCK).ok_or(NotFound::Damaged("a block of strings is cut off"))?;
    if text.is_empty() {
        let tags = languages.iter().map(|(language, _)| *language);
        return Err(no_string(tags.collect()));
    }
    Ok(Found { text, language })
}

/// The table under the entry of this number, if there is one.
fn below<'data>(
    table: &ResourceDirectoryTable<'data>,
    directory: ResourceDirectory<'data>,
    id: u16,
) -> Result<Option<ResourceDirectoryTable<'data>>, NotFound> {
    let is_it = |entry: &&object::pe::ImageResourceDirectoryEntry| matches!(entry.name_or_id(), ResourceNameOrId::Id(one) if one == id);
    let Some(entry) = table.entries.iter().find(is_it) else {
        return Ok(None);
    };
    let below = entry.data(directory);
    let below = below.map_err(|_| NotFound::Damaged("a table is cut off"))?;
    below
        .table()
        .map(Some)
        .ok_or(NotFound::Damaged("data stands where a table should be"))
}

/// The string at this index of a block: sixteen strings of UTF-16, each behind
/// its length. Nothing if the block ends before.
fn nth(block: &[u8], index: u16) -> Option<String> {
    let (units, _) = block.as_chunks::<2>();
    let mut rest = units;
    for _ in 0..index {
        let (length, after) = rest.split_first()?;
        rest = after.get(usize::from(u16::from_le_bytes(*length))..)?;
    }
    let (length, after) = rest.split_first()?;
    let text = after.get(..usize::from(u16::from_le_bytes(*length)))?;
    let units = text.iter().map(|unit| u16::from_le_bytes(*unit));
    let text = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
    Some(text.collect())
}
