//! Certificates that sign others: roots, and intermediate authorities with and without a fault.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CidrSubnet, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyUsagePurpose, NameConstraints,
    SigningKey,
};
use rustls::pki_types::CertificateDer;
use time::{Duration, OffsetDateTime};

use super::signing_key::AuthorityKey;
use crate::testbed::error::SetupError;

/// A certificate that signs others, and what is needed to sign with it.
pub(super) struct Intermediate {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) issuer: Issuer<'static, AuthorityKey>,
}

/// A new root.
pub(super) fn root(subject: &str) -> Result<Intermediate, SetupError> {
    let (params, key) = (ca(subject), AuthorityKey::generate()?);
    let certificate = params.self_signed(&key)?.der().clone();
    let issuer = Issuer::new(params, key);
    Ok(Intermediate {
        certificate,
        issuer,
    })
}

/// A root that is in no trust store.
pub(super) fn untrusted(
    subject: &str,
) -> Result<CertifiedIssuer<'static, AuthorityKey>, SetupError> {
    Ok(CertifiedIssuer::self_signed(
        ca(subject),
        AuthorityKey::generate()?,
    )?)
}

/// An intermediate authority, which `change` may damage.
pub(super) fn intermediate(
    parent: &Issuer<'_, AuthorityKey>,
    change: impl FnOnce(&mut CertificateParams),
) -> Result<Intermediate, SetupError> {
    let mut params = ca("ICS Entitlement intermediate CA");
    params.use_authority_key_identifier_extension = true;
    change(&mut params);
    let key = AuthorityKey::generate()?;
    let certificate = params.signed_by(&key, parent)?.der().clone();
    let issuer = Issuer::new(params, key);
    Ok(Intermediate {
        certificate,
        issuer,
    })
}

/// The certificate of some other server, whose owner issues certificates with it.
pub(super) fn other_server(parent: &Issuer<'_, AuthorityKey>) -> Result<Intermediate, SetupError> {
    intermediate(parent, |params| {
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    })
}

/// Without basicConstraints, and also without a key usage: OpenSSL takes the usage `keyCertSign` for a CA flag.
pub(super) fn without_ca_flag(
    parent: &Issuer<'_, AuthorityKey>,
) -> Result<Intermediate, SetupError> {
    intermediate(parent, |params| {
        params.is_ca = IsCa::NoCa;
        params.key_usages = Vec::new();
    })
}

/// An intermediate authority that may sign no further ones.
pub(super) fn last_of_its_path(
    parent: &Issuer<'_, AuthorityKey>,
) -> Result<Intermediate, SetupError> {
    intermediate(parent, |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        // The issuer's name and the subject's must differ, or the certificate would count as self-issued, which
        // pathLenConstraint does not count (RFC 5280, section 4.2.1.9).
        name(params, "ICS Entitlement policy CA");
    })
}

/// An intermediate authority that expired yesterday.
pub(super) fn expired(parent: &Issuer<'_, AuthorityKey>) -> Result<Intermediate, SetupError> {
    intermediate(parent, |params| {
        params.not_after = OffsetDateTime::now_utc() - Duration::days(1);
    })
}

/// An intermediate authority that may sign only for names and addresses that no plugin asks for.
pub(super) fn constrained(parent: &Issuer<'_, AuthorityKey>) -> Result<Intermediate, SetupError> {
    intermediate(parent, |params| {
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![
                GeneralSubtree::DnsName("constrained.invalid".to_owned()),
                GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([192, 0, 2, 0], 24)),
            ],
            excluded_subtrees: Vec::new(),
        });
    })
}

/// An intermediate authority with a signing key of its own kind.
pub(super) fn signing_with<K: SigningKey>(
    parent: &Issuer<'_, AuthorityKey>,
    key: K,
) -> Result<(CertificateDer<'static>, Issuer<'static, K>), SetupError> {
    let mut params = ca("ICS Entitlement RSA CA");
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&key, parent)?.der().clone();
    Ok((certificate, Issuer::new(params, key)))
}

/// A certificate as PEM.
pub(super) fn pem(certificate: &CertificateDer<'_>) -> String {
    pem::encode_config(
        &pem::Pem::new("CERTIFICATE", certificate.to_vec()),
        pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF),
    )
}

fn ca(subject: &str) -> CertificateParams {
    let now = OffsetDateTime::now_utc();
    let mut params = CertificateParams::default();
    name(&mut params, subject);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // It is valid for longer than each of its certificates, including the expired one.
    params.not_before = now - Duration::days(365);
    params.not_after = now + Duration::days(365);
    params
}

fn name(params: &mut CertificateParams, subject: &str) {
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, subject);
}
