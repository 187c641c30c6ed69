//! An OEM's story: a plugin for an operator with two servers, a port of its own, and responses that the contract does not
//! know; and a profile beside the library. The plugin is conformant, and each mistake that is made in it is found.

mod mutations;
mod page;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ics_harness::report::Verdict;
use tempfile::TempDir;

use crate::assertions::assert_passed;
use crate::check::{Examined, check, degraded, stderr, workspace};
use crate::prerequisites::not_shown;
use crate::stacks::Tools;
use mutations::{MUTATIONS, Mutation};

/// What is needed from the workspace, and where the plugin's own files are in the copy.
const COPIED: &[&str] = &[
    "include",
    "harness/other-stacks/common-c",
    "harness/other-stacks/openssl",
];

/// The OEM's project: sources, profile and library in a folder outside of the workspace.
pub(crate) struct Project(TempDir);

impl Project {
    /// Copies the sources and builds the library; `None`, reported, where that is not possible.
    pub(crate) fn build(claim: &str) -> Option<Self> {
        let tools = Tools::c(&["openssl", "jansson"], "libssl-dev libjansson-dev");
        if let Some(how) = tools.missing() {
            not_shown(claim, &how);
            return None;
        }
        if let Some(reason) = degraded() {
            not_shown(claim, reason);
            return None;
        }
        let project = Self(tempfile::tempdir().expect("a temporary folder"));
        for folder in COPIED {
            let to = project.path(folder);
            fs::create_dir_all(to.parent().expect("it is below the project's")).expect("a folder");
            copy(&workspace().join(folder), &to);
        }
        let own = workspace().join("harness/tests/examiner/oem/plugin");
        copy(&own, &project.plugin());
        project.make();
        Some(project)
    }

    /// A copy with one mistake, built.
    fn with(&self, mutation: &Mutation) -> Self {
        let copied = Self(tempfile::tempdir().expect("a temporary folder"));
        // With its objects and their times, so that only what differs is built.
        copy(&self.path("."), &copied.path("."));
        for (file, from, to) in mutation.edits {
            let path = match *file {
                "plugin.c" => copied.plugin().join(file),
                file => copied.path("harness/other-stacks").join(file),
            };
            let text = fs::read_to_string(&path).expect("a source");
            let count = text.matches(from).count();
            assert_eq!(count, 1, "{}: {from:?} in {file}", mutation.name);
            fs::write(&path, text.replace(from, to)).expect("a file of our own");
        }
        copied.make();
        copied
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn plugin(&self) -> PathBuf {
        self.path("oem")
    }

    pub(crate) fn library(&self) -> PathBuf {
        self.plugin().join("liboem_entitlement.so")
    }

    fn make(&self) {
        let made = Command::new("make")
            .args(["-s", "-j2", "-C"])
            .arg(self.plugin())
            .args(["STACKS=../harness/other-stacks", "OUT=."])
            // A job server of cargo's or of another make is not ours to use.
            .env_remove("MAKEFLAGS")
            .output()
            .expect("make starts");
        assert!(made.status.success(), "{}", stderr(&made));
    }

    fn check(&self, arguments: &[&str]) -> Examined {
        check(&self.library(), arguments)
    }
}

/// Copies a folder with all that is in it, and the times of its files.
fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp")
        .args(["-a", "-T"])
        .args([from, to])
        .status()
        .expect("cp starts");
    assert!(copied.success(), "{}", from.display());
}

#[test]
fn a_plugin_for_two_servers_is_conformant_with_its_profile() {
    let Some(project) = Project::build("a plugin for two servers is conformant") else {
        return;
    };
    let examined = project.check(&[]);
    let output = stderr(&examined.output);
    assert_eq!(examined.rules(Verdict::Fail), [], "{output}");
    assert_eq!(examined.rules(Verdict::Error), [], "{output}");
    assert_eq!(examined.output.status.code(), Some(0), "{output}");
    assert_passed(
        &examined,
        &[
            "profile/maintenance",
            "profile/stale-token",
            "profile/unknown-subscriber",
            "steps/certificate",
        ],
    );
}

#[test]
fn each_mistake_in_it_is_found() {
    let Some(project) = Project::build("mistakes in a plugin for two servers are found") else {
        return;
    };
    let wrong: Vec<String> = MUTATIONS
        .iter()
        .filter_map(|mutation| missed(&project, mutation))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong, unless the rule that is expected to fail does, and no rule has an error.
fn missed(project: &Project, mutation: &Mutation) -> Option<String> {
    let mutant = project.with(mutation);
    let examined = mutant.check(&["--rules", mutation.rules, "--budget", "10s"]);
    let failed = examined.rules(Verdict::Fail);
    let errors = examined.rules(Verdict::Error);
    let found = failed.iter().any(|(rule, _)| *rule == mutation.found_by);
    (!found || !errors.is_empty()).then(|| {
        format!(
            "{}: {} was expected to fail; failed {failed:?}, errors {errors:?}\n{}",
            mutation.name,
            mutation.found_by,
            stderr(&examined.output)
        )
    })
}
