//! A DLL is examined without root as with it.

use super::{can_examine, library};
use crate::check::check;
use crate::samples::caller::{OrdinaryUser, verdicts};
use ics_harness::report::Verdict;

/// What differs between users would be files, mounts and how processes end: each kind of rule is among these.
const RULES: &str = "file/*,load/succeeds,load/quiet,load/un*,load/reload,load/twice,load/anywhere,answer/*entitled,answer/recovers,tls/e*,tls/w*,dns/*,host/quiet,host/files,privacy/*,http/5*";

#[test]
fn an_ordinary_user_sees_the_same_verdicts_as_root() {
    examined_as_both(&["--rules", RULES]);
}

#[test]
#[ignore = "takes two whole examinations: cargo test --test examiner wine::ordinary_user -- --ignored"]
fn an_ordinary_user_sees_the_same_verdicts_as_root_of_all_rules() {
    examined_as_both(&["--budget", "20s"]);
}

fn examined_as_both(arguments: &[&str]) {
    if !can_examine() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let plugin = library(folder.path(), "careful", &[], "");
    let claim = "an ordinary user examines a DLL";
    let Some(mut user) = OrdinaryUser::of(folder.path(), claim) else {
        return;
    };
    let theirs = user.check_with_cache(&plugin, arguments);
    let ours = check(&plugin, arguments);
    for examined in [&theirs, &ours] {
        for verdict in [Verdict::Fail, Verdict::Error] {
            assert_eq!(examined.rules(verdict), [], "{verdict:?}");
        }
    }
    let (theirs, ours) = (verdicts(&theirs.report), verdicts(&ours.report));
    let differences: Vec<_> = theirs
        .iter()
        .filter(|it| !ours.iter().any(|other| other == *it))
        .collect();
    assert!(differences.is_empty(), "{differences:?}");
    assert_eq!(theirs.len(), ours.len());
    user.assert_left_nothing();
}
