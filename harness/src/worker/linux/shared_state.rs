//! The state of the process that all of its threads share, and that another thread can read at any moment.
//!
//! It is read without the C library, whose locks the plugin may hold at that moment, and without following a pointer that
//! the plugin may have freed.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicPtr, Ordering};

use ics_device::printable::Utf8;
use rustix::thread::gettid;

use super::signals;

/// How many variables are read, and how many bytes of each.
const MAX_VARIABLES: usize = 4096;
const MAX_VARIABLE: usize = 4096;

/// How much memory is read at once, in bytes.
const BLOCK: usize = 256;

/// The lines of `/proc/…/status` with masks of signals.
const IGNORED: &str = "SigIgn:";
const HANDLED: &str = "SigCgt:";
const UMASK: &str = "Umask:";

/// How the name of a signal's action begins. One with the default action is in no state.
pub(super) const SIGNAL: &str = "the action for ";

unsafe extern "C" {
    static mut environ: *mut *mut c_void;
}

/// One state: what may change, and its value.
pub(super) type SharedState = BTreeMap<String, String>;

/// The files through which the state is read. They are opened once, so that reading never lacks a descriptor.
#[derive(Debug)]
pub(super) struct StateReader {
    status: File,
    memory: File,
}

impl StateReader {
    /// Opens the files; call it on a thread that lives as long as this.
    pub(super) fn open() -> io::Result<Self> {
        let tid = gettid().as_raw_nonzero();
        Ok(Self {
            status: File::open(format!("/proc/self/task/{tid}/status"))?,
            memory: File::open("/proc/self/mem")?,
        })
    }

    /// The present state. What cannot be read is left out, and so is not compared.
    pub(super) fn read(&self) -> SharedState {
        let mut state = SharedState::new();
        if let Ok(folder) = rustix::process::getcwd(Vec::new()) {
            let folder = Utf8(folder.as_bytes()).to_string();
            state.insert("the working directory".to_owned(), folder);
        }
        self.add_status(&mut state);
        for variable in self.variables() {
            let (name, value) = match variable.iter().position(|byte| *byte == b'=') {
                Some(at) => (&variable[..at], &variable[at + 1..]),
                None => (&variable[..], [].as_slice()),
            };
            state.insert(
                format!("the variable {}", Utf8(name)),
                Utf8(value).to_string(),
            );
        }
        state
    }

    fn add_status(&self, state: &mut SharedState) {
        let mut text = [0; 4096];
        let Ok(length) = self.status.read_at(&mut text, 0) else {
            return;
        };
        let text = String::from_utf8_lossy(&text[..length]);
        for line in text.lines() {
            if let Some(umask) = line.strip_prefix(UMASK) {
                state.insert("the umask".to_owned(), umask.trim().to_owned());
            }
            for (prefix, what) in [(IGNORED, "ignored"), (HANDLED, "handled")] {
                let mask = line.strip_prefix(prefix);
                let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
                for signal in signals::in_mask(mask.unwrap_or(0)) {
                    state.insert(format!("{SIGNAL}{signal}"), what.to_owned());
                }
            }
        }
    }

    /// The variables of the environment, each as `NAME=value`.
    fn variables(&self) -> Vec<Vec<u8>> {
        let mut variables = Vec::new();
        // SAFETY: The C library's variable is aligned and lives as long as the process. The plugin may change it at any
        // moment, and so it is read as an atomic.
        let list = unsafe { AtomicPtr::from_ptr((&raw mut environ).cast::<*mut c_void>()) };
        let list = list.load(Ordering::SeqCst).addr();
        if list == 0 {
            return variables;
        }
        let mut entry = [0; size_of::<usize>()];
        for index in 0..MAX_VARIABLES {
            let address = list + index * entry.len();
            // A list that was freed meanwhile is unmapped, or is read as something else: both are a change.
            if !matches!(self.memory.read_at(&mut entry, address as u64), Ok(read) if read == entry.len())
            {
                break;
            }
            match usize::from_ne_bytes(entry) {
                0 => break,
                text => variables.push(self.text(text)),
            }
        }
        variables
    }

    /// The bytes before the next NUL.
    fn text(&self, address: usize) -> Vec<u8> {
        let mut text = Vec::new();
        let mut block = [0; BLOCK];
        while text.len() < MAX_VARIABLE {
            let at = address.saturating_add(text.len()) as u64;
            let Ok(read @ 1..) = self.memory.read_at(&mut block, at) else {
                break;
            };
            let read = &block[..read];
            if let Some(end) = read.iter().position(|byte| *byte == 0) {
                text.extend_from_slice(&read[..end]);
                break;
            }
            text.extend_from_slice(read);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_what_the_standard_library_says() {
        let state = StateReader::open().unwrap().read();
        let folder = std::env::current_dir().unwrap().display().to_string();
        assert_eq!(state["the working directory"], folder);
        assert!(state.contains_key("the umask"));
        // Rust programs ignore it.
        assert_eq!(state["the action for SIGPIPE"], "ignored");
        let variables = state.iter().filter_map(|(name, value)| {
            Some((
                name.strip_prefix("the variable ")?.to_owned(),
                value.clone(),
            ))
        });
        let expected = std::env::vars().filter(|(_, value)| value.len() < 4000);
        let variables: BTreeMap<_, _> = variables.collect();
        for (name, value) in expected {
            assert_eq!(variables.get(&name), Some(&value), "{name}");
        }
    }
}
