//! CMS messages with signed data (RFC 5652, section 5.1).

use cms::content_info::ContentInfo;
use cms::signed_data::{EncapsulatedContentInfo, SignerInfo};
use der::asn1::AnyRef;
use der::{Any, Decode, Encode, Reader, SliceReader, Tag, TagNumber, Tagged};
use x509_cert::Certificate;

/// The parts of a message that are needed. It is read here since the crate cms refuses a set with the same certificate
/// twice, as osslsigncode writes it.
pub(super) struct Message {
    pub(super) content: EncapsulatedContentInfo,
    pub(super) certificates: Vec<Certificate>,
    pub(super) signers: Vec<SignerInfo>,
}

impl Message {
    /// Reads a message, which may have padding after it.
    pub(super) fn read(der: &[u8]) -> Result<Self, String> {
        let mut reader = SliceReader::new(der).map_err(|_| "a signature is empty".to_owned())?;
        let info = ContentInfo::decode(&mut reader)
            .map_err(|error| format!("a signature is not a CMS message: {error}"))?;
        if info.content_type != const_oid::db::rfc5911::ID_SIGNED_DATA {
            return Err("a signature is no CMS signed data".to_owned());
        }
        Self::of(&info.content)
            .map_err(|error| format!("the signed data of a signature cannot be read: {error}"))
    }

    fn of(data: &Any) -> der::Result<Self> {
        data.tag().assert_eq(Tag::Sequence)?;
        let mut fields = SliceReader::new(data.value())?;
        let _version = AnyRef::decode(&mut fields)?;
        let _digests = AnyRef::decode(&mut fields)?;
        let content = EncapsulatedContentInfo::decode(&mut fields)?;
        let mut certificates = Vec::new();
        let mut signers = Vec::new();
        while !fields.is_finished() {
            let field = AnyRef::decode(&mut fields)?;
            match field.tag() {
                Tag::ContextSpecific {
                    number: TagNumber::N0,
                    ..
                } => {
                    for item in items(field)? {
                        // Another kind of certificate than X.509 has another tag.
                        if item.tag() == Tag::Sequence {
                            certificates.push(Certificate::from_der(&item.to_der()?)?);
                        }
                    }
                }
                Tag::Set => {
                    for item in items(field)? {
                        signers.push(SignerInfo::from_der(&item.to_der()?)?);
                    }
                }
                // Lists of revoked certificates.
                _ => {}
            }
        }
        Ok(Self {
            content,
            certificates,
            signers,
        })
    }
}

fn items(set: AnyRef<'_>) -> der::Result<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(set.value())?;
    let mut items = Vec::new();
    while !reader.is_finished() {
        items.push(AnyRef::decode(&mut reader)?);
    }
    Ok(items)
}
