//! Time stamps of a signature: that of RFC 3161, and the older countersignature (PKCS #9).

use std::time::SystemTime;

use cms::signed_data::SignerInfo;
use der::asn1::{AnyRef, GeneralizedTime, ObjectIdentifier, OctetStringRef};
use der::{Decode, SliceReader, Tag, Tagged};
use x509_cert::Certificate;
use x509_cert::spki::AlgorithmIdentifierRef;

use super::attribute_values;
use super::fault::Fault;
use super::message::Message;
use super::signed::{self, Hash, certificate_of};

/// szOID_RFC3161_counterSign
const RFC_3161: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.3.3.1");
const COUNTERSIGNATURE: ObjectIdentifier = const_oid::db::rfc5911::ID_COUNTERSIGNATURE;
const SIGNING_TIME: ObjectIdentifier = const_oid::db::rfc5911::ID_SIGNING_TIME;
const DATA: ObjectIdentifier = const_oid::db::rfc5911::ID_DATA;
/// id-ct-TSTInfo
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// A time stamp that is valid for the signature.
pub(super) struct Stamp {
    pub(super) at: SystemTime,
    pub(super) kind: &'static str,
    pub(super) certificate: Certificate,
    /// Those that lead from the authority's certificate to a root.
    pub(super) certificates: Vec<Certificate>,
}

/// The time stamp of a signature, if it has one. `others` are the certificates of the signature.
///
/// # Errors
/// It is not valid, or whether it is cannot be told.
pub(super) fn of(signer: &SignerInfo, others: &[Certificate]) -> Result<Option<Stamp>, Fault> {
    if let Some(token) = attribute_values(signer, RFC_3161).into_iter().next() {
        return rfc_3161(signer, &token, others).map(Some);
    }
    match attribute_values(signer, COUNTERSIGNATURE)
        .into_iter()
        .next()
    {
        Some(der) => countersignature(signer, &der, others).map(Some),
        None => Ok(None),
    }
}

fn rfc_3161(signer: &SignerInfo, token: &[u8], others: &[Certificate]) -> Result<Stamp, Fault> {
    let message = Message::read(token)?;
    let content = message.content.econtent.as_ref();
    let content = content.ok_or("it has no content")?;
    let content = content
        .decode_as::<OctetStringRef<'_>>()
        .map_err(|error| format!("its content cannot be read: {error}"))?;
    let info = Info::read(content.as_bytes())
        .map_err(|error| format!("its content cannot be read: {error}"))?;
    let hash = Hash::of(info.algorithm)?;
    if info.imprint != hash.digest(signer.signature.as_bytes()) {
        return Err("it is of another signature".into());
    }
    let [authority] = message.signers.as_slice() else {
        return Err("it has not one signer".into());
    };
    let mut all = message.certificates.clone();
    all.extend(others.iter().cloned());
    let certificate = certificate_of(&authority.sid, &all).cloned();
    let certificate = certificate.ok_or("the authority's certificate is not in it")?;
    signed::verify(authority, TST_INFO, content.as_bytes(), &certificate)?;
    Ok(Stamp {
        at: info.at,
        kind: "RFC 3161",
        certificate,
        certificates: all,
    })
}

fn countersignature(
    signer: &SignerInfo,
    der: &[u8],
    others: &[Certificate],
) -> Result<Stamp, Fault> {
    let authority =
        SignerInfo::from_der(der).map_err(|error| format!("it cannot be read: {error}"))?;
    let certificate = certificate_of(&authority.sid, others).cloned();
    let certificate = certificate.ok_or("the authority's certificate is not in the signature")?;
    signed::verify(&authority, DATA, signer.signature.as_bytes(), &certificate)?;
    let time: x509_cert::time::Time = signed::attribute(&authority, SIGNING_TIME)?;
    Ok(Stamp {
        at: time.to_system_time(),
        kind: "PKCS #9",
        certificate,
        certificates: others.to_vec(),
    })
}

/// What a time stamp says (RFC 3161, section 2.4.2), as far as it is needed.
struct Info {
    /// The digest algorithm of the imprint.
    algorithm: ObjectIdentifier,
    imprint: Vec<u8>,
    at: SystemTime,
}

impl Info {
    fn read(der: &[u8]) -> der::Result<Self> {
        let outer = AnyRef::from_der(der)?;
        outer.tag().assert_eq(Tag::Sequence)?;
        let mut fields = SliceReader::new(outer.value())?;
        let _version = AnyRef::decode(&mut fields)?;
        let _policy = ObjectIdentifier::decode(&mut fields)?;
        let imprint = AnyRef::decode(&mut fields)?;
        let mut parts = SliceReader::new(imprint.value())?;
        let algorithm = AlgorithmIdentifierRef::decode(&mut parts)?;
        let digest = OctetStringRef::decode(&mut parts)?;
        let _serial = AnyRef::decode(&mut fields)?;
        let time = AnyRef::decode(&mut fields)?;
        Ok(Self {
            algorithm: algorithm.oid,
            imprint: digest.as_bytes().to_owned(),
            at: generalized(time)?,
        })
    }
}

/// A time, of which a fraction of the second is left out: the crate der takes none.
fn generalized(time: AnyRef<'_>) -> der::Result<SystemTime> {
    time.tag().assert_eq(Tag::GeneralizedTime)?;
    let text = time.value();
    let seconds = text.get(..14).ok_or_else(|| time.tag().value_error())?;
    let whole = [seconds, b"Z"].concat();
    let mut der = vec![u8::from(Tag::GeneralizedTime), 15];
    der.extend(whole);
    let parsed = GeneralizedTime::from_der(&der)?;
    Ok(SystemTime::UNIX_EPOCH + parsed.to_unix_duration())
}
