//! `--pcap`: where the traffic of failed runs goes.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use ics_device::printable;

use crate::cli::Failure;
use crate::plugin::Plugin;
use crate::report::{self, PluginReport};
use crate::run::TestBed;
use crate::terminal::eprint;
use crate::testbed::isolation::IsolationKind;

/// The folder of the command line, proven to be writable. It was empty, so that nothing in it is of another examination.
pub(super) struct PcapFolder(PathBuf);

impl PcapFolder {
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        let name = printable::path(path);
        let unusable = |error: std::io::Error| {
            Failure::Usage(format!("cannot write captures to {name}: {error}"))
        };
        std::fs::create_dir_all(path).map_err(unusable)?;
        if std::fs::read_dir(path).map_err(unusable)?.next().is_some() {
            return Err(Failure::Usage(format!(
                "{name} is not empty: captures of another examination could be taken for those of this one; name a new \
                 folder with --pcap"
            )));
        }
        // Also by another user: writing is tried before a long examination.
        tempfile::tempfile_in(path).map_err(unusable)?;
        Ok(Self(path.to_owned()))
    }

    /// A folder for each examination: the one of the command line if there is only one, and otherwise one in it for each
    /// plugin and each repetition.
    pub(super) fn folders(self, plugins: &[Plugin], repeat: NonZeroUsize) -> Vec<PathBuf> {
        let named: Vec<PluginReport> = plugins
            .iter()
            .map(|plugin| PluginReport {
                path: plugin.library.display().to_string(),
                ..PluginReport::default()
            })
            .collect();
        let names = report::names(&named);
        let of_plugin = |(index, name): (usize, &String)| match names.as_slice() {
            [_] => self.0.clone(),
            // Names can be the same, if one plugin is given twice.
            _ => self
                .0
                .join(format!("{}-{}", index + 1, name.replace(['/', '\\'], "-"))),
        };
        let folders = names.iter().enumerate().map(of_plugin);
        folders
            .flat_map(|folder| {
                (1..=repeat.get()).map(move |time| match repeat.get() {
                    1 => folder.clone(),
                    _ => folder.join(time.to_string()),
                })
            })
            .collect()
    }
}

/// Has the test bed capture the traffic of runs, if it can.
pub(super) fn capture(test_bed: TestBed) -> Result<TestBed, Failure> {
    if test_bed.isolation().kind() == IsolationKind::Namespace {
        return Ok(test_bed.with_capture()?);
    }
    eprint(&format!(
        "--pcap writes nothing: traffic can be captured in a private network only, and this is isolation `{}`\n",
        test_bed.isolation().name()
    ));
    Ok(test_bed)
}
