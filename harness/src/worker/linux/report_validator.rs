//! What the worker says of itself, held against its script.
//!
//! The plugin can write to the report channel what the worker can, so nothing
//! here is taken for true. A report that cannot come at this point of the script is
//! stray, and in the end the supervisor's word stands above all of it.

use super::signals;
use crate::testbed::Scenario;
use crate::worker::observation::{End, Output, StepReport};
use crate::worker::protocol::{Decoder, Gone, PULSE, Report};
use crate::worker::script::Step;

/// What was heard over the report channel.
#[derive(Debug)]
pub(super) struct Account<'a> {
    decoder: Decoder,
    word: Word<'a>,
}

/// What was accepted so far.
#[derive(Debug)]
struct Word<'a> {
    script: &'a [Step],
    steps: Vec<StepReport>,
    finished: bool,
    /// Signs of life in the present step.
    signs: u64,
    /// Whether the present step has asked for its change of scenario.
    change_asked: bool,
    /// Whether anything was accepted of what was heard last.
    alive: bool,
    /// The scenario that is to be set before the worker goes on.
    change_scenario: Option<Scenario>,
}

/// What the latest bytes said.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Heard {
    /// Whether a report among them is a sign of life.
    pub(super) alive: bool,
    /// The worker waits for this scenario.
    pub(super) change_scenario: Option<Scenario>,
}

/// What is left when the run is over.
#[derive(Debug, PartialEq)]
pub(super) struct Settled {
    pub(super) steps: Vec<StepReport>,
    pub(super) end: End,
    pub(super) unfinished: u32,
    pub(super) out_of_range: Option<i32>,
    pub(super) stray: Output,
}

impl<'a> Account<'a> {
    /// An account of a run whose reports begin with `token`.
    pub(super) fn new(script: &'a [Step], token: &str) -> Self {
        Self {
            decoder: Decoder::new(token),
            word: Word {
                script,
                steps: Vec::with_capacity(script.len()),
                finished: false,
                signs: 0,
                change_asked: false,
                alive: false,
                change_scenario: None,
            },
        }
    }

    /// Takes bytes in.
    pub(super) fn hear(&mut self, bytes: &[u8]) -> Heard {
        let word = &mut self.word;
        word.alive = false;
        self.decoder.push(bytes, |report| word.accept(report));
        Heard {
            alive: word.alive,
            change_scenario: word.change_scenario.take(),
        }
    }

    /// Puts the worker's account beside what the supervisor saw. `hung` is for how many seconds a run was waited for
    /// that was then given up.
    pub(super) fn settle(mut self, gone: &Gone, hung: Option<u64>) -> Settled {
        let Word {
            script,
            mut steps,
            finished,
            ..
        } = self.word;
        // The worker counts a step before it reports it. A report that is ahead of the count is forged.
        let counted = usize::try_from(gone.steps).unwrap_or(usize::MAX);
        let forged = steps.split_off(counted.min(steps.len()));
        for step in &forged {
            self.decoder
                .disown(&serde_json::to_vec(&step).unwrap_or_default());
        }
        let finished = finished && forged.is_empty();
        let step = steps.len();
        let end = if let Some(seconds) = hung.filter(|_| !gone.by_itself) {
            End::Hung { step, seconds }
        } else if libc::WIFSIGNALED(gone.status) {
            // A signal is what the supervisor saw; that the run finished would be what the plugin says.
            End::Killed {
                signal: signals::name(libc::WTERMSIG(gone.status)),
                step,
            }
        } else {
            match libc::WEXITSTATUS(gone.status) {
                0 if finished => End::Finished,
                _ if gone.silenced => End::Silenced { step },
                // It came to the end of its script, and its reports did not come here.
                0 if counted >= script.len() => End::Silenced { step },
                code => End::Exited { code, step },
            }
        };
        let cut_short = step < script.len();
        Settled {
            steps,
            end,
            unfinished: if cut_short { gone.calls } else { 0 },
            out_of_range: gone.out_of_range.filter(|_| cut_short),
            stray: self.decoder.into_stray(),
        }
    }
}

