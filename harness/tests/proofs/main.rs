//! The examiner is examined: for each rule there is a plugin that breaks it,
//! and the harness has to blame that plugin for it, and for nothing else.
//!
//! `cargo test --test proofs -- --nocapture` prints the table. `ICS_PROOFS=tls/expired,http/` makes only the proofs of
//! rules whose id begins so, and of faults whose name does, such as `ts43/`.
//!
//! The proofs are a test program of their own, since cargo runs one after the other. The
//! faulty plugins have a deadline of 2 s, so that silent servers do not take long, and one
//! rule is about processor time: what else ran meanwhile would decide the verdicts.

#[path = "../common/check.rs"]
mod check;
mod matrix;
mod plugins;
#[path = "../common/prerequisites.rs"]
mod prerequisites;
mod proof;
mod protocols;
mod table;

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc;
use std::thread;

use check::{AT_ONCE, degraded, print_line};
use ics_harness::rules;
use matrix::Row;
use plugins::Plugins;
use prerequisites::not_shown;
use proof::{Outcome, Proof, Unexamined};

#[test]
fn every_rule_has_a_proof() {
    let proven: BTreeSet<&str> = table::all().map(|proof| proof.rule).collect();
    let of_steps = of_profile(&proof::profile_of_steps());
    let rules: BTreeSet<&str> = rules::all().map(|rule| rule.id).chain(of_steps).collect();
    let unproven: Vec<_> = rules.difference(&proven).collect();
    assert!(unproven.is_empty(), "no plugin breaks {unproven:?}");
    let unknown: Vec<_> = table::all()
        .filter(|proof| !known(proof).contains(proof.rule))
        .collect();
    assert!(unknown.is_empty(), "there is no rule for {unknown:?}");
}

/// The rules that the profile adds.
fn of_profile(path: &str) -> Vec<&'static str> {
    let profile = ics_harness::profile::read(Path::new(path)).expect("the profile has no faults");
    let rules = rules::of_profile(&profile);
    rules.iter().map(|rule| rule.id).collect()
}

/// The rules that there are for the plugin of a proof.
fn known(proof: &Proof) -> BTreeSet<&'static str> {
    let of_profile = of_profile(&proof.profile());
    rules::all().map(|rule| rule.id).chain(of_profile).collect()
}

#[test]
fn every_companion_is_a_rule_and_has_a_reason() {
    for proof in table::all() {
        let unexamined = match proof.unexamined {
            Unexamined::Rules(rules) => rules,
            Unexamined::Nothing | Unexamined::Unloadable | Unexamined::Without(_) => &[],
        };
        for (rule, reason) in proof.companions.iter().chain(unexamined) {
            assert!(known(proof).contains(rule), "there is no rule {rule}");
            assert_ne!(*rule, proof.rule, "no rule is its own companion");
            assert!(reason.len() > 10, "{}: why {rule}?", proof.rule);
        }
    }
}

#[test]
fn every_fault_is_seen_and_nothing_else_is_blamed() {
    let plugins = Plugins::build();
    let mut wrong = Vec::new();
    let mut made = 0;
    let mut rows = Vec::new();
    print_line(&proof::heading());
    run(&plugins, |proof, (outcome, row)| {
        made += 1;
        rows.extend(row);
        print_line(&proof::line(proof, &outcome));
        match outcome {
            Outcome::Shown { .. } => {}
            Outcome::NotShown(reason) => not_shown(proof.rule, &reason),
            Outcome::Wrong { what, .. } => wrong.push(format!("{}: {what}", proof.title())),
        }
    });
    let order: Vec<&str> = table::all().map(|proof| proof.rule).collect();
    rows.sort_by_key(|row| order.iter().position(|rule| *rule == row.rule));
    let folder = matrix::write(&rows).expect("the target folder can be written to");
    print_line(&format!(
        "the matrix of breakers and rules: {}",
        folder.join("matrix.html").display()
    ));
    if let Some(reason) = degraded() {
        print_line(&format!("examined without private networks: {reason}"));
    }
    assert!(made > 0, "ICS_PROOFS selects no proof");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The proofs to make: those that `ICS_PROOFS` names, or all.
fn selected() -> impl Iterator<Item = &'static Proof> {
    let wanted = std::env::var("ICS_PROOFS").unwrap_or_default();
    table::all().filter(move |proof| {
        wanted.is_empty() || wanted.split(',').any(|start| proof.is_of(start.trim()))
    })
}

/// Makes all proofs, some at once, and hands what came of each to the caller.
fn run(plugins: &Plugins, mut report: impl FnMut(&'static Proof, (Outcome, Option<Row>))) {
    let (alone, together): (VecDeque<_>, VecDeque<_>) =
        selected().partition(|proof| proof.is_of_processor_time());
    for (at_once, proofs) in [(1, alone), (AT_ONCE, together)] {
        let queue = Mutex::new(proofs);
        let (sender, receiver) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..at_once {
                let (sender, queue) = (sender.clone(), &queue);
                scope.spawn(move || {
                    loop {
                        let next = queue.lock().expect("no proof panics here").pop_front();
                        let Some(proof) = next else { break };
                        if sender.send((proof, proof.show(plugins))).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            for (proof, outcome) in receiver {
                report(proof, outcome);
            }
        });
    }
}
