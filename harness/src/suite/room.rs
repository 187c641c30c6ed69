//! Where plugins are examined: the isolation, the servers and the private
//! folders, made once and used by every run.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::failure::in_full;
use crate::plugin::Plugin;
use crate::plugin::copy::{self, Additions, Copy, CopyError};
use crate::rules::{Limits, Place, Run};
use crate::worker::observation::Observation;
use crate::worker::script::Step;
use crate::worker::{Cancel, Options, Worker};
use crate::world::World;
use crate::world::authority::Authority;
use crate::world::exchange::Protocol;
use crate::world::isolation::{Isolation, Trust, Wanted};
use crate::world::servers::{Ports, Servers};
use crate::world::stage::Stage;
use crate::world::transcript::Transcript;

/// Any name leads to the world's server.
const CLEAR_URL: &str = "http://entitlement.operator.example/";

/// How much longer than the deadline a worker is waited for, so that a late
/// call can still be told from one that never comes back.
pub const GRACE: Duration = Duration::from_secs(5);

/// Why nothing can be examined.
#[derive(Debug, thiserror::Error)]
pub enum RoomError {
    /// The private folder could not be made.
    #[error("cannot make a private folder: {0}; set TMPDIR to a folder that can be written to")]
    Folder(#[from] std::io::Error),
    /// The world could not be made.
    #[error(transparent)]
    World(#[from] crate::world::error::WorldError),
    /// The plugin could not be copied.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The user asked to stop.
    #[error("stopped")]
    Cancelled,
}

/// Why one run was not made.
#[derive(Clone, Debug)]
pub enum RunError {
    /// The isolation at hand cannot show this world, and why.
    Unsupported(String),
    /// The harness could not do its work.
    Failed(String),
}

/// The place of examination. Its private folder goes with it.
pub struct Room {
    isolation: Isolation,
    servers: Vec<(String, Servers)>,
    folder: tempfile::TempDir,
    authority: PathBuf,
    /// Whether plugins that can be told are told to speak http in clear.
    clear: bool,
}

/// What a run does, and in which world it begins.
#[derive(Clone, Copy, Debug)]
pub struct Conduct<'a> {
    /// The world at the beginning.
    pub world: World,
    /// What the worker does.
    pub script: &'a [Step],
    /// Where the library stands.
    pub place: Place,
    /// How much longer than the deadline the worker is waited for: [`GRACE`]
    /// where a late call is to be told from none.
    pub grace: Duration,
}

impl From<&Run> for Conduct<'_> {
    fn from(run: &Run) -> Self {
        Self {
            world: run.world,
            script: run.script,
            place: run.place,
            grace: GRACE,
        }
    }
}

/// One plugin in a room: its private folder, the copy that most runs load,
/// and the servers that speak its protocol.
pub struct Copies<'a> {
    plugin: &'a Plugin,
    servers: &'a Servers,
    folder: tempfile::TempDir,
    usual: Copy,
    counter: AtomicUsize,
}

impl Drop for Copies<'_> {
    /// A folder that nobody may write to cannot be emptied.
    fn drop(&mut self) {
        for entry in std::fs::read_dir(self.folder.path())
            .into_iter()
            .flatten()
            .flatten()
        {
            copy::make_writable(&entry.path());
        }
    }
}

impl Room {
    /// Makes the room, with a server for each protocol. The process must have
    /// one thread: a user namespace can be entered only then.
    pub fn open(
        wanted: Wanted,
        protocols: &[Protocol],
        ports: Ports,
        trust: Trust,
    ) -> Result<Self, RoomError> {
        let folder = tempfile::Builder::new().prefix("ics-harness-").tempdir()?;
        let authority = Arc::new(Authority::new()?);
        let file = folder.path().join("world-ca.pem");
        std::fs::write(&file, authority.ca_pem())?;
        let isolation = Isolation::enter(wanted, &authority, folder.path(), trust)?;
        // Loopback belongs to everybody: worlds there take any free port, and the plugin is told.
        let ports = match isolation.name() {
            "namespace" => ports,
            _ => Ports { http: 0, https: 0 },
        };
        let servers = protocols
            .iter()
            .map(|protocol| {
                let servers = Servers::new(protocol.clone(), Arc::clone(&authority), ports)?;
                Ok((protocol.name.clone(), servers))
            })
            .collect::<Result<_, RoomError>>()?;
        Ok(Self {
            isolation,
            servers,
            folder,
            authority: file,
            clear: false,
        })
    }

    /// Has plugins that can be told speak http in clear, to measure them so.
    #[must_use]
    pub fn in_clear(mut self) -> Self {
        self.clear = true;
        self
    }

