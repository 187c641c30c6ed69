//! Finds out what a plugin asks, without knowing its protocol: runs it in a test bed that answers plausibly, and writes
//! what it saw as the beginning of a profile.

mod answers;
pub mod draft;
pub mod har;
mod ports;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::plugin::Plugin;
use crate::profile;
use crate::run::scripts::ONE_CALL;
use crate::run::{Conditions, PreparedPlugin, RunError, RunRecord, RunSpec, TestBed, TestBedError};
use crate::testbed::Scenario;
use crate::testbed::exchanges::{Exchange, ExchangeLog};
use crate::testbed::servers::ServerOptions;
use crate::testbed::transcript::{Event, Handshake, Offers};
use crate::worker::Cancel;
use answers::PLAUSIBLE;
use draft::{Draft, Step, same_request};

/// The most steps that are looked for.
const MAX_STEPS: usize = 6;

/// Remarks that name servers.
const RESOLVED: &str = "names that it resolves";
const ADDRESSES: &str = "addresses that it connects to";
const HANDSHAKES: &str = "names in its handshakes (SNI)";
const NAMES_OF_SERVERS: [&str; 3] = [RESOLVED, ADDRESSES, HANDSHAKES];

/// What was found.
#[derive(Debug)]
pub struct Discovery {
    pub draft: Draft,
    /// The last run, for its transcript.
    pub last: RunRecord,
    /// How many runs were made.
    pub runs: usize,
}

/// Why nothing could be found.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    #[error(transparent)]
    TestBed(#[from] TestBedError),
    /// A run could not be made.
    #[error("{0}")]
    Run(String),
    #[error(transparent)]
    Profile(#[from] profile::ProfileError),
}

impl From<RunError> for DiscoverError {
    fn from(error: RunError) -> Self {
        let (RunError::Unsupported(reason)
        | RunError::NotApplicable(reason)
        | RunError::Failed(reason)
        | RunError::Exhausted(reason)) = error;
        Self::Run(reason)
    }
}

/// Looks for the steps of a plugin's check.
///
/// # Errors
/// If the test bed cannot run the plugin.
pub fn discover(
    plugin: &Plugin,
    test_bed: &TestBed,
    conditions: &Conditions,
    cancel: &Cancel,
    progress: &dyn Fn(&str),
) -> Result<Discovery, DiscoverError> {
    let mut search = Search {
        plugin,
        test_bed,
        conditions,
        cancel,
        runs: 0,
        draft: Draft::new(&plugin.name, conditions).seen_in(test_bed.isolation()),
    };
    let mut last = search.run()?;
    // The exchanges of a step that has been seen; a new one is a further step.
    while search.draft.steps.len() < MAX_STEPS {
        let seen = search.draft.add(&last.exchanges);
        if search.draft.serve_new_ports(&last.record) {
            progress("it tries another port, which is served from now on");
            last = search.run()?;
            continue;
        }
        if search.draft.steps.is_empty() || !seen {
            break;
        }
        let number = search.draft.steps.len() - 1;
        progress(&format!(
            "step {}: {}",
            number + 1,
            search.draft.steps[number].title()
        ));
        let Some(next) = search.follow(number)? else {
            break;
        };
        last = next;
    }
    search.draft.remarks = remarks(&last.record, search.draft.hosts_are_known);
    search.draft.keep_used_ports(&last.record);
    Ok(Discovery {
        draft: search.draft,
        last: last.record,
        runs: search.runs,
    })
}

struct Search<'a> {
    plugin: &'a Plugin,
    test_bed: &'a TestBed,
    conditions: &'a Conditions,
    cancel: &'a Cancel,
    runs: usize,
    draft: Draft,
}

/// A run with its exchanges.
struct Made {
    record: RunRecord,
    exchanges: Vec<Exchange>,
}

