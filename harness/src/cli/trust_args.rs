//! The roots that code signatures have to lead to.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use der::Decode;
use ics_device::printable;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_cert::Certificate;

use super::{Failure, named};
use crate::report::InputFile;

/// The longest file that is read, in bytes: the roots of a whole system have less than 1 MiB.
const MAX_BYTES: u64 = 16 << 20;

/// Whose signatures are trusted.
#[derive(Debug, Args)]
pub(crate) struct TrustArgs {
    /// A PEM file with root certificates that the code signature of a DLL, and its time stamp, must lead to. Can be given
    /// more than once. Without it, signatures are checked but for who has signed.
    #[arg(long, value_name = "FILE", value_parser = named())]
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
    /// The files that are read, which no output may overwrite.
    pub(super) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.trust.iter()
    }

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
            let (certificates, file) = read(path)?;
            roots.extend(certificates);
            files.push(file);
        }
        Ok(Roots {
            certificates: Some(roots),
            files,
        })
    }
}

/// The certificates of a file, which may be a pipe, and the file as the report names it. There is at least one certificate.
fn read(path: &Path) -> Result<(Vec<CertificateDer<'static>>, InputFile), Failure> {
    let name = printable::path(path);
    let failure = |what: String| Failure::Usage(format!("{name}: {what}"));
    let unreadable = |error| Failure::Usage(format!("cannot read {name}: {error}"));
    if std::fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Err(failure(
            "it is not a regular file, but a folder; name a PEM file".to_owned(),
        ));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(failure(format!(
            "it is longer than {} MiB; a PEM file with root certificates is expected",
            MAX_BYTES >> 20
        )));
    }
    if Certificate::from_der(&bytes).is_ok() {
        return Err(failure(format!(
            "it is a certificate in DER, and PEM is expected: openssl x509 -inform der -in {name} -out {name}.pem"
        )));
    }
    let mut roots = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        let certificate =
            certificate.map_err(|error| failure(format!("it is no PEM file: {error}")))?;
        webpki::anchor_from_trusted_cert(&certificate)
            .map_err(|_| failure("a certificate in it is malformed".to_owned()))?;
        roots.push(certificate);
    }
    if roots.is_empty() {
        return Err(failure(
            "there is no certificate in it; a PEM file with `-----BEGIN CERTIFICATE-----` is expected".to_owned(),
        ));
    }
    Ok((roots, InputFile::of(path, &bytes)))
}
