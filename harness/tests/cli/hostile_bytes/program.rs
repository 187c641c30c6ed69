//! Runs the program with its standard output on a terminal.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::{Child, Command, Stdio};
use std::thread;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// Arguments and what is typed.
#[derive(Clone, Debug)]
pub(super) struct Arguments(pub(super) Vec<OsString>, String);

pub(super) fn args(words: &[&str]) -> Arguments {
    Arguments(words.iter().map(OsString::from).collect(), String::new())
}

impl Arguments {
    pub(super) fn file(mut self, path: OsString) -> Self {
        self.0.push(path);
        self
    }

    pub(super) fn with(mut self, words: &[&str]) -> Self {
        self.0.extend(words.iter().map(OsString::from));
        self
    }

    pub(super) fn typed(mut self, text: String) -> Self {
        self.1 = text;
        self
    }
}

/// What a command put on a terminal, on standard error, and into a page.
pub(super) struct CommandOutput {
    pub(super) code: Option<i32>,
    pub(super) out: Vec<u8>,
    pub(super) err: Vec<u8>,
    pub(super) page: Vec<u8>,
}

impl fmt::Debug for CommandOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [out, err] = [&self.out, &self.err].map(|bytes| bytes.escape_ascii());
        write!(f, "code {:?}\n{out}\n{err}", self.code)
    }
}

/// The program, whose standard output is the terminal of which this is the other end.
pub(super) fn start(arguments: &[OsString]) -> (Child, File) {
    let terminal =
        openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
    grantpt(&terminal)
        .and_then(|()| unlockpt(&terminal))
        .expect("a terminal");
    let name = ptsname(&terminal, Vec::new()).expect("it has a name");
    let other = File::options()
        .write(true)
        .open(OsStr::from_bytes(name.to_bytes()))
        .expect("a terminal");
    let child = Command::new(env!("CARGO_BIN_EXE_ics-harness"))
        .args(arguments)
        .env("TERM", "xterm")
        .env("CLICOLOR_FORCE", "1")
        .env_remove("NO_COLOR")
        .stdin(Stdio::piped())
        .stdout(other)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    (child, File::from(terminal))
}

/// All that comes until the other end is closed.
pub(super) fn all(mut from: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A terminal without its program ends in an error.
    let _ = from.read_to_end(&mut bytes);
    bytes
}

pub(super) fn run(Arguments(arguments, typed): Arguments) -> CommandOutput {
    let (mut child, terminal) = start(&arguments);
    let out = thread::spawn(|| all(terminal));
    let err = child.stderr.take().expect("a pipe");
    let err = thread::spawn(|| all(err));
    let mut input = child.stdin.take().expect("a pipe");
    // A command that reads nothing may have ended.
    let _ = input.write_all(typed.as_bytes());
    drop(input);
    CommandOutput {
        code: child.wait().expect("it ends").code(),
        out: out.join().expect("read"),
        err: err.join().expect("read"),
        page: Vec::new(),
    }
}
