//! `provision sms`: short messages joined to pushes. `provision sign --sms` makes them.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use ics_device::document::names::count;
use ics_device::document::push::Push;
use ics_device::document::sms::{
    self, Direction, Message, Number, Reference, join, split, write_tpdu,
};
use ics_device::document::{Diagnostics, Encoding, Role};
use ics_device::printable::Printable;

use super::super::document::Input;
use super::super::output::{keep_apart, put};
use super::{ExitStatus, Failure, show};
use crate::terminal::eprint;
use crate::terminal::style::{DIM, STRONG};

const EXAMPLES: &str = "\
Examples:
  ics-harness provision sms gateway.log                      what it holds, as a tree
  ics-harness provision sms part1.hex part2.hex -o hotspot.push
  ics-harness provision sms gateway.log -o - | ics-harness provision verify - --pin 1234

Read are hexadecimal digits of user data with its header, of SMS-DELIVER and SMS-SUBMIT, with
whatever gateways, modems (+CMT, AT+CMGS) and people write between and beside them; URLs of
gateways (udh=%06%05…); and binary files with one message each. The order of the parts means
nothing, and who sent them is not asked: `provision verify` does that.
Exit codes: 0 all messages are whole and hold documents; 1 one has a part too few, or a fault;
2 usage, or a file cannot be read; 3 the harness could not do its work.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SmsArgs {
    /// Files with short messages; `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Write the joined push to this file; for several messages a folder, which gets 1.push, 2.push, ….
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &SmsArgs) -> Result<ExitStatus, Failure> {
    keep_apart(&args.files, args.output.as_deref())?;
    let inputs = args.files.iter().map(|path| Input::read(path));
    let inputs = inputs
        .collect::<Result<Vec<_>, _>>()
        .map_err(|unread| Failure::Usage(unread.wanting_messages()))?;
    let mut outcome = ExitStatus::Success;
    let mut report = |input: &Input, faults: &Diagnostics| {
        eprint(&input.render(faults));
        if faults.refuse() {
            outcome = outcome.max(ExitStatus::Failed);
        }
    };
    let mut sources = Vec::new();
    for input in &inputs {
        let (parts, faults) = sms::parse(&input.bytes);
        report(input, &faults);
        sources.push(parts);
    }
    let joined = join(&sources);
    for (input, faults) in inputs.iter().zip(&joined.faults) {
        report(input, faults);
    }
    for (number, message) in (1..).zip(&joined.messages) {
        outcome = outcome.max(describe(number, message, args.output.as_deref())?);
    }
    if let Some(output) = &args.output {
        write(&joined.messages, &args.files, output)?;
    }
    Ok(outcome)
}

/// Prints what a message is and the document in it; with an output that is standard output, to standard error.
fn describe(
    number: usize,
    message: &Message,
    output: Option<&Path>,
) -> Result<ExitStatus, Failure> {
    let mut words = vec![
        count(message.parts, "part"),
        count(message.bytes.len(), "octet"),
    ];
    words.extend(message.reference.map(|reference| reference.to_string()));
    words.extend(
        message
            .number
            .as_ref()
            .map(|number| format!("number {}", Printable(number))),
    );
    let push = match Encoding::of(&message.bytes) {
        Encoding::Push => Push::parse(&message.bytes).ok(),
        _ => None,
    };
    if let Some(push) = &push {
        words.push(match push.method {
            Some(method) => format!("a push to be proven by {method}"),
            None => "a push that proves nothing".to_owned(),
        });
    }
    let head = format!(
        "{STRONG}message {number}{STRONG:#} {DIM}({}){DIM:#}\n",
        words.join(", ")
    );
    let mut input = Input {
        name: format!("message {number}"),
        bytes: message.bytes.clone(),
        in_push: false,
    };
    let reading = input.open(Role::Request);
    let (text, faults) = show::tree_of(&reading);
    let to_error = output == Some(Path::new("-"));
    let show = |text: &str| match to_error {
        true => {
            eprint(text);
            Ok(())
        }
        false => super::super::print(text),
    };
    show(&head)?;
    eprint(&input.render(&faults));
    match text {
        Some(text) => {
            show(&text)?;
            Ok(ExitStatus::Success)
        }
        None => Ok(ExitStatus::Failed),
    }
}

