//! What must be shown of a plugin before a rule can be judged.
//!
//! A rule that expects UNAVAILABLE of a fault scenario says something only about a plugin that returns SUCCESS
//! without the fault: one that always returns UNAVAILABLE would pass. What a rule needs is data of the rule. The
//! control runs show it, and the suite skips the rules for which it was not shown.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fault::why_no_request;
use super::judgement::{Judgement, NotPassed};
use super::rule::{Examination, Rule};
use crate::run::RunRecord;
use crate::run::control::{Control, Question};
use crate::run::hosts::{self, Candidate};
use crate::testbed::OtherHosts;

/// What a rule needs to be shown of the plugin first, in a run without faults.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Precondition {
    /// It returns SUCCESS after the allow response: answer/entitled held.
    AcceptsAllow,
    /// It sends a request over TLS to a server with a valid certificate of the test bed's authority.
    AcceptsTestCa,
    /// It sends a DNS query.
    ResolvesNames,
    /// It connects to a port that the test bed serves.
    ReachesPort,
    /// It begins a TLS handshake.
    SpeaksTls,
    /// It sends a request in HTTP/2 if the server chooses that. A rule about HTTP/2 does not apply to other plugins.
    SpeaksHttp2,
}

impl Precondition {
    /// All of them, in the order in which a plugin meets them.
    pub const ALL: &[Self] = &[
        Self::ResolvesNames,
        Self::ReachesPort,
        Self::SpeaksTls,
        Self::AcceptsTestCa,
        Self::AcceptsAllow,
        Self::SpeaksHttp2,
    ];

    /// What is shown, as text after "not shown: ".
    pub fn describe(self) -> &'static str {
        match self {
            Self::AcceptsAllow => "that the plugin returns SUCCESS after the allow response",
            Self::AcceptsTestCa => "that it accepts a certificate of the test bed's authority",
            Self::ResolvesNames => "that it sends DNS queries",
            Self::ReachesPort => "that it connects to the server",
            Self::SpeaksTls => "that it uses TLS",
            Self::SpeaksHttp2 => "that it speaks HTTP/2",
        }
    }
}

/// What the control run showed.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    missing: BTreeMap<Precondition, String>,
    /// It asks its server by an IP address, so that no rule about names applies.
    asks_an_address: bool,
    /// Whether it speaks HTTP/2, once that is known.
    speaks_http_2: Option<bool>,
    pub control: Control,
    /// The hosts that it may ask, if it uses several.
    pub candidates: Vec<Candidate>,
}

impl Evidence {
    /// The evidence of the control run, and of the judgement on answer/entitled.
    pub fn of(record: &RunRecord, entitled: &Judgement) -> Self {
        let transcript = &record.transcript;
        let secure = transcript.requests() - transcript.cleartext_requests();
        let shown = |precondition: &Precondition| match precondition {
            Precondition::AcceptsAllow => entitled.is_ok(),
            Precondition::AcceptsTestCa => secure > 0,
            Precondition::ResolvesNames => transcript.questions() > 0,
            Precondition::ReachesPort => transcript.connections() > 0,
            Precondition::SpeaksTls => transcript.handshakes() > 0,
            // Another run shows it, in which the server prefers HTTP/2.
            Precondition::SpeaksHttp2 => true,
        };
        let not_shown = Precondition::ALL
            .iter()
            .filter(|precondition| !shown(precondition));
        Self {
            missing: not_shown
                .map(|precondition| (*precondition, reason(*precondition, record, entitled)))
                .collect(),
            // Only in a network of its own would a DNS query have been seen.
            asks_an_address: transcript.attempts.is_some() && transcript.asks_an_address(),
            speaks_http_2: (transcript.http_2_requests() > 0).then_some(true),
            control: Control {
                question: Question::of(transcript)
                    .map(|question| question.with_path(record.question_path.as_deref())),
                other_hosts: OtherHosts::default(),
                answer: record.calls().next().map(|call| call.value),
                speaks_only_http_2: transcript.http_2_requests() > 0,
                requests_for_each_call: transcript
                    .requests()
                    .div_ceil(record.calls().count().max(1)),
            },
            candidates: hosts::candidates(transcript)
                .into_iter()
                .map(|candidate| Candidate {
                    question: candidate
                        .question
                        .with_path(record.question_path.as_deref()),
                    ..candidate
                })
                .collect(),
        }
    }

    /// The evidence of a control run that could not be made: nothing is shown, for this reason.
    pub fn none(reason: &str) -> Self {
        Self {
            missing: Precondition::ALL
                .iter()
                .map(|precondition| (*precondition, reason.to_owned()))
                .collect(),
            asks_an_address: false,
            speaks_http_2: None,
            control: Control::default(),
            candidates: Vec::new(),
        }
    }

