//! `provision sign` and `provision verify`: push messages and their authentication.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ics_device::csp::{self, Access, Settings};
use ics_device::document::names::count;
use ics_device::document::push::{Imsi, Method, Pin, Push, Refusal, Secrets, seal};
use ics_device::document::{Diagnostics, Document, Encoding, Role, wbxml};
use ics_device::printable::Printable;

use super::super::document::Input;
use super::super::output::{Output, keep_apart};
use super::sms::SplitArgs;
use super::{ExitStatus, Failure, ProvidersArgs, describe_changes};
use crate::terminal::eprint;

/// The four methods of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MethodArg {
    /// By the IMSI.
    Netwpin,
    /// By a PIN that the user types.
    Userpin,
    /// By both.
    Usernetwpin,
    /// By digits that the user types, which are key and MAC in one.
    Userpinmac,
}

impl From<MethodArg> for Method {
    fn from(method: MethodArg) -> Self {
        match method {
            MethodArg::Netwpin => Self::NetworkPin,
            MethodArg::Userpin => Self::UserPin,
            MethodArg::Usernetwpin => Self::UserNetworkPin,
            MethodArg::Userpinmac => Self::UserPinMac,
        }
    }
}

/// The secrets that authenticate a sender.
#[derive(Debug, Args)]
#[command(next_help_heading = "Proof of the sender")]
pub(super) struct SecretArgs {
    /// The digits that the user types.
    #[arg(long, value_name = "DIGITS")]
    pin: Option<String>,
    /// The subscriber's number, as the SIM has it: 6 to 15 digits.
    #[arg(long, value_name = "DIGITS")]
    imsi: Option<String>,
}

impl SecretArgs {
    /// The secrets, if they can be such.
    pub(super) fn read(&self) -> Result<Secrets, Failure> {
        let imsi = self.imsi.as_deref().map(|digits| {
            Imsi::new(digits)
                .ok_or_else(|| Failure::Usage("--imsi: an IMSI has 6 to 15 digits".to_owned()))
        });
        let pin = self.pin.as_deref().map(|digits| {
            Pin::new(digits)
                .ok_or_else(|| Failure::Usage("--pin: a PIN has digits only".to_owned()))
        });
        Ok(Secrets {
            imsi: imsi.transpose()?,
            pin: pin.transpose()?,
        })
    }

    /// The refusal, with the options that it lacks.
    pub(super) fn describe(&self, refusal: Refusal) -> String {
        let Refusal::NoSecret(method, _) = refusal else {
            return refusal.to_string();
        };
        let (by_imsi, by_pin) = match method {
            Method::NetworkPin => (true, false),
            Method::UserPin | Method::UserPinMac => (false, true),
            Method::UserNetworkPin => (true, true),
        };
        let options = match (by_imsi && self.imsi.is_none(), by_pin) {
            (true, true) if self.pin.is_none() => "--imsi and --pin",
            (true, _) => "--imsi",
            _ => "--pin",
        };
        format!("{refusal}; give it with {options}")
    }
}

const SIGN_EXAMPLES: &str = "\
Examples:
  ics-harness provision sign hotspot.xml --method userpin --pin 1234 --output hotspot.push
  ics-harness provision sign hotspot.xml --method netwpin --imsi 466923103145252 --output net.push
  ics-harness provision sign hotspot.xml --method userpin --pin 1234 --sms --number +15551234567
  ics-harness provision sign hotspot.xml --method userpinmac --pin 12345 --output hotspot.push

With userpinmac it says which digits the user has to type. What a device would refuse in the
document is reported, and it is signed nevertheless. With --sms it says how many messages it takes.
Exit codes: 0 it is signed; 1 it is no provisioning document; 2 usage;
3 the harness could not do its work.";

const VERIFY_EXAMPLES: &str = "\
Examples:
  ics-harness provision verify hotspot.push --pin 1234
  ics-harness provision verify hotspot.push --imsi 466923103145252 --method netwpin

Exit codes: 0 the sender is proven and a new device would take the document;
1 the push or its document is refused; 2 usage; 3 the harness could not do its work.";

