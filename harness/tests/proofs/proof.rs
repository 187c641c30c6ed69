//! One proof: a plugin, the rule that it breaks, and what else may be blamed.

use std::collections::BTreeSet;
use std::time::Instant;

use ics_harness::report::Verdict;
use ics_harness::rules::Precondition;

use crate::check::{Examined, check, degraded, workspace};
use crate::matrix::{Cell, Row};
use crate::plugins::Plugins;

/// A rule that is broken with another one, and why that cannot be helped.
pub(crate) type Companion = (&'static str, &'static str);

/// What the plugin with a switch for each fault breaks, whichever is switched on.
const OF_THE_SWITCHES: &[Companion] = &[
    (
        "file/system-calls",
        "the library imports what each of its faults needs",
    ),
    (
        "tls/revoked-stapled",
        "rustls asks for a stapled OCSP response and does not look at it",
    ),
];

/// Rules that a plugin breaks on the port for http.
const NEED_THE_CLEARTEXT_PORT: &[&str] = &["tls/used"];

/// How the reason begins for which a rule is skipped that had too little time. The proofs give each less than a user does.
const LACK_OF_TIME: &str = "there was time for ";

/// What every plugin with libcurl and OpenSSL breaks.
const OF_LIBCURL: &[Companion] = &[(
    "dns/many-addresses",
    "libcurl gives each address half of the time that is left",
)];

/// A plugin and the rule that it breaks.
#[derive(Debug)]
pub(crate) struct Proof {
    /// The rule.
    pub(crate) rule: &'static str,
    /// What breaks it.
    pub(crate) plugin: Plugin,
    /// What is broken with it, each with the reason.
    pub(crate) companions: &'static [Companion],
    /// What cannot be examined.
    pub(crate) unexamined: Unexamined,
}

