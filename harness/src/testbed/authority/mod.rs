//! The test bed's certificate authority, an untrusted one, and the server certificates
//! that both sign.

mod given;
mod issuer;
mod leaf;
mod ocsp;
pub(crate) mod revocation;
mod rsa_key;
mod signing_key;
mod subject_hash;

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rcgen::{Certificate, CertifiedIssuer, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::{CertifiedKey, SigningKey};

use self::issuer::Intermediate;
use self::rsa_key::{RsaKey, Sha1Signer};
use self::signing_key::AuthorityKey;
use super::Tls;
use super::error::SetupError;
pub use given::CaError;

/// What happens to the system's trusted certificates in a private network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// The test bed's authority replaces them.
    #[default]
    Replace,
    /// The test bed's authority is added to them, so that a bundle has its real size.
    Append,
}

/// How many certificates are kept to be used again.
const MAX_LEAVES: usize = 256;

/// The subject of the authority that a test bed makes.
const CA_SUBJECT: &str = "ICS Entitlement test CA";

/// The size of an RSA key that no client should accept, in bits.
const WEAK_BITS: usize = 1024;

/// The size of an RSA key that every client accepts, in bits.
const USUAL_BITS: usize = 2048;

/// Signs server certificates for every name that a plugin requests.
pub struct Authority {
    root: Issuer<'static, AuthorityKey>,
    ca_pem: String,
    hash_link: String,
    untrusted: CertifiedIssuer<'static, AuthorityKey>,
    leaf_key: KeyPair,
    /// Made when a scenario needs them, since that takes a while.
    weak_key: OnceLock<Arc<RsaKey>>,
    rsa_key: OnceLock<Arc<RsaKey>>,
    leaves: Mutex<HashMap<(Tls, CertificateSubject), Arc<CertifiedKey>>>,
    /// The list of revoked certificates, if certificates say where it is.
    revocation_list: Option<Vec<u8>>,
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
    /// Creates an authority with new keys.
    ///
    /// # Errors
    /// If the random source or the encoder fails.
    pub fn new() -> Result<Self, SetupError> {
        let made = issuer::root(CA_SUBJECT)?;
        Self::with_root(made.certificate, made.issuer)
    }

