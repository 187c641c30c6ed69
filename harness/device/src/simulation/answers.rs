//! Scripted answers in place of a plugin.

use std::time::Duration;

use super::Clock;
use super::ask::{Ask, AskError, CheckOutcome, Question};
use super::table::{Fields, parse};
use crate::document::names::quoted;
use crate::document::{Diagnostic, Diagnostics, Span};
use crate::service::{Answer, CHECK_LIMIT, Moment};
use crate::units::parse_duration;

/// Answers, each from a moment on; SUCCESS before the first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers(Vec<Scripted>);

#[derive(Clone, Debug, PartialEq)]
struct Scripted {
    from: Moment,
    asked: CheckOutcome,
}

impl Answers {
    /// Reads a file of `[[answer]]`s: `from`, `says` and `took`.
    ///
    /// # Errors
    /// Every fault, with its place.
    pub fn read(text: &str) -> Result<Self, Diagnostics> {
        let mut faults = Diagnostics::new();
        let root = parse(text, &mut faults);
        let mut fields = Fields::new(root.get_ref(), Span::point(0));
        let mut all = Vec::new();
        for table in fields.tables("answer", &mut faults) {
            let at = table.at();
            let Some(one) = scripted(table, &mut faults) else {
                continue;
            };
            if all.iter().any(|other: &Scripted| other.from == one.from) {
                let found = format!("a second answer from {} on", Clock(one.from));
                faults.push(Diagnostic::error(at, found).expected("one answer from a time on"));
            }
            all.push(one);
        }
        fields.finish("a file of answers", &mut faults);
        if faults.refuse() {
            return Err(faults);
        }
        all.sort_by_key(|one| one.from);
        Ok(Self(all))
    }
}

fn scripted(mut fields: Fields<'_>, faults: &mut Diagnostics) -> Option<Scripted> {
    let from = fields.moment("from", faults);
    let says = fields.needed_text("says", "\"failed\"", faults);
    let took = fields.text("took", faults);
    fields.finish("an answer", faults);
    let says = says?;
    let answer = match says.value {
        "success" => Some(Answer::Success),
        "failed" => Some(Answer::Failed),
        "unavailable" => Some(Answer::Unavailable),
        other => {
            let found = format!("`says` is {}", quoted(other));
            let expected = "`success`, `failed` or `unavailable`";
            faults.push(Diagnostic::error(says.at, found).expected(expected));
            None
        }
    };
    let took = match took {
        None => Some(Duration::ZERO),
        Some(text) => {
            let span = parse_duration(text.value)
                .ok()
                .filter(|span| *span < CHECK_LIMIT);
            if span.is_none() {
                let found = format!("`took` is {}", quoted(text.value));
                let expected = "a duration of less than `60s`, after which the service gives up";
                faults.push(Diagnostic::error(text.at, found).expected(expected));
            }
            span
        }
    };
    Some(Scripted {
        from: from.map_or(Moment::default(), |from| from.value),
        asked: CheckOutcome {
            answer: answer?,
            took: took?,
            reason: None,
        },
    })
}

impl Ask for Answers {
    fn ask(&mut self, question: &Question) -> Result<CheckOutcome, AskError> {
        let last = self.0.iter().rev().find(|one| one.from <= question.at);
        Ok(last.map_or_else(CheckOutcome::default, |one| one.asked.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::{CheckId, Purpose};
    use crate::simulation::ServerState;

    #[test]
    fn an_answer_holds_from_its_time_on() {
        let mut answers = Answers::read(
            "[[answer]]\nfrom = \"12:00\"\nsays = \"failed\"\ntook = \"2s\"\n\
             [[answer]]\nfrom = \"day 2 00:00\"\nsays = \"unavailable\"\n",
        )
        .expect("well-formed");
        let mut at = |seconds| {
            let question = Question {
                check: CheckId(1),
                at: Moment::seconds(seconds),
                library: String::new(),
                purpose: Purpose::Enable,
                server: ServerState {
                    name: "allow".to_owned(),
                    description: String::new(),
                },
                connected: true,
            };
            answers.ask(&question).expect("scripted").answer
        };
        assert_eq!(at(0), Answer::Success);
        assert_eq!(at(12 * 3600), Answer::Failed);
        assert_eq!(at(24 * 3600), Answer::Unavailable);
    }

    #[test]
    fn wrong_answers_are_refused() {
        for text in [
            "[[answer]]\nsays = \"yes\"",
            "[[answer]]\nfrom = \"12:00\"",
            "[[answer]]\nsays = \"failed\"\ntook = \"2m\"",
            "[[answer]]\nsays = \"failed\"\ntook = \"60s\"",
            "[[answer]]\nsays = \"failed\"\n[[answer]]\nsays = \"success\"",
            "[[answer]]\nsays = \"failed\"\nuntil = \"12:00\"",
            "[answer]\nsays = \"failed\"",
        ] {
            assert!(Answers::read(text).is_err(), "{text}");
        }
    }
}