#[derive(Debug, Args)]
#[command(after_help = SIGN_EXAMPLES)]
pub(crate) struct SignArgs {
    /// A document: XML, which is written as WBXML first, or WBXML, which is kept byte for byte.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How the sender is authenticated.
    #[arg(long, value_enum)]
    method: MethodArg,
    #[command(flatten)]
    secrets: SecretArgs,
    #[command(flatten)]
    split: SplitArgs,
    /// The file to write.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = VERIFY_EXAMPLES)]
pub(crate) struct VerifyArgs {
    /// A push message; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Accept no other method than this.
    #[arg(long, value_enum)]
    method: Option<MethodArg>,
    #[command(flatten)]
    providers: ProvidersArgs,
    #[command(flatten)]
    secrets: SecretArgs,
}

pub(super) fn sign(args: &SignArgs) -> Result<ExitStatus, Failure> {
    let secrets = args.secrets.read()?;
    keep_apart(std::slice::from_ref(&args.file), args.output.as_deref())?;
    let mut input = Input::read(&args.file)?;
    let reading = input.open(Role::Request);
    let Some(document) = reading.accepted() else {
        eprint(&input.render(&reading.faults));
        return Ok(ExitStatus::Failed);
    };
    // Signing a document that devices refuse is allowed, to test the refusal.
    let mut faults = reading.faults.clone();
    check(document, &mut faults);
    eprint(&input.render(&faults));
    let body = match Encoding::of(&input.bytes) {
        Encoding::Xml => wbxml::encode(document).map_err(Failure::usage)?,
        Encoding::Wbxml | Encoding::Push => input.bytes,
    };
    let sealed = seal(args.method.into(), &secrets, body)
        .map_err(|refusal| Failure::Usage(args.secrets.describe(refusal)))?;
    let push = sealed.push.to_bytes();
    let output = Output::open(args.output.as_deref())?;
    match args.split.split(&push)? {
        Some(messages) => output.put(messages.as_bytes(), true)?,
        None => output.put(&push, false)?,
    }
    if let Some(typed) = sealed.typed {
        eprint(&format!("the user types {}\n", typed.digits()));
    }
    Ok(ExitStatus::Success)
}

pub(super) fn verify(args: &VerifyArgs) -> Result<ExitStatus, Failure> {
    let secrets = args.secrets.read()?;
    let mut input = Input::read(&args.file)?;
    let push = match Push::parse(&input.bytes) {
        Ok(push) => push,
        Err(fault) => {
            let mut faults = Diagnostics::new();
            faults.push(fault);
            eprint(&input.render(&faults));
            return Ok(ExitStatus::Failed);
        }
    };
    if let (Some(wanted), Some(found)) = (args.method.map(Method::from), push.method)
        && wanted != found
    {
        eprint(&format!(
            "{}: refused: it is to be proven by {found}; expected {wanted}\n",
            Printable(&input.name)
        ));
        return Ok(ExitStatus::Failed);
    }
    let mut reading = match push.open(&secrets, Role::Request) {
        Ok(reading) => reading,
        Err(refusal) => {
            let words = args.secrets.describe(refusal);
            eprint(&format!("{}: refused: {words}\n", Printable(&input.name)));
            return Ok(ExitStatus::Failed);
        }
    };
    let method = push.method.map_or("nothing", Method::as_str);
    super::super::print(&format!(
        "{}: proven by {method}, {} of document\n",
        Printable(&input.name),
        count(push.body.len(), "byte")
    ))?;
    input.enter(push);
    let changes = reading.document.as_ref().and_then(|document| {
        args.providers.check(document, &mut reading.faults);
        let (settings, access) = (Settings::default(), Access::full());
        let outcome = csp::apply(&settings, document, &access, &mut reading.faults);
        outcome.settings.map(|_| outcome.changes)
    });
    eprint(&input.render(&reading.faults));
    let Some(changes) = changes else {
        eprint(&format!("{}: refused\n", Printable(&input.name)));
        return Ok(ExitStatus::Failed);
    };
    super::super::print(&format!("on a new device:\n{}", describe_changes(&changes)))?;
    Ok(ExitStatus::Success)
}

/// The faults of the document on a new device.
fn check(document: &Document, faults: &mut Diagnostics) {
    csp::check(&Settings::default(), document, &Access::full(), faults);
}
