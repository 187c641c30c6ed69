//! Where a device's plugin comes from, and the test bed that it runs in.

use std::path::{Path, PathBuf};

use clap::{Arg, Args};
use ics_device::printable::Printable;
use ics_device::state::Image;

use super::{Failure, TestBedArgs};
use crate::ask::{PluginRunner, PluginSource};
use crate::run::{Conditions, TestBed};
use crate::terminal::eprint;
use crate::testbed::authority::Trust;
use crate::worker::Cancel;

/// The arguments that say which plugin a simulated device loads.
#[derive(Debug, Args)]
pub(super) struct PluginSourceArgs {
    /// The plugin to load for EntitlementDll: a library file, or the folder of a plugin's source.
    #[arg(long, value_name = "PLUGIN")]
    plugin: Option<PathBuf>,
    /// The folder with the contents of the device's drive C, where EntitlementDll and MOHelpMessage's library are looked up.
    #[arg(long, value_name = "DIR")]
    image: Option<PathBuf>,
}

/// What to do where the device needs a file and has no image.
pub(super) const IMAGE_HELP: &str = "name the folder with its files with --image";

/// The argument `--deadline` for a device.
pub(super) fn deadline(arg: Arg) -> Arg {
    arg.default_value("60s")
        .help("How long the service waits for an answer, such as `30s` or `1500ms`; 60s at most")
}

/// What a [`PluginRunner`] borrows.
pub(super) struct PluginSetup {
    source: PluginSource,
    conditions: Conditions,
    test_bed: Option<TestBed>,
    cancel: Cancel,
}

/// Opens the folder of `--image`, where it is given.
pub(super) fn open_image(folder: Option<&Path>) -> Result<Option<Image>, Failure> {
    let image = folder.map(|folder| Image::open(folder).map_err(Failure::usage));
    image.transpose()
}

impl PluginSourceArgs {
    /// The plugin that is named, which no output may overwrite.
    pub(super) fn file(&self) -> Option<&PathBuf> {
        self.plugin.as_ref()
    }

    /// The device's files, where they were named.
    pub(super) fn image(&self) -> Result<Option<Image>, Failure> {
        open_image(self.image.as_deref())
    }

    /// Builds or finds the plugin and sets up its test bed, while the process has
    /// one thread.
    pub(super) fn open(&self, test_bed_args: &TestBedArgs) -> Result<PluginSetup, Failure> {
        let source = match (&self.plugin, self.image()?) {
            (Some(plugin), _) => PluginSource::Named(Box::new(test_bed_args.find_plugin(plugin)?)),
            (None, Some(image)) => PluginSource::Image(image),
            (None, None) => PluginSource::Nowhere,
        };
        let conditions = test_bed_args.conditions(match &source {
            PluginSource::Named(plugin) => Some(plugin),
            PluginSource::Image(_) | PluginSource::Nowhere => None,
        })?;
        let (test_bed, cancel) = match &source {
            PluginSource::Nowhere => (None, super::stopping()?),
            PluginSource::Named(_) | PluginSource::Image(_) => {
                let (test_bed, cancel) = test_bed_args.open(Trust::Replace, [&conditions])?;
                (Some(test_bed), cancel)
            }
        };
        let degraded = test_bed.as_ref().and_then(|bed| bed.isolation().reason());
        if let Some(reason) = degraded {
            eprint(&format!(
                "no private network is available ({}); the plugin meets servers on loopback\n",
                Printable(reason)
            ));
        }
        Ok(PluginSetup {
            source,
            conditions,
            test_bed,
            cancel,
        })
    }
}

impl PluginSetup {
    pub(super) fn runner(&self) -> PluginRunner<'_> {
        PluginRunner {
            test_bed: self.test_bed.as_ref(),
            conditions: self.conditions.clone(),
            source: self.source.clone(),
            cancel: &self.cancel,
        }
    }

    /// Cancels the running call.
    pub(super) fn cancel(&self) -> &Cancel {
        &self.cancel
    }
}
