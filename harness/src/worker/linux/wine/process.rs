//! Wine with the two Windows programs of a run, as one process that takes commands and gives answers.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustix::process::{Pid, getpid};

use super::super::snapshot::children;
use super::prefix::{Prefix, windows_path};
use super::programs::{GUARD, HOST};
use crate::worker::wine::Wine;

/// Libraries and programs of Wine that no run uses: the last two would open windows.
const OVERRIDES: &str = "mscoree=;mshtml=;winemenubuilder.exe=d;winedbg.exe=d;wineboot.exe=n";

/// The longest frame, in bytes. The Windows side sends blocks of 16 KiB.
const MAX_FRAME: u32 = 1 << 20;

/// The longest line of an answer, in bytes. A longer one is no answer.
const MAX_LINE: usize = 1 << 20;

/// How much of what Wine says of itself is kept for an error message, in bytes.
const MAX_LOG: usize = 300;

/// Variables whose values are paths of this system also for a Windows program: Wine itself reads them.
const OF_THIS_SYSTEM: [&str; 3] = ["PATH", "HOME", "TMPDIR"];

/// What the Windows side sends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A line of an answer.
    Line(String),
    /// The host has ended, with that exit code.
    Ended(u32),
}

/// The running programs. They end with the run: its supervisor kills all processes.
pub(super) struct HostProcess {
    _wine: Child,
    commands: ChildStdin,
    frames: BufReader<ChildStdout>,
    /// Lines that have arrived, and the beginning of the next one.
    lines: VecDeque<String>,
    pending: Vec<u8>,
    /// What Wine says of itself.
    log: PathBuf,
}

impl HostProcess {
    /// Starts Wine in the prefix.
    pub(super) fn start(wine: &Wine, prefix: &Prefix) -> io::Result<Self> {
        let log = prefix.root().join("wine.log");
        let mut command = Command::new(&wine.loader);
        command
            .args([Prefix::program(GUARD), Prefix::program(HOST)])
            .env("WINEPREFIX", prefix.root())
            .env("WINELOADER", &wine.loader)
            .env("WINEDEBUG", "-all")
            .env("WINEDLLOVERRIDES", OVERRIDES)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?);
        for (name, value) in std::env::vars_os() {
            let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else {
                continue;
            };
            if value.starts_with('/') && !OF_THIS_SYSTEM.contains(&name) {
                command.env(name, windows_path(value));
            }
        }
        let mut wine = command.spawn()?;
        let (commands, frames) = wine
            .stdin
            .take()
            .zip(wine.stdout.take())
            .ok_or_else(|| io::Error::other("Wine has no pipes"))?;
        Ok(Self {
            _wine: wine,
            commands,
            frames: BufReader::new(frames),
            lines: VecDeque::new(),
            pending: Vec::new(),
            log,
        })
    }

    /// Sends a command. That it cannot be sent is seen by what arrives next: the host has ended.
    pub(super) fn send(&mut self, command: &str) {
        let line = format!("{}\n", command.replace('\n', " "));
        // See above.
        drop(self.commands.write_all(line.as_bytes()));
    }

    /// Waits for what comes next. What the plugin prints is passed on meanwhile.
    pub(super) fn next(&mut self) -> io::Result<Event> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Ok(Event::Line(line));
            }
            let mut head = [0; 5];
            self.frames
                .read_exact(&mut head)
                .map_err(|error| self.lost(&error))?;
            let [kind, length @ ..] = head;
            let length = u32::from_le_bytes(length);
            if length > MAX_FRAME {
                return Err(io::Error::other("Wine sent what is no frame"));
            }
            let mut bytes = vec![0; length as usize];
            self.frames
                .read_exact(&mut bytes)
                .map_err(|error| self.lost(&error))?;
            match kind {
                b'r' => self.split(&bytes),
                b'o' => pass_on(&mut io::stdout(), &bytes)?,
                b'e' => pass_on(&mut io::stderr(), &bytes)?,
                b'x' => {
                    let code = bytes.try_into().map_err(|_| other("no exit code"))?;
                    return Ok(Event::Ended(u32::from_le_bytes(code)));
                }
                b'f' => return Err(other(&String::from_utf8_lossy(&bytes))),
                _ => return Err(other("Wine sent what is no frame")),
            }
        }
    }

    /// Appends bytes of answers. The plugin's process could write anything there.
    fn split(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            match byte {
                b'\n' => {
                    let line = String::from_utf8_lossy(&self.pending).into_owned();
                    self.lines.push_back(line);
                    self.pending.clear();
                }
                _ if self.pending.len() < MAX_LINE => self.pending.push(byte),
                _ => {}
            }
        }
    }

    /// The error where the Windows side has gone without an end, with what Wine said.
    fn lost(&self, error: &io::Error) -> io::Error {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log[..log.len().min(MAX_LOG)]).into_owned();
        let said = match log.trim() {
            "" => String::new(),
            said => format!(": {said}"),
        };
        other(&format!("Wine ended early ({error}){said}"))
    }

    /// The process on this system that the plugin is loaded in.
    pub(super) fn host() -> Option<i32> {
        let mut parents = vec![getpid()];
        while let Some(parent) = parents.pop() {
            for child in children(parent).unwrap_or_default() {
                let arguments = fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default();
                // The parent of the host has that name as its second argument.
                let first = arguments.split(|byte| *byte == 0).find(|word| {
                    let lower = word.to_ascii_lowercase();
                    lower.ends_with(HOST.as_bytes()) || lower.ends_with(GUARD.as_bytes())
                });
                if first.is_some_and(|word| word.to_ascii_lowercase().ends_with(HOST.as_bytes())) {
                    return Some(child);
                }
                parents.extend(Pid::from_raw(child));
            }
        }
        None
    }
}

fn other(what: &str) -> io::Error {
    io::Error::other(what.to_owned())
}

/// Writes what a plugin printed to the pipe that the harness reads.
fn pass_on(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    to.write_all(bytes)?;
    to.flush()
}
