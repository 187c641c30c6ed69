//! Everything that belongs to the process is passed as an argument instead of being changed.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// Instead of `env::set_current_dir(folder)`: an absolute path.
pub fn settings(folder: &Path) -> io::Result<String> {
    fs::read_to_string(folder.join("settings.toml"))
}

/// Instead of `setlocale`: the standard library's parser knows no locale, its point is always `.`.
pub fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Instead of alarm() or setitimer(): a moment, which each wait gets its time-out from.
pub fn deadline() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

/// Instead of umask(): the permissions of one file. Best is to write none.
#[cfg(unix)]
pub fn private_file(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}
