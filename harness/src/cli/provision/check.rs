//! `provision check`: reports the faults of documents.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;
use ics_device::csp::{Access, StringReference, ValueType, provider_named};
use ics_device::document::names::count;
use ics_device::document::source::SourceLocation;
use ics_device::document::{
    Counts as FaultCounts, Diagnostic, Diagnostics, Document, Element, Encoding, Level, Role,
    Source,
};
use ics_device::message::{LangId, resource};
use ics_device::oem::Form;
use ics_device::state::{Image, State};
use serde::Serialize;

use super::super::document::{Input, Unread, encoding_name};
use super::super::plugin_source::open_image;
use super::{ExitStatus, Failure, ProvidersArgs, forms};
use crate::terminal::eprint;
use crate::terminal::style::{BAD, GOOD};

/// The fewest documents for which a thread is started.
const FEWEST: usize = 32;

const EXAMPLES: &str = "\
Examples:
  ics-harness provision check sample-plugins/documents/*.xml   every mistake, and how to correct it
  ics-harness provision check fewer-users.xml --state my-device
  ics-harness provision check hotspot.xml --image drive-c      are its files there?
  ics-harness provision check answer-file.xml                  an OEM's form, all of its variants
  ics-harness provision check --json hotspot.xml

Exit codes: 0 all are accepted; 1 one is refused; 2 usage, or one cannot be read;
3 the harness could not do its work.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CheckArgs {
    /// Documents: XML, WBXML, push messages, or an OEM's forms (MCSF answer files, WCD customizations); `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Check them against the state of this device instead of a new one.
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
    /// The folder with the contents of the device's drive C, where the files that documents name are looked up.
    #[arg(long, value_name = "DIR")]
    image: Option<PathBuf>,
    /// Write one JSON document to standard output instead.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    providers: ProvidersArgs,
}

/// One document as machines read it.
#[derive(Serialize)]
struct Checked {
    file: String,
    /// The encoding of the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    /// Which form of an OEM it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    form: Option<&'static str>,
    /// What of the form was read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sections: Vec<String>,
    accepted: bool,
    /// Why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    faults: Vec<Fault>,
}

#[derive(Serialize)]
struct Fault {
    level: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    /// In binary: the offset.
    #[serde(skip_serializing_if = "Option::is_none")]
    byte: Option<usize>,
    found: String,
    expected: Option<String>,
    help: Option<String>,
}

pub(super) fn run(args: &CheckArgs) -> Result<ExitStatus, Failure> {
    let state = match &args.state {
        Some(folder) => super::peek(folder)?,
        None => State::default(),
    };
    let examination = Examination {
        state,
        image: open_image(args.image.as_deref())?,
        json: args.json,
        providers: args.providers,
    };
    let mut all = Found::default();
    for found in examination.of_all(&args.files) {
        all.add(found);
    }
    if args.json {
        super::super::print_json(&all.reports)?;
    } else {
        eprint(&(all.text + &all.counts.summarise()));
    }
    Ok(match all.counts {
        Counts { unread: 1.., .. } => ExitStatus::InputUnreadable,
        Counts { refused: 1.., .. } => ExitStatus::Failed,
        _ => ExitStatus::Success,
    })
}

/// How documents are checked.
struct Examination {
    state: State,
    image: Option<Image>,
    json: bool,
    providers: ProvidersArgs,
}

/// What was found in some documents.
#[derive(Default)]
struct Found {
    text: String,
    reports: Vec<Checked>,
    counts: Counts,
}

impl Found {
    fn add(&mut self, other: Self) {
        self.text.push_str(&other.text);
        self.reports.extend(other.reports);
        self.counts.good += other.counts.good;
        self.counts.refused += other.counts.refused;
        self.counts.unread += other.counts.unread;
        self.counts.found += other.counts.found;
    }
}

impl Examination {
    /// Checks documents in their order, with a thread for each processor where
    /// there are many.
    fn of_all(&self, files: &[PathBuf]) -> Vec<Found> {
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let share = files.len().div_ceil(processors).max(FEWEST);
        let (first, rest) = files.split_at(share.min(files.len()));
        std::thread::scope(|scope| {
            let others: Vec<_> = rest
                .chunks(share)
                .map(|files| scope.spawn(|| self.of_some(files)))
                .collect();
            let first = self.of_some(first);
            let others = others.into_iter().map(|one| {
                one.join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            });
            std::iter::once(first).chain(others).collect()
        })
    }

    fn of_some(&self, files: &[PathBuf]) -> Found {
        let mut found = Found::default();
        for path in files {
            match Input::read(path) {
                Ok(input) => self.of_one(input, &mut found),
                Err(unread) => self.of_unread(path, unread, &mut found),
            }
        }
        found
    }

    /// Checks one file. A file that cannot be read does not keep others from being checked.
    fn of_unread(&self, path: &Path, unread: Unread, found: &mut Found) {
        found.counts.unread += 1;
        if self.json {
            found.reports.push(Checked {
                file: path.display().to_string(),
                encoding: None,
                form: None,
                sections: Vec::new(),
                accepted: false,
                error: Some(unread.reason()),
                faults: Vec::new(),
            });
        } else {
            found.text.push_str(&unread.in_one_line());
        }
    }

    fn of_one(&self, mut input: Input, found: &mut Found) {
        if let Some(form) = Form::of(&input.bytes) {
            return self.of_form(&input, form, found);
        }
        let mut reading = input.open(Role::Request);
        if let Some(document) = &reading.document {
            let access = Access::full();
            self.providers.check(document, &mut reading.faults);
            self.state.check(document, &access, &mut reading.faults);
            if let Some(image) = &self.image {
                look_into(image, document, &mut reading.faults);
            }
        }
        found.counts.add(&reading.faults);
        if self.json {
            found
                .reports
                .push(report(&input, reading.encoding, &reading.faults));
        } else if !reading.faults.is_empty() {
            found.text.push_str(&input.render(&reading.faults));
        }
    }
}

impl Examination {
    /// Checks an OEM's form, all of its sections.
    fn of_form(&self, input: &Input, form: Form, found: &mut Found) {
        let look = |document: &Document, faults: &mut Diagnostics| {
            if let Some(image) = &self.image {
                look_into(image, document, faults);
            }
        };
        let checked = forms::check(input, form, &self.state, look);
        found.counts.add(&checked.faults);
        if self.json {
            found.reports.push(Checked {
                form: Some(checked.form.name()),
                sections: checked.sections,
                ..report(input, Encoding::Xml, &checked.faults)
            });
        } else {
            found.text.push_str(&forms::describe(input, &checked));
            found.text.push_str(&input.render(&checked.faults));
        }
    }
}

#[derive(Default)]
struct Counts {
    good: usize,
    refused: usize,
    unread: usize,
    /// What was found in all of them.
    found: FaultCounts,
}

impl Counts {
    fn add(&mut self, faults: &Diagnostics) {
        if faults.refuse() {
            self.refused += 1;
        } else {
            self.good += 1;
        }
        self.found += faults.counts();
    }

    fn summarise(&self) -> String {
        let mut text = String::new();
        let documents = |number| count(number, "document");
        let worst_first = [
            (self.refused, "refused", BAD),
            (self.unread, "unreadable", BAD),
            (self.good, "accepted", GOOD),
        ];
        let some = worst_first.into_iter().filter(|(count, ..)| *count > 0);
        for (index, (count, what, style)) in some.enumerate() {
            text.push_str(&match index {
                0 => format!("{style}{what}{style:#}: {}", documents(count)),
                _ => format!(", {count} {what}"),
            });
        }
        if !self.found.is_empty() {
            text.push_str(&format!(", {}", self.found));
        }
        text.push('\n');
        text
    }
}

/// Whether the files that a document names are in the device's image. A missing
/// one refuses nothing: it can come with an update.
pub(super) fn look_into(image: &Image, document: &Document, faults: &mut Diagnostics) {
    for group in &document.children {
        let Some(provider) = provider_named(&group.name) else {
            continue;
        };
        for parm in &group.children {
            if let Some(named) = provider.named(&parm.name) {
                look_for(image, named.node.value_type, parm, faults);
            }
        }
    }
}

fn look_for(image: &Image, value_type: ValueType, parm: &Element, faults: &mut Diagnostics) {
    let Some(value) = parm.value.as_ref().filter(|value| !value.is_empty()) else {
        return;
    };
    let mut warn = |found: String, expected: &str| {
        faults.push(Diagnostic::warning(value.at, found).expected(expected));
    };
    match value_type {
        ValueType::FilePath => {
            if let Err(error) = image.find(value) {
                warn(error.to_string(), "a file of the image");
            }
        }
        ValueType::StringReference => {
            let Some(reference) = StringReference::parse(value) else {
                return;
            };
            match image.find(&reference.library) {
                Err(error) => warn(error.to_string(), "a resource library of the image"),
                Ok(path) => {
                    let found = std::fs::read(&path)
                        .map_err(|error| error.to_string())
                        .and_then(|library| {
                            resource::string(&library, reference.id, LangId::ENGLISH_US)
                                .map_err(|error| error.to_string())
                        });
                    if let Err(error) = found {
                        let expected = "a resource library with that string";
                        warn(format!("{}: {error}", reference.library), expected);
                    }
                }
            }
        }
        _ => {}
    }
}

fn report(input: &Input, encoding: Encoding, faults: &Diagnostics) -> Checked {
    let source = Source::new(&input.name, &input.bytes);
    let fault = |one: &Diagnostic| {
        let (line, column, byte) = match source.location(one.at) {
            SourceLocation::Line { line, column } => (Some(line), Some(column), None),
            SourceLocation::Byte(byte) => (None, None, Some(byte)),
        };
        Fault {
            level: match one.level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Note => "note",
            },
            line,
            column,
            byte,
            found: one.found.clone(),
            expected: one.expected.clone(),
            help: one.help.clone(),
        }
    };
    Checked {
        file: input.name.clone(),
        encoding: Some(encoding_name(encoding)),
        form: None,
        sections: Vec::new(),
        accepted: !faults.refuse(),
        error: None,
        faults: faults.sorted().into_iter().map(fault).collect(),
    }
}
