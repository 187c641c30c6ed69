//! The progress of an examination: on a terminal a bar with the runs in progress,
//! on a pipe numbered lines.

use std::cell::RefCell;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use ics_device::printable::{self, Printable};
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::plugin::Plugin;
use crate::report::{RuleReport, Verdict, terminal};
use crate::terminal::Stderr;
use crate::terminal::style::{DIM, HEADING, WARN};
use crate::testbed::isolation::Isolation;

mod marking;
mod several;
#[cfg(test)]
mod tests;

pub(super) use marking::Marking;
pub use several::SeveralOnStderr;

/// The interval at which the bar is redrawn.
const TICK: Duration = Duration::from_millis(100);

/// The number of running jobs whose names are shown.
const NAMES_SHOWN: usize = 8;

/// From how many calls and rounds on they are counted for the reader.
const MANY: u64 = 50;

/// How long a run goes on before a pipe is told how far it is, and until it is told again.
const REPORT_INTERVAL: Duration = Duration::from_secs(10);

/// How far a run is.
#[derive(Clone, Copy, Debug)]
pub struct Count<'a> {
    /// Its name.
    pub run: &'a str,
    /// Calls and rounds that it has made.
    pub made: u64,
    /// All that it makes.
    pub all: u64,
}

/// Receives the events of an examination, on one thread.
pub trait Progress {
    /// An examination of that many rules begins.
    fn begin(&self, plugin: &Plugin, rules: usize, protocol: &str, isolation: &Isolation);
    /// A run begins.
    fn started(&self, run: &str);
    /// A run has ended, with or without a result.
    fn stopped(&self, run: &str);
    /// How far runs are; those that are not in progress are ignored.
    fn counted(&self, counts: &[Count<'_>]);
    /// A rule has its verdict.
    fn finished(&self, report: RuleReport);
    /// So many random scenarios of all have been tried.
    fn cases(&self, done: usize, all: usize);
    /// The examination is over.
    fn end(&self);
}

/// Shows progress on standard error.
pub struct StderrProgress {
    state: RefCell<State>,
}

struct State {
    out: Box<dyn Write>,
    bar: Option<ProgressBar>,
    running: Vec<Running>,
    /// See [`REPORT_INTERVAL`].
    report_interval: Duration,
    total: usize,
    done: usize,
    failed: usize,
    skipped: usize,
}

/// A run in progress.
struct Running {
    name: String,
    /// Calls and rounds that it has made, and all that it makes, if they are many.
    count: Option<(u64, u64)>,
    started: Instant,
    /// When a pipe was last told how far it is; first when it started.
    reported: Instant,
}

impl Running {
    fn describe(&self) -> String {
        let name = Printable(&self.name);
        match self.count {
            Some((made, all)) => format!("{name} {}/{}", HumanCount(made), HumanCount(all)),
            None => name.to_string(),
        }
    }
}

impl StderrProgress {
    /// Shows nothing until the examination begins.
    pub fn new() -> Self {
        Self::showing(State::new(Box::new(Stderr), None, 0))
    }

    fn showing(state: State) -> Self {
        Self {
            state: RefCell::new(state),
        }
    }
}

impl Default for StderrProgress {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress for StderrProgress {
    fn begin(&self, plugin: &Plugin, rules: usize, protocol: &str, isolation: &Isolation) {
        let mut state = self.state.borrow_mut();
        let bar = shows_a_bar().then(|| {
            let bar = bar(rules, ProgressDrawTarget::stderr());
            bar.enable_steady_tick(TICK);
            bar
        });
        *state = State::new(Box::new(Stderr), bar, rules);
        state.print_line(&format!(
            "{HEADING}{:>12}{HEADING:#} {}",
            "Examining",
            printable::path(&plugin.library)
        ));
        state.print_line(&format!(
            "{:>12} {rules} {}, protocol {protocol}, isolation {}",
            "",
            if rules == 1 { "rule" } else { "rules" },
            isolation.name()
        ));
        if let Some(reason) = isolation.reason() {
            state.print_line(&format!(
                "{WARN}{:>12}{WARN:#} {}",
                "Degraded",
                Printable(reason)
            ));
        }
        if let Some(exposed) = isolation.uncontained() {
            state.print_line(&format!(
                "{WARN}{:>12}{WARN:#} {}",
                "Exposed",
                Printable(exposed)
            ));
        }
    }

    fn started(&self, run: &str) {
        let mut state = self.state.borrow_mut();
        let now = Instant::now();
        state.running.push(Running {
            name: run.to_owned(),
            count: None,
            started: now,
            reported: now,
        });
        state.draw();
    }

    fn stopped(&self, run: &str) {
        let mut state = self.state.borrow_mut();
        if let Some(index) = state.running.iter().position(|it| it.name == run) {
            state.running.remove(index);
        }
        state.draw();
    }

    fn counted(&self, counts: &[Count<'_>]) {
        let mut state = self.state.borrow_mut();
        let (interval, on_pipe) = (state.report_interval, state.bar.is_none());
        let mut lines = Vec::new();
        for running in &mut state.running {
            let count = counts.iter().find(|count| count.run == running.name);
            let Some(count) = count.filter(|count| count.all >= MANY) else {
                continue;
            };
            running.count = Some((count.made, count.all));
            if on_pipe && running.reported.elapsed() >= interval {
                running.reported = Instant::now();
                lines.push(format!(
                    "{DIM}{:>12}{DIM:#} [{:>8.3}s] {}",
                    "running",
                    running.started.elapsed().as_secs_f64(),
                    running.describe()
                ));
            }
        }
        for line in lines {
            state.print_line(&line);
        }
        state.draw();
    }

    fn finished(&self, report: RuleReport) {
        let mut state = self.state.borrow_mut();
        state.done += 1;
        match report.verdict {
            Verdict::Pass | Verdict::XFail => {}
            Verdict::Skip => state.skipped += 1,
            Verdict::Fail | Verdict::Error => state.failed += 1,
        }
        // The bar shows the count; on a pipe each line does.
        let count = state.bar.is_none().then_some((state.done, state.total));
        state.print_line(&terminal::line(&report, count));
        state.draw();
    }

    fn cases(&self, done: usize, all: usize) {
        if let Some(bar) = &self.state.borrow().bar {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
            bar.set_message(format!("{done} of {all} random scenarios"));
        }
    }

    fn end(&self) {
        if let Some(bar) = self.state.borrow_mut().bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl State {
    fn new(out: Box<dyn Write>, bar: Option<ProgressBar>, total: usize) -> Self {
        Self {
            out,
            bar,
            running: Vec::new(),
            report_interval: REPORT_INTERVAL,
            total,
            done: 0,
            failed: 0,
            skipped: 0,
        }
    }

    /// Prints a line, above the bar if there is one.
    fn print_line(&mut self, line: &str) {
        let out = &mut self.out;
        let mut print = || {
            // A closed pipe does not end the examination: the exit code and the report matter.
            drop(writeln!(out, "{line}"));
        };
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    fn draw(&self) {
        if let Some(bar) = &self.bar {
            bar.set_position(self.done as u64);
            let hidden = self.running.len().saturating_sub(NAMES_SHOWN);
            let more = if hidden > 0 {
                format!("\n             and {hidden} more")
            } else {
                String::new()
            };
            bar.set_message(format!(
                "{} running, {} passed, {} failed, {} skipped\n{}{more}",
                self.running.len(),
                self.done - self.failed - self.skipped,
                self.failed,
                self.skipped,
                self.running
                    .iter()
                    .take(NAMES_SHOWN)
                    .map(|running| format!("             {}", running.describe()))
                    .collect::<Vec<_>>()
                    .join("\n"),
            ));
        }
    }
}

/// Whether a bar can be redrawn: not in the log of a CI system, which may have a terminal.
fn shows_a_bar() -> bool {
    let in_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
    std::io::stderr().is_terminal() && !in_ci
}

fn bar(rules: usize, target: ProgressDrawTarget) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(rules as u64), target);
    let style = ProgressStyle::with_template(
        "{prefix:>12} [{elapsed_precise}] [{bar:24}] {pos}/{len}\n             {msg}",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style.progress_chars("=> "));
    bar.set_prefix("Running");
    bar
}