/// What breaks a rule.
#[derive(Debug)]
pub(crate) enum Plugin {
    /// The plugin `faulty`, set to break that rule.
    Fault,
    /// The same plugin, set to break the rule in this other way.
    OtherFault(&'static str),
    /// The same plugin without a fault, with settings that let it use cleartext HTTP.
    Cleartext,
    /// The same plugin, with a fault in the protocol of the sample that the name of the fault begins with. Only these
    /// rules are examined, and each companion fails.
    Protocol {
        fault: &'static str,
        rules: &'static str,
    },
    /// A library made from that source, in `faulty-plugins/c`.
    Source(&'static str),
}

/// What cannot be examined, and rightly so.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unexamined {
    /// Everything can.
    Nothing,
    /// The library cannot be loaded: only the rules about the file itself can be examined.
    Unloadable,
    /// These rules, each with the reason.
    Rules(&'static [Companion]),
    /// Rules that need one of these, which the plugin does not show.
    Without(&'static [Precondition]),
}

/// The result of a proof.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The rule was broken, and only what may be was broken with it.
    Shown { with: Vec<String>, seconds: f64 },
    /// It cannot be shown on this machine.
    NotShown(String),
    /// The harness was mistaken.
    Wrong { what: String, seconds: f64 },
}

impl Proof {
    /// The rule and what breaks it.
    pub(crate) fn title(&self) -> String {
        format!("{} by {}", self.rule, self.cause())
    }

    /// What breaks it, as the table names it.
    fn cause(&self) -> String {
        match self.plugin {
            Plugin::Fault => "fault".to_owned(),
            Plugin::OtherFault(fault) | Plugin::Protocol { fault, .. } => format!("fault {fault}"),
            Plugin::Cleartext => "settings".to_owned(),
            Plugin::Source(name) => format!("c/{name}"),
        }
    }

    /// Whether the rule's id or the name of the fault begins so.
    pub(crate) fn is_of(&self, start: &str) -> bool {
        let fault = match self.plugin {
            Plugin::OtherFault(fault) | Plugin::Protocol { fault, .. } => fault,
            Plugin::Fault | Plugin::Cleartext | Plugin::Source(_) => self.rule,
        };
        self.rule.starts_with(start) || fault.starts_with(start)
    }

    /// The profile that a plugin of this proof is examined with, if it needs one.
    pub(crate) fn profile(&self) -> String {
        match self.plugin {
            Plugin::Protocol { fault, .. } => {
                let sample = fault.split('/').next().unwrap_or_default();
                path(&format!("sample-plugins/{sample}/conformance.toml"))
            }
            Plugin::Fault | Plugin::OtherFault(_) | Plugin::Cleartext | Plugin::Source(_) => {
                profile_of_steps()
            }
        }
    }

    /// Whether it is shown by what a processor gives to the plugin, so that no other proof may
    /// compete for it.
    pub(crate) fn is_of_processor_time(&self) -> bool {
        self.rule == "time/idle"
    }

    /// Whether it is shown only by many calls, or by one after a long pause.
    fn takes_long(&self) -> bool {
        let is_protocol = matches!(self.plugin, Plugin::Protocol { .. });
        !is_protocol
            && matches!(
                self.rule,
                "answer/consistent"
                    | "host/memory"
                    | "host/sigpipe"
                    | "load/reload"
                    | "load/wears-out"
                    | "threads/many"
            )
    }

    /// Examines the plugin by all rules.
    pub(crate) fn show(&self, plugins: &Plugins) -> (Outcome, Option<Row>) {
        let started = Instant::now();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let profile = self.profile();
        let of_steps = ["--profile", profile.as_str()];
        let of_protocol;
        let (library, arguments) = match self.plugin {
            Plugin::OtherFault(fault) => (
                plugins.with_fault(fault, folder.path()),
                match is_of_steps(fault) {
                    true => of_steps.as_slice(),
                    false => &[],
                },
            ),
            Plugin::Protocol { fault, rules } => {
                of_protocol = [of_steps[0], of_steps[1], "--rules", rules];
                let library = plugins.with_fault(fault, folder.path());
                (library, of_protocol.as_slice())
            }
            Plugin::Fault => (
                plugins.with_fault(self.rule, folder.path()),
                // Shorter than the time by which the faulty plugin is late.
                match self.rule {
                    "time/deadline" => ["--deadline", "4s"].as_slice(),
                    // A fifth of it is less than the faulty plugin adds to its first call.
                    "time/fast" => &["--deadline", "6s"],
                    // Of a plugin that may speak any protocol it would be undecided.
                    "answer/entitled" => &["--protocol", "carrier-json"],
                    rule if is_of_steps(rule) => &of_steps,
                    _ => &[],
                },
            ),
            Plugin::Cleartext => (plugins.in_clear(folder.path()), [].as_slice()),
            Plugin::Source(name) => match plugins.of_source(name) {
                Ok(library) => (library, [].as_slice()),
                Err(reason) => return (Outcome::NotShown(reason.to_owned()), None),
            },
        };
        let budget: &[&str] = match self.rule {
            _ if self.takes_long() => &[],
            // Six calls, and it is the last but one that shows the fault.
            "steps/certificate" => &["--budget", "15s"],
            _ => &["--budget", "4s"],
        };
        let examined = check(&library, &[arguments, budget].concat());
        let seconds = started.elapsed().as_secs_f64();
        (self.judge(&examined, seconds), Some(self.row(&examined)))
    }

    /// What was said of each rule.
    fn row(&self, examined: &Examined) -> Row {
        let cells = examined.report.rules.iter().map(|rule| {
            let explanation = match rule.applicable {
                true if rule.verdict == Verdict::Skip && rule.seen.starts_with(LACK_OF_TIME) => {
                    Some("the budget of the proofs is short".to_owned())
                }
                true => self.explanation(&rule.id, rule.verdict, rule.missing),
                false => Some("the rule is about what the plugin does not do".to_owned()),
            };
            let cell = Cell {
                verdict: rule.verdict,
                seen: rule.seen.clone(),
                explanation,
            };
            (rule.id.clone(), cell)
        });
        Row {
            rule: self.rule,
            breaker: self.title(),
            cells: cells.collect(),
        }
    }

    /// Why a rule did not pass, if the table says so.
    fn explanation(
        &self,
        rule: &str,
        verdict: Verdict,
        missing: Option<Precondition>,
    ) -> Option<String> {
        let reason = |mut list: std::slice::Iter<'_, Companion>| {
            let found = list.find(|(id, _)| *id == rule);
            found.map(|(_, reason)| (*reason).to_owned())
        };
        match verdict {
            Verdict::Pass | Verdict::Error => None,
            Verdict::Fail if rule == self.rule => Some("the rule that it breaks".to_owned()),
            Verdict::Fail | Verdict::XFail => self
                .companions()
                .find(|(id, _)| *id == rule)
                .map(|(_, reason)| (*reason).to_owned()),
            Verdict::Skip => match self.unexamined {
                Unexamined::Rules(rules) => reason(rules.iter()),
                Unexamined::Unloadable => Some("the library cannot be loaded".to_owned()),
                Unexamined::Nothing | Unexamined::Without(_) => missing
                    .filter(|_| self.may_skip(rule, missing))
                    .map(|missing| format!("it does not show {}", missing.describe())),
            },
        }
    }

    fn judge(&self, examined: &Examined, seconds: f64) -> Outcome {
        let wrong = |what: String| Outcome::Wrong { what, seconds };
        let skipped = examined.rules(Verdict::Skip);
        if degraded().is_some()
            && let Some((_, reason)) = skipped.iter().find(|(rule, _)| *rule == self.rule)
        {
            return Outcome::NotShown((*reason).to_owned());
        }
        if degraded().is_some() && NEED_THE_CLEARTEXT_PORT.contains(&self.rule) {
            let reason = "on loopback a plugin is given the port for https alone";
            return Outcome::NotShown(reason.to_owned());
        }
        let failed = examined.rules(Verdict::Fail);
        if !failed.iter().any(|(rule, _)| *rule == self.rule) {
            let seen = examined
                .report
                .rules
                .iter()
                .find(|rule| rule.id == self.rule);
            return wrong(format!("not seen: {:?}", seen.map(|rule| &rule.seen)));
        }
        let allowed: BTreeSet<&str> = self.companions().map(|(rule, _)| *rule).collect();
        let (with, blamed): (Vec<_>, Vec<_>) = failed
            .iter()
            .filter(|(rule, _)| *rule != self.rule)
            .partition(|(rule, _)| allowed.contains(rule));
        if !blamed.is_empty() {
            return wrong(format!("blamed as well: {blamed:?}"));
        }
        let missing_ones: Vec<_> = match self.plugin {
            Plugin::Protocol { .. } => self
                .companions
                .iter()
                .filter(|(rule, _)| !with.iter().any(|(other, _)| other == rule))
                .collect(),
            Plugin::Fault | Plugin::OtherFault(_) | Plugin::Cleartext | Plugin::Source(_) => {
                Vec::new()
            }
        };
        if !missing_ones.is_empty() && degraded().is_none() {
            return wrong(format!("not seen with it: {missing_ones:?}"));
        }
        let errors = examined.rules(Verdict::Error);
        if !errors.is_empty() {
            return wrong(format!("the harness could not examine {errors:?}"));
        }
        let left_out: Vec<_> = skipped
            .iter()
            .filter(|(rule, reason)| {
                !reason.starts_with(LACK_OF_TIME) && !self.may_skip(rule, missing(examined, rule))
            })
            .collect();
        if !left_out.is_empty() && degraded().is_none() {
            return wrong(format!("not examined: {left_out:?}"));
        }
        let with = with.iter().map(|(rule, _)| (*rule).to_owned()).collect();
        Outcome::Shown { with, seconds }
    }

    /// The rules that may fail with it, each with the reason.
    fn companions(&self) -> impl Iterator<Item = &'static Companion> {
        let of_its_library = match self.plugin {
            Plugin::Source(_) => OF_LIBCURL,
            Plugin::Fault | Plugin::OtherFault(_) | Plugin::Protocol { .. } | Plugin::Cleartext => {
                OF_THE_SWITCHES
            }
        };
        self.companions.iter().chain(of_its_library)
    }

