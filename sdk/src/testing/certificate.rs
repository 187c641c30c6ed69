//! The server's certificates, right or wrong, and the authority that a check trusts.

use std::io;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::Fault;

/// The name that a check connects to.
pub(super) const NAME: &str = "localhost";

/// Two certificate authorities, of which a check trusts the first.
pub(super) struct Authorities {
    trusted: CertifiedIssuer<'static, KeyPair>,
    unknown: CertifiedIssuer<'static, KeyPair>,
}

impl Authorities {
    pub(super) fn new() -> Result<Self, rcgen::Error> {
        Ok(Self {
            trusted: authority()?,
            unknown: authority()?,
        })
    }

    /// The trusted authority's certificate, in PEM.
    pub(super) fn pem(&self) -> String {
        self.trusted.pem()
    }

    /// The server's side of TLS, with a certificate that has this fault.
    pub(super) fn config(&self, fault: Option<Fault>) -> io::Result<Arc<ServerConfig>> {
        let (certificate, key) = self.leaf(fault).map_err(io::Error::other)?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?;
        builder
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .map(Arc::new)
            .map_err(io::Error::other)
    }

    fn leaf(&self, fault: Option<Fault>) -> Result<(Certificate, KeyPair), rcgen::Error> {
        let name = match fault {
            Some(Fault::WrongName) => "other.example",
            _ => NAME,
        };
        let mut leaf = CertificateParams::new([name.to_owned()])?;
        match fault {
            Some(Fault::CommonNameOnly) => {
                leaf.subject_alt_names.clear();
                leaf.distinguished_name.push(DnType::CommonName, NAME);
            }
            Some(Fault::Expired) => leaf.not_after = date_time_ymd(2020, 1, 1),
            Some(Fault::NotYetValid) => leaf.not_before = date_time_ymd(4000, 1, 1),
            _ => {}
        }
        let issuer = match fault {
            Some(Fault::UnknownAuthority) => &self.unknown,
            _ => &self.trusted,
        };
        let key = KeyPair::generate()?;
        Ok((leaf.signed_by(&key, issuer)?, key))
    }
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::new([])?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}
