//! The files that are bind-mounted over the system's: the resolver's configuration and
//! the trusted certificates. They are written and mounted once, for all scenarios.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::mount::mount_bind;

use super::network::NAME_SERVER;
use crate::testbed::authority::{Authority, Trust};
use crate::testbed::error::SetupError;

/// Files with all trusted certificates, one after the other, by distribution.
const BUNDLES: &[&str] = &[
    // Debian, Ubuntu, Arch, Gentoo, Alpine.
    "/etc/ssl/certs/ca-certificates.crt",
    // Alpine, OpenBSD's LibreSSL.
    "/etc/ssl/cert.pem",
    // Fedora, RHEL.
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/tls/certs/ca-bundle.trust.crt",
    "/etc/pki/tls/cert.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/openssl/ca-bundle.trust.crt",
    // SUSE.
    "/etc/ssl/ca-bundle.pem",
    "/var/lib/ca-certificates/ca-bundle.pem",
    // Arch.
    "/etc/ca-certificates/extracted/tls-ca-bundle.pem",
    // OpenSSL built from source.
    "/usr/local/ssl/cert.pem",
    "/usr/lib/ssl/cert.pem",
    "/usr/share/ssl/certs/ca-bundle.crt",
];

/// Folders in which OpenSSL finds an authority by the hash of its subject.
const CERTIFICATE_FOLDERS: &[&str] = &[
    "/etc/ssl/certs",
    "/etc/pki/tls/certs",
    "/var/lib/ca-certificates/openssl",
    "/var/lib/ca-certificates/pem",
    "/usr/local/ssl/certs",
];

/// Folders with sockets of daemons that would resolve names outside of the test bed.
const RESOLVER_DAEMONS: &[&str] = &["/run/nscd", "/var/run/nscd", "/run/systemd/resolve"];

/// Names in a daemon's folder that `/etc/resolv.conf` may link to. The folder is covered, so they are created in its
/// replacement.
const RESOLVER_FILES: &[&str] = &["resolv.conf", "stub-resolv.conf"];

/// The bind mounts, as pairs of source and target.
pub(super) struct Overlay(Vec<(PathBuf, PathBuf)>);

impl Overlay {
    /// Writes the files into `folder`, and finds the paths that they cover.
    pub(super) fn write(
        authority: &Authority,
        folder: &Path,
        trust: Trust,
    ) -> Result<Self, SetupError> {
        let mut mounts = Vec::new();
        let resolver = format!("nameserver {NAME_SERVER}\n");
        let daemons = folder.join("services");
        make_folder(&daemons)?;
        for name in RESOLVER_FILES {
            write(&daemons.join(name), resolver.as_bytes())?;
        }
        // Daemons first: a link to a file in their folder then resolves to the test bed's file.
        add_mounts(&mut mounts, &daemons, RESOLVER_DAEMONS);

        let file = folder.join("resolv.conf");
        write(&file, resolver.as_bytes())?;
        add_mounts(&mut mounts, &file, &["/etc/resolv.conf"]);
        let file = folder.join("hosts");
        write(&file, b"127.0.0.1 localhost\n::1 localhost\n")?;
        add_mounts(&mut mounts, &file, &["/etc/hosts"]);
        let file = folder.join("nsswitch.conf");
        write(&file, name_services("/etc/nsswitch.conf").as_bytes())?;
        add_mounts(&mut mounts, &file, &["/etc/nsswitch.conf"]);

        let ca = authority.ca_pem();
        match trust {
            Trust::Replace => {
                let bundle = folder.join("bundle.pem");
                write(&bundle, ca.as_bytes())?;
                add_mounts(&mut mounts, &bundle, BUNDLES);
                let certificates = folder.join("certs");
                make_folder(&certificates)?;
                add_authority(&certificates, authority, ca)?;
                add_mounts(&mut mounts, &certificates, CERTIFICATE_FOLDERS);
            }
            Trust::Append => append_to_all(&mut mounts, folder, authority)?,
        }
        Ok(Self(mounts))
    }

    /// The files and folders of the system that are covered.
    pub(super) fn targets(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(|(_, target)| target.as_path())
    }

