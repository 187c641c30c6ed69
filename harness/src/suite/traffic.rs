//! The files with the traffic of failed runs, as `--pcap` asks for them.

use std::path::PathBuf;

use ics_device::printable;

use crate::terminal::eprint;
use crate::testbed::capture::CaptureFile;

/// A plugin's folder of captures, one for each run in which a rule failed.
#[derive(Debug, Default)]
pub(super) struct TrafficFolder {
    /// None if no one asked for captures.
    folder: Option<PathBuf>,
    /// What was copied to which file. Rules can share a run.
    copied: Vec<(CaptureFile, String)>,
}

impl TrafficFolder {
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            copied: Vec::new(),
        }
    }

    /// Copies the capture of a run in which that rule failed, unless it was copied for another rule, and returns the file.
    /// That one cannot be written is said at once, and changes no verdict.
    pub(super) fn add(&mut self, capture: Option<&CaptureFile>, rule: &str) -> Option<String> {
        let (folder, capture) = (self.folder.as_ref()?, capture?);
        if let Some((_, file)) = self.copied.iter().find(|(copied, _)| copied == capture) {
            return Some(file.clone());
        }
        let file = folder.join(format!("{}.pcapng", rule.replace('/', "-")));
        let written = std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::copy(capture.path(), &file).map(drop));
        if let Err(error) = written {
            eprint(&format!(
                "cannot write {}: {error}\n",
                printable::path(&file)
            ));
            return None;
        }
        let file = file.display().to_string();
        self.copied.push((capture.clone(), file.clone()));
        Some(file)
    }
}
