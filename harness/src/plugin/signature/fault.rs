//! Why something about a signature is not accepted.

use der::asn1::ObjectIdentifier;

/// Why a signature, its time stamp or a certificate is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is wrong.
    Wrong(String),
    /// Whether it is right cannot be told, since this is not supported.
    NotSupported(String),
}

impl From<String> for Fault {
    fn from(reason: String) -> Self {
        Self::Wrong(reason)
    }
}

impl From<&str> for Fault {
    fn from(reason: &str) -> Self {
        Self::Wrong(reason.to_owned())
    }
}

/// Curves that const-oid does not name: of SEC 2 and of RFC 5639.
const CURVES: [(&str, &str); 4] = [
    ("1.3.132.0.10", "secp256k1"),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1"),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1"),
];

/// The name of an algorithm or a curve with its number; the number alone, if it has no name here.
pub(super) fn name_of(id: ObjectIdentifier) -> String {
    let number = id.to_string();
    let curve = CURVES.iter().find(|(it, _)| *it == number);
    let curve = curve.map(|(_, name)| *name);
    match const_oid::db::DB.by_oid(&id).or(curve) {
        Some(name) => format!("{name} ({number})"),
        None => number,
    }
}
