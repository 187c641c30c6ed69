//! The device's question, answered by a real plugin: in a worker, in the scenario
//! that the device names.

use std::time::Duration;

use ics_device::document::names::nearest;
use ics_device::service::{Answer, CHECK_LIMIT};
use ics_device::simulation::{
    Ask, AskError, CheckOutcome, Question, ServerState, ServerStates, UnknownServer,
    format_duration,
};
use ics_device::state::Image;

use crate::failure::in_full;
use crate::plugin::Plugin;
use crate::rules;
use crate::run::scripts::ONE_CALL;
use crate::run::{Conditions, RunError, RunRecord, RunSpec, TestBed, TestBedError, answer_name};
use crate::testbed::{Link, Scenario};
use crate::worker::Cancel;
use crate::worker::observation::End;

/// The scenarios that have a name, as states of the operator's server.
#[derive(Clone, Copy, Debug)]
pub struct NamedScenarios;

impl NamedScenarios {
    /// The scenario with this name, if there is one.
    pub fn named(name: &str) -> Option<ServerState> {
        let scenario = rules::scenario_named(name, rules::all())?;
        Some(ServerState {
            name: name.to_owned(),
            description: scenario.to_string(),
        })
    }
    pub fn names() -> impl Iterator<Item = &'static str> {
        let rules = rules::all().map(|rule| rule.id);
        let shown = rules.filter(|id| rules::scenario_named(id, rules::all()).is_some());
        ["allow", "deny"].into_iter().chain(shown)
    }
}

impl ServerStates for NamedScenarios {
    fn initial(&self) -> ServerState {
        ServerState {
            name: "allow".to_owned(),
            description: Scenario::ALLOW.to_string(),
        }
    }

    fn find(&self, name: &str) -> Result<ServerState, UnknownServer> {
        Self::named(name).ok_or_else(|| UnknownServer {
            expected: "`allow`, `deny`, or a rule that has a scenario, such as `http/500`"
                .to_owned(),
            help: nearest(name, Self::names())
                .map(|meant| format!("write `{meant}`; `ics-harness rules` lists them")),
        })
    }
}

/// Where the library that a check names comes from.
#[derive(Clone, Debug)]
pub enum PluginSource {
    /// This plugin, whatever EntitlementDll says.
    Named(Box<Plugin>),
    /// EntitlementDll is a file of the device's image.
    Image(Image),
    /// None: a check is an error.
    Nowhere,
}

/// Calls real libraries. Checks can be made from several threads, each of which
/// moves into the test bed's network.
pub struct PluginRunner<'a> {
    /// Where they are called; none where there is no plugin.
    pub test_bed: Option<&'a TestBed>,
    /// The operator's server; no device waits longer than [`CHECK_LIMIT`] for a call.
    pub conditions: Conditions,
    pub source: PluginSource,
    /// Ends a running check that [`Ask::ask`] made.
    pub cancel: &'a Cancel,
}

impl PluginRunner<'_> {
    /// See [`Ask::ask`]; `cancel` ends this check alone.
    ///
    /// # Errors
    /// The check cannot be made, so that there is no answer, not even UNAVAILABLE.
    pub fn ask(&self, question: &Question, cancel: &Cancel) -> Result<CheckOutcome, AskError> {
        let found;
        let plugin = match &self.source {
            PluginSource::Named(plugin) => plugin.as_ref(),
            PluginSource::Image(image) => {
                found = match find(image, &question.library) {
                    Ok(plugin) => plugin,
                    Err(reason) => return Ok(CheckOutcome::unavailable(Duration::ZERO, reason)),
                };
                &found
            }
            PluginSource::Nowhere => return Err(AskError::NoPlugin(question.library.clone())),
        };
        let Some(test_bed) = self.test_bed else {
            return Err(AskError::NoPlugin(question.library.clone()));
        };
        let Some(scenario) = scenario_of(question) else {
            let name = &question.server.name;
            return Err(AskError::Failed(format!("no scenario is called `{name}`")));
        };
        let prepared = test_bed
            .prepare(plugin, of_device(&self.conditions))
            .map_err(|error| match error {
                TestBedError::Cancelled => AskError::Stopped,
                error => AskError::Failed(in_full(&error)),
            })?;
        let spec = RunSpec {
            // How late a late answer is makes no difference to a device.
            grace: Duration::ZERO,
            ..RunSpec::new(scenario, ONE_CALL).unwatched()
        };
        match test_bed.run(spec, &prepared, cancel) {
            Ok(record) => Ok(judge(&record)),
            Err(_) if cancel.is_cancelled() => Err(AskError::Stopped),
            Err(RunError::Unsupported(reason) | RunError::NotApplicable(reason)) => {
                Err(AskError::Unsupported {
                    scenario: question.scenario_name().to_owned(),
                    reason,
                })
            }
            Err(RunError::Failed(reason) | RunError::Exhausted(reason)) => {
                Err(AskError::Failed(reason))
            }
        }
    }
}

