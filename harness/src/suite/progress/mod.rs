//! The progress of an examination: on a terminal a bar with the runs in progress,
//! on a pipe numbered lines.

use std::cell::RefCell;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use ics_device::printable::{self, Printable};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::plugin::Plugin;
use crate::report::{RuleReport, Verdict, terminal};
use crate::terminal::Stderr;
use crate::terminal::style::{HEADING, WARN};
use crate::testbed::isolation::Isolation;

#[cfg(test)]
mod tests;

/// The interval at which the bar is redrawn.
const TICK: Duration = Duration::from_millis(100);

/// The number of running jobs whose names are shown.
const NAMES_SHOWN: usize = 8;

/// Receives the events of an examination, on one thread.
pub trait Progress {
    /// An examination of that many rules begins.
    fn begin(&self, plugin: &Plugin, rules: usize, protocol: &str, isolation: &Isolation);
    /// A run begins.
    fn started(&self, run: &str);
    /// A run has ended, with or without a result.
    fn stopped(&self, run: &str);
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
    running: Vec<String>,
    total: usize,
    done: usize,
    failed: usize,
    skipped: usize,
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
        let bar = std::io::stderr().is_terminal().then(|| {
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
            "{:>12} {rules} rules, protocol {protocol}, isolation {}",
            "",
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
        state.running.push(run.to_owned());
        state.draw();
    }

    fn stopped(&self, run: &str) {
        let mut state = self.state.borrow_mut();
        if let Some(index) = state.running.iter().position(|name| name == run) {
            state.running.remove(index);
        }
        state.draw();
    }

    fn finished(&self, report: RuleReport) {
        let mut state = self.state.borrow_mut();
        state.done += 1;
        match report.verdict {
            Verdict::Pass => {}
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
                    .map(|name| format!("             {}", Printable(name)))
                    .collect::<Vec<_>>()
                    .join("\n"),
            ));
        }
    }
}

fn bar(rules: usize, target: ProgressDrawTarget) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(rules as u64), target);
    let style = ProgressStyle::with_template(
        "{prefix:>12} [{elapsed_precise}] [{bar:30}] {pos}/{len}\n             {msg}",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style.progress_chars("=> "));
    bar.set_prefix("Running");
    bar
}
