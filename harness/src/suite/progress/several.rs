//! The progress of several examinations: a line for each plugin, and on a terminal a bar with those in progress.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::time::Instant;

use ics_device::printable::Printable;
use indicatif::{ProgressBar, ProgressDrawTarget};

use super::{NAMES_SHOWN, TICK, bar, shows_a_bar};
use crate::report::{PluginReport, RuleReport, Verdict, terminal};
use crate::run::TestBedError;
use crate::suite::several::SeveralProgress;
use crate::terminal::Stderr;
use crate::terminal::style::{BAD, DIM};

/// Shows the progress of several examinations on standard error.
pub struct SeveralOnStderr {
    state: RefCell<State>,
}

struct State {
    out: Box<dyn Write>,
    bar: Option<ProgressBar>,
    /// What each plugin is called.
    names: Vec<String>,
    strict: bool,
    quiet: bool,
    running: BTreeMap<usize, Running>,
    done: usize,
}

struct Running {
    started: Instant,
    judged: usize,
    failed: usize,
}

impl SeveralOnStderr {
    /// Shows plugins by these names. With `quiet` there is no line for a plugin, and no finding.
    pub fn new(names: Vec<String>, strict: bool, quiet: bool) -> Self {
        let bar = (shows_a_bar() && !quiet).then(|| {
            let bar = bar(names.len(), ProgressDrawTarget::stderr());
            bar.enable_steady_tick(TICK);
            bar
        });
        Self::showing(Box::new(Stderr), bar, names, strict, quiet)
    }

    fn showing(
        out: Box<dyn Write>,
        bar: Option<ProgressBar>,
        names: Vec<String>,
        strict: bool,
        quiet: bool,
    ) -> Self {
        Self {
            state: RefCell::new(State {
                out,
                bar,
                names,
                strict,
                quiet,
                running: BTreeMap::new(),
                done: 0,
            }),
        }
    }
}

impl SeveralProgress for SeveralOnStderr {
    fn begin(&self, index: usize) {
        let mut state = self.state.borrow_mut();
        let running = Running {
            started: Instant::now(),
            judged: 0,
            failed: 0,
        };
        state.running.insert(index, running);
        state.draw();
    }

    fn judged(&self, index: usize, report: &RuleReport) {
        let mut state = self.state.borrow_mut();
        if let Some(running) = state.running.get_mut(&index) {
            running.judged += 1;
            running.failed += usize::from(report.verdict == Verdict::Fail);
        }
        state.draw();
    }

    fn end(&self, index: usize, result: Result<&PluginReport, &TestBedError>) {
        let mut state = self.state.borrow_mut();
        state.done += 1;
        let seconds = state
            .running
            .remove(&index)
            .map_or(0.0, |running| running.started.elapsed().as_secs_f64());
        let all = state.names.len();
        let width = all.to_string().len();
        let name = state.names.get(index).cloned().unwrap_or_default();
        let count = format!("[{seconds:>8.3}s] ({:>width$}/{all}) {name}", state.done);
        let mut text = match result {
            Ok(plugin) => {
                let summary = &plugin.summary;
                let style = terminal::style_of(summary);
                let verdict = plugin.verdict();
                format!(
                    "{style}{verdict:>14}{style:#} {count}  {DIM}{} passed, {} failed, {} skipped{}{DIM:#}\n",
                    summary.pass,
                    summary.fail,
                    summary.skip,
                    summary.describe_known()
                )
            }
            Err(error) => format!(
                "{BAD}{:>14}{BAD:#} {count}  {DIM}{}{DIM:#}\n",
                "harness error",
                Printable(error)
            ),
        };
        if let Ok(plugin) = result
            && plugin.summary.failed
        {
            let mut findings = Vec::new();
            // Memory can be written to.
            let _ = terminal::counting_findings(&mut findings, plugin, state.strict);
            text.push_str(&String::from_utf8_lossy(&findings));
        }
        if !state.quiet {
            state.print(&text);
        }
        state.draw();
    }

    fn finish(&self) {
        if let Some(bar) = self.state.borrow_mut().bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl State {
    /// Prints whole lines, above the bar if there is one.
    fn print(&mut self, text: &str) {
        let out = &mut self.out;
        let mut print = || {
            // A closed pipe does not end the examination: the exit code and the report matter.
            drop(out.write_all(text.as_bytes()));
        };
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    fn draw(&self) {
        let Some(bar) = &self.bar else {
            return;
        };
        bar.set_position(self.done as u64);
        let lines = self
            .running
            .iter()
            .take(NAMES_SHOWN)
            .map(|(index, running)| {
                let name = self.names.get(*index).map_or("", String::as_str);
                format!(
                    "             {name}: {} rules judged, {} failed",
                    running.judged, running.failed
                )
            });
        let lines: Vec<String> = lines.collect();
        bar.set_message(format!(
            "{} running\n{}",
            self.running.len(),
            lines.join("\n")
        ));
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use anstream::adapter::strip_str;

    use super::*;
    use crate::report::Summary;

    #[derive(Clone, Default)]
    struct Printed(Rc<RefCell<Vec<u8>>>);

    impl Write for Printed {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn printed(quiet: bool) -> String {
        let out = Printed::default();
        let names = vec!["a.so".to_owned(), "b.so".to_owned()];
        let progress = SeveralOnStderr::showing(Box::new(out.clone()), None, names, false, quiet);
        let conformant = PluginReport {
            complete: true,
            summary: Summary {
                pass: 3,
                conformant: true,
                ..Summary::default()
            },
            ..PluginReport::default()
        };
        progress.end(1, Ok(&conformant));
        progress.end(0, Err(&TestBedError::Cancelled));
        progress.finish();
        let bytes = out.0.borrow();
        strip_str(&String::from_utf8_lossy(&bytes)).to_string()
    }

    #[test]
    fn each_plugin_has_a_line_in_the_order_in_which_they_end() {
        let text = printed(false);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(
            lines[0].contains("(1/2) b.so  3 passed, 0 failed"),
            "{text}"
        );
        assert!(lines[1].contains("harness error"), "{text}");
    }

    #[test]
    fn quiet_prints_nothing() {
        assert_eq!(printed(true), "");
    }
}
