//! What the document type has: its root, and the attributes of each element.
//!
//! Source: OMA-WAP-ProvCont 1.1 and Microsoft's MSPROV document type.

use super::element::Kind;
use super::{Diagnostic, Role, Span};

/// The root's name.
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
/// accepted and kept; nobody writes them into a request.
pub(super) const METADATA: &[&str] = PARM.split_at(4).1;

/// The attributes that an element of this kind may have.
pub(super) fn attributes_of(kind: Kind, role: Role) -> &'static [&'static str] {
    match kind {
        Kind::Characteristic => &["type", "translation", "mwid"],
        Kind::Parm if role == Role::Response => &PARM,
        Kind::Parm => &PARM[1..],
        Kind::NoCharacteristic => &["type"],
        Kind::NoParm if role == Role::Response => &["name", "desc"],
        Kind::NoParm | Kind::ParmQuery => &["name"],
        Kind::CharacteristicQuery => &["type", "recursive"],
        Kind::CharacteristicError | Kind::NoCharacteristicError => &["type", "desc"],
        Kind::CharacteristicQueryError => &["type", "recursive", "desc"],
        Kind::ParmError => &["name", "value", "datatype", "desc"],
        Kind::NoParmError | Kind::ParmQueryError => &["name", "desc"],
    }
}

/// The fault of an OMA DM document.
pub(super) fn sync_ml(at: Span) -> Diagnostic {
    Diagnostic::error(at, "a SyncML (OMA DM) document")
        .expected(format!("an OMA Client Provisioning document: `{ROOT}`"))
        .cure(
            "write the settings as OMA Client Provisioning; \
             the HotSpot CSP cannot be reached by OMA DM",
        )
}
