//! Random compositions of faults: whatever the network does to the allow response, a plugin never returns SUCCESS for
//! a damaged one, is never late, and never ends the process.
//!
//! A case is determined by the seed and its number, so that one can be repeated alone. A case that fails is simplified:
//! each part is set back to what a correct server does, and stays so if the case fails without it.

mod generate;
mod shrink;

use crate::report::{ChaosFailure, ChaosReport};
use crate::run::control::Control;
use crate::run::scripts::ONE_CALL;
use crate::run::{
    PreparedPlugin, RunError, RunRecord, RunSpec, SUCCESS, TestBed, TestBedError, answer_name,
};
use crate::testbed::Scenario;
use crate::testbed::wire::Damage;
use crate::worker::Cancel;

use super::pool::{JobEvent, run_all};
use super::progress::Progress;

/// How many failing cases are simplified and reported. One fault of a plugin fails many.
const MAX_REPORTED: usize = 10;

/// The random scenarios to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chaos {
    pub seed: u64,
    /// The number of the first case, from 1.
    pub first: u32,
    pub cases: u32,
}

/// What cases are run with.
pub(super) struct Bench<'a> {
    pub(super) test_bed: &'a TestBed,
    pub(super) prepared: &'a PreparedPlugin<'a>,
    /// How the plugin asks when nothing is wrong.
    pub(super) control: &'a Control,
    pub(super) jobs: usize,
    pub(super) cancel: &'a Cancel,
}

/// One case.
#[derive(Clone, Copy, Debug)]
struct Case {
    number: u32,
    scenario: Scenario,
}

impl Bench<'_> {
    /// Runs all cases.
    ///
    /// # Errors
    /// If the user interrupted the examination.
    pub(super) fn run(
        &self,
        chaos: Chaos,
        progress: &dyn Progress,
    ) -> Result<ChaosReport, TestBedError> {
        let numbers = chaos.first..chaos.first.saturating_add(chaos.cases);
        let cases: Vec<Case> = numbers
            .map(|number| Case {
                number,
                scenario: generate::scenario(chaos.seed, number),
            })
            .collect();
        let jobs: Vec<&Case> = cases.iter().collect();
        let mut report = ChaosReport {
            seed: chaos.seed,
            first: chaos.first,
            ..ChaosReport::default()
        };
        let mut failing: Vec<(Case, String)> = Vec::new();
        run_all(
            &jobs,
            self.jobs,
            self.cancel,
            |case| self.once(case.scenario),
            |case, event| match event {
                JobEvent::Started | JobEvent::GivenBack => {}
                JobEvent::Finished(result) => {
                    match *result {
                        Ok(record) => {
                            self.count(case.scenario, &record, &mut report);
                            if let Err(seen) = self.judge(case.scenario, &record) {
                                failing.push((*case, seen));
                            }
                        }
                        Err(RunError::Unsupported(_)) => report.unsupported += 1,
                        Err(error) => {
                            report
                                .errors
                                .push(format!("case {}: {}", case.number, reason(&error)))
                        }
                    }
                    progress.cases(report.made(), cases.len());
                }
            },
            || {},
        );
        if self.cancel.is_cancelled() {
            return Err(TestBedError::Cancelled);
        }
        failing.sort_by_key(|(case, _)| case.number);
        report.failed = failing.len();
        for (case, seen) in failing.into_iter().take(MAX_REPORTED) {
            report.failures.push(self.simplified(case, seen));
        }
        if self.cancel.is_cancelled() {
            return Err(TestBedError::Cancelled);
        }
        Ok(report)
    }

    fn once(&self, scenario: Scenario) -> Result<RunRecord, RunError> {
        if self.control.speaks_only_http_2 && scenario.http.exists_only_in_http_1() {
            let reason = "the plugin speaks only HTTP/2";
            return Err(RunError::Unsupported(reason.to_owned()));
        }
        let spec = RunSpec::new(scenario, ONE_CALL).beside(&self.control.other_hosts);
        self.test_bed.run(spec, self.prepared, self.cancel)
    }

    /// The report on a failing case, with the simplest scenario that fails in some way.
    fn simplified(&self, case: Case, seen: String) -> ChaosFailure {
        let mut simplest = (case.scenario, seen.clone());
        while let Some(next) = shrink::steps(simplest.0).find_map(|scenario| {
            let record = self.on_a_thread(scenario)?;
            let seen = self.judge(scenario, &record).err()?;
            Some((scenario, seen))
        }) {
            simplest = next;
        }
        ChaosFailure {
            case: case.number,
            scenario: case.scenario.to_string(),
            seen,
            simplest: simplest.0.to_string(),
            seen_in_simplest: simplest.1,
        }
    }

    /// A run moves the calling thread into a network of its own, so each has a thread.
    fn on_a_thread(&self, scenario: Scenario) -> Option<RunRecord> {
        std::thread::scope(|scope| {
            let run = scope.spawn(|| self.once(scenario));
            run.join().ok()?.ok()
        })
    }

    /// What the scenario does to this plugin: a fault of a layer that it does not use is none.
    fn damage(&self, scenario: Scenario, record: &RunRecord) -> Damage {
        let mut met = scenario;
        if record.transcript.questions() == 0 {
            met.dns = Scenario::ALLOW.dns;
        }
        if self
            .control
            .question
            .as_ref()
            .is_some_and(|asked| !asked.secure)
        {
            met.tls = Scenario::ALLOW.tls;
        }
        met.damage()
    }

    fn count(&self, scenario: Scenario, record: &RunRecord, report: &mut ChaosReport) {
        let allowed = record.calls().any(|call| call.value == SUCCESS);
        match self.damage(scenario, record) {
            Damage::None => {
                report.undamaged += 1;
                report.undamaged_allowed += usize::from(allowed);
            }
            Damage::Tolerated => report.tolerated += 1,
            Damage::Certain => report.damaged += 1,
        }
    }

    /// Why the case fails, if it does.
    fn judge(&self, scenario: Scenario, record: &RunRecord) -> Result<(), String> {
        if let Some(end) = record.early_end() {
            return Err(end);
        }
        if let Some(error) = record.error() {
            return Err(error.to_owned());
        }
        let damage = self.damage(scenario, record);
        for call in record.calls() {
            if call.seconds > record.deadline_seconds() {
                return Err(format!(
                    "{} only after {:.2} s",
                    answer_name(call.value),
                    call.seconds
                ));
            }
            if call.value == SUCCESS && damage == Damage::Certain {
                return Err(format!(
                    "{}: the device would share its connection without permission",
                    answer_name(call.value)
                ));
            }
            if crate::abi::ICS_ENTITLEMENT_RESULT::from_raw(call.value).is_none() {
                return Err(answer_name(call.value));
            }
        }
        Ok(())
    }
}

fn reason(error: &RunError) -> &str {
    match error {
        RunError::Unsupported(reason)
        | RunError::NotApplicable(reason)
        | RunError::Failed(reason)
        | RunError::Exhausted(reason) => reason,
    }
}
