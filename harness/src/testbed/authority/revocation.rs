//! The list of revoked certificates (RFC 5280, section 5), which is empty, and where it is fetched.

use rcgen::{
    CertificateRevocationListParams, CrlDistributionPoint, Issuer, KeyIdMethod, SerialNumber,
    SigningKey,
};
use time::{Duration, OffsetDateTime};

use crate::testbed::error::SetupError;

/// The host that has the list.
pub(crate) const REVOCATION_HOST: &str = "revocation.test-authority.example";

/// The content type of a list (RFC 2585, section 4.2).
pub(crate) const CONTENT_TYPE: &str = "application/pkix-crl";

/// Where a certificate says that the list is.
pub(super) fn distribution_point() -> CrlDistributionPoint {
    CrlDistributionPoint {
        uris: vec![format!("http://{REVOCATION_HOST}/ca.crl")],
    }
}

/// The authority's list.
pub(super) fn list(issuer: &Issuer<'_, impl SigningKey>) -> Result<Vec<u8>, SetupError> {
    let now = OffsetDateTime::now_utc();
    let list = CertificateRevocationListParams {
        this_update: now - Duration::days(1),
        next_update: now + Duration::days(7),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: Vec::new(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    Ok(list.signed_by(issuer)?.der().to_vec())
}
