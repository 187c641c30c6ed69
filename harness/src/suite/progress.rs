//! How an examination is followed while it goes on: a bar with what is running
//! on a terminal, counted lines on a pipe.

use std::cell::RefCell;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Room;
use crate::plugin::Plugin;
use crate::report::{RuleReport, Verdict, terminal};

const HEADING: Style = AnsiColor::Green.on_default().bold();
const WARN: Style = AnsiColor::Yellow.on_default().bold();

/// How often the bar is drawn anew.
const TICK: Duration = Duration::from_millis(100);

/// Told of each thing as it happens, on one thread.
pub trait Progress {
    /// An examination of so many rules begins.
    fn begin(&self, plugin: &Plugin, rules: usize, protocol: &str, room: &Room);
    /// A run begins.
    fn started(&self, run: &str);
    /// A run is over, whatever came of it.
    fn stopped(&self, run: &str);
    /// A rule has its verdict.
    fn finished(&self, report: RuleReport);
    /// The examination is over.
    fn end(&self);
}

/// The progress that people see, on standard error.
pub struct ForPeople {
    state: RefCell<State>,
}

struct State {
    bar: Option<ProgressBar>,
    running: Vec<String>,
    total: usize,
    done: usize,
    failed: usize,
    skipped: usize,
}

impl ForPeople {
    /// Nothing is shown before it begins.
    pub fn new() -> Self {
        Self {
            state: RefCell::new(State {
                bar: None,
                running: Vec::new(),
                total: 0,
                done: 0,
                failed: 0,
                skipped: 0,
            }),
        }
    }
}

impl Default for ForPeople {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress for ForPeople {
    fn begin(&self, plugin: &Plugin, rules: usize, protocol: &str, room: &Room) {
        let mut state = self.state.borrow_mut();
        *state = State {
            bar: bar(rules),
            running: Vec::new(),
            total: rules,
            done: 0,
            failed: 0,
            skipped: 0,
        };
        state.say(&format!(
            "{HEADING}{:>12}{HEADING:#} {}",
            "Examining",
            plugin.library.display()
        ));
        state.say(&format!(
            "{:>12} {rules} rules, protocol {protocol}, isolation {}",
            "",
            room.isolation_name()
        ));
        if let Some(reason) = room.isolation_reason() {
            state.say(&format!("{WARN}{:>12}{WARN:#} {reason}", "Weaker"));
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
        // The bar counts by itself; a pipe has no bar.
        let count = state.bar.is_none().then_some((state.done, state.total));
        state.say(&terminal::line(&report, count));
        state.draw();
    }

    fn end(&self) {
        if let Some(bar) = self.state.borrow_mut().bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl State {
    /// Prints a line above the bar. A reader that has gone is no reason to stop.
    fn say(&self, line: &str) {
        let print = || {
            let _ = writeln!(anstream::stderr(), "{line}");
        };
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    fn draw(&self) {
        if let Some(bar) = &self.bar {
            bar.set_position(self.done as u64);
            bar.set_message(format!(
                "{} running, {} passed, {} failed, {} skipped\n{}",
                self.running.len(),
                self.done - self.failed - self.skipped,
                self.failed,
                self.skipped,
                self.running
                    .iter()
                    .take(8)
                    .map(|name| format!("             {name}"))
                    .collect::<Vec<_>>()
                    .join("\n"),
            ));
        }
    }
}

fn bar(rules: usize) -> Option<ProgressBar> {
    if !std::io::stderr().is_terminal() {
        return None;
    }
    let bar = ProgressBar::with_draw_target(Some(rules as u64), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template(
        "{prefix:>12} [{elapsed_precise}] [{bar:30}] {pos}/{len}: {msg}",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style.progress_chars("=> "));
    bar.set_prefix("Running");
    bar.enable_steady_tick(TICK);
    Some(bar)
}
