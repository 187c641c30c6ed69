//! The behaviour of the https port.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

use crate::testbed::wire::Damage;

/// The https port. Certificates are for the name that the client requests, except where the name is the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    /// A certificate for the requested name, from the test bed's authority.
    Valid,
    /// As `Valid`, but expired.
    Expired,
    /// As `Valid`, but expired an hour ago.
    ExpiredAnHourAgo,
    /// As `Valid`, but valid only from tomorrow.
    NotYetValid,
    /// As `Valid`, but for another name.
    WrongName,
    /// As `Valid`, but for names like the requested one: its parent, a sibling, and names that end or begin with it.
    RelatedNames,
    /// As `Valid`, but for `*` and for wildcards that would have to stand for several labels.
    WideWildcards,
    /// As `Valid`, but for a name that continues after a NUL.
    NulInName,
    /// As `Valid`, but the name is only in the common name of its subject.
    CommonNameOnly,
    /// As `Valid`, but for the addresses of the server instead of its name.
    ServerAddress,
    /// For the right name, signed by its own key.
    SelfSigned,
    /// For the right name, from an untrusted authority.
    UnknownIssuer,
    /// As `UnknownIssuer`, with that authority's own certificate in the chain.
    UnknownRootSent,
    /// From an intermediate authority whose certificate is not sent, and of which no URL is given.
    MissingIntermediate,
    /// Issued by the holder of a server certificate, which is no authority.
    IssuedByLeaf,
    /// From an intermediate whose certificate has no basicConstraints.
    IssuerWithoutCaFlag,
    /// From an intermediate below one with a pathLenConstraint of 0.
    PathTooLong,
    /// From an intermediate authority that has expired.
    ExpiredIssuer,
    /// From an intermediate authority whose name constraints exclude the name.
    NameConstraint,
    /// As `Valid`, but only for client authentication.
    NotAServer,
    /// As `Valid`, with an OCSP response that says that the certificate was revoked. It is sent to clients that ask for one.
    RevokedStapled,
    /// The certificate of `Valid`; the handshake is signed with another key.
    WrongKey,
    /// As `Valid`, but with an RSA key of 1,024 bits.
    WeakKey,
    /// From an intermediate authority that signs with SHA-1.
    Sha1Signature,
    /// The server chooses TLS 1.0.
    OldVersion,
    /// The server accepts only cipher suites without authentication or encryption, with export keys or RC4.
    WeakCipher,
    /// The ClientHello is answered with a fatal alert.
    Alert,
    /// The connection is closed in the middle of the server's part of the handshake.
    Cut,
    /// The port serves cleartext HTTP: anything that it receives is answered with 400 and a close.
    Plaintext,
    /// The ClientHello is answered with bytes that are not a TLS record.
    Garbage,
    /// The ClientHello is read and never answered.
    Silent,
}

impl Tls {
    /// The fault, in words.
    pub(super) fn fault(self) -> Option<&'static str> {
        Some(match self {
            Self::Valid => return None,
            Self::Expired => "the certificate has expired",
            Self::ExpiredAnHourAgo => "the certificate expired an hour ago",
            Self::NotYetValid => "the certificate is not valid yet",
            Self::WrongName => "the certificate is for another name",
            Self::RelatedNames => "the certificate is for names that resemble the requested one",
            Self::WideWildcards => "the certificate is for wildcards that are too wide",
            Self::NulInName => "the certificate's name continues after a NUL",
            Self::CommonNameOnly => "the certificate has no subject alternative name",
            Self::ServerAddress => {
                "the certificate is for the server's addresses, not for its name"
            }
            Self::SelfSigned => "the certificate is signed by its own key",
            Self::UnknownIssuer => "the certificate is from an untrusted authority",
            Self::UnknownRootSent => {
                "the certificate is from an untrusted authority, whose own certificate is sent along"
            }
            Self::MissingIntermediate => "the intermediate certificate is missing",
            Self::IssuedByLeaf => "the certificate is issued by one that is no authority",
            Self::IssuerWithoutCaFlag => "the issuer's certificate has no basicConstraints",
            Self::PathTooLong => "the chain is longer than its pathLenConstraint permits",
            Self::ExpiredIssuer => "the issuer's certificate has expired",
            Self::NameConstraint => "the issuer's name constraints exclude the name",
            Self::NotAServer => "the certificate is not for servers",
            Self::RevokedStapled => {
                "the certificate comes with an OCSP response that says that it was revoked"
            }
            Self::WrongKey => "the handshake is not signed with the certificate's key",
            Self::WeakKey => "the certificate's RSA key has 1,024 bits",
            Self::Sha1Signature => "the certificate is signed with SHA-1",
            Self::OldVersion => "the server speaks TLS 1.0 only",
            Self::WeakCipher => "the server has only weak cipher suites",
            Self::Alert => "the https port answers with a fatal alert",
            Self::Cut => "the connection is closed in the middle of the handshake",
            Self::Plaintext => "the https port serves cleartext HTTP",
            Self::Garbage => "the https port answers with bytes that are not TLS",
            Self::Silent => "the https port never answers the ClientHello",
        })
    }

    /// How far it is from a connection to the operator's server: what well-known TLS libraries accept is tolerated.
    pub(super) fn damage(self) -> Damage {
        match self {
            Self::Valid => Damage::None,
            Self::CommonNameOnly
            | Self::RevokedStapled
            | Self::WeakKey
            | Self::OldVersion
            | Self::WeakCipher => Damage::Tolerated,
            Self::Expired
            | Self::ExpiredAnHourAgo
            | Self::NotYetValid
            | Self::WrongName
            | Self::RelatedNames
            | Self::WideWildcards
            | Self::NulInName
            | Self::ServerAddress
            | Self::SelfSigned
            | Self::UnknownIssuer
            | Self::UnknownRootSent
            | Self::MissingIntermediate
            | Self::IssuedByLeaf
            | Self::IssuerWithoutCaFlag
            | Self::PathTooLong
            | Self::ExpiredIssuer
            | Self::NameConstraint
            | Self::NotAServer
            | Self::WrongKey
            | Self::Sha1Signature
            | Self::Alert
            | Self::Cut
            | Self::Plaintext
            | Self::Garbage
            | Self::Silent => Damage::Certain,
        }
    }

    /// Whether a plugin may wait until its own deadline.
    pub(super) const fn stalls(self) -> bool {
        match self {
            Self::Silent => true,
            Self::Valid
            | Self::Expired
            | Self::ExpiredAnHourAgo
            | Self::NotYetValid
            | Self::WrongName
            | Self::RelatedNames
            | Self::WideWildcards
            | Self::NulInName
            | Self::CommonNameOnly
            | Self::ServerAddress
            | Self::SelfSigned
            | Self::UnknownIssuer
            | Self::UnknownRootSent
            | Self::MissingIntermediate
            | Self::IssuedByLeaf
            | Self::IssuerWithoutCaFlag
            | Self::PathTooLong
            | Self::ExpiredIssuer
            | Self::NameConstraint
            | Self::NotAServer
            | Self::RevokedStapled
            | Self::WrongKey
            | Self::WeakKey
            | Self::Sha1Signature
            | Self::OldVersion
            | Self::WeakCipher
            | Self::Alert
            | Self::Cut
            | Self::Plaintext
            | Self::Garbage => false,
        }
    }
}