impl Search<'_> {
    /// Makes one call with the answers of the draft.
    fn run(&mut self) -> Result<Made, DiscoverError> {
        self.runs += 1;
        let log = Arc::new(ExchangeLog::default());
        let conditions = Conditions {
            profile: self.draft.profile()?,
            options: ServerOptions {
                log: Some(Arc::clone(&log)),
                ..self.conditions.options.clone()
            },
            ..self.conditions.clone()
        };
        let prepared = self.test_bed.prepare(self.plugin, conditions)?;
        let record = one_call(self.test_bed, &prepared, self.cancel)?;
        let mut exchanges = log.take();
        if !self.draft.hosts_are_known {
            // The port is another one in each run, and none of the plugin's.
            let requests = exchanges.iter_mut().map(|exchange| &mut exchange.request);
            requests.for_each(|request| request.host = request.host_name().to_owned());
        }
        Ok(Made { record, exchanges })
    }

    /// Tries plausible answers to the last step, until a further request comes.
    fn follow(&mut self, number: usize) -> Result<Option<Made>, DiscoverError> {
        for answer in PLAUSIBLE {
            self.draft.steps[number].answer = Some(answer);
            let made = self.run()?;
            let further = |exchange: &Exchange| {
                !self
                    .draft
                    .steps
                    .iter()
                    .any(|step| same_request(&step.requests[0], &exchange.request))
            };
            let ports = !made.record.transcript.unserved().is_empty();
            if made.exchanges.iter().any(further) || ports {
                return Ok(Some(made));
            }
        }
        // No answer leads on: this is the request that decides.
        self.draft.steps[number].answer = None;
        Ok(None)
    }
}

/// What a run showed besides the requests, one remark a line.
fn remarks(record: &RunRecord, hosts_are_known: bool) -> Vec<String> {
    let mut seen: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut add = |what, value: String| seen.entry(what).or_default().insert(value);
    for entry in &record.transcript.entries {
        match &entry.event {
            Event::Question { name, .. } => add(RESOLVED, name.clone()),
            Event::Connection { to, .. } => add(ADDRESSES, to.clone()),
            Event::Handshake {
                name,
                offers,
                outcome,
                ..
            } => {
                let list = |values: &[String]| match values {
                    [] => "none".to_owned(),
                    values => values.join(" "),
                };
                if *offers != Offers::default() {
                    add("versions of TLS that it offers", list(&offers.versions));
                    add("protocols that it offers (ALPN)", list(&offers.protocols));
                }
                add(
                    HANDSHAKES,
                    name.clone().unwrap_or_else(|| "none".to_owned()),
                );
                match outcome {
                    Handshake::Completed(version) => add("TLS that was agreed on", version.clone()),
                    Handshake::CompletedForHttp2(version) => {
                        add("TLS that was agreed on", format!("{version} with HTTP/2"))
                    }
                    Handshake::Refused(reason) => add("handshakes that it refused", reason.clone()),
                    Handshake::FaultInjected | Handshake::FaultAccepted(_) => false,
                }
            }
            Event::UnservedPort { to, transport } => add(
                "ports that it tried in vain",
                format!("{to} over {}", transport.name()),
            ),
            _ => false,
        };
    }
    if !hosts_are_known {
        seen.retain(|what, _| !NAMES_OF_SERVERS.contains(what));
    }
    let seen = seen.into_iter();
    seen.map(|(what, values)| {
        format!(
            "{what}: {}",
            values.into_iter().collect::<Vec<_>>().join(", ")
        )
    })
    .collect()
}

/// One call where everything works.
///
/// # Errors
/// If the run cannot be made.
pub fn one_call(
    test_bed: &TestBed,
    prepared: &PreparedPlugin<'_>,
    cancel: &Cancel,
) -> Result<RunRecord, RunError> {
    let spec = RunSpec::new(Scenario::ALLOW, ONE_CALL).unwatched();
    // A run moves the calling thread into a network of its own.
    std::thread::scope(|scope| {
        let run = scope.spawn(|| test_bed.run(spec, prepared, cancel));
        run.join()
            .unwrap_or_else(|_| Err(RunError::Failed("the run's thread ended".to_owned())))
    })
}

/// The steps of exchanges that were recorded.
pub fn steps_of(exchanges: &[Exchange]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for exchange in exchanges {
        let known = steps
            .iter_mut()
            .find(|step| same_request(&step.requests[0], &exchange.request));
        match known {
            Some(step) => step.requests.push(exchange.request.clone()),
            None => steps.push(Step::recorded(exchange)),
        }
    }
    steps
}
