//! The table of all rules, in the order of reports and of CONTRACT.md.

use super::rule::{Examination, Rule};
use super::{
    answer, briefly_changed, connect, dns, file, host, host_state, http, http2, late_peers, load,
    privacy, sequence, steps, threads, time, tls,
};
use crate::testbed::Scenario;

pub fn all() -> impl Iterator<Item = &'static Rule> {
    [
        file::RULES,
        load::RULES,
        late_peers::RULES,
        answer::RULES,
        sequence::RULES,
        dns::RULES,
        connect::RULES,
        tls::CERTIFICATES,
        tls::RULES,
    ]
    .into_iter()
    .chain(http::GROUPS.iter().copied())
    .chain([
        http2::RULES,
        steps::RULES,
        time::RULES,
        threads::RULES,
        host::RULES,
        host_state::RULES,
        briefly_changed::RULES,
        privacy::RULES,
    ])
    .flatten()
}

/// The rule with that id, if there is one.
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}

/// The scenario with that name: `allow`, `deny`, or the id of one of these rules that has one.
pub fn scenario_named(
    name: &str,
    mut rules: impl Iterator<Item = &'static Rule>,
) -> Option<Scenario> {
    match name {
        "allow" => Some(Scenario::ALLOW),
        "deny" => Some(Scenario::DENY),
        id => match &rules.find(|rule| rule.id == id)?.examination {
            Examination::Run(spec, _) => Some(spec.scenario),
            Examination::File(_) | Examination::AllRuns(_) => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_well_formed() {
        let mut seen = HashSet::new();
        for rule in all() {
            assert!(seen.insert(rule.id), "{} is in the table twice", rule.id);
            let (group, name) = rule.id.split_once('/').expect("group/name");
            for part in [group, name] {
                assert!(
                    !part.is_empty()
                        && part
                            .chars()
                            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
                    "{} is not group/name in lower case",
                    rule.id
                );
            }
        }
    }

    #[test]
    fn every_rule_that_is_evidence_of_a_requirement_exists() {
        use ics_device::requirements::{DECISIONS, Evidence, REQUIREMENTS};
        let mut named = 0;
        for requirement in REQUIREMENTS.iter().chain(DECISIONS) {
            if let Evidence::Rules(rules) = requirement.evidence {
                named += rules.len();
                let missing: Vec<_> = rules.iter().filter(|rule| find(rule).is_none()).collect();
                assert!(
                    missing.is_empty(),
                    "no {missing:?}, for: {}",
                    requirement.text
                );
            }
        }
        assert!(named > 0, "no requirement names a rule");
    }

    #[test]
    fn every_rule_has_complete_texts() {
        for rule in all() {
            for text in [rule.title, rule.clause, rule.expected, rule.help] {
                assert!(
                    text.len() > 10,
                    "{} has an empty or very short text",
                    rule.id
                );
                assert!(
                    text.ends_with('.'),
                    "{}: {text:?} does not end with a full stop",
                    rule.id
                );
            }
        }
    }
}
