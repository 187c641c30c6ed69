//! A DLL is examined without root as with it.

use super::{can_examine, examined_as_root, library};
use crate::samples::caller::{OrdinaryUser, verdicts};
use ics_harness::report::Verdict;

#[test]
fn an_ordinary_user_sees_the_same_verdicts_as_root_of_all_rules() {
    if !can_examine() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let plugin = library(folder.path(), "careful", &[], "");
    let claim = "an ordinary user examines a DLL";
    let Some(mut user) = OrdinaryUser::of(folder.path(), claim) else {
        return;
    };
    let theirs = user.check_with_cache(&plugin, super::ALL_RULES);
    for verdict in [Verdict::Fail, Verdict::Error] {
        assert_eq!(theirs.rules(verdict), [], "{verdict:?}");
    }
    let (theirs, ours) = (
        verdicts(&theirs.report),
        verdicts(&examined_as_root().report),
    );
    let differences: Vec<_> = theirs
        .iter()
        .filter(|it| !ours.iter().any(|other| other == *it))
        .collect();
    assert!(differences.is_empty(), "{differences:?}");
    assert_eq!(theirs.len(), ours.len());
    user.assert_left_nothing();
}
