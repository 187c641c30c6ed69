//! The code signature of a library for Windows: Authenticode ("Windows Authenticode Portable Executable Signature
//! Format", Microsoft).
//!
//! What can be seen without a list of trusted roots is always checked: the digest of the file, the signature over it, the
//! time stamp. Whether the signer's certificate was issued for code by a root of the user's choice is checked where roots
//! are given. The verdict is that of `osslsigncode verify`, and what is weak is noted. Not supported, and said so: page
//! hashes, which are another digest of the same bytes, signatures in catalogues, which are files of their own, and rare
//! algorithms, of which it is not known whether they are right.

mod algorithms;
mod chain;
mod fault;
mod message;
mod pe;
mod signed;
mod stamp;

use std::time::SystemTime;

use authenticode::SpcIndirectDataContent;
use cms::signed_data::SignerInfo;
use der::Encode;
use der::asn1::ObjectIdentifier;
use rustls::pki_types::CertificateDer;
use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use x509_cert::Certificate;

use self::chain::Purpose;
use self::fault::Fault;
use self::message::Message;
use self::signed::Hash;

/// SPC_INDIRECT_DATA_OBJID: what is signed is the digest of a file.
const INDIRECT_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.2.1.4");
/// Another signature inside of a signature, such as one with a newer digest.
const NESTED: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.2.4.1");
/// The identifiers of page hashes (SHA-1 and SHA-256) in DER.
const PAGE_HASHES: [&[u8]; 2] = [
    b"\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x03\x01",
    b"\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x03\x02",
];
/// More signatures than any tool makes.
const MOST_SIGNATURES: usize = 16;

/// What is signed about a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Signatures {
    /// In the order of the file; a nested one follows the one that it is in. Empty if the file is not signed.
    pub signatures: Vec<Signature>,
    /// Why what is there cannot be read, if it cannot.
    pub problem: Option<String>,
}

/// One signature.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Signature {
    /// The digest of the file, such as `SHA-256`.
    pub digest: String,
    /// The subject of the signer's certificate.
    pub signer: String,
    /// When it was stamped, in UTC, and by whom; absent without a time stamp.
    pub stamped: Option<Stamped>,
    /// What is wrong with it, whichever roots are trusted. Nothing, if it is valid for this file.
    pub faults: Vec<String>,
    /// What is not supported, so that whether the signature is valid, or the certificate is trusted, is not known.
    pub not_supported: Option<String>,
    /// Why the signer's certificate is not trusted; absent if it is, or if no roots were given.
    pub untrusted: Option<String>,
    /// Whether roots were given, and the certificate leads to one of them.
    pub trusted: bool,
    /// Whether it relies on an algorithm that is not secure any more; the notes say which.
    pub weak: bool,
    /// What to know of it: a digest that is weak, parts that were not checked.
    pub notes: Vec<String>,
}

impl Signature {
    fn add(&mut self, fault: Fault) {
        match fault {
            Fault::Wrong(reason) => self.faults.push(reason),
            Fault::NotSupported(what) => self.not_supported = Some(what),
        }
    }

    fn add_weakness(&mut self, weakness: String) {
        self.weak = true;
        self.notes.push(weakness);
    }
}

/// A time stamp.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Stamped {
    /// In UTC, as RFC 3339 writes it.
    pub at: String,
    /// Such as `RFC 3161`.
    pub kind: String,
    /// The subject of the authority's certificate.
    pub by: String,
}

/// The certificates that are trusted, or nothing that says so.
#[derive(Clone, Copy, Debug)]
pub struct Trust<'a> {
    /// The roots; none if the question is not asked.
    pub roots: Option<&'a [CertificateDer<'static>]>,
    /// When a certificate without a time stamp has to be valid.
    pub now: SystemTime,
}

impl Signatures {
    /// The signatures of a PE file.
    pub fn of(bytes: &[u8], trust: Trust<'_>) -> Self {
        let mut found = Self::default();
        match pe::Signed::read(bytes) {
            Ok(None) => {}
            Ok(Some(file)) => {
                for entry in &file.entries {
                    found.add(entry, &file, trust, 0);
                }
                if found.signatures.is_empty() && found.problem.is_none() {
                    found.problem = Some("its table of signatures is empty".to_owned());
                }
            }
            Err(problem) => found.problem = Some(problem),
        }
        found
    }