    /// `namespace`, `loopback` or `none`.
    pub fn isolation_name(&self) -> &'static str {
        self.isolation.name()
    }

    /// Why the isolation is weaker than it could be, if nobody asked for that.
    pub fn isolation_reason(&self) -> Option<&str> {
        self.isolation.reason()
    }

    /// Makes the private folder of a plugin, and its copy.
    ///
    /// # Panics
    /// If the room was opened without that protocol.
    pub fn copies<'a>(
        &'a self,
        plugin: &'a Plugin,
        protocol: &str,
    ) -> Result<Copies<'a>, RoomError> {
        let servers = self
            .servers
            .iter()
            .find_map(|(name, servers)| (name == protocol).then_some(servers))
            .expect("a room is opened with every protocol that is asked of it");
        let folder = tempfile::Builder::new()
            .prefix("plugin-")
            .tempdir_in(self.folder.path())?;
        let usual = copy::usual(plugin, folder.path(), self.additions(None))?;
        Ok(Copies {
            plugin,
            servers,
            folder,
            usual,
            counter: AtomicUsize::new(0),
        })
    }

    /// Makes one run: sets the world, runs the worker in it, and puts together
    /// what both saw. The calling thread moves into the world's network.
    pub fn perform(
        &self,
        conduct: Conduct<'_>,
        copies: &Copies<'_>,
        limits: Limits,
        cancel: &Cancel,
    ) -> Result<Observation, RunError> {
        if self.isolation_name() != "namespace" && !conduct.script.iter().any(Step::calls) {
            return self.perform_unwatched(conduct, copies, limits, cancel);
        }
        self.can_show(conduct, copies.plugin)?;
        let mut stage =
            Stage::set(copies.servers, &self.isolation, conduct.world).map_err(failed)?;
        let copy = self
            .copy_for(conduct, copies, stage.base_url().as_deref())
            .map_err(failed)?;
        let ran = Worker::run(
            &copy.library,
            conduct.script,
            &options(&copy, limits, conduct.grace),
            &mut |world| stage.shift(world).map_err(|error| in_full(&error)),
            cancel,
        );
        let transcript = stage.finish();
        Ok(ran.map_err(failed)?.with(transcript))
    }

    /// A run that only loads needs no world, where none of the plugin's own is to be had.
    fn perform_unwatched(
        &self,
        conduct: Conduct<'_>,
        copies: &Copies<'_>,
        limits: Limits,
        cancel: &Cancel,
    ) -> Result<Observation, RunError> {
        let copy = self.copy_for(conduct, copies, None).map_err(failed)?;
        let mut no_shift =
            |_| Err("a script without calls has no use for another world".to_owned());
        Worker::run(
            &copy.library,
            conduct.script,
            &options(&copy, limits, conduct.grace),
            &mut no_shift,
            cancel,
        )
        .map(|ran| ran.with(Transcript::default()))
        .map_err(failed)
    }

    /// Whether every world of the run can be shown to this plugin here.
    fn can_show(&self, conduct: Conduct<'_>, plugin: &Plugin) -> Result<(), RunError> {
        let shifts = conduct.script.iter().filter_map(|step| match step {
            Step::Shift(world) => Some(world),
            _ => None,
        });
        for world in std::iter::once(&conduct.world).chain(shifts) {
            self.isolation
                .supports(world)
                .map_err(RunError::Unsupported)?;
        }
        if self.isolation_name() == "loopback" && plugin.inspection.sdk.is_none() {
            return Err(RunError::Unsupported(
                "a plugin that was not made with our SDK cannot be told of a server on loopback; it needs a network of its own".to_owned(),
            ));
        }
        Ok(())
    }

    fn copy_for(
        &self,
        conduct: Conduct<'_>,
        copies: &Copies<'_>,
        url: Option<&str>,
    ) -> Result<Copy, RoomError> {
        if conduct.place == Place::Usual && url.is_none() {
            return Ok(copies.usual.clone());
        }
        // Runs go on side by side: each needs a folder of its own.
        let number = copies.counter.fetch_add(1, Ordering::Relaxed);
        let folder = copies.folder.path().join(number.to_string());
        let additions = self.additions(url);
        Ok(match conduct.place {
            Place::Usual => copy::usual(copies.plugin, &folder, additions)?,
            Place::Elsewhere => copy::elsewhere(copies.plugin, &folder, additions)?,
        })
    }

    fn additions<'a>(&'a self, url: Option<&'a str>) -> Additions<'a> {
        Additions {
            authority: &self.authority,
            url: url.or(self.clear.then_some(CLEAR_URL)),
            clear: self.clear,
        }
    }
}

fn options(copy: &Copy, limits: Limits, grace: Duration) -> Options {
    Options {
        limit: Duration::from_secs_f64(limits.deadline) + grace,
        folder: copy.folder.clone(),
        ..Options::default()
    }
}

fn failed(error: impl std::error::Error) -> RunError {
    RunError::Failed(in_full(&error))
}
