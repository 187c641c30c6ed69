//! Examinations as a user makes them: the program itself is run, and what it
//! reports is read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};

use ics_harness::plugin::build::{self, Built};
use ics_harness::report::{PluginReport, Report, Verdict};

use crate::prerequisites::missing;

/// How many examinations go on at once. Each makes many runs at once; more of them take no less time on two processors, and
/// make plugins miss their own deadlines.
pub(crate) const AT_ONCE: usize = 3;

/// The workspace.
pub(crate) fn workspace() -> &'static Path {
    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    harness.parent().expect("the harness is a member")
}

/// Builds the plugin in a folder of the workspace as it is shipped.
pub(crate) fn plugin(folder: &str) -> Built {
    build::build(&workspace().join(folder), None)
        .unwrap_or_else(|error| panic!("{folder}: {error}"))
}

/// The program, with arguments.
pub(crate) fn harness(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ics-harness"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// The result of an examination.
pub(crate) struct Examined {
    /// The exit status and the output of the program.
    pub(crate) output: Output,
    /// The report on the plugin.
    pub(crate) report: PluginReport,
}

impl Examined {
    /// Reads the report that the program wrote to standard output.
    fn read(output: Output) -> Self {
        let report: Report = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
        let report = report.plugins.into_iter().next();
        Self {
            report: report.expect("one plugin was examined"),
            output,
        }
    }

    /// The rules with that verdict, each with what was seen. Those about what the plugin does not do are left out.
    pub(crate) fn rules(&self, verdict: Verdict) -> Vec<(&str, &str)> {
        let rules = self.report.rules.iter();
        rules
            .filter(|rule| rule.verdict == verdict && rule.applicable)
            .map(|rule| (rule.id.as_str(), rule.seen.as_str()))
            .collect()
    }
}

/// The standard error of the program, which is for the user.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Examines a plugin; the report goes to standard output.
pub(crate) fn check(plugin: &Path, arguments: &[&str]) -> Examined {
    examine(
        harness(&["check", "--json", "-"])
            .args(arguments)
            .arg(plugin),
    )
}

/// Runs the program, which writes its report to standard output, once there is room for it.
pub(crate) fn examine(command: &mut Command) -> Examined {
    let _slot = Slot::take();
    Examined::read(command.output().expect("the program starts"))
}

/// One of the examinations that go on at once.
struct Slot;

static TAKEN: Mutex<usize> = Mutex::new(0);
static GIVEN_BACK: Condvar = Condvar::new();

impl Slot {
    fn take() -> Self {
        let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = GIVEN_BACK.wait_while(taken, |taken| *taken >= AT_ONCE);
        *taken.unwrap_or_else(PoisonError::into_inner) += 1;
        Self
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        GIVEN_BACK.notify_one();
    }
}

/// Copies a library into a folder, with settings beside it.
pub(crate) fn lay(library: &Path, folder: &Path, settings: &str) -> io::Result<PathBuf> {
    let name = library.file_name().expect("a library has a name");
    let copy = folder.join(name);
    fs::copy(library, &copy)?;
    fs::write(copy.with_extension("toml"), settings)?;
    Ok(copy)
}

/// Why the private networks that most rules need are not available, if so.
pub(crate) fn degraded() -> Option<&'static str> {
    static REASON: OnceLock<Option<String>> = OnceLock::new();
    let reason = REASON.get_or_init(|| {
        // The test bed is opened whatever the format of the file.
        let examined = check(&std::env::current_exe().ok()?, &["--rules", "file/format"]);
        let isolation = examined.report.isolation;
        (isolation != "namespace").then(|| {
            let text = stderr(&examined.output);
            let reason = text.lines().find(|line| line.contains("Degraded"));
            reason.map_or(isolation, |line| line.trim().to_owned())
        })
    });
    reason.as_deref()
}

/// Prints a line, which the test runner shows with `--nocapture`.
#[expect(clippy::print_stdout, reason = "the test runner captures it")]
pub(crate) fn print_line(line: &str) {
    println!("{line}");
}

/// What is missing to build the C samples, and how to install it.
pub(crate) fn missing_for_c() -> Option<String> {
    if let Some(how) = missing("make").or_else(|| missing("pkg-config")) {
        return Some(how);
    }
    let found = Command::new("pkg-config")
        .args(["--exists", "libcurl", "jansson", "libssl"])
        .status();
    let found = found.is_ok_and(|status| status.success());
    (!found).then(|| {
        "headers of libcurl, jansson or OpenSSL are missing \
         (apt-get install libcurl4-openssl-dev libjansson-dev libssl-dev)"
            .to_owned()
    })
}
