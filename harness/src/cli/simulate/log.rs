//! The log of a play on standard output.

use std::io::{BufWriter, ErrorKind, Stdout, Write};
use std::mem;

use ics_device::simulation::{Entry, Paper, Timeline};

use super::super::{Failure, day::Lines, unwritable};
use super::SimulateArgs;

/// Where the log goes, entry by entry.
pub(super) struct Out {
    form: Form,
    /// Why no more is written.
    trouble: Option<std::io::Error>,
}

enum Form {
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
    /// Begins the log, so that it is known before the play whether it can be written.
    pub(super) fn begin(
        args: &SimulateArgs,
        paper: &Paper,
        timeline: &Timeline,
    ) -> Result<Self, Failure> {
        if !args.json {
            return Ok(Self {
                form: Form::Lines(Lines::until(timeline.end)),
                trouble: None,
            });
        }
        let text = |text: &str| serde_json::to_string(text).map_err(Failure::harness);
        let (document, path) = (text(&paper.name)?, args.timeline.display().to_string());
        let mut out = BufWriter::with_capacity(64 << 10, std::io::stdout());
        let written = write!(
            out,
            "{{\n  \"schema\": 1,\n  \"document\": {document},\n  \"timeline\": {},\n  \"entries\": [",
            text(&path)?
        );
        let mut begun = Self {
            form: Form::Json { out, more: false },
            trouble: None,
        };
        begun.note(written);
        begun.flush();
        match begun.trouble.take() {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => Err(unwritable(&error)),
            trouble => Ok(Self { trouble, ..begun }),
        }
    }

    pub(super) fn entry(&mut self, entry: &Entry) {
        if self.trouble.is_some() {
            return;
        }
        let written = match &mut self.form {
            Form::Lines(lines) => {
                let text = lines.entry(entry);
                anstream::stdout().lock().write_all(text.as_bytes())
            }
            Form::Json { out, more } => {
                let before = if mem::replace(more, true) { "," } else { "" };
                write!(out, "{before}\n    ")
                    .and_then(|()| serde_json::to_writer(out, entry).map_err(Into::into))
            }
        };
        self.note(written);
    }

    fn note(&mut self, written: std::io::Result<()>) {
        if let Err(error) = written {
            self.trouble.get_or_insert(error);
        }
    }

    /// Sends on what is written.
    fn flush(&mut self) {
        let flushed = match &mut self.form {
            Form::Lines(_) => anstream::stdout().lock().flush(),
            Form::Json { out, .. } => out.flush(),
        };
        self.note(flushed);
    }

    /// Whether nobody can read on. A reader that has gone, as in `| head`, is no
    /// trouble.
    pub(super) fn is_broken(&self) -> bool {
        let real = |error: &std::io::Error| error.kind() != ErrorKind::BrokenPipe;
        self.trouble.as_ref().is_some_and(real)
    }

    /// Ends the log; `whole` if all of the timeline was played.
    pub(super) fn end(&mut self, whole: bool) -> Result<(), Failure> {
        if let Form::Json { out, .. } = &mut self.form
            && self.trouble.is_none()
        {
            let written = write!(out, "\n  ],\n  \"complete\": {whole}\n}}\n");
            self.note(written);
        }
        if self.trouble.is_none() {
            self.flush();
        }
        match &self.trouble {
            Some(error) if self.is_broken() => Err(unwritable(error)),
            _ => Ok(()),
        }
    }
}