    /// Uses the authority of two PEM files: its certificate and its private key.
    ///
    /// # Errors
    /// If a file cannot be read, or clients would not accept what this authority signs.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self, CaError> {
        let (certificate, issuer) = given::read(certificate, key)?;
        Ok(Self::with_root(certificate, issuer)?)
    }

    fn with_root(
        certificate: CertificateDer<'static>,
        root: Issuer<'static, AuthorityKey>,
    ) -> Result<Self, SetupError> {
        Ok(Self {
            root,
            hash_link: format!("{:08x}.0", subject_hash::of(&certificate)?),
            ca_pem: issuer::pem(&certificate),
            untrusted: issuer::untrusted("Untrusted CA")?,
            leaf_key: KeyPair::generate()?,
            weak_key: OnceLock::new(),
            rsa_key: OnceLock::new(),
            leaves: Mutex::default(),
            revocation_list: None,
        })
    }

    /// Has the certificates name a list of revoked ones, and the test bed serve it: where nothing else can be asked about
    /// revocation, some clients refuse a certificate without one.
    ///
    /// # Errors
    /// If the encoder fails.
    pub fn with_revocation_list(mut self) -> Result<Self, SetupError> {
        self.revocation_list = Some(revocation::list(&self.root)?);
        Ok(self)
    }

    /// The list of revoked certificates, if they name one.
    pub(crate) fn revocation_list(&self) -> Option<&[u8]> {
        self.revocation_list.as_deref()
    }

    /// The authority's own certificate, for the plugin's trust store.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The certificate of the authority that no plugin should trust.
    pub fn untrusted_ca_pem(&self) -> String {
        self.untrusted.pem()
    }

    /// The authority's private key, as PKCS #8 in PEM.
    pub fn ca_key_pem(&self) -> String {
        self.root.key().serialize_pem()
    }

    /// The file name by which OpenSSL finds the authority in a folder of
    /// certificates: the hash of its subject (`openssl x509 -subject_hash`).
    pub fn hash_link(&self) -> &str {
        &self.hash_link
    }

    /// Makes the keys that this state of TLS needs, so that no connection has to wait for them.
    ///
    /// # Errors
    /// If the random source fails.
    pub(crate) fn prepare(&self, tls: Tls) -> Result<(), SetupError> {
        match tls {
            Tls::WeakKey => drop(self.weak_key()?),
            Tls::Sha1Signature | Tls::OldVersion => drop(self.rsa_key()?),
            _ => {}
        }
        Ok(())
    }

    /// The signature of TLS 1.0 with the key of [`Tls::OldVersion`].
    pub(crate) fn sign_in_old_version(&self, message: &[u8]) -> Result<Vec<u8>, SetupError> {
        self.rsa_key()?.sign_md5_sha1(message)
    }

    /// A point on the curve P-256, for a key exchange that is never finished.
    pub(crate) fn key_share(&self) -> &[u8] {
        self.leaf_key.public_key_raw()
    }

    fn weak_key(&self) -> Result<Arc<RsaKey>, SetupError> {
        rsa_key::get_or_make(&self.weak_key, WEAK_BITS)
    }

    fn rsa_key(&self) -> Result<Arc<RsaKey>, SetupError> {
        rsa_key::get_or_make(&self.rsa_key, USUAL_BITS)
    }

    /// The certificate that a server sends in that state of TLS. It is created once for each subject.
    pub(crate) fn leaf(
        &self,
        tls: Tls,
        subject: &CertificateSubject,
    ) -> Result<Arc<CertifiedKey>, SetupError> {
        self.prepare(tls)?;
        let mut leaves = self.leaves.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (tls, subject.clone());
        if let Some(leaf) = leaves.get(&key) {
            return Ok(Arc::clone(leaf));
        }
        let (chain, key) = self.sign(tls, subject)?;
        let mut leaf = CertifiedKey::new(chain, key);
        if tls == Tls::RevokedStapled {
            leaf.ocsp = Some(ocsp::revoked(&leaf.cert[0], self.root.key())?);
        }
        let leaf = Arc::new(leaf);
        // A plugin can ask for any number of names.
        if leaves.len() == MAX_LEAVES {
            leaves.clear();
        }
        leaves.insert((tls, subject.clone()), Arc::clone(&leaf));
        Ok(leaf)
    }

    /// Makes the chain that a server sends, and the key that it signs the handshake with.
    fn sign(
        &self,
        tls: Tls,
        subject: &CertificateSubject,
    ) -> Result<(Chain, Arc<dyn SigningKey>), SetupError> {
        let mut params = leaf::params(tls, subject)?;
        if self.revocation_list.is_some() {
            params
                .crl_distribution_points
                .push(revocation::distribution_point());
        }
        let key = &self.leaf_key;
        // By an intermediate authority, whose certificate is sent along.
        let by = |intermediate: &Intermediate| {
            let leaf = params.signed_by(key, &intermediate.issuer)?;
            Ok::<_, SetupError>(vec![leaf.der().clone(), intermediate.certificate.clone()])
        };
        let chain = match tls {
            Tls::SelfSigned => alone(&params.self_signed(key)?),
            Tls::UnknownIssuer => alone(&params.signed_by(key, &self.untrusted)?),
            Tls::UnknownRootSent => {
                let leaf = params.signed_by(key, &self.untrusted)?;
                vec![leaf.der().clone(), self.untrusted.der().clone()]
            }
            Tls::MissingIntermediate => {
                let intermediate = issuer::intermediate(&self.root, |_| {})?;
                vec![by(&intermediate)?.swap_remove(0)]
            }
            Tls::IssuedByLeaf => by(&issuer::other_server(&self.root)?)?,
            Tls::IssuerWithoutCaFlag => by(&issuer::without_ca_flag(&self.root)?)?,
            Tls::PathTooLong => {
                let upper = issuer::last_of_its_path(&self.root)?;
                let lower = issuer::intermediate(&upper.issuer, |_| {})?;
                let mut chain = by(&lower)?;
                chain.push(upper.certificate);
                chain
            }
            Tls::ExpiredIssuer => by(&issuer::expired(&self.root)?)?,
            Tls::NameConstraint => by(&issuer::constrained(&self.root)?)?,
            Tls::Sha1Signature => {
                let issuer = Sha1Signer(self.rsa_key()?);
                let (certificate, issuer) = issuer::signing_with(&self.root, issuer)?;
                let leaf = params.signed_by(key, &issuer)?;
                vec![rsa_key::declare_sha1(leaf.der()), certificate]
            }
            Tls::WeakKey => alone(&params.signed_by(&*self.weak_key()?, &self.root)?),
            Tls::OldVersion => alone(&params.signed_by(&*self.rsa_key()?, &self.root)?),
            Tls::Valid
            | Tls::Expired
            | Tls::ExpiredAnHourAgo
            | Tls::NotYetValid
            | Tls::WrongName
            | Tls::RelatedNames
            | Tls::WideWildcards
            | Tls::NulInName
            | Tls::CommonNameOnly
            | Tls::ServerAddress
            | Tls::NotAServer
            | Tls::RevokedStapled
            | Tls::WrongKey
            | Tls::WeakCipher
            | Tls::Alert
            | Tls::Cut
            | Tls::Plaintext
            | Tls::Garbage
            | Tls::Silent => alone(&params.signed_by(key, &self.root)?),
        };
        let key: Arc<dyn SigningKey> = match tls {
            Tls::WeakKey => self.weak_key()?,
            Tls::WrongKey => in_rustls(&KeyPair::generate()?)?,
            _ => in_rustls(key)?,
        };
        Ok((chain, key))
    }
}

/// The certificates that a server sends, its own first.
type Chain = Vec<CertificateDer<'static>>;

/// A chain of one certificate: its issuer is a root, which is not sent.
fn alone(leaf: &Certificate) -> Chain {
    vec![leaf.der().clone()]
}

fn in_rustls(key: &KeyPair) -> Result<Arc<dyn SigningKey>, SetupError> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Ok(rustls::crypto::ring::sign::any_supported_type(&key)?)
}
