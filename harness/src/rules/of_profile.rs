//! The rules that a profile adds: one for each response that has a name.

use super::answer::judge_answers;
use super::judgement::{Judgement, NotPassed};
use super::precondition::Precondition;
use super::rule::{Examination, Level, Rule, RunJudge};
use crate::profile::{Answer, NamedResponse, Profile, Step};
use crate::run::{FAILED, RunRecord, SUCCESS, UNAVAILABLE};
use crate::testbed::{Http, Scenario};

/// The rules of the responses of a profile that have a name.
///
/// Rules are static, since everything refers to them; those of a profile live as long as the program, which reads a few.
pub fn of_profile(profile: &Profile) -> Vec<&'static Rule> {
    let named = profile.named_responses().enumerate();
    named
        .filter_map(|(number, (step, named))| {
            let number = u16::try_from(number).ok()?;
            let rule = rule(&profile.steps[step], named, number);
            Some(&*Box::leak(Box::new(rule)))
        })
        .collect()
}

fn rule(step: &Step, named: &NamedResponse, number: u16) -> Rule {
    let (name, answer) = (&named.name, named.answer.name());
    let status = named.response.status;
    let why = match &named.description {
        Some(description) => format!("The operator's profile: {description}"),
        None => "The operator's profile says so.".to_owned(),
    };
    let scenario = Scenario {
        http: Http::Named(number),
        ..Scenario::ALLOW
    };
    let judge: RunJudge = match named.answer {
        Answer::Success => success,
        Answer::Failed => failed,
        Answer::Unavailable => unavailable,
    };
    Rule {
        id: leak(format!("profile/{name}")),
        level: Level::Must,
        title: leak(format!(
            "If the server says {name} at the step {}, the plugin returns {answer}.",
            step.name
        )),
        clause: leak(sentence(why)),
        expected: leak(format!("ENTITLEMENT_{answer} within the deadline.")),
        help: leak(format!(
            "The server responds with the status {status}; the profile has the body. Map it to ENTITLEMENT_{answer}."
        )),
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::usual(scenario, judge),
    }
}

fn leak(text: String) -> &'static str {
    text.leak()
}

fn sentence(mut text: String) -> String {
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}

fn success(record: &RunRecord) -> Judgement {
    each(record, SUCCESS)
}

fn failed(record: &RunRecord) -> Judgement {
    each(record, FAILED)
}

fn unavailable(record: &RunRecord) -> Judgement {
    each(record, UNAVAILABLE)
}

/// Passes if every call returned this value, and asked the server first.
fn each(record: &RunRecord, expected: i32) -> Judgement {
    let calls = record.calls().count().max(1);
    let judgement = judge_answers(record, &vec![expected; calls])?;
    if record.transcript.requests() == 0 {
        return Err(NotPassed::skipped(
            "no request was sent to the server: see answer/asks-server",
        ));
    }
    Ok(judgement)
}