impl Word<'_> {
    /// Takes a report, if it can come at this point of the script.
    fn accept(&mut self, report: Report) -> bool {
        let accepted = match report {
            Report::Alive => self.sign_of_life(),
            Report::ChangeScenario => self.ask_for_change(),
            Report::Done(step) => self.done(step),
            Report::Finished => self.finish(),
        };
        self.alive |= accepted;
        accepted
    }

    /// The step that goes on by the worker's own account; none once all are done.
    fn present(&self) -> Option<&Step> {
        self.script.get(self.steps.len())
    }

    /// No more of these than the step can give, or a plugin could prolong its time without end.
    fn sign_of_life(&mut self) -> bool {
        let possible = match self.present() {
            Some(Step::IdleWithLoad { milliseconds }) => {
                u128::from(*milliseconds) / PULSE.as_millis() + 1
            }
            Some(step) => most_calls(step).into(),
            None => 0,
        };
        let accepted = u128::from(self.signs) < possible;
        self.signs += u64::from(accepted);
        accepted
    }

    fn ask_for_change(&mut self) -> bool {
        let Some(Step::ChangeScenario(scenario)) = self.present() else {
            return false;
        };
        if self.change_asked {
            return false;
        }
        self.change_scenario = Some(*scenario);
        self.change_asked = true;
        true
    }

    fn done(&mut self, report: StepReport) -> bool {
        let Some(step) = self.present() else {
            return false;
        };
        let possible = report.step == self.steps.len()
            && report.calls.len() as u64 <= most_calls(step)
            && (report.snapshot.is_none() || *step == Step::Snapshot)
            && (self.change_asked || !matches!(step, Step::ChangeScenario(_)));
        if possible {
            self.steps.push(report);
            self.signs = 0;
            self.change_asked = false;
        }
        possible
    }

    fn finish(&mut self) -> bool {
        let possible = self.steps.len() == self.script.len() && !self.finished;
        self.finished |= possible;
        possible
    }
}

