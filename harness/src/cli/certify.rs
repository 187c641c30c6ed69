//! `certify`: a bundle with the verdict on conformant plugins, to be handed in, and its verification.

use std::path::{Path, PathBuf};

use clap::Args;
use ics_device::printable::{self, Printable};
use pem::parse as parse_pem;
use ring::signature::Ed25519KeyPair;

use super::check::{CheckArgs, examined};
use super::output::{Output, keep_apart};
use super::trust_args::TrustArgs;
use super::{ExitStatus, Failure, TestBedArgs, named};
use crate::plugin::inspect::hash;
use crate::report::bundle::{self, BundleError, Contract};
use crate::rules;
use crate::terminal::eprint;
use crate::terminal::style::{BAD, GOOD, WARN};

const EXAMPLES: &str = "\
Examples:
  ics-harness certify libentitlement.so --output bundle.zip
  ics-harness certify plugins/ --output bundle.zip --sign laboratory.pem
  ics-harness certify --verify bundle.zip libentitlement.so --public laboratory-public.pem

A key is made with `openssl genpkey -algorithm ed25519 -out laboratory.pem`, and its public half
written with `openssl pkey -in laboratory.pem -pubout -out laboratory-public.pem`.
Exit codes: 0 the bundle was written, or holds; 1 a plugin is not conformant, or the bundle does
not hold; 2 usage; 3 harness error; 4 undecided: a rule that counts could not be examined, and
there is no bundle; 130 interrupted.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CertifyArgs {
    /// Libraries, folders of libraries or of source, as for `check`; with --verify, libraries that the bundle has to be
    /// about.
    #[arg(value_name = "PLUGIN", required_unless_present = "verify", value_parser = named())]
    plugins: Vec<PathBuf>,
    /// The bundle to write, a zip file.
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "verify",
        conflicts_with_all = ["verify", "public"]
    )]
    output: Option<PathBuf>,
    /// Sign the bundle with this private key (Ed25519, PKCS #8 in PEM).
    #[arg(long, value_name = "KEY", conflicts_with = "verify")]
    sign: Option<PathBuf>,
    /// Verify this bundle instead of making one.
    #[arg(long, value_name = "BUNDLE")]
    verify: Option<PathBuf>,
    /// The public key that has to have signed the bundle (PEM).
    #[arg(long, value_name = "KEY", requires = "verify")]
    public: Option<PathBuf>,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    test_bed: TestBedArgs,
}

pub(super) fn run(args: CertifyArgs) -> Result<ExitStatus, Failure> {
    if let Some(path) = &args.verify {
        return verify(path, &args);
    }
    let key = args.sign.as_deref().map(private_key).transpose()?;
    let check = CheckArgs::of_all_rules(args.plugins, args.trust, args.test_bed);
    let inputs = [check.files(&check.libraries()?), Vec::from_iter(args.sign)].concat();
    keep_apart(&inputs, args.output.as_deref())?;
    // That it cannot be written should be known before a long examination.
    let output = Output::open(args.output.as_deref())?;
    let (status, report) = examined(&check)?;
    let own = OwnContract::new();
    match bundle::write(&report, own.as_contract(), key.as_ref()) {
        Ok(bytes) => {
            output.put(&bytes, false)?;
            Ok(ExitStatus::Success)
        }
        Err(BundleError::NotConformant(why)) => {
            eprint(&format!("{WARN}no bundle{WARN:#}: {}\n", Printable(why)));
            // Conformant but for known exceptions is not enough.
            Ok(status.max(ExitStatus::Undecided))
        }
        Err(error) => Err(Failure::harness(error)),
    }
}

/// The contract of this version.
struct OwnContract {
    text: String,
    rules: Vec<&'static str>,
}

impl OwnContract {
    fn new() -> Self {
        Self {
            text: rules::contract(),
            rules: rules::all().map(|rule| rule.id).collect(),
        }
    }

    fn as_contract(&self) -> Contract<'_> {
        Contract {
            text: &self.text,
            rules: &self.rules,
        }
    }
}

fn verify(path: &Path, args: &CertifyArgs) -> Result<ExitStatus, Failure> {
    let bytes = contents(path)?;
    let key = args.public.as_deref().map(public_key).transpose()?;
    let plugins = args
        .plugins
        .iter()
        .map(|plugin| {
            let name = printable::path(plugin).to_string();
            Ok((name, hash(&contents(plugin)?)))
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let own = OwnContract::new();
    match bundle::verify(&bytes, key.as_deref(), &plugins, own.as_contract()) {
        Ok(verified) => {
            let mut text = String::new();
            for note in &verified.notes {
                text.push_str(&format!("{WARN}note{WARN:#}: {note}\n"));
            }
            for plugin in &verified.report.plugins {
                text.push_str(&format!(
                    "{GOOD}conformant{GOOD:#}: {} SHA-256 {}, examined {}\n",
                    Printable(&plugin.path),
                    Printable(&plugin.sha256),
                    Printable(&verified.report.started)
                ));
            }
            eprint(&text);
            Ok(ExitStatus::Success)
        }
        Err(why) => {
            let name = printable::path(path);
            eprint(&format!(
                "{BAD}the bundle does not hold{BAD:#}: {name}: {}\n",
                Printable(why)
            ));
            Ok(ExitStatus::Failed)
        }
    }
}

fn contents(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path)
        .map_err(|error| Failure::Usage(format!("cannot read {}: {error}", printable::path(path))))
}

/// The bytes of a PEM file of that kind.
fn key_file(path: &Path, kind: &str) -> Result<Vec<u8>, Failure> {
    let failure = |what: String| Failure::Usage(format!("{}: {what}", printable::path(path)));
    let parsed = parse_pem(contents(path)?).map_err(|error| failure(error.to_string()))?;
    if parsed.tag() != kind {
        return Err(failure(format!(
            "a PEM file with `-----BEGIN {kind}-----` is expected, and this has `{}`",
            Printable(parsed.tag())
        )));
    }
    Ok(parsed.into_contents())
}

fn private_key(path: &Path) -> Result<Ed25519KeyPair, Failure> {
    let der = key_file(path, "PRIVATE KEY")?;
    Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(|error| {
        Failure::Usage(format!(
            "{}: it is no Ed25519 key: {error}",
            printable::path(path)
        ))
    })
}

/// The key itself, of its SubjectPublicKeyInfo (RFC 8410, section 4).
fn public_key(path: &Path) -> Result<Vec<u8>, Failure> {
    const HEADER: &[u8] = &[
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
    ];
    let der = key_file(path, "PUBLIC KEY")?;
    match der.strip_prefix(HEADER) {
        Some(key) if key.len() == 32 => Ok(key.to_owned()),
        _ => Err(Failure::Usage(format!(
            "{}: it is no Ed25519 key",
            printable::path(path)
        ))),
    }
}
