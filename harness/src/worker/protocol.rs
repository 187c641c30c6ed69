//! The messages between the parent, the supervisor and the worker.
//!
//! Two stream sockets, one JSON document a line on each.
//!
//! The *control* channel joins the parent and the supervisor: instructions go down,
//! and [`WorkerExit`] comes up. The worker's process holds neither end of it, so the
//! plugin cannot forge its messages.
//!
//! The *report* channel joins the parent and the worker. The plugin shares the
//! worker's descriptors and memory, so everything on it is untrusted. Each report is
//! a line of its own that begins with a token. The token separates reports from what
//! a plugin writes by accident; a plugin that searches for it finds it. Lines without
//! the token, and reports that are impossible, are kept as stray bytes.

use std::ffi::OsString;
use std::time::Duration;

use ics_device::printable::Utf8;
use serde::{Deserialize, Serialize};

use super::host_end::HostEnd;
use crate::testbed::containment::Containment;
use crate::worker::observation::{OnWindows, Output, Snapshot, StepReport};
use crate::worker::script::Step;
use crate::worker::wine::Wine;
use crate::worker::{ScenarioChange, Snapshots};

/// The longest report that is accepted, in bytes. The longest real ones, of
/// thousands of calls or descriptors, stay below 2 MiB.
const MAX_REPORT: usize = 16 << 20;

/// The minimum time between two heartbeats of a step.
pub(super) const HEARTBEAT_INTERVAL: Duration = Duration::from_millis(200);

/// How many stray or printed bytes are kept.
pub(super) const MAX_OUTPUT: usize = 64 << 10;

/// What the parent tells a worker to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Instructions {
    /// The prefix of each report.
    pub(super) token: String,
    /// The plugin, as an absolute path.
    pub(super) plugin: OsString,
    /// A second copy of the plugin, as an absolute path.
    pub(super) second: Option<OsString>,
    pub(super) script: Vec<Step>,
    pub(super) snapshots: Snapshots,
    /// See [`Options::address_space`](crate::worker::Options).
    pub(super) address_space: Option<u64>,
    /// See [`Options::budget`](crate::worker::Options).
    pub(super) budget: Duration,
    /// What the run may see and change of the machine; everything, if absent.
    pub(super) containment: Option<Containment>,
    /// Wine, for a plugin for Windows.
    pub(super) wine: Option<Wine>,
}

/// The line that answers a worker's request for a change of the scenario.
pub(super) fn answer_to(change: ScenarioChange) -> &'static [u8] {
    match change {
        ScenarioChange::Made => b"\n",
        ScenarioChange::OutOfTime => b"out of time\n",
    }
}

/// The change that a line answers, if it is one of these lines.
pub(super) fn change_of(line: &[u8]) -> Option<ScenarioChange> {
    let all = [ScenarioChange::Made, ScenarioChange::OutOfTime];
    all.into_iter().find(|change| answer_to(*change) == line)
}

/// A message of the worker to the parent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Report {
    /// The state of the process before the first step.
    Baseline(Box<Snapshot>),
    /// A call or a round ended, and the step continues. So many calls or rounds of the step have been made.
    Heartbeat(u32),
    /// The step is a change of scenario: the parent changes the scenario and answers with an empty line.
    ChangeScenario,
    /// A step has ended; the next one begins.
    Done(StepReport),
    /// All steps have ended; the worker exits.
    Finished,
    /// Wine runs, and the steps begin.
    Ready,
    /// The process of a plugin under Wine has ended.
    Ended(HostEnd),
    /// Wine failed.
    Failed(String),
}

/// How the process of a worker ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ProcessEnd {
    /// By a signal or an exception, with its name.
    Killed(String),
    /// By itself, with that exit code.
    Exited(i32),
}

/// How the worker ended. It is known once the worker and all its descendants have ended.
///
/// The first three members come from the kernel. The others come from memory that the worker shares with its parent,
/// and are therefore untrusted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct WorkerExit {
    /// How its process ended.
    pub(super) end: ProcessEnd,
    /// Whether it had ended before any process was killed.
    pub(super) by_itself: bool,
    /// Whether the run was ended because it had too many processes.
    pub(super) too_many_processes: bool,
    /// How many steps it has finished.
    pub(super) steps: u32,
    /// Calls or rounds that were finished in the current step.
    pub(super) calls: u32,
    /// The first value outside the enumeration that a call of that step returned.
    pub(super) out_of_range: Option<i32>,
    /// Whether it exited because it could not write to its channel.
    pub(super) channel_lost: bool,
    /// What is known besides of a run on Windows; none of any other.
    pub(super) windows: Option<OnWindows>,
}

impl Report {
    /// The report as bytes for the channel. The leading line feed ends what the plugin may have written before.
    pub(super) fn encode(&self, token: &str) -> serde_json::Result<Vec<u8>> {
        let mut line = Vec::with_capacity(128);
        line.push(b'\n');
        line.extend_from_slice(token.as_bytes());
        line.push(b' ');
        serde_json::to_writer(&mut line, self)?;
        line.push(b'\n');
        Ok(line)
    }
}

