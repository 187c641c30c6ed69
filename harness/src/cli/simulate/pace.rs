//! The progress of a running simulation.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use ics_device::service::Moment;
use ics_device::simulation::{Clock, Timeline};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::terminal::eprint;

/// How often it is looked whether to stop, and the bar is drawn.
const TICK: Duration = Duration::from_millis(100);

/// The progress, at a terminal that shows no log.
pub(super) struct Pace {
    bar: Option<ProgressBar>,
    from: Moment,
    /// Whether each step may take long, as where a plugin is asked.
    slow: bool,
    looked: Instant,
}

impl Pace {
    pub(super) fn new(timeline: &Timeline, json: bool, slow: bool) -> Self {
        let log_is_seen = !json && std::io::stdout().is_terminal();
        let shown = std::io::stderr().is_terminal() && !log_is_seen;
        Self {
            bar: shown.then(|| bar(timeline, ProgressDrawTarget::stderr())),
            from: timeline.start.at,
            slow,
            looked: Instant::now(),
        }
    }

    /// Whether it is time to look around.
    pub(super) fn ticks(&mut self, next: Moment) -> bool {
        let ticks = self.slow || self.looked.elapsed() >= TICK;
        if ticks {
            self.looked = Instant::now();
            if let Some(bar) = &self.bar {
                let gone = next.since(self.from).as_secs();
                bar.set_position(gone);
                bar.set_message(Clock(next).to_string());
            }
        }
        ticks
    }

    /// Says something to people, above the bar.
    pub(super) fn eprint(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprint(text)),
            None => eprint(text),
        }
    }

    pub(super) fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn bar(timeline: &Timeline, target: ProgressDrawTarget) -> ProgressBar {
    let whole = timeline.end.since(timeline.start.at).as_secs();
    let bar = ProgressBar::with_draw_target(Some(whole), target);
    let style = ProgressStyle::with_template("{prefix:>12} [{elapsed_precise}] [{bar:30}] {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style.progress_chars("=> "));
    bar.set_prefix("Simulating");
    bar.enable_steady_tick(TICK);
    bar
}

#[cfg(test)]
mod tests {
    use ics_device::simulation::command::Resources;
    use indicatif::InMemoryTerm;

    use super::*;
    use crate::ask::NamedScenarios;

    #[test]
    fn a_long_play_shows_how_far_it_has_come() {
        let text = "begin = \"08:00\"\nend = \"day 366 08:00\"";
        let nothing = |_: &str| Err(std::io::ErrorKind::NotFound.into());
        let resources = Resources {
            documents: &nothing,
            pushes: &nothing,
            folder: "nowhere",
            servers: &NamedScenarios,
        };
        let timeline = Timeline::read(text, &resources, b"").expect("a timeline");
        let terminal = InMemoryTerm::new(4, 100);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let bar = bar(&timeline, target);
        let mut pace = Pace {
            bar: Some(bar.clone()),
            from: timeline.start.at,
            slow: false,
            looked: Instant::now().checked_sub(TICK).expect("a clock that runs"),
        };
        let half = timeline
            .start
            .at
            .after(Duration::from_secs(365 * 12 * 3600));
        assert!(pace.ticks(half));
        bar.force_draw();
        let seen = terminal.contents();
        assert!(
            seen.contains("Simulating") && seen.contains("day 183 20:00:00"),
            "{seen}"
        );
        assert!(seen.contains("[===============>"), "{seen}");
        assert!(!pace.ticks(half), "it looks around now and then only");
        pace.end();
        assert!(!terminal.contents().contains("Simulating"));
    }
}
