//! The progress of a load.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often the bar is drawn.
const TICK: Duration = Duration::from_millis(100);

/// A bar at a terminal, and nothing elsewhere. It goes when it is dropped.
pub(super) struct Pace {
    bar: ProgressBar,
    devices: u64,
}

impl Pace {
    /// So many devices, so many times.
    pub(super) fn new(devices: u64, times: usize) -> Self {
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self::drawn(devices, times, target)
    }

    fn drawn(devices: u64, times: usize, target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(Some(devices * times as u64), target);
        let style =
            ProgressStyle::with_template("{prefix:>12} [{elapsed_precise}] [{bar:30}] {percent} %");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.progress_chars("=> "));
        bar.set_prefix("Simulating");
        bar.enable_steady_tick(TICK);
        Self { bar, devices }
    }

    /// So many devices are done, this time.
    pub(super) fn show(&self, time: usize, done: u64) {
        self.bar.set_position(time as u64 * self.devices + done);
    }
}

impl Drop for Pace {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use indicatif::InMemoryTerm;

    use super::*;

    #[test]
    fn a_long_load_shows_how_far_it_has_come() {
        let terminal = InMemoryTerm::new(4, 100);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let pace = Pace::drawn(1000, 2, target);
        pace.show(1, 500);
        pace.bar.force_draw();
        let seen = terminal.contents();
        assert!(
            seen.contains("Simulating") && seen.contains("75 %"),
            "{seen}"
        );
        drop(pace);
        assert!(terminal.contents().is_empty(), "{}", terminal.contents());
    }
}
