//! The files that a report is written to.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use ics_device::document::names::{nearest, quoted};

use super::Failure;
use super::output::{Output, STANDARD, is_same_file, keep_apart};
use crate::report::{Format, Report};
use crate::terminal::json as safe_json;

/// A form of the report and its file, as `--report` takes them.
#[derive(Clone, Debug)]
struct ReportFile {
    format: Format,
    path: PathBuf,
}

impl FromStr for ReportFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = Format::names().join(", ");
        let Some((format, path)) = text.split_once('=') else {
            return Err(format!(
                "expected FORMAT=FILE, such as html=report.html; formats are {names}"
            ));
        };
        let format = Format::from_str(format).map_err(|_| {
            let near = nearest(format, Format::names().iter().copied())
                .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            format!(
                "there is no format {}{near} Formats are {names}",
                quoted(format)
            )
        })?;
        if path.is_empty() {
            return Err("the file's name is missing; `-` is standard output".to_owned());
        }
        Ok(Self {
            format,
            path: path.into(),
        })
    }
}

/// The reports that a command writes.
#[derive(Debug, Default, Args)]
pub(crate) struct ReportArgs {
    /// Write a report to FILE, or to standard output if FILE is `-`. FORMAT is html (a page for people), json (everything;
    /// `ics-harness report` reads it), jsonl (events, one a line, while the examination runs), junit (for CI), markdown (a comment on a pull request) or sarif (code scanning).
    /// Can be given more than once.
    #[arg(long = "report", value_name = "FORMAT=FILE")]
    forms: Vec<ReportFile>,
    /// Write a JSON report to FILE: the same as --report json=FILE.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl ReportArgs {
    /// Whether no report is asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.forms.is_empty() && self.json.is_none()
    }

    /// Opens all files, so that one which cannot be written is known before the work. None of them may be one of the
    /// `inputs`, or be named twice.
    pub(super) fn open(&self, inputs: &[PathBuf]) -> Result<ReportFiles, Failure> {
        let json = self.json.iter().map(|path| (Format::Json, path.as_path()));
        let files = self.forms.iter();
        let all: Vec<(Format, &Path)> = files
            .map(|file| (file.format, file.path.as_path()))
            .chain(json)
            .collect();
        for (index, (_, path)) in all.iter().enumerate() {
            keep_apart(inputs, Some(path))?;
            if all
                .iter()
                .take(index)
                .any(|(_, other)| is_same_file(other, path))
            {
                let name = match path {
                    path if *path == Path::new(STANDARD) => "standard output".to_owned(),
                    path => path.display().to_string(),
                };
                return Err(Failure::Usage(format!(
                    "two reports would be written to {name}; name another file for one of them"
                )));
            }
        }
        let mut files = ReportFiles::default();
        for (format, path) in all {
            match format {
                Format::Jsonl => files.events.push(EventFile::open(path)?),
                _ => files.outputs.push((format, Output::open(Some(path))?)),
            }
        }
        Ok(files)
    }
}

/// The files, proven to be writable.
#[derive(Default)]
pub(super) struct ReportFiles {
    outputs: Vec<(Format, Output)>,
    events: Vec<EventFile>,
}

/// A file that events are appended to as they happen.
struct EventFile {
    name: String,
    file: Box<dyn Write>,
}

impl EventFile {
    fn open(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let file: Box<dyn Write> =
            match path == Path::new(STANDARD) {
                true => Box::new(std::io::stdout()),
                false => {
                    let file = File::create(path);
                    Box::new(file.map_err(|error| {
                        Failure::Harness(format!("cannot write {name}: {error}"))
                    })?)
                }
            };
        Ok(Self { name, file })
    }
}

impl ReportFiles {
    /// Whether someone reads events.
    pub(super) fn takes_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Appends an event to the files that take them. One that cannot be written any more gets no further ones, and what
    /// the user is told then is returned.
    pub(super) fn event(&mut self, line: &str) -> Option<String> {
        let line = safe_json(line);
        let mut problem = None;
        self.events.retain_mut(|events| {
            let written = events
                .file
                .write_all(line.as_bytes())
                .and_then(|()| events.file.flush());
            if let Err(error) = &written
                && error.kind() != ErrorKind::BrokenPipe
            {
                problem = Some(format!("cannot write {}: {error}", events.name));
            }
            written.is_ok()
        });
        problem
    }

    /// Writes all events of a saved report.
    pub(super) fn events_of(&mut self, report: &Report) -> Option<String> {
        let text = Format::Jsonl.text(report).unwrap_or_default();
        self.event(&text)
    }

    /// Writes the report in each form but events.
    pub(super) fn write(self, report: &Report) -> Result<(), Failure> {
        for (format, output) in self.outputs {
            let text = format.text(report).map_err(Failure::harness)?;
            let text = match format {
                Format::Json | Format::Sarif => safe_json(&text).into_owned(),
                Format::Html | Format::Jsonl | Format::Junit | Format::Markdown => text,
            };
            output.put(text.as_bytes(), true)?;
        }
        Ok(())
    }
}