/// Writes the messages: one to the file, several into a folder, but none over a file that was read.
fn write(messages: &[Message], files: &[PathBuf], output: &Path) -> Result<(), Failure> {
    match messages {
        [] => Ok(()),
        [only] => put(&only.bytes, Some(output), false),
        several if output == Path::new("-") => Err(Failure::Usage(format!(
            "{} were joined; name a folder with --output",
            count(several.len(), "message")
        ))),
        several => {
            let count = 1..=several.len();
            let targets = count.map(|number| output.join(format!("{number}.push")));
            let targets: Vec<_> = targets.collect();
            for target in &targets {
                keep_apart(files, Some(target))?;
            }
            std::fs::create_dir_all(output).map_err(|error| {
                Failure::Harness(format!("cannot make {}: {error}", output.display()))
            })?;
            let mut all = targets.iter().zip(several);
            all.try_for_each(|(target, message)| put(&message.bytes, Some(target), false))
        }
    }
}

/// The forms in which short messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FormArg {
    /// SMS-SUBMIT with the commands that a modem takes (AT+CMGS).
    Submit,
    /// SMS-DELIVER, as the network gives it to a device: for emulators and test phones.
    Deliver,
    /// User data with its header, as gateways take it: one line a message.
    UserData,
}

/// How a push is cut into short messages.
#[derive(Debug, Args)]
#[command(next_help_heading = "Short messages")]
pub(super) struct SplitArgs {
    /// Write short messages instead of the push: hexadecimal digits, in this form [default form: user-data, or submit with --number].
    #[arg(long, value_name = "FORM", value_enum, num_args = 0..=1, require_equals = true)]
    sms: Option<Option<FormArg>>,
    /// The telephone number of the device for submit, of the sender for deliver.
    #[arg(long, value_name = "NUMBER", requires = "sms")]
    number: Option<Number>,
    /// The reference that the parts have in common: two hexadecimal digits, or four for a reference of 16 bits [default: two digits from the push].
    #[arg(long, value_name = "DIGITS", requires = "sms", value_parser = reference)]
    reference: Option<Reference>,
}

/// Two or four hexadecimal digits.
fn reference(text: &str) -> Result<Reference, String> {
    let is_hex = text.bytes().all(|one| one.is_ascii_hexdigit());
    let number = u16::from_str_radix(text, 16).ok().filter(|_| is_hex);
    match (number, text.len()) {
        // Two digits.
        (Some(number), 2) => Ok(Reference::Short(number as u8)),
        (Some(number), 4) => Ok(Reference::Long(number)),
        _ => Err("a reference has two or four hexadecimal digits, such as 2a or 1234".to_owned()),
    }
}

impl SplitArgs {
    /// The push as text with short messages, if that is asked for; how many they are is printed.
    pub(super) fn split(&self, push: &[u8]) -> Result<Option<String>, Failure> {
        let Some(form) = self.sms else {
            return Ok(None);
        };
        let form = form.unwrap_or(match self.number {
            Some(_) => FormArg::Submit,
            None => FormArg::UserData,
        });
        let sum = push
            .iter()
            .fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(*byte));
        let reference = self.reference.unwrap_or(Reference::Short(sum));
        let made = split(push, reference).map_err(Failure::usage)?;
        let mut text = String::new();
        let last = made.user_data.len();
        for (part, user_data) in (1..).zip(&made.user_data) {
            let direction = match form {
                FormArg::UserData => {
                    text += &(hex(user_data) + "\n");
                    continue;
                }
                FormArg::Submit => Direction::Submit,
                FormArg::Deliver => Direction::Deliver,
            };
            let number = self.number.as_ref().ok_or_else(|| {
                Failure::Usage(
                    "an SMS-SUBMIT or SMS-DELIVER needs a telephone number: add --number"
                        .to_owned(),
                )
            })?;
            let (bytes, length) = write_tpdu(direction, number, user_data, part == last);
            text += &match direction {
                Direction::Submit => format!("AT+CMGS={length}\n{}\n", hex(&bytes)),
                Direction::Deliver => format!("+CMT: ,{length}\n{}\n", hex(&bytes)),
            };
        }
        let mut words = format!(
            "a push of {} takes {}",
            count(push.len(), "octet"),
            count(last, "short message")
        );
        if let Some(fewer) = made.to_one_less {
            words += &format!("; {} less would take one fewer", count(fewer, "octet"));
        }
        eprint(&format!("{words}\n"));
        Ok(Some(text))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
