//! A bundle: all that is handed in with a verdict, in one zip file that can be verified.
//!
//! It has the report in each form, the contract that the plugins were judged by, and a manifest with the digest of each
//! file in the form of sha256sum(1). With a key the manifest is signed (Ed25519, RFC 8032). Two bundles of one report are
//! the same, byte for byte.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::summary::unexamined;
use super::{Format, FormatError, PluginReport, Report, Summary, Tool, read};
use crate::plugin::inspect::hash;
use crate::rules::Level;

const REPORT: &str = "report.json";
const CONTRACT: &str = "CONTRACT.md";
const MANIFEST: &str = "manifest.sha256";
const SIGNATURE: &str = "manifest.sha256.sig";

/// The forms of the report in a bundle.
const FORMS: &[(&str, Format)] = &[
    ("report.html", Format::Html),
    (REPORT, Format::Json),
    ("report.junit.xml", Format::Junit),
    ("report.md", Format::Markdown),
    ("report.sarif", Format::Sarif),
];

/// No file of a bundle is larger: what is read of a hostile one is bounded.
const LARGEST: u64 = 256 * 1024 * 1024;
/// More files than any bundle has.
const MOST_FILES: usize = 100;

/// The contract that plugins are judged by.
#[derive(Clone, Copy, Debug)]
pub struct Contract<'a> {
    /// As people read it.
    pub text: &'a str,
    /// The ids of its rules, of which a bundle has a verdict each.
    pub rules: &'a [&'a str],
}

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The report shows no conformance.
    #[error("{0}")]
    NotConformant(String),
    #[error(transparent)]
    Format(#[from] FormatError),
    #[error("cannot write the bundle: {0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("cannot write the bundle: {0}")]
    Write(#[from] std::io::Error),
}

/// What was found about a bundle that holds.
#[derive(Debug)]
pub struct Verified {
    pub report: Report,
    /// Whether it is signed by the key that was given.
    pub signed: bool,
    /// What to know of it.
    pub notes: Vec<String>,
}

/// Why a report shows no conformance of all its plugins, if so.
pub fn shortcoming(report: &Report) -> Option<String> {
    if !report.complete || report.plugins.is_empty() {
        return Some("the examination was not completed".to_owned());
    }
    report.plugins.iter().find_map(|plugin| {
        let why = plugin_shortcoming(plugin)?;
        Some(format!("{}: {why}", plugin.path))
    })
}

fn plugin_shortcoming(plugin: &PluginReport) -> Option<String> {
    let counted = Summary::of(&plugin.rules, Level::Must, plugin.summary.existing())
        .for_complete(plugin.complete)
        .with_chaos(plugin.chaos.as_ref());
    // A report of --strict counts more rules; its numbers are the same.
    if (
        counted.pass,
        counted.fail,
        counted.skip,
        counted.error,
        counted.known,
    ) != (
        plugin.summary.pass,
        plugin.summary.fail,
        plugin.summary.skip,
        plugin.summary.error,
        plugin.summary.known,
    ) {
        return Some("its numbers are not those of its rules".to_owned());
    }
    if !(counted.conformant && plugin.summary.conformant) {
        let missing: Vec<_> = unexamined(&plugin.rules, Level::Must)
            .map(|rule| rule.id.as_str())
            .collect();
        let words = plugin.summary.describe();
        return Some(match missing.as_slice() {
            [] => words,
            missing => format!("{words}; not examined: {}", missing.join(", ")),
        });
    }
    match (counted.excepted, counted.known) {
        (0, 0) => None,
        _ => Some(plugin.summary.describe()),
    }
}

/// The bundle of a report of conformant plugins. `key` is an Ed25519 key in PKCS #8.
///
/// # Errors
/// If the report shows no conformance, or cannot be written.
pub fn write(
    report: &Report,
    contract: Contract<'_>,
    key: Option<&Ed25519KeyPair>,
) -> Result<Vec<u8>, BundleError> {
    if let Some(why) = shortcoming(report) {
        return Err(BundleError::NotConformant(why));
    }
    let mut files = BTreeMap::from([(CONTRACT, contract.text.as_bytes().to_vec())]);
    for (name, format) in FORMS {
        files.insert(name, format.text(report)?.into_bytes());
    }
    let manifest = manifest(&files);
    if let Some(key) = key {
        files.insert(SIGNATURE, key.sign(manifest.as_bytes()).as_ref().to_vec());
    }
    files.insert(MANIFEST, manifest.into_bytes());
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for (name, bytes) in files {
        zip.start_file(name, options)?;
        zip.write_all(&bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

fn manifest(files: &BTreeMap<&str, Vec<u8>>) -> String {
    let lines = files
        .iter()
        .map(|(name, bytes)| format!("{}  {name}\n", hash(bytes)));
    lines.collect()
}

/// Verifies a bundle: that it is whole, says what its report says, and is about conformant plugins. `key` is the public
/// key that has to have signed it, and `plugins` the SHA-256 of the files that it has to be about, with their names. What
/// this version itself would have made is compared with what it makes: the forms of the report and the contract.
///
/// # Errors
/// The first reason for which it does not hold.
pub fn verify(
    bytes: &[u8],
    key: Option<&[u8]>,
    plugins: &[(String, String)],
    contract: Contract<'_>,
) -> Result<Verified, String> {
    let mut files = unpacked(bytes)?;
    let manifest = files.remove(MANIFEST).ok_or("it has no manifest")?;
    let signature = files.remove(SIGNATURE);
    let mut notes = Vec::new();
    match (key, &signature) {
        (Some(key), Some(signature)) => UnparsedPublicKey::new(&ED25519, key)
            .verify(&manifest, signature)
            .map_err(|_| "its manifest is not signed by that key")?,
        (Some(_), None) => return Err("it is not signed".to_owned()),
        (None, Some(_)) => {
            notes.push("it is signed; name the key with --public to verify that".to_owned())
        }
        (None, None) => notes.push("it is not signed, so its origin is not verified".to_owned()),
    }
    let listed = std::str::from_utf8(&manifest).map_err(|_| "its manifest is no text")?;
    let mut left: Vec<&str> = files.keys().map(String::as_str).collect();
    for line in listed.lines() {
        let (digest, name) = line
            .split_once("  ")
            .ok_or("its manifest is not of sha256sum's form")?;
        let file = files
            .get(name)
            .ok_or_else(|| format!("{name} is missing"))?;
        if hash(file) != digest {
            return Err(format!(
                "{name} was changed: its digest is not that of the manifest"
            ));
        }
        left.retain(|other| *other != name);
    }
    if let Some(name) = left.first() {
        return Err(format!("{name} is not in the manifest"));
    }
    let text = |name: &str| {
        let bytes = files
            .get(name)
            .ok_or_else(|| format!("{name} is missing"))?;
        std::str::from_utf8(bytes).map_err(|_| format!("{name} is no text"))
    };
    let report = read(text(REPORT)?).map_err(|error| format!("{REPORT}: {error}"))?;
    if let Some(why) = shortcoming(&report) {
        return Err(why);
    }
    let is_of_this_version = report.tool.version == Tool::this().version;
    let found = text(CONTRACT)?;
    if is_of_this_version {
        if found != contract.text {
            return Err(format!(
                "{CONTRACT} is not the contract of version {}",
                report.tool.version
            ));
        }
        if let Some(why) = missing_rule(&report, contract.rules) {
            return Err(why);
        }
    }
    for (name, format) in FORMS {
        let found = text(name)?;
        let own = format
            .text(&report)
            .map_err(|error| format!("{name}: {error}"))?;
        if is_of_this_version && found != own {
            return Err(format!("{name} does not say what {REPORT} says"));
        }
    }
    if !is_of_this_version {
        notes.push(format!(
            "it was made by version {}, so the forms of the report and the contract were not compared",
            report.tool.version
        ));
    }
    for (name, digest) in plugins {
        if !report.plugins.iter().any(|plugin| plugin.sha256 == *digest) {
            return Err(format!(
                "it is not about {name}: no plugin in it has the SHA-256 {digest}"
            ));
        }
    }
    Ok(Verified {
        signed: key.is_some(),
        report,
        notes,
    })
}

/// A rule of the contract without a verdict, if there is one.
fn missing_rule(report: &Report, rules: &[&str]) -> Option<String> {
    report.plugins.iter().find_map(|plugin| {
        let has = |id: &str| plugin.rules.iter().any(|rule| rule.id == id);
        let missing = rules.iter().find(|id| !has(id))?;
        Some(format!("{}: it has no verdict on {missing}", plugin.path))
    })
}

/// The files of a zip archive.
fn unpacked(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("it is no bundle: {error}");
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
    let mut files = BTreeMap::new();
    if zip.len() > MOST_FILES {
        return Err(format!(
            "it has {} files, and a bundle has {}",
            zip.len(),
            FORMS.len() + 3
        ));
    }
    for index in 0..zip.len() {
        let file = zip.by_index(index).map_err(|error| unreadable(&error))?;
        let name = file
            .name()
            .map_err(|error| unreadable(&error))?
            .into_owned();
        let mut contents = Vec::new();
        file.take(LARGEST)
            .read_to_end(&mut contents)
            .map_err(|error| unreadable(&error))?;
        if files.insert(name.clone(), contents).is_some() {
            return Err(format!("{name} is in it twice"));
        }
    }
    Ok(files)
}