    /// Mounts them, in the mount namespace of the process.
    pub(super) fn mount(&self) -> Result<(), SetupError> {
        for (source, target) in &self.0 {
            mount_bind(source, target).map_err(|error| {
                SetupError::step(format!("mount a file over {}", target.display()))(error.into())
            })?;
        }
        Ok(())
    }
}

/// Adds a mount of `source` for each target that exists. Links are followed, and each
/// target is used once.
///
/// A target that does not exist need not be covered: a resolver without its file uses
/// 127.0.0.1, where the test bed's name server listens, and a missing bundle is not read.
fn add_mounts(mounts: &mut Vec<(PathBuf, PathBuf)>, source: &Path, targets: &[&str]) {
    for target in targets {
        let Ok(target) = fs::canonicalize(target) else {
            continue;
        };
        // A file in a daemon's folder is replaced already, since the folder is covered.
        let covered = mounts
            .iter()
            .any(|(_, other)| target == *other || (other.is_dir() && target.starts_with(other)));
        if !covered {
            mounts.push((source.to_owned(), target));
        }
    }
}

/// Adds the test bed's authority to the contents of each bundle and folder.
fn append_to_all(
    mounts: &mut Vec<(PathBuf, PathBuf)>,
    folder: &Path,
    authority: &Authority,
) -> Result<(), SetupError> {
    let ca = authority.ca_pem();
    for (number, path) in BUNDLES.iter().enumerate() {
        let Ok(present) = fs::read(path) else {
            continue;
        };
        let bundle = folder.join(format!("bundle-{number}.pem"));
        write(&bundle, &append(&present, ca))?;
        add_mounts(mounts, &bundle, &[path]);
    }
    for (number, path) in CERTIFICATE_FOLDERS.iter().enumerate() {
        let Ok(entries) = fs::read_dir(path) else {
            continue;
        };
        let certificates = folder.join(format!("certs-{number}"));
        make_folder(&certificates)?;
        let mut largest = Vec::new();
        for entry in entries.flatten() {
            let copy = certificates.join(entry.file_name());
            if BUNDLES
                .iter()
                .any(|bundle| file_name(bundle) == entry.file_name())
            {
                largest = largest.max(fs::read(entry.path()).unwrap_or_default());
            } else if let Ok(link) = fs::read_link(entry.path()) {
                symlink(link, &copy).map_err(file_error(&copy))?;
            } else if let Ok(content) = fs::read(entry.path()) {
                write(&copy, &content)?;
            }
        }
        let bundle = append(&largest, ca);
        let bundle = String::from_utf8_lossy(&bundle);
        add_authority(&certificates, authority, &bundle)?;
        add_mounts(mounts, &certificates, &[path]);
    }
    Ok(())
}

/// Writes the authority into a folder under its hash, and a bundle under every file
/// name of a bundle, since the folder may cover one.
fn add_authority(folder: &Path, authority: &Authority, bundle: &str) -> Result<(), SetupError> {
    let link = folder.join(authority.hash_link());
    write(&link, authority.ca_pem().as_bytes())?;
    for name in BUNDLES {
        write(&folder.join(file_name(name)), bundle.as_bytes())?;
    }
    Ok(())
}

/// The system's `nsswitch.conf`, with files and DNS as the only sources of hosts.
fn name_services(path: &str) -> String {
    let present = fs::read_to_string(path).unwrap_or_default();
    let kept = present
        .lines()
        .filter(|line| !line.trim_start().starts_with("hosts:"));
    let mut text: String = kept.flat_map(|line| [line, "\n"]).collect();
    text.push_str("hosts: files dns\n");
    text
}

fn append(bundle: &[u8], ca: &str) -> Vec<u8> {
    let mut bundle = bundle.to_vec();
    if !bundle.is_empty() && !bundle.ends_with(b"\n") {
        bundle.push(b'\n');
    }
    bundle.extend_from_slice(ca.as_bytes());
    bundle
}

fn file_name(path: &str) -> &OsStr {
    Path::new(path).file_name().unwrap_or_default()
}

fn make_folder(path: &Path) -> Result<(), SetupError> {
    fs::create_dir_all(path).map_err(file_error(path))
}

fn write(path: &Path, content: &[u8]) -> Result<(), SetupError> {
    fs::write(path, content).map_err(file_error(path))
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> SetupError {
    let path = path.to_owned();
    move |source| SetupError::File { path, source }
}
