//! The log of a simulation on standard output.

use std::io::{BufWriter, ErrorKind, Stdout, Write};
use std::mem;

use ics_device::simulation::{LogEntry, ProvisioningFile, Timeline};

use super::super::{Failure, device_log::Lines, unwritable};
use super::SimulateArgs;
use crate::terminal;

/// Where the log goes, entry by entry.
pub(super) struct Out {
    format: LogFormat,
    /// Why no more is written.
    error: Option<std::io::Error>,
}

enum LogFormat {
    /// Lines that people read.
    Lines(Lines),
    /// One JSON document, an entry a line.
    Json {
        out: BufWriter<Stdout>,
        /// Whether an entry stands before the next one.
        more: bool,
    },
}

impl Out {
    /// Begins the log before the simulation, so that a failure to write shows early.
    pub(super) fn begin(
        args: &SimulateArgs,
        file: &ProvisioningFile,
        timeline: &Timeline,
    ) -> Result<Self, Failure> {
        if !args.json {
            return Ok(Self {
                format: LogFormat::Lines(Lines::until(timeline.end)),
                error: None,
            });
        }
        let text = |text: &str| {
            let text = serde_json::to_string(text).map_err(Failure::harness)?;
            Ok::<_, Failure>(terminal::json(&text).into_owned())
        };
        let (document, path) = (text(&file.name)?, args.timeline.display().to_string());
        let mut out = BufWriter::with_capacity(64 << 10, std::io::stdout());
        let written = write!(
            out,
            "{{\n  \"schema\": 1,\n  \"document\": {document},\n  \"timeline\": {},\n  \"entries\": [",
            text(&path)?
        );
        let mut begun = Self {
            format: LogFormat::Json { out, more: false },
            error: None,
        };
        begun.note(written);
        begun.flush();
        match begun.error.take() {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => Err(unwritable(&error)),
            error => Ok(Self { error, ..begun }),
        }
    }

    pub(super) fn entry(&mut self, entry: &LogEntry) {
        if self.error.is_some() {
            return;
        }
        let written = match &mut self.format {
            LogFormat::Lines(lines) => terminal::print(&lines.entry(entry)),
            LogFormat::Json { out, more } => {
                let before = if mem::replace(more, true) { "," } else { "" };
                serde_json::to_string(entry)
                    .map_err(Into::into)
                    .and_then(|text| write!(out, "{before}\n    {}", terminal::json(&text)))
            }
        };
        self.note(written);
    }

    fn note(&mut self, written: std::io::Result<()>) {
        if let Err(error) = written {
            self.error.get_or_insert(error);
        }
    }

    /// Sends on what is written.
    fn flush(&mut self) {
        let flushed = match &mut self.format {
            // Each entry was flushed as it came.
            LogFormat::Lines(_) => Ok(()),
            LogFormat::Json { out, .. } => out.flush(),
        };
        self.note(flushed);
    }

    /// Whether the output cannot be written. A reader that has gone, as in `| head`,
    /// is no error.
    pub(super) fn is_broken(&self) -> bool {
        let real = |error: &std::io::Error| error.kind() != ErrorKind::BrokenPipe;
        self.error.as_ref().is_some_and(real)
    }

    /// Ends the log; `whole` if the timeline ran to its end.
    pub(super) fn end(&mut self, whole: bool) -> Result<(), Failure> {
        if let LogFormat::Json { out, .. } = &mut self.format
            && self.error.is_none()
        {
            let written = write!(out, "\n  ],\n  \"complete\": {whole}\n}}\n");
            self.note(written);
        }
        if self.error.is_none() {
            self.flush();
        }
        match &self.error {
            Some(error) if self.is_broken() => Err(unwritable(error)),
            _ => Ok(()),
        }
    }
}
