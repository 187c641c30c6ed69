//! The virtual clock: it jumps from one thing that happens to the next.

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
    /// Things that happened, wakes of the service among them.
    pub events: u64,
    pub until: Moment,
}

/// Why a timeline could not be played to its end.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// Nobody could be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// A setting that no document can have left.
    #[error(transparent)]
    State(#[from] NotReadable),
    /// Whoever watches wants no more.
    #[error("stopped")]
    Stopped,
}

/// Plays a timeline. Each check is asked in the scenario of the moment at which it
/// begins, and its answer comes as much later as it took. `played` counts along,
/// so that it is known when this fails, too.
///
/// # Errors
/// Nobody can be asked, the device's state makes no sense, or the observer wants
/// no more.
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
