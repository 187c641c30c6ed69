//! The system's trusted roots, read from its own files and not from where the environment points.

use std::fs;

/// The bundles of the larger distributions.
const BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The system's roots in PEM, if it has any.
pub fn pem() -> Option<Vec<u8>> {
    BUNDLES.iter().find_map(|bundle| fs::read(bundle).ok())
}
