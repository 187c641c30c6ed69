//! Runs the commands of a page, one after the other in a folder of the page's own, and compares what they print.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use snapbox::Data;
use snapbox::filter::NormalizeToExpected;
use tempfile::TempDir;

use super::page::{Block, Step, blocks};

/// The last line beneath a command that is interrupted when it has printed the others.
const INTERRUPT: &str = "^C\n";
/// The port in the pages of servers that the commands start. A free one takes its place.
const PORT: &str = "8443";
/// What stands in the pages for the folder of the session.
const HOME: &str = "/home/you";

/// A page that is run.
pub(super) struct Session {
    folder: TempDir,
    port: String,
    /// The status of the last command, for `echo $?`.
    status: i32,
    background: Vec<Child>,
}

impl Session {
    /// A session in an empty folder.
    pub(super) fn new() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            port: free.expect("a free port").port().to_string(),
            status: 0,
            background: Vec::new(),
        }
    }

    /// The folder that the commands run in.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a page, and returns it with what was printed in the place of what was expected. Both are equal where the patterns
    /// fit.
    pub(super) fn run(&mut self, page: &str) -> String {
        let mut edits = Vec::new();
        for block in blocks(page) {
            match block {
                Block::File { name, content } => {
                    fs::write(self.folder().join(name), content).expect("a file of our own");
                }
                Block::Console(steps) => {
                    for (number, step) in steps.iter().enumerate() {
                        let printed = self.step(step);
                        let next = steps.get(number + 1).map(|step| step.command.as_str());
                        assert!(
                            self.status == 0 || next == Some("echo $?\n"),
                            "`{}` ended with {}, which `$ echo $?` does not show:\n{printed}",
                            step.command,
                            self.status
                        );
                        edits.push((step.at.clone(), printed));
                    }
                }
            }
        }
        let mut page = page.to_owned();
        for (at, printed) in edits.into_iter().rev() {
            page.replace_range(at, &printed);
        }
        page
    }

    fn step(&mut self, step: &Step) -> String {
        let command = step.command.trim_end().replace(PORT, &self.port);
        let printed = match (command.strip_suffix(" &"), &step.expected) {
            (Some(command), expected) => {
                let (child, printed) = self.begin(command, expected);
                self.background.push(child);
                printed
            }
            (None, expected) if expected.ends_with(INTERRUPT) => {
                let expected = &expected[..expected.len() - INTERRUPT.len()];
                let (child, printed) = self.begin(&command, expected);
                self.status = interrupt(child);
                printed + INTERRUPT
            }
            (None, _) => self.complete(&command),
        };
        let home = self.folder().to_str().expect("ASCII");
        let printed = printed.replace(home, HOME).replace(&self.port, PORT);
        let expected = Data::text(step.expected.clone());
        let printed = NormalizeToExpected::new()
            .redact()
            .normalize(Data::text(printed), &expected);
        printed.render().expect("text")
    }

    /// Runs a command to its end.
    fn complete(&mut self, command: &str) -> String {
        let script = format!("exec 2>&1\n(exit {})\n{command}", self.status);
        let output = self.shell(&script).output().expect("a shell");
        self.status = output.status.code().unwrap_or(-1);
        if command == "echo $?" {
            self.status = 0;
        }
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Starts a command and waits until it has printed as many lines as expected.
    fn begin(&self, command: &str, expected: &str) -> (Child, String) {
        let mut child = self.shell(&format!("exec {command} 2>&1"));
        let mut child = child.stdout(Stdio::piped()).spawn().expect("a shell");
        let mut printed = BufReader::new(child.stdout.as_mut().expect("it is piped"));
        let mut text = String::new();
        for _ in expected.lines() {
            let read = printed.read_line(&mut text).expect("UTF-8");
            assert!(read > 0, "`{command}` ended after:\n{text}");
        }
        (child, text)
    }

    fn shell(&self, script: &str) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_ics-harness"));
        let own = program.parent().expect("a folder").to_owned();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths([own].into_iter().chain(std::env::split_paths(&path)));
        let mut command = Command::new("sh");
        command
            .args(["-c", script])
            .current_dir(self.folder())
            .stdin(Stdio::null())
            .env("PATH", path.expect("the folder has no colon"))
            .env("HOME", self.folder())
            // Wine's prefix is made once for all tests.
            .env("XDG_CACHE_HOME", cache())
            .env("LC_ALL", "C.UTF-8")
            .env("COLUMNS", "100")
            .env_remove("CLICOLOR_FORCE")
            .env_remove("MAKEFLAGS");
        command
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for child in self.background.drain(..) {
            interrupt(child);
        }
    }
}

/// The user's folder for caches.
fn cache() -> PathBuf {
    let named = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    named.or(home).unwrap_or_else(std::env::temp_dir)
}

/// Interrupts a command, and returns its exit status.
fn interrupt(mut child: Child) -> i32 {
    let _ = kill_process(Pid::from_child(&child), Signal::INT);
    // What it still prints must not keep it.
    let rest = child.stdout.take().map(|mut rest| {
        let mut text = Vec::new();
        rest.read_to_end(&mut text)
    });
    drop(rest);
    child
        .wait()
        .ok()
        .and_then(|ended| ended.code())
        .unwrap_or(-1)
}