impl Ask for PluginRunner<'_> {
    fn ask(&mut self, question: &Question) -> Result<CheckOutcome, AskError> {
        PluginRunner::ask(self, question, self.cancel)
    }
}

/// The plugin's scenario: the server's state, or no network.
fn scenario_of(question: &Question) -> Option<Scenario> {
    let scenario = rules::scenario_named(&question.server.name, rules::all())?;
    let link = match question.connected {
        true => scenario.link,
        false => Link::Down,
    };
    Some(Scenario { link, ..scenario })
}

fn find(image: &Image, library: &str) -> Result<Plugin, String> {
    let path = image.find(library).map_err(|error| in_full(&error))?;
    Plugin::find(&path, None).map_err(|error| in_full(&error))
}

/// The conditions, with a deadline that the service observes.
fn of_device(conditions: &Conditions) -> Conditions {
    Conditions {
        deadline: conditions.deadline.min(CHECK_LIMIT),
        ..conditions.clone()
    }
}

/// The outcome of a run for a device: a value that is not one of the three, an
/// answer after the deadline and the end of the process are UNAVAILABLE.
fn judge(record: &RunRecord) -> CheckOutcome {
    let call = record.calls().next();
    let seconds = call.map_or(record.observation.seconds, |call| call.seconds);
    let limit = record.deadline;
    let came = Duration::from_secs_f64(seconds.max(0.0));
    // The device has stopped waiting then.
    let took = came.min(limit);
    if matches!(record.observation.end, End::Hung { .. }) {
        return CheckOutcome::late(limit);
    }
    if let Some(reason) = record.early_end() {
        return CheckOutcome::unavailable(took, reason);
    }
    if let Some(call) = call.filter(|_| came > limit) {
        let name = answer_name(call.value);
        let (came, limit) = (format_duration(came), format_duration(limit));
        return CheckOutcome::unavailable(
            took,
            format!("{name} came after {came}; the deadline is {limit}"),
        );
    }
    let answer = match call.map(|call| call.value) {
        Some(0) => Answer::Success,
        Some(1) => Answer::Failed,
        Some(2) => Answer::Unavailable,
        Some(other) => {
            return CheckOutcome::unavailable(took, format!("it returned {}", answer_name(other)));
        }
        None => {
            let reason = record.error().unwrap_or("it was not called");
            return CheckOutcome::unavailable(took, reason.to_owned());
        }
    };
    CheckOutcome {
        answer,
        took,
        reason: None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::process::Command;

    use ics_device::requirements::{DECISIONS, Evidence, HARNESS, REQUIREMENTS};
    use ics_device::service::{CheckId, Moment, Purpose};

    use super::*;

    use crate::profile::Profile;
    use crate::testbed::servers::{Ports, ServerOptions};

    use crate::worker::DEFAULT_BUDGET;
    use crate::worker::observation::{Call, Observation, StepReport};

    fn observed(value: i32, end: End) -> CheckOutcome {
        observed_after(0.5, value, end)
    }

    /// What a device makes of a call that took so many seconds.
    fn observed_after(seconds: f64, value: i32, end: End) -> CheckOutcome {
        let step = StepReport {
            step: 1,
            seconds,
            calls: vec![Call::returning(value, seconds)],
            ..StepReport::default()
        };
        judge(&RunRecord {
            deadline: CHECK_LIMIT,
            ..RunRecord::of(ONE_CALL, Observation::of_steps(vec![step], end))
        })
    }

    #[test]
    fn a_device_without_a_connection_meets_no_network_whatever_the_server_is() {
        let asked = |name: &str, connected| {
            scenario_of(&Question {
                check: CheckId(1),
                at: Moment::default(),
                library: String::new(),
                purpose: Purpose::Enable,
                server: ServerState {
                    name: name.to_owned(),
                    description: String::new(),
                },
                connected,
            })
        };
        assert_eq!(asked("deny", true), Some(Scenario::DENY));
        let unconnected = Scenario {
            link: Link::Down,
            ..Scenario::DENY
        };
        assert_eq!(asked("deny", false), Some(unconnected));
        assert_eq!(asked("den", true), None);
    }

    #[test]
    fn a_wrong_name_of_a_scenario_is_reported_with_the_nearest() {
        let unknown = NamedScenarios.find("http/50").unwrap_err();
        assert!(unknown.expected.contains("a rule that has a scenario"));
        let help = unknown.help.expect("a guess");
        assert_eq!(help, "write `http/500`; `ics-harness rules` lists them");
        let initial = NamedScenarios.initial();
        assert_eq!(NamedScenarios.find(&initial.name), Ok(initial));
    }

    #[test]
    fn every_test_here_that_is_evidence_of_a_requirement_exists() {
        let binary = std::env::current_exe().unwrap();
        let listed = Command::new(binary).arg("--list").output().unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        let exist: BTreeSet<_> = listed
            .lines()
            .filter_map(|line| line.strip_suffix(": test"))
            .collect();
        let mut named = 0;
        for requirement in REQUIREMENTS.iter().chain(DECISIONS) {
            let Evidence::Tests(tests) = requirement.evidence else {
                continue;
            };
            for test in tests.iter().filter_map(|test| test.strip_prefix(HARNESS)) {
                named += 1;
                assert!(exist.contains(test), "no {test}, for: {}", requirement.text);
            }
        }
        assert!(named > 0, "no requirement names a test of the harness");
    }

    #[test]
    fn three_values_are_answers_and_everything_else_is_unavailable() {
        let answers = [Answer::Success, Answer::Failed, Answer::Unavailable];
        for (value, answer) in (0..).zip(answers) {
            let asked = observed(value, End::Finished);
            assert_eq!((asked.answer, asked.reason), (answer, None));
        }
        let strange = observed(7, End::Finished);
        assert_eq!(strange.answer, Answer::Unavailable);
        assert!(strange.reason.is_some_and(|reason| reason.contains('7')));
    }

    #[test]
    fn an_answer_after_the_deadline_is_unavailable_and_says_so() {
        let hung = End::Hung {
            step: 1,
            seconds: 60,
        };
        for (seconds, end, words) in [
            (61.5, End::Finished, "ENTITLEMENT_SUCCESS came after 1 min"),
            (0.5, hung, "no answer within 1 min"),
        ] {
            let asked = observed_after(seconds, 0, end);
            assert_eq!(asked.answer, Answer::Unavailable);
            assert_eq!(asked.took, CHECK_LIMIT, "no device waits longer");
            let reason = asked.reason.expect("a reason");
            assert!(reason.contains(words), "{reason}");
        }
    }

    #[test]
    fn no_deadline_of_a_device_is_longer_than_the_service_waits() {
        for (asked, waited) in [(3600.0, 60.0), (60.0, 60.0), (1.5, 1.5)] {
            let conditions = of_device(&Conditions {
                profile: Profile::default_one(),
                assumed: true,
                ports: Ports::default(),
                deadline: Duration::from_secs_f64(asked),
                budget: DEFAULT_BUDGET,
                options: ServerOptions::default(),
            });
            assert_eq!(conditions.deadline, Duration::from_secs_f64(waited));
        }
    }

    #[test]
    fn a_success_of_a_plugin_that_crashes_at_unloading_does_not_count() {
        let end = End::Killed {
            signal: "SIGSEGV".to_owned(),
            step: 2,
        };
        let asked = observed(0, end);
        assert_eq!(asked.answer, Answer::Unavailable);
        assert!(
            asked
                .reason
                .is_some_and(|reason| reason.contains("SIGSEGV"))
        );
    }
}
