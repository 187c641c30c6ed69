//! Best is no process at all. One that cannot be avoided is waited for by its own id, within the
//! deadline.

use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

/// Runs a helper. `wait` waits for this child; it never reaps one of the host's.
pub fn run(helper: &mut Command, deadline: Instant) -> io::Result<ExitStatus> {
    helper
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = helper.spawn()?;
    match wait_until(&mut child, deadline) {
        Ok(Some(status)) => Ok(status),
        outcome => {
            child.kill()?;
            child.wait()?;
            Err(outcome
                .err()
                .unwrap_or_else(|| io::ErrorKind::TimedOut.into()))
        }
    }
}

fn wait_until(child: &mut Child, deadline: Instant) -> io::Result<Option<ExitStatus>> {
    loop {
        let status = child.try_wait()?;
        if status.is_some() || Instant::now() >= deadline {
            return Ok(status);
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}