    /// The signature that speaks most for the file, since of several one has to be good: it is valid for the file and, in this
    /// order, trusted and not weak, trusted, and nothing is to be noted of it. None, if none is valid.
    pub fn best(&self) -> Option<&Signature> {
        let valid = self.signatures.iter();
        let valid = valid.filter(|it| it.faults.is_empty() && it.not_supported.is_none());
        valid.min_by_key(|it| (!it.trusted, it.weak, !it.notes.is_empty()))
    }

    /// What is not supported of a signature that may be good, if there is one.
    pub fn not_supported(&self) -> Option<&str> {
        let undecided = self.signatures.iter();
        let undecided = undecided.filter(|it| it.faults.is_empty() && it.untrusted.is_none());
        undecided
            .filter_map(|it| it.not_supported.as_deref())
            .next()
    }

    fn add(&mut self, der: &[u8], file: &pe::Signed<'_>, trust: Trust<'_>, depth: usize) {
        if self.signatures.len() >= MOST_SIGNATURES || depth >= MOST_SIGNATURES {
            self.problem = Some(format!("it has more than {MOST_SIGNATURES} signatures"));
            return;
        }
        let parsed = Message::read(der).and_then(|message| {
            let content = indirect_data(&message)?;
            Ok((message, content))
        });
        let (message, content) = match parsed {
            Ok(parsed) => parsed,
            Err(problem) => {
                self.problem = Some(problem);
                return;
            }
        };
        let signer = match message.signers.as_slice() {
            [one] => one,
            all => {
                self.problem = Some(format!(
                    "a signature has {} signers instead of one",
                    all.len()
                ));
                return;
            }
        };
        self.signatures
            .push(examine(&message, &content, signer, file, trust));
        for nested in attribute_values(signer, NESTED) {
            self.add(&nested, file, trust, depth + 1);
        }
    }
}

/// What a signature says of the file.
fn indirect_data(message: &Message) -> Result<SpcIndirectDataContent, String> {
    if message.content.econtent_type != INDIRECT_DATA {
        return Err("a signature is not about a file's digest".to_owned());
    }
    let content = message.content.econtent.as_ref();
    let content = content.ok_or("a signature has no content")?;
    content
        .decode_as()
        .map_err(|error| format!("the digest in a signature cannot be read: {error}"))
}

fn examine(
    message: &Message,
    content: &SpcIndirectDataContent,
    signer: &SignerInfo,
    file: &pe::Signed<'_>,
    trust: Trust<'_>,
) -> Signature {
    let mut found = Signature::default();
    let digest = &content.message_digest;
    match Hash::of(digest.digest_algorithm.oid) {
        Ok(hash) => {
            found.digest = hash.name().to_owned();
            match file.digest(hash) {
                Ok(actual) if actual == digest.digest.as_bytes() => {}
                Ok(_) => found.faults.push(
                    "the file was changed after it was signed: its digest is another one"
                        .to_owned(),
                ),
                Err(problem) => found.faults.push(problem),
            }
        }
        Err(fault) => {
            found.digest = fault::name_of(digest.digest_algorithm.oid);
            found.add(fault);
        }
    }
    // The digest of the file is signed by way of another digest, which can be of another kind.
    let digests = [digest.digest_algorithm.oid, signer.digest_alg.oid];
    let mut known = digests.into_iter().filter_map(|id| Hash::of(id).ok());
    if let Some(hash) = known.find(|it| it.is_weak()) {
        found.add_weakness(format!("{} is weak: sign with SHA-256", hash.name()));
    }
    if content
        .to_der()
        .is_ok_and(|der| PAGE_HASHES.iter().any(|id| contains(&der, id)))
    {
        found
            .notes
            .push("its page hashes were not checked: that is not supported".to_owned());
    }
    let certificates = &message.certificates;
    let Some(certificate) = signed::certificate_of(&signer.sid, certificates) else {
        found
            .faults
            .push("the signer's certificate is not in the signature".to_owned());
        return found;
    };
    found.signer = certificate.tbs_certificate.subject.to_string();
    let key = &certificate.tbs_certificate.subject_public_key_info;
    if let Some(weakness) = algorithms::weakness(key) {
        found.add_weakness(format!("the signer's key: {weakness}"));
    }
    let econtent = message.content.econtent.as_ref();
    let signed = econtent.map_or(&[][..], |content| content.value());
    if let Err(fault) = signed::verify(signer, INDIRECT_DATA, signed, certificate) {
        found.add(fault);
    }
    let time = time_of(&mut found, signer, certificates, trust);
    let Some(roots) = trust.roots else {
        return found;
    };
    let verify = |at| chain::verify(certificate, certificates, roots, at, Purpose::Code);
    match verify(time.at) {
        Ok(weaknesses) => {
            found.trusted = found.not_supported.is_none();
            weaknesses.into_iter().for_each(|it| found.add_weakness(it));
        }
        Err(Fault::Wrong(reason)) => match time.not_supported {
            Some(what) if reason == chain::EXPIRED => {
                found.not_supported = Some(format!("a time stamp with {what}"));
            }
            _ => found.untrusted = Some(reason),
        },
        Err(fault) => found.add(fault),
    }
    // The time stamp matters only where the certificate has expired meanwhile.
    found.weak |= !time.weaknesses.is_empty() && verify(trust.now).is_err();
    let weaknesses = time.weaknesses.into_iter();
    let weaknesses = weaknesses.map(|it| format!("its time stamp: {it}"));
    found.notes.extend(weaknesses);
    found
}

