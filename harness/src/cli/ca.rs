//! `ca`: a certificate authority for plugins that trust no other than their own.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use ics_device::printable;

use super::{ExitStatus, Failure, print};
use crate::testbed::authority::Authority;

const EXAMPLES: &str = "\
Examples:
  ics-harness ca export
  ics-harness ca export --output lab-ca.pem --key-output lab-ca.key
  ics-harness check ./libentitlement.so --ca lab-ca.pem --ca-key lab-ca.key

A plugin with root certificates of its own rejects the test bed's. Build a test build of it with
CERT as a trusted root (or put CERT where the plugin reads its roots), then name the same
authority to `check` with --ca and --ca-key. CERT is the same in every run, so it can be kept in
the plugin's repository. Keep KEY in the laboratory: anyone who has it can make certificates that
the test build trusts. A shipped build must not trust CERT.

Exit codes: 0 written; 2 usage, or a file that exists; 3 harness error.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CaArgs {
    #[command(subcommand)]
    command: CaCommand,
}

#[derive(Debug, Subcommand)]
enum CaCommand {
    /// Write a new authority: its certificate, and its private key for --ca-key.
    #[command(after_help = EXAMPLES)]
    Export(ExportArgs),
}

#[derive(Debug, Args)]
struct ExportArgs {
    /// Write the certificate to CERT, as PEM.
    #[arg(long, value_name = "CERT", default_value = "test-ca.pem")]
    output: PathBuf,
    /// Write the private key to KEY, as PKCS #8 in PEM, which only its owner can read.
    #[arg(long, value_name = "KEY", default_value = "test-ca.key")]
    key_output: PathBuf,
    /// Overwrite files that exist.
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &CaArgs) -> Result<ExitStatus, Failure> {
    match &args.command {
        CaCommand::Export(args) => export(args),
    }
}

fn export(args: &ExportArgs) -> Result<ExitStatus, Failure> {
    let (certificate, key) = (&args.output, &args.key_output);
    if certificate == key {
        return Err(Failure::Usage(format!(
            "{} cannot be both files; name another one with --key-output",
            certificate.display()
        )));
    }
    for file in [certificate, key] {
        if file.symlink_metadata().is_ok() && !args.force {
            return Err(exists(file));
        }
    }
    let authority = Authority::new().map_err(Failure::harness)?;
    // The key first: without it, the certificate is of no use.
    write(key, &authority.ca_key_pem(), true, args.force)?;
    if let Err(failure) = write(certificate, authority.ca_pem(), false, args.force) {
        // A key without its certificate would only be in the way of the next attempt. The file was created above.
        let _ = std::fs::remove_file(key);
        return Err(failure);
    }
    print(&format!(
        "certificate: {}\nkey: {}\n",
        printable::path(certificate),
        printable::path(key)
    ))?;
    Ok(ExitStatus::Success)
}

fn exists(file: &Path) -> Failure {
    Failure::Usage(format!(
        "{} exists: name another file, or overwrite it with --force",
        file.display()
    ))
}

/// Writes a new file; one that exists only with `force`.
fn write(path: &Path, text: &str, private: bool, force: bool) -> Result<(), Failure> {
    let cannot = |error: &std::io::Error| {
        Failure::Usage(format!("cannot write {}: {error}", path.display()))
    };
    if force {
        // Written over, the key would keep the old file's mode, and a link its target.
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(cannot(&error)),
            _ => {}
        }
    }
    match create(path, private) {
        Ok(mut file) => file
            .write_all(text.as_bytes())
            .map_err(|error| cannot(&error)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(exists(path)),
        Err(error) => Err(cannot(&error)),
    }
}

fn create(path: &Path, private: bool) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = private;
    options.open(path)
}
