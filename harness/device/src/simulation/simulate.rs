//! Runs a timeline in virtual time: the clock jumps from one event to the next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::ask::{Ask, AskError, CheckOutcome};
use super::device::{Device, Observer};
use super::timeline::Timeline;
use crate::csp::hotspot::NotReadable;
use crate::service::{CheckId, Moment};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Checks that were asked.
    pub checks: u64,
    /// Events, wakes of the service included.
    pub events: u64,
    pub until: Moment,
}

/// Why a timeline did not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// A check could not be made.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The state holds a setting that no document can have stored.
    #[error(transparent)]
    State(#[from] NotReadable),
    /// The observer stopped the simulation.
    #[error("stopped")]
    Stopped,
}

/// Runs a timeline. Each check is made in the scenario of the moment at which it
/// starts, and its answer arrives as much later as the call took. `progress` is kept
/// up to date, so that it is known when this fails, too.
///
/// # Errors
/// A check cannot be made, the device's state is invalid, or the observer stops
/// the simulation.
pub fn simulate(
    device: &mut Device,
    timeline: &Timeline,
    ask: &mut dyn Ask,
    observer: &mut dyn Observer,
    progress: &mut Progress,
) -> Result<(), SimulationError> {
    progress.until = timeline.start.at;
    let mut coming: BinaryHeap<_> = timeline
        .events
        .iter()
        .enumerate()
        .map(|(index, one)| Reverse((one.at, index)))
        .collect();
    let mut answer: Option<(Moment, CheckId, CheckOutcome)> = None;
    loop {
        let wake = device.wake();
        let answered = answer.as_ref().map(|(at, ..)| *at);
        let next = coming.peek().map(|Reverse((at, _))| *at);
        let Some(now) = [answered, wake, next].into_iter().flatten().min() else {
            break;
        };
        if now > timeline.end {
            break;
        }
        if !observer.wants_more(now) {
            return Err(SimulationError::Stopped);
        }
        progress.events += 1;
        progress.until = now;
        if answered == Some(now) {
            if let Some((at, check, asked)) = answer.take() {
                device.answer(at, check, asked, observer);
            }
        } else if wake == Some(now) {
            device.awake(now, observer);
        } else if let Some(Reverse((at, index))) = coming.pop() {
            let event = &timeline.events[index];
            if let Some(every) = event.every {
                coming.push(Reverse((at.after(every), index)));
            }
            device.act(at, &event.action, observer)?;
        }
        if let Some(question) = device.take_question() {
            progress.checks += 1;
            let asked = ask.ask(&question)?;
            answer = Some((question.at.after(asked.took), question.check, asked));
        }
    }
    progress.until = timeline.end;
    Ok(())
}