/// Splits the channel's bytes into reports and stray bytes.
#[derive(Debug)]
pub(super) struct Decoder {
    prefix: String,
    pending: Vec<u8>,
    stray: BoundedBuffer,
}

impl Decoder {
    pub(super) fn new(token: &str) -> Self {
        Self {
            prefix: format!("{token} "),
            pending: Vec::new(),
            stray: BoundedBuffer::default(),
        }
    }

    /// Appends bytes, and passes the reports that they complete to `accept`. Reports that it rejects are stray, as
    /// are lines that are no reports.
    pub(super) fn push(&mut self, bytes: &[u8], mut accept: impl FnMut(Report) -> bool) {
        // Only the new bytes can hold the end of the pending line.
        let mut searched = self.pending.len();
        self.pending.extend_from_slice(bytes);
        let mut start = 0;
        while let Some(length) = self.pending[searched..]
            .iter()
            .position(|&byte| byte == b'\n')
        {
            let end = searched + length;
            let line = &self.pending[start..end];
            let accepted = line
                .strip_prefix(self.prefix.as_bytes())
                .and_then(|report| serde_json::from_slice(report).ok())
                .is_some_and(&mut accept);
            if !accepted {
                self.stray.push(line);
            }
            start = end + 1;
            searched = start;
        }
        self.pending.drain(..start);
        if self.pending.len() > MAX_REPORT {
            self.stray.push(&self.pending);
            self.pending.clear();
        }
    }

    /// Keeps the bytes of a report that is rejected later as stray.
    pub(super) fn mark_stray(&mut self, bytes: &[u8]) {
        self.stray.push(bytes);
    }

    /// The bytes that were no valid reports.
    pub(super) fn into_stray(mut self) -> Output {
        self.stray.push(&self.pending);
        self.stray.into_output()
    }
}

/// Keeps the first [`MAX_OUTPUT`] bytes, and counts all.
#[derive(Debug, Default)]
pub(super) struct BoundedBuffer {
    kept: Vec<u8>,
    bytes: u64,
}

impl BoundedBuffer {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let room = MAX_OUTPUT - self.kept.len();
        self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.bytes += bytes.len() as u64;
    }

    /// Appends what another one has kept and counted.
    #[cfg(windows)]
    pub(super) fn append(&mut self, other: Self) {
        let left_out = other.bytes - other.kept.len() as u64;
        self.push(&other.kept);
        self.bytes += left_out;
    }

    pub(super) fn into_output(self) -> Output {
        Output {
            text: Utf8(&self.kept).to_string(),
            bytes: self.bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(decoder: &mut Decoder, bytes: &[u8]) -> usize {
        let mut found = 0;
        decoder.push(bytes, |_| {
            found += 1;
            true
        });
        found
    }

    #[test]
    fn a_report_is_read_however_it_is_split() {
        let line = Report::Finished.encode("t").unwrap();
        let mut decoder = Decoder::new("t");
        let found: usize = line.iter().map(|byte| decode(&mut decoder, &[*byte])).sum();
        assert_eq!(found, 1);
        assert_eq!(decoder.into_stray(), Output::default());
    }

    #[test]
    fn foreign_bytes_before_a_report_do_not_affect_it() {
        let mut bytes = b"garbage without an end".to_vec();
        bytes.extend(Report::Heartbeat(1).encode("t").unwrap());
        bytes.extend(b"\"finished\"\n");
        let mut decoder = Decoder::new("t");
        assert_eq!(decode(&mut decoder, &bytes), 1);
        assert_eq!(
            decoder.into_stray().text,
            "garbage without an end\"finished\""
        );
    }

    #[test]
    fn a_report_with_foreign_bytes_inside_is_stray() {
        let mut decoder = Decoder::new("t");
        assert_eq!(decode(&mut decoder, b"t \"fin garbage ished\"\n"), 0);
        assert_eq!(decoder.into_stray().text, "t \"fin garbage ished\"");
    }

    #[test]
    fn a_report_that_is_not_accepted_is_stray() {
        let mut decoder = Decoder::new("t");
        decoder.push(b"t {\"heartbeat\":1}\nt \"finished\"\n", |report| {
            matches!(report, Report::Heartbeat(_))
        });
        assert_eq!(decoder.into_stray().text, "t \"finished\"");
    }

    #[test]
    fn the_end_of_a_run_is_no_report() {
        let forged =
            br#"t {"gone":{"status":0,"calls":0,"out_of_range":null,"channel_lost":false}}"#;
        let mut decoder = Decoder::new("t");
        assert_eq!(
            decode(&mut decoder, &[forged.as_slice(), b"\n"].concat()),
            0
        );
        assert_eq!(decoder.into_stray().text.as_bytes(), forged);
    }

    #[test]
    fn a_flood_without_a_line_feed_is_bounded() {
        let mut decoder = Decoder::new("t");
        let block = vec![b'x'; 1 << 20];
        for _ in 0..40 {
            assert_eq!(decode(&mut decoder, &block), 0);
        }
        assert!(decoder.pending.len() <= MAX_REPORT);
        let stray = decoder.into_stray();
        assert_eq!((stray.bytes, stray.text.len()), (40 << 20, MAX_OUTPUT));
    }
}
