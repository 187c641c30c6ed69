//! The test bed's certificate authority, an untrusted one, and the server certificates
//! that both sign.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SanType,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use time::{Duration, OffsetDateTime};

use super::Tls;
use super::error::SetupError;

/// What happens to the system's trusted certificates in a private network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// The test bed's authority replaces them.
    #[default]
    Replace,
    /// The test bed's authority is added to them, so that a bundle has its real size.
    Append,
}

/// The subject of the test bed's authority. [`Authority::HASH_LINK`] depends on it.
const CA_SUBJECT: &str = "ICS Entitlement test CA";

/// The name in a [`Tls::WrongName`] certificate.
const OTHER_NAME: &str = "other-name.example";

/// The longest common name that X.520 permits, in characters.
const MAX_COMMON_NAME: usize = 64;

/// Signs server certificates for every name that a plugin requests.
pub struct Authority {
    ca: CertifiedIssuer<'static, KeyPair>,
    untrusted_ca: CertifiedIssuer<'static, KeyPair>,
    leaf_key: KeyPair,
    ca_pem: String,
    leaves: Mutex<HashMap<(Tls, CertificateSubject), Arc<CertifiedKey>>>,
}

/// The subject of a server certificate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CertificateSubject {
    /// The server name that the client requested (SNI).
    Name(String),
    /// The address that a client without SNI connected to.
    Address(IpAddr),
}

impl Authority {
    /// The file name by which OpenSSL finds the authority in a folder of
    /// certificates: the hash of its subject (`openssl x509 -subject_hash`).
    pub const HASH_LINK: &str = "48d6a687.0";

    /// Creates an authority with new keys.
    ///
    /// # Errors
    /// If the random source or the encoder fails.
    pub fn new() -> Result<Self, SetupError> {
        let ca = issuer(CA_SUBJECT)?;
        let ca_pem = ca.pem();
        Ok(Self {
            ca,
            untrusted_ca: issuer("Untrusted CA")?,
            leaf_key: KeyPair::generate()?,
            ca_pem,
            leaves: Mutex::default(),
        })
    }

    /// The authority's own certificate, for the plugin's trust store.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The certificate of the authority that no plugin should trust.
    pub fn untrusted_ca_pem(&self) -> String {
        self.untrusted_ca.pem()
    }

    /// The certificate that a server sends in that state of TLS. It is created once for each subject.
    pub(crate) fn leaf(
        &self,
        tls: Tls,
        subject: &CertificateSubject,
    ) -> Result<Arc<CertifiedKey>, SetupError> {
        let mut leaves = self.leaves.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (tls, subject.clone());
        if let Some(leaf) = leaves.get(&key) {
            return Ok(Arc::clone(leaf));
        }
        let leaf = Arc::new(self.sign(tls, subject)?);
        leaves.insert(key, Arc::clone(&leaf));
        Ok(leaf)
    }

    fn sign(&self, tls: Tls, subject: &CertificateSubject) -> Result<CertifiedKey, SetupError> {
        let now = OffsetDateTime::now_utc();
        let (from, until) = match tls {
            Tls::Expired => (now - Duration::days(90), now - Duration::days(1)),
            _ => (now - Duration::days(1), now + Duration::days(90)),
        };
        let subject = match tls {
            Tls::WrongName => &CertificateSubject::Name(OTHER_NAME.to_owned()),
            _ => subject,
        };
        let params = leaf_params(subject, from, until)?;
        let certificate = match tls {
            Tls::SelfSigned => params.self_signed(&self.leaf_key)?,
            Tls::UnknownIssuer => params.signed_by(&self.leaf_key, &self.untrusted_ca)?,
            _ => params.signed_by(&self.leaf_key, &self.ca)?,
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.leaf_key.serialize_der()));
        let key = rustls::crypto::ring::sign::any_supported_type(&key)?;
        Ok(CertifiedKey::new(vec![certificate.der().clone()], key))
    }
}

fn issuer(subject: &str) -> Result<CertifiedIssuer<'static, KeyPair>, SetupError> {
    let now = OffsetDateTime::now_utc();
    let mut params = CertificateParams::default();
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, subject);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // It is valid for longer than each of its certificates, including the expired one.
    params.not_before = now - Duration::days(365);
    params.not_after = now + Duration::days(365);
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?)
}

fn leaf_params(
    subject: &CertificateSubject,
    from: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<CertificateParams, SetupError> {
    let mut params = CertificateParams::default();
    let (common_name, alternative) = match subject {
        CertificateSubject::Name(name) => {
            (name.clone(), SanType::DnsName(name.as_str().try_into()?))
        }
        CertificateSubject::Address(address) => (address.to_string(), SanType::IpAddress(*address)),
    };
    params.distinguished_name.remove(DnType::CommonName);
    if common_name.len() <= MAX_COMMON_NAME {
        params
            .distinguished_name
            .push(DnType::CommonName, common_name);
    }
    params.subject_alt_names = vec![alternative];
    params.not_before = from;
    params.not_after = until;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}
