//! The secrets of TLS sessions, as servers log them for programs that decrypt a capture.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustls::KeyLog;

/// How many bytes of secrets are kept: those of more than 10,000 sessions.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Keeps the secrets of the sessions of one network while its traffic is captured, in the form of `SSLKEYLOGFILE`
/// (RFC 9850).
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    kept: AtomicBool,
    lines: Mutex<String>,
}

impl Secrets {
    /// Keeps the secrets of the sessions that begin from now on.
    pub(crate) fn keep(&self) {
        self.kept.store(true, Ordering::Relaxed);
    }

    /// The secrets so far, a line each.
    pub(super) fn take(&self) -> String {
        std::mem::take(&mut *self.lines())
    }

    fn lines(&self) -> MutexGuard<'_, String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyLog for Secrets {
    fn will_log(&self, _: &str) -> bool {
        self.kept.load(Ordering::Relaxed)
    }

    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        if !self.will_log(label) {
            return;
        }
        let mut lines = self.lines();
        if lines.len() > MAX_BYTES {
            return;
        }
        lines.push_str(label);
        for bytes in [client_random, secret] {
            lines.push(' ');
            for byte in bytes {
                // Writing to a string cannot fail.
                let _ = write!(lines, "{byte:02x}");
            }
        }
        lines.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_kept_only_for_a_capture() {
        let secrets = Secrets::default();
        secrets.log("CLIENT_RANDOM", &[1], &[2]);
        assert_eq!(secrets.take(), "");
        secrets.keep();
        secrets.log("CLIENT_RANDOM", &[0x0a, 0xff], &[2]);
        assert_eq!(secrets.take(), "CLIENT_RANDOM 0aff 02\n");
    }
}
