//! A plugin for 32-bit x86 is run where Wine for that is installed.

use super::{can_examine, library_by};
use crate::check::{check, stderr};
use crate::prerequisites::{missing, not_shown};
use ics_harness::report::Verdict;
use ics_harness::worker::wine::{INSTALL_32, Wine};

const COMPILER: &str = "i686-w64-mingw32-gcc";

#[test]
fn a_plugin_for_32_bits_is_examined_or_the_report_says_what_to_install() {
    if !can_examine() {
        return;
    }
    if let Some(how) = missing(COMPILER) {
        return not_shown("the examination of plugins for 32-bit x86", &how);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let plugin = library_by(COMPILER, folder.path(), "careful", &[], "");
    let is_installed = Wine::find(&|_| {}).is_ok_and(|wine| wine.runs_x86());
    if is_installed {
        let examined = check(&plugin, &["--budget", "20s"]);
        for verdict in [Verdict::Fail, Verdict::Error] {
            let rules = examined.rules(verdict);
            assert!(rules.is_empty(), "{verdict:?}: {rules:?}");
        }
        let passed = examined.rules(Verdict::Pass);
        for shown in [
            "file/machine",
            "answer/entitled",
            "tls/expired",
            "load/reload",
        ] {
            assert!(passed.iter().any(|(rule, _)| *rule == shown), "{shown}");
        }
    } else {
        let examined = check(&plugin, &["--rules", "file/*,answer/entitled"]);
        let output = stderr(&examined.output);
        assert_eq!(examined.output.status.code(), Some(4), "{output}");
        assert!(output.contains(INSTALL_32), "{output}");
        let passed = examined.rules(Verdict::Pass);
        assert!(passed.iter().any(|(rule, _)| *rule == "file/export"));
        assert!(passed.iter().all(|(rule, _)| rule.starts_with("file/")));
    }
}
