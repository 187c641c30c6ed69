//! Compiles the test plugins and runs scripts on them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use ics_harness::worker::observation::{End, Observation, Snapshot};
use ics_harness::worker::script::{Step, ThreadRef};
use ics_harness::worker::{self, Cancel, Options, WorkerError};
use tempfile::TempDir;

pub(crate) const LOAD: Step = Step::Load {
    on: ThreadRef::Main,
};
pub(crate) const CALL: Step = Step::Call {
    on: ThreadRef::Main,
    times: 1,
};
pub(crate) const UNLOAD: Step = Step::Unload {
    on: ThreadRef::Main,
};
pub(crate) const CHECK: [Step; 3] = [LOAD, CALL, UNLOAD];

/// How much later than its limit a run may end on a busy machine: far less than for ever.
pub(crate) const SLACK: Duration = Duration::from_secs(4);

/// A compiled test plugin in a folder of its own.
pub(crate) struct Plugin {
    pub(crate) folder: TempDir,
    pub(crate) path: PathBuf,
    pub(crate) options: Options,
}

impl Plugin {
    /// Compiles `tests/plugins/NAME.c` with some `-D…`.
    pub(crate) fn new(name: &str, defines: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("lib{name}.so"));
        let source = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/plugins")
            .join(format!("{name}.c"));
        let status = Command::new("cc")
            .args([
                "-shared",
                "-fPIC",
                "-pthread",
                "-O1",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-Wno-misleading-indentation",
                "-o",
            ])
            .arg(&path)
            .args(defines.iter().map(|define| format!("-D{define}")))
            .arg(source)
            .status()
            .unwrap();
        assert!(status.success(), "cc could not compile {name}.c");
        Self {
            folder,
            path,
            options: Options {
                limit: Duration::from_secs(20),
                program: Some(env!("CARGO_BIN_EXE_ics-harness").into()),
                ..Options::default()
            },
        }
    }

    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.options.limit = limit;
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.options
            .environment
            .insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn try_run(
        &self,
        script: &[Step],
        cancel: &Cancel,
    ) -> Result<Observation, WorkerError> {
        worker::run(
            &self.path,
            script,
            &self.options,
            &mut |_| Ok(worker::ScenarioChange::Made),
            cancel,
        )
    }

    pub(crate) fn run(&self, script: &[Step]) -> Observation {
        self.try_run(script, &Cancel::new().unwrap()).unwrap()
    }

    /// Runs a script that must come to its end with every step done.
    pub(crate) fn finish(&self, script: &[Step]) -> Observation {
        let ran = self.run(script);
        assert_eq!(ran.end, End::Finished, "{ran:?}");
        assert_eq!(ran.steps.len(), script.len());
        for step in &ran.steps {
            assert_eq!(step.error, None, "{ran:?}");
        }
        ran
    }
}

/// The values of a step's calls.
pub(crate) fn values(ran: &Observation, step: usize) -> Vec<i32> {
    ran.steps[step]
        .calls
        .iter()
        .map(|call| call.value)
        .collect()
}

/// A step's snapshot.
pub(crate) fn snapshot(ran: &Observation, step: usize) -> &Snapshot {
    ran.steps[step].snapshot.as_deref().unwrap()
}
