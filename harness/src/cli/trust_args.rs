//! The roots that code signatures have to lead to.

use std::path::PathBuf;

use clap::Args;
use ics_device::printable;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::Failure;
use crate::report::InputFile;

/// Whose signatures are trusted.
#[derive(Debug, Args)]
pub(crate) struct TrustArgs {
    /// A PEM file with root certificates that the code signature of a DLL, and its time stamp, must lead to. Can be given
    /// more than once. Without it, signatures are checked but for who has signed.
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
}

/// The roots that are trusted.
#[derive(Debug, Default)]
pub(super) struct Roots {
    /// None if no file is named.
    pub(super) certificates: Option<Vec<CertificateDer<'static>>>,
    /// Where they are from, as the report names it.
    pub(super) files: Vec<InputFile>,
}

impl TrustArgs {
    /// The certificates of all files; none if no file is named.
    pub(super) fn roots(&self) -> Result<Option<Vec<CertificateDer<'static>>>, Failure> {
        Ok(self.read()?.certificates)
    }

    /// The same, and the files.
    pub(super) fn read(&self) -> Result<Roots, Failure> {
        if self.trust.is_empty() {
            return Ok(Roots::default());
        }
        let mut roots = Vec::new();
        let mut files = Vec::new();
        for path in &self.trust {
            let name = printable::path(path);
            let failure = |what: String| Failure::Usage(format!("{name}: {what}"));
            let bytes = std::fs::read(path).map_err(|error| failure(error.to_string()))?;
            files.push(InputFile::of(path, &bytes));
            let before = roots.len();
            for certificate in CertificateDer::pem_slice_iter(&bytes) {
                let certificate =
                    certificate.map_err(|error| failure(format!("it is no PEM file: {error}")))?;
                webpki::anchor_from_trusted_cert(&certificate).map_err(|error| {
                    failure(format!("a certificate in it cannot be read: {error}"))
                })?;
                roots.push(certificate);
            }
            if roots.len() == before {
                return Err(failure(
                    "there is no certificate in it; a PEM file with `-----BEGIN CERTIFICATE-----` is expected".to_owned(),
                ));
            }
        }
        Ok(Roots {
            certificates: Some(roots),
            files,
        })
    }
}
