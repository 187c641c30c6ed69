//! What the document type has: its root, and the attributes of each element.
//!
//! Source: OMA-WAP-ProvCont 1.1 and Microsoft's MSPROV document type.

use super::Role;
use super::element::ElementTag;

pub const ROOT: &str = "wap-provisioningdoc";

/// The attributes of a `parm`: in a response `desc`, which says that its value is
/// not in effect yet (our device's own), and in both all that follow it.
const PARM: [&str; 13] = [
    "desc",
    "name",
    "value",
    "datatype",
    "semantic-type",
    "maxvalue",
    "minvalue",
    "maxlength",
    "options",
    "multiple",
    "label",
    "translation",
    "mwid",
];

/// Attributes that devices write into responses for settings screens. They are
/// accepted and kept; requests do not have them.
pub(super) const METADATA: &[&str] = PARM.split_at(4).1;

/// The attributes that an element with this tag may have.
pub(super) fn attributes_of(tag: ElementTag, role: Role) -> &'static [&'static str] {
    match tag {
        ElementTag::Characteristic => &["type", "translation", "mwid"],
        ElementTag::Parm if role == Role::Response => &PARM,
        ElementTag::Parm => &PARM[1..],
        ElementTag::NoCharacteristic => &["type"],
        ElementTag::NoParm if role == Role::Response => &["name", "desc"],
        ElementTag::NoParm | ElementTag::ParmQuery => &["name"],
        ElementTag::CharacteristicQuery => &["type", "recursive", "mwid"],
        ElementTag::CharacteristicError | ElementTag::NoCharacteristicError => &["type", "desc"],
        ElementTag::CharacteristicQueryError => &["type", "recursive", "mwid", "desc"],
        ElementTag::ParmError => &["name", "value", "datatype", "desc"],
        ElementTag::NoParmError | ElementTag::ParmQueryError => &["name", "desc"],
    }
}