/// How many calls a step can make, and so how many signs of life it can give while it makes them.
fn most_calls(step: &Step) -> u64 {
    match *step {
        Step::Call { times, .. } => times.into(),
        Step::CallConcurrently { threads, calls } => u64::from(threads) * u64::from(calls),
        Step::CallSequentially { threads } => threads.into(),
        Step::Rounds { count, .. } => count.into(),
        Step::Load { .. }
        | Step::Unload { .. }
        | Step::SpawnThread { .. }
        | Step::JoinThread { .. }
        | Step::LeaveZombie
        | Step::Snapshot
        | Step::IdleWithLoad { .. }
        | Step::ChangeScenario(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::observation::Call;
    use crate::worker::script::ThreadRef;

    const CHECK: [Step; 3] = [
        Step::Load {
            on: ThreadRef::Main,
        },
        Step::Call {
            on: ThreadRef::Main,
            times: 1,
        },
        Step::Unload {
            on: ThreadRef::Main,
        },
    ];

    fn done(step: usize, calls: usize) -> Report {
        let call = Call {
            value: 0,
            seconds: 0.0,
            cpu: 0.0,
            errno_kept: true,
        };
        Report::Done(StepReport {
            step,
            seconds: 0.0,
            calls: vec![call; calls],
            snapshot: None,
            error: None,
        })
    }

    fn hear(account: &mut Account<'_>, report: &Report) -> Heard {
        account.hear(&report.encode("t").unwrap())
    }

    /// An account of a check that has heard these reports.
    fn account(reports: &[Report]) -> Account<'static> {
        let mut account = Account::new(&CHECK, "t");
        for report in reports {
            hear(&mut account, report);
        }
        account
    }

    fn gone(status: i32, steps: u32) -> Gone {
        Gone {
            status,
            by_itself: true,
            steps,
            calls: 0,
            out_of_range: None,
            silenced: false,
        }
    }

    fn whole() -> [Report; 4] {
        [done(0, 0), done(1, 1), done(2, 0), Report::Finished]
    }

    #[test]
    fn a_whole_run_is_finished() {
        let settled = account(&whole()).settle(&gone(0, 3), None);
        assert_eq!((settled.end, settled.steps.len()), (End::Finished, 3));
        assert_eq!(settled.stray, Output::default());
    }

    #[test]
    fn a_signal_stands_above_what_was_reported() {
        let settled = account(&whole()).settle(&gone(libc::SIGSEGV, 3), None);
        let signal = "SIGSEGV".to_owned();
        assert_eq!(settled.end, End::Killed { signal, step: 3 });
    }

    #[test]
    fn reports_ahead_of_the_count_are_forged() {
        let settled = account(&whole()).settle(&gone(libc::SIGSEGV, 1), None);
        let signal = "SIGSEGV".to_owned();
        assert_eq!(settled.end, End::Killed { signal, step: 1 });
        assert_eq!(settled.steps.len(), 1);
        assert!(settled.stray.text.contains(r#""step":2"#));
        let settled = account(&whole()).settle(&gone(0, 1), None);
        assert_eq!(settled.end, End::Exited { code: 0, step: 1 });
        let mut hung = gone(libc::SIGKILL, 1);
        hung.by_itself = false;
        let settled = account(&whole()).settle(&hung, Some(7));
        assert_eq!(
            settled.end,
            End::Hung {
                step: 1,
                seconds: 7
            }
        );
    }

    #[test]
    fn a_crash_that_was_found_at_the_limit_is_a_crash() {
        let settled = account(&[]).settle(&gone(libc::SIGABRT, 0), Some(7));
        let signal = "SIGABRT".to_owned();
        assert_eq!(settled.end, End::Killed { signal, step: 0 });
    }

    #[test]
    fn what_cannot_come_now_is_stray() {
        let impossible = [
            done(1, 0),
            done(0, 1),
            Report::Alive,
            Report::ChangeScenario,
            Report::Finished,
        ];
        for report in impossible {
            let mut account = account(&[]);
            let heard = hear(&mut account, &report);
            assert!(
                !heard.alive && heard.change_scenario.is_none(),
                "{report:?}"
            );
            assert!(account.settle(&gone(0, 0), None).stray.bytes > 0);
        }
        let mut twice = account(&whole());
        for report in whole() {
            assert!(!hear(&mut twice, &report).alive);
        }
        assert_eq!(twice.settle(&gone(0, 3), None).end, End::Finished);
    }

    #[test]
    fn a_step_gives_no_more_signs_of_life_than_it_makes_calls() {
        let mut account = account(&[done(0, 0)]);
        assert!(hear(&mut account, &Report::Alive).alive);
        assert!(!hear(&mut account, &Report::Alive).alive);
        assert!(hear(&mut account, &done(1, 1)).alive);
        assert!(!hear(&mut account, &Report::Alive).alive);
    }

    #[test]
    fn a_shift_is_asked_for_once_and_not_left_out() {
        let script = [Step::ChangeScenario(Scenario::DENY)];
        let mut account = Account::new(&script, "t");
        assert!(!hear(&mut account, &done(0, 0)).alive);
        assert_eq!(
            hear(&mut account, &Report::ChangeScenario).change_scenario,
            Some(Scenario::DENY)
        );
        assert_eq!(
            hear(&mut account, &Report::ChangeScenario).change_scenario,
            None
        );
        assert!(hear(&mut account, &done(0, 0)).alive);
    }

    #[test]
    fn a_worker_that_came_to_its_end_unheard_was_silenced() {
        let settled = account(&[done(0, 0)]).settle(&gone(0, 3), None);
        assert_eq!(settled.end, End::Silenced { step: 1 });
    }
}