    fn may_skip(&self, rule: &str, missing: Option<Precondition>) -> bool {
        match self.unexamined {
            Unexamined::Nothing => false,
            Unexamined::Unloadable => true,
            Unexamined::Rules(rules) => rules.iter().any(|(id, _)| *id == rule),
            Unexamined::Without(preconditions) => {
                missing.is_some_and(|missing| preconditions.contains(&missing))
            }
        }
    }
}

/// The profile with two steps, which has a response with a name.
pub(crate) fn profile_of_steps() -> String {
    path("harness/tests/profiles/two-step.toml")
}

/// The path of a file of the workspace.
fn path(file: &str) -> String {
    let path = workspace().join(file).into_os_string();
    path.into_string()
        .expect("the workspace has a path of text")
}

/// Whether a rule is one that only a profile of several steps, or with a response with a name, has a use for.
fn is_of_steps(rule: &str) -> bool {
    rule.starts_with("steps/") || rule.starts_with("profile/")
}

/// What was not shown of the plugin, if that is why the rule was skipped.
fn missing(examined: &Examined, rule: &str) -> Option<Precondition> {
    let mut rules = examined.report.rules.iter();
    rules.find(|report| report.id == rule)?.missing
}

/// The head of the printed table.
pub(crate) fn heading() -> String {
    format!(
        "{:<26} {:<24} {:>8}  {}",
        "rule", "broken by", "seconds", "and with it"
    )
}

/// A line of the printed table.
pub(crate) fn line(proof: &Proof, outcome: &Outcome) -> String {
    let (seconds, rest) = match outcome {
        Outcome::Shown { with, seconds } => (format!("{seconds:.1}"), with.join(", ")),
        Outcome::NotShown(reason) => ("-".to_owned(), format!("NOT SHOWN: {reason}")),
        Outcome::Wrong { what, seconds } => (format!("{seconds:.1}"), format!("WRONG: {what}")),
    };
    let line = format!(
        "{:<26} {:<24} {seconds:>8}  {rest}",
        proof.rule,
        proof.cause()
    );
    line.trim_end().to_owned()
}