/// When a signature was made, as far as that is known.
struct SigningTime {
    /// The time of a stamp that is believed; otherwise now.
    at: SystemTime,
    /// What is weak about the stamp.
    weaknesses: Vec<String>,
    /// What is not supported of the stamp, so that it is not believed.
    not_supported: Option<String>,
}

/// Reads the time stamp of a signature, and notes what is wrong with it.
fn time_of(
    found: &mut Signature,
    signer: &SignerInfo,
    certificates: &[Certificate],
    trust: Trust<'_>,
) -> SigningTime {
    let mut time = SigningTime {
        at: trust.now,
        weaknesses: Vec::new(),
        not_supported: None,
    };
    let (lacks, fault) = match stamp::of(signer, certificates) {
        Ok(None) => return time,
        Ok(Some(stamp)) => {
            let stamped_by = &stamp.certificate.tbs_certificate.subject;
            found.stamped = Some(Stamped {
                at: rfc_3339(stamp.at),
                kind: stamp.kind.to_owned(),
                by: stamped_by.to_string(),
            });
            match believed(&stamp, trust) {
                Ok(weaknesses) => {
                    time.at = stamp.at;
                    time.weaknesses = weaknesses;
                    return time;
                }
                Err(fault) => ("trusted", fault),
            }
        }
        Err(fault) => ("valid", fault),
    };
    found.notes.push(match fault {
        Fault::Wrong(reason) => format!("its time stamp is not {lacks}: {reason}"),
        Fault::NotSupported(what) => {
            let note = format!("its time stamp was not checked: not supported: {what}");
            time.not_supported = Some(what);
            note
        }
    });
    time
}

/// Whether a time stamp is by an authority that is trusted, where that is asked, and what is weak about that.
fn believed(stamp: &stamp::Stamp, trust: Trust<'_>) -> Result<Vec<String>, Fault> {
    let Some(roots) = trust.roots else {
        return Ok(Vec::new());
    };
    chain::verify(
        &stamp.certificate,
        &stamp.certificates,
        roots,
        stamp.at,
        Purpose::TimeStamps,
    )
}

/// The values of an unsigned attribute, in DER.
fn attribute_values(signer: &SignerInfo, id: ObjectIdentifier) -> Vec<Vec<u8>> {
    let attributes = signer.unsigned_attrs.iter().flat_map(|all| all.iter());
    attributes
        .filter(|attribute| attribute.oid == id)
        .flat_map(|attribute| attribute.values.iter())
        .filter_map(|value| value.to_der().ok())
        .collect()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn rfc_3339(at: SystemTime) -> String {
    OffsetDateTime::from(at)
        .format(&Rfc3339)
        .unwrap_or_default()
}