    /// Adds what a run shows in which the server prefers HTTP/2. One that offers it and then sends no request, although it
    /// does in HTTP/1.1, does not speak it.
    pub fn add_version(&mut self, record: &RunRecord) {
        if record.transcript.requests() > 0 || self.control.question.is_some() {
            self.speaks_http_2 = Some(record.transcript.http_2_requests() > 0);
        }
    }

    /// Why a rule does not apply, if it is about a version of HTTP that the plugin does not speak.
    pub fn other_version(&self, rule: &Rule) -> Option<&'static str> {
        if self.speaks_http_2 == Some(false) && rule.needs.contains(&Precondition::SpeaksHttp2) {
            return Some("the plugin does not speak HTTP/2");
        }
        // Elsewhere it matters that the response is damaged, and not how.
        let Examination::Run(spec, _) = &rule.examination else {
            return None;
        };
        let is_about_it = matches!(rule.group(), "http" | "tls");
        (self.control.speaks_only_http_2
            && is_about_it
            && spec.scenario.http.exists_only_in_http_1())
        .then_some("the plugin speaks only HTTP/2")
    }

    /// The first of a rule's needs that was not shown, and why not.
    pub fn missing(&self, needs: &[Precondition]) -> Option<(Precondition, &str)> {
        needs
            .iter()
            .find_map(|need| Some((*need, self.missing.get(need)?.as_str())))
    }

    /// All that was not shown, and why not.
    pub fn all_missing(&self) -> impl Iterator<Item = (Precondition, &str)> {
        self.missing
            .iter()
            .map(|(precondition, reason)| (*precondition, reason.as_str()))
    }

    /// What remains of the judgement on a rule, given what was not shown.
    ///
    /// A pass does not remain. A failure does, unless it is the same answer as without a fault: one that
    /// always returns FAILED has one fault, not one in each scenario.
    pub fn weigh(
        &self,
        rule: &Rule,
        judgement: Judgement,
        record: Option<&RunRecord>,
    ) -> (Judgement, Option<Precondition>) {
        if let Some(reason) = self.other_version(rule) {
            return (Err(NotPassed::not_applicable(reason)), None);
        }
        let needs = rule.needs;
        if self.asks_an_address && needs.contains(&Precondition::ResolvesNames) {
            let judgement = NotPassed::not_applicable(
                "it asks its server by an IP address, so that no name is resolved",
            );
            return (Err(judgement), None);
        }
        if matches!(judgement, Err(NotPassed::NotApplicable(_))) {
            return (judgement, None);
        }
        let Some((missing, reason)) = self.missing(needs) else {
            return (judgement, None);
        };
        if let Err(NotPassed::Failed(failure)) = &judgement
            && !failure.lacks_success
            && !(failure.answer_only && self.answers_as_in_control(record))
        {
            return (judgement, None);
        }
        (Err(NotPassed::skipped(reason)), Some(missing))
    }

    /// Whether every call of the run returned the value of the control run.
    fn answers_as_in_control(&self, record: Option<&RunRecord>) -> bool {
        record.is_some_and(|record| {
            record
                .calls()
                .all(|call| Some(call.value) == self.control.answer)
        })
    }
}

/// Why a precondition was not shown. Where the plugin could not get an answer, that is the reason for all.
fn reason(precondition: Precondition, record: &RunRecord, entitled: &Judgement) -> String {
    if let Some(end) = record.early_end_before_last_call() {
        return format!("{end} in the run without faults: see host/alive and time/deadline");
    }
    match (precondition, entitled) {
        (Precondition::AcceptsAllow, Err(NotPassed::Skipped(reason))) => reason.clone(),
        (Precondition::AcceptsAllow, _) => {
            "it does not return SUCCESS after the allow response: see answer/entitled".to_owned()
        }
        // Attempts to connect are counted in a private network only, and queries are seen there only.
        (Precondition::ResolvesNames, _) if record.transcript.attempts.is_none() => {
            "DNS queries are seen in a private network only".to_owned()
        }
        (Precondition::ResolvesNames, _) => "it sends no DNS query".to_owned(),
        (Precondition::SpeaksHttp2, _) => "the plugin does not speak HTTP/2".to_owned(),
        (Precondition::SpeaksTls | Precondition::AcceptsTestCa, _)
            if record.transcript.requests() > 0 =>
        {
            "it does not use TLS: see tls/used".to_owned()
        }
        (Precondition::AcceptsTestCa | Precondition::SpeaksTls | Precondition::ReachesPort, _) => {
            why_no_request(record)
        }
    }
}
