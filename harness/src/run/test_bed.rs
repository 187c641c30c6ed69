//! The test bed, set up once for a process and used by every run: the isolation, the
//! certificate authority, the servers, and the private folders.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::applicable::applicable;
use super::control::Control;
use super::error::failed;
use super::prepared::OwnFolder;
use super::sequence::Sequence;
use super::spec::HostEnvironment;
use super::{
    Conditions, LibraryLocation, PreparedPlugin, RunError, RunRecord, RunSpec, TestBedError,
};
use crate::failure::in_full;
use crate::plugin::Plugin;
use crate::plugin::copy::{self, Additions, Copy};
use crate::plugin::identity::{self, Identity};
use crate::plugin::inspect::Format;
use crate::plugin::lacking::missing_libraries;
use crate::private_folder::PrivateFolder;
use crate::testbed::authority::Authority;
use crate::testbed::authority::Trust;
use crate::testbed::capture::CaptureFile;
use crate::testbed::containment::Containment;
use crate::testbed::error::SetupError;
use crate::testbed::isolation::{Isolation, IsolationChoice, IsolationKind};
use crate::testbed::servers::{Ports, Servers};
use crate::testbed::test_network::TestNetwork;
use crate::testbed::transcript::Transcript;
use crate::testbed::{FaultAt, Interface, OtherHosts, Scenario};
use crate::worker::observation::Observation;
use crate::worker::script::Step;
use crate::worker::wine::{INSTALL_32, NoWine, WindowsKind, Wine, WineBoot};
use crate::worker::{self, CallCounter, Cancel, Options, ScenarioChange, contain_wine};

/// In a private network every name resolves to the test bed's server.
const CLEARTEXT_URL: &str = "http://entitlement.operator.example/";

/// The test bed. Dropping it removes its private folder.
pub struct TestBed {
    isolation: Isolation,
    authority: Arc<Authority>,
    authority_file: PathBuf,
    /// The certificate of the untrusted authority, alone in its folder.
    untrusted_roots: PathBuf,
    /// The servers started so far, one for each combination of profile and ports.
    servers: Mutex<Vec<Arc<Servers>>>,
    folder: PrivateFolder,
    /// Whether plugins made with the SDK are configured to use cleartext HTTP.
    cleartext: bool,
    /// Whether the traffic of runs is captured.
    captures: bool,
    /// The number of the next capture, which names its file.
    captured: AtomicUsize,
    /// Wine, with which plugins for Windows are run on another system, or why it cannot be used; none if no one needs it.
    wine: Option<Result<Wine, NoWine>>,
}

impl TestBed {
    /// Sets up the isolation, with that certificate authority. The process must
    /// have one thread: a user namespace can be entered only then.
    ///
    /// # Errors
    /// If a private folder or the chosen isolation is not available.
    pub fn open(
        choice: IsolationChoice,
        trust: Trust,
        authority: Authority,
    ) -> Result<Self, TestBedError> {
        let folder = PrivateFolder::new()?;
        let authority = Arc::new(authority);
        let authority_file = folder.path().join("operator-ca.pem");
        std::fs::write(&authority_file, authority.ca_pem())?;
        let untrusted_roots = folder.path().join("roots").join("ca.pem");
        std::fs::create_dir(folder.path().join("roots"))?;
        std::fs::write(&untrusted_roots, authority.untrusted_ca_pem())?;
        let isolation = Isolation::enter(choice, &authority, folder.path(), trust)?;
        Ok(Self {
            isolation,
            authority,
            authority_file,
            untrusted_roots,
            servers: Mutex::new(Vec::new()),
            folder,
            cleartext: false,
            captures: false,
            captured: AtomicUsize::new(0),
            wine: None,
        })
    }

    /// Configures plugins made with the SDK to use cleartext HTTP, for measurements.
    #[must_use]
    pub fn with_cleartext_http(mut self) -> Self {
        self.cleartext = true;
        self
    }

    /// Captures the traffic of each run that has a private network.
    ///
    /// # Errors
    /// If there is no room for the files.
    pub fn with_capture(mut self) -> Result<Self, TestBedError> {
        std::fs::create_dir(self.captures_folder())?;
        self.captures = true;
        Ok(self)
    }

    fn captures_folder(&self) -> PathBuf {
        self.folder.path().join("captures")
    }

    /// Runs plugins for Windows with Wine, or says why not.
    #[must_use]
    pub fn with_wine(mut self, wine: Option<Result<Wine, NoWine>>) -> Self {
        self.wine = wine;
        self
    }

    /// Wine, if that plugin is run with it.
    pub fn wine_for(&self, plugin: &Plugin) -> Option<Wine> {
        let wine = self.wine.as_ref()?.as_ref().ok()?;
        match plugin.inspection.is_for_wine() {
            true if plugin.inspection.is_for_x86() => wine.clone().for_x86(),
            true => Some(wine.clone()),
            false => None,
        }
    }

    /// What runs that plugin, if it is one for Windows that can be run here.
    pub fn windows_for(&self, plugin: &Plugin) -> Option<WindowsKind<'_>> {
        match (&self.wine, self.wine_for(plugin)) {
            (Some(Ok(wine)), Some(_)) => Some(WindowsKind::Wine(&wine.version)),
            _ => WindowsKind::own().filter(|_| plugin.inspection.is_for_host()),
        }
    }

    /// Why that plugin cannot be run on this host, if it is for another system or machine.
    pub fn cannot_run(&self, plugin: &Plugin) -> Option<String> {
        plugin.inspection.for_another_host()?;
        if !plugin.inspection.is_for_wine() {
            return Some(match &plugin.inspection.machine {
                Some(machine) if plugin.inspection.format == Format::Pe => format!(
                    "it is for Windows on {}, and only libraries for x86_64 and x86 are run here, under Wine: check a build for that, and this one on a device",
                    machine.architecture
                ),
                _ => "it is for another system or machine: see file/machine".to_owned(),
            });
        }
        let wine = match &self.wine {
            Some(Ok(wine)) => wine,
            Some(Err(reason)) => return Some(format!("it is for Windows, and {reason}")),
            None => return Some("it is for another system: see file/machine".to_owned()),
        };
        let Some(wine) = self.wine_for(plugin) else {
            return Some(format!(
                "it is for Windows on x86, and {wine} for 32 bits is not installed ({INSTALL_32}): check a build for x86_64"
            ));
        };
        if self.isolation.uncontained().is_some() {
            return Some(
                "it is for Windows, and Wine needs a private network and folders of its own (--isolation namespace)"
                    .to_owned(),
            );
        }
        // Without a function that is never called, Wine loads the plugin.
        let folders = wine.libraries().into_iter().chain(plugin.library.parent());
        let folders: Vec<&Path> = folders.collect();
        let lacking = missing_libraries(&plugin.inspection.imports, &folders);
        (!lacking.is_empty()).then(|| {
            format!(
                "{wine} lacks libraries of Windows that it needs: {}",
                lacking.join(", ")
            )
        })
    }

    /// How the plugins' network is separated from the machine's.
    pub fn isolation(&self) -> &Isolation {
        &self.isolation
    }

    /// Creates a plugin's private folder and its copy, and starts the servers of its profile.
    ///
    /// # Errors
    /// If the plugin cannot be copied or a server cannot be started.
    pub fn prepare<'a>(
        &self,
        plugin: &'a Plugin,
        conditions: Conditions,
    ) -> Result<PreparedPlugin<'a>, TestBedError> {
        let servers = self.servers(&conditions)?;
        let folder = tempfile::Builder::new()
            .prefix("plugin-")
            .tempdir_in(self.folder.path())?;
        // The folders of single runs are beside it.
        let usual = folder.path().join("usual");
        let usual = copy::in_private_folder(plugin, &usual, self.additions(&conditions, None))?;
        let identity = Identity::of(&usual.library)?;
        // What was copied must be what was inspected.
        if !identity::has_contents(&usual.library, &plugin.inspection.sha256) {
            return Err(TestBedError::Changed(plugin.library.clone()));
        }
        let source = Plugin {
            library: usual.library.clone(),
            ..plugin.clone()
        };
        Ok(PreparedPlugin {
            plugin,
            source,
            identity,
            conditions,
            servers,
            folder,
            usual,
            counter: AtomicUsize::new(0),
        })
    }

    /// The servers for the profile and ports; starts them if they are not running.
    fn servers(&self, conditions: &Conditions) -> Result<Arc<Servers>, SetupError> {
        // Loopback is shared with the whole machine: servers there use free ports, which the plugin's settings name.
        let ports = match self.isolation.kind() {
            IsolationKind::Namespace => conditions.ports,
            IsolationKind::Loopback | IsolationKind::None => Ports { http: 0, https: 0 },
        };
        let mut started = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        let known = started
            .iter()
            .find(|servers| serves(servers, conditions, ports));
        if let Some(servers) = known {
            return Ok(Arc::clone(servers));
        }
        let authority = Arc::clone(&self.authority);
        let servers = Arc::new(Servers::with_options(
            Arc::clone(&conditions.profile),
            authority,
            ports,
            conditions.options.clone(),
        )?);
        started.push(Arc::clone(&servers));
        Ok(servers)
    }

    /// Makes one run: starts the network with the scenario, runs the worker in it, and returns
    /// the record. With a private network, the calling thread moves into it.
    ///
    /// # Errors
    /// If the isolation in use does not support the scenario, or the harness cannot do its work.
    pub fn run(
        &self,
        spec: RunSpec<'_>,
        prepared: &PreparedPlugin<'_>,
        cancel: &Cancel,
    ) -> Result<RunRecord, RunError> {
        self.run_counted(spec, prepared, &CallCounter::default(), cancel)
    }

    /// The same, and counts the calls and rounds while the run goes on.
    ///
    /// # Errors
    /// As [`TestBed::run`].
    pub fn run_counted(
        &self,
        spec: RunSpec<'_>,
        prepared: &PreparedPlugin<'_>,
        counter: &CallCounter,
        cancel: &Cancel,
    ) -> Result<RunRecord, RunError> {
        counter.set(0);
        let script = applicable(&prepared.conditions.profile, &spec.scenario, spec.script)
            .map_err(RunError::NotApplicable)?;
        let spec = RunSpec {
            script: &script,
            ..spec
        };
        let needs_network = self.isolation.kind() == IsolationKind::Namespace
            || spec.script.iter().any(Step::calls);
        let mut sequence = Sequence::new(spec.script, budget(spec, prepared));
        let (mut observation, (transcript, capture)) = if needs_network {
            self.run_in_network(spec, prepared, counter, &mut sequence, cancel)?
        } else {
            let mut unexpected =
                |_| Err("a script without calls cannot change the scenario".to_owned());
            let observation =
                self.run_worker(spec, prepared, None, counter, &mut unexpected, cancel)?;
            (observation, (Transcript::default(), None))
        };
        let (script, calls_left_out) = sequence.made_of(spec.script, &mut observation);
        Ok(RunRecord {
            script,
            calls_left_out,
            machine_was_busy: false,
            deadline: prepared.conditions.deadline,
            question_path: prepared
                .conditions
                .profile
                .deciding_step()
                .matcher
                .path
                .clone(),
            assumed_profile: prepared
                .conditions
                .assumed
                .then(|| prepared.conditions.profile.name.clone()),
            control: Control::default(),
            observation,
            transcript,
            capture,
        })
    }

    fn run_in_network(
        &self,
        spec: RunSpec<'_>,
        prepared: &PreparedPlugin<'_>,
        counter: &CallCounter,
        sequence: &mut Sequence,
        cancel: &Cancel,
    ) -> Result<(Observation, (Transcript, Option<CaptureFile>)), RunError> {
        self.check_supported(spec, prepared.plugin)?;
        // Without a fault there is nothing to keep from the other hosts, and all traffic counts. A fault of a certain step
        // is made wherever that step's request goes.
        let faultless = spec.scenarios().all(|scenario| scenario == Scenario::ALLOW);
        let of_a_step = spec
            .scenarios()
            .any(|scenario| scenario.at != FaultAt::Question);
        let other_hosts = if faultless || of_a_step {
            OtherHosts::NONE
        } else {
            spec.other_hosts
        };
        let mut network = TestNetwork::start_beside(
            &prepared.servers,
            &self.isolation,
            spec.scenario,
            other_hosts,
            self.interface(prepared.plugin),
        )
        .map_err(failed)?;
        if self.captures {
            let begun = network.capture();
            begun.map_err(|error| failed(SetupError::step("capture packets")(error)))?;
        }
        let url = network.base_url();
        let mut change_scenario = |scenario| {
            sequence.change(scenario, |scenario| {
                let changed = network.change_scenario(scenario);
                changed.map_err(|error| in_full(&error))
            })
        };
        let observation = self.run_worker(
            spec,
            prepared,
            url.as_deref(),
            counter,
            &mut change_scenario,
            cancel,
        );
        let (transcript, capture) = network.finish_capture();
        let capture = capture.map(|capture| {
            let number = self.captured.fetch_add(1, Ordering::Relaxed);
            let file = format!("{number}.pcapng");
            let comment = format!("scenario: {}", spec.scenario);
            capture
                .save(self.captures_folder().join(file), &comment)
                .map_err(|error| failed(SetupError::step("keep a capture")(error)))
        });
        Ok((observation?, (transcript, capture.transpose()?)))
    }

    /// The interface of a run's network. Where Windows cannot list interfaces, it needs none.
    fn interface(&self, plugin: &Plugin) -> Interface {
        match self.wine_for(plugin).map(|wine| wine.boot()) {
            Some(WineBoot::Nsi) => Interface::Ethernet,
            Some(WineBoot::Stub) | None => Interface::Loopback,
        }
    }

    fn run_worker(
        &self,
        spec: RunSpec<'_>,
        prepared: &PreparedPlugin<'_>,
        url: Option<&str>,
        counter: &CallCounter,
        change_scenario: &mut dyn FnMut(Scenario) -> Result<ScenarioChange, String>,
        cancel: &Cancel,
    ) -> Result<Observation, RunError> {
        prepared.check_unchanged().map_err(failed)?;
        let copy = self.copy_for(spec, prepared, url).map_err(failed)?;
        let second = self.second_copy(spec, prepared, url).map_err(failed)?;
        let own = OwnFolder::new(prepared).map_err(failed)?;
        let mut containment = self.containment(spec, prepared, &copy, &own.0);
        let mut wine = self.wine_for(prepared.plugin);
        if let Some(wine) = &wine {
            contain_wine(wine, &mut containment);
        }
        let mut environment = own.variables(&containment);
        environment.extend(
            prepared
                .conditions
                .profile
                .needs
                .environment
                .iter()
                .cloned(),
        );
        environment.extend(spec.environment.variables(&self.untrusted_roots));
        if spec.environment == HostEnvironment::Proxy {
            // On Windows it is the user's settings that name one.
            wine = wine.map(|wine| wine.with_proxy(HostEnvironment::PROXY_HOST));
            if wine.is_some() {
                // Wine itself reads this one, and no other, in the place of settings.
                environment.retain(|name, _| !name.eq_ignore_ascii_case("http_proxy"));
            }
        }
        let options = Options {
            limit: prepared.conditions.deadline + spec.grace,
            folder: copy.folder,
            second,
            snapshots: spec.snapshots,
            budget: budget(spec, prepared),
            environment,
            // Wine reserves more than any plugin needs.
            address_space: address_space(prepared.plugin).filter(|_| wine.is_none()),
            wine,
            containment: Some(containment),
            counter: counter.clone(),
            ..Options::default()
        };
        let mut observation = worker::run(
            &copy.library,
            spec.script,
            &options,
            change_scenario,
            cancel,
        )
        .map_err(failed)?;
        // A user knows the file that was copied, and not the copy.
        if let (Some(copied), Some(users)) =
            (copy.library.parent(), prepared.plugin.library.parent())
        {
            let (copied, users) = (copied.display().to_string(), users.display().to_string());
            for step in &mut observation.steps {
                step.reason = step
                    .reason
                    .take()
                    .map(|reason| reason.replace(&copied, &users));
            }
        }
        Ok(observation)
    }

    /// The containment of a run: the plugin's private folder and its own folder are visible, and what it needs.
    fn containment(
        &self,
        spec: RunSpec<'_>,
        prepared: &PreparedPlugin<'_>,
        copy: &Copy,
        own: &Path,
    ) -> Containment {
        let mut containment = self.isolation.containment(own);
        let searched = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
        let users = prepared.plugin.library.parent();
        let shown = [prepared.folder.path(), &self.authority_file].into_iter();
        let roots = match spec.environment {
            HostEnvironment::UntrustedRoots => self.untrusted_roots.parent(),
            HostEnvironment::Usual | HostEnvironment::Proxy | HostEnvironment::CheckedHeap => None,
        };
        let shown = shown.chain(users).chain(roots).map(Path::to_owned);
        for path in shown
            .chain(copy.needs.clone())
            .chain(std::env::split_paths(&searched))
        {
            if let Ok(path) = path.canonicalize() {
                containment.show(&path);
            }
        }
        containment
    }

    /// Checks that the isolation in use supports every scenario of the run for this plugin.
    fn check_supported(&self, spec: RunSpec<'_>, plugin: &Plugin) -> Result<(), RunError> {
        for scenario in spec.scenarios() {
            self.isolation
                .supports(&scenario)
                .map_err(RunError::Unsupported)?;
        }
        if self.isolation.kind() == IsolationKind::Loopback && plugin.inspection.sdk.is_none() {
            let reason = if cfg!(windows) {
                "a plugin that was not made with the SDK cannot be configured to use a server on loopback; examine it on Linux, where a plugin has a private network"
            } else {
                "a plugin that was not made with the SDK cannot be configured to use a server on loopback; it needs a private network (--isolation namespace)"
            };
            return Err(RunError::Unsupported(reason.to_owned()));
        }
        Ok(())
    }

    fn copy_for(
        &self,
        spec: RunSpec<'_>,
        prepared: &PreparedPlugin<'_>,
        url: Option<&str>,
    ) -> Result<Copy, TestBedError> {
        if spec.location == LibraryLocation::Usual && url.is_none() {
            return Ok(prepared.usual.clone());
        }
        // Concurrent runs need separate folders.
        let number = prepared.counter.fetch_add(1, Ordering::Relaxed);
        let folder = prepared.folder.path().join(number.to_string());
        let additions = self.additions(&prepared.conditions, url);
        Ok(match spec.location {
            LibraryLocation::Usual => {
                copy::in_private_folder(&prepared.source, &folder, additions)?
            }
            LibraryLocation::UnusualFolder => {
                copy::in_unusual_folder(&prepared.source, &folder, additions)?
            }
        })
    }

    /// Another copy in a folder of its own, if the script loads one; none if the plugin can be loaded only from its
    /// original path.
    fn second_copy(
        &self,
        spec: RunSpec<'_>,
        prepared: &PreparedPlugin<'_>,
        url: Option<&str>,
    ) -> Result<Option<PathBuf>, TestBedError> {
        if !spec.script.contains(&Step::LoadCopy) {
            return Ok(None);
        }
        let number = prepared.counter.fetch_add(1, Ordering::Relaxed);
        let folder = prepared.folder.path().join(number.to_string());
        let copy = copy::in_private_folder(
            &prepared.source,
            &folder,
            self.additions(&prepared.conditions, url),
        )?;
        Ok((copy.library != prepared.source.library).then_some(copy.library))
    }

    fn additions<'a>(&'a self, conditions: &'a Conditions, url: Option<&'a str>) -> Additions<'a> {
        Additions {
            authority: &self.authority_file,
            url: url.or(self.cleartext.then_some(CLEARTEXT_URL)),
            allow_http: self.cleartext,
            files: &conditions.profile.needs.files,
        }
    }
}

/// How long the repeated calls, rounds and long sequences of a run may take.
fn budget(spec: RunSpec<'_>, prepared: &PreparedPlugin<'_>) -> Duration {
    let most = prepared.conditions.budget;
    spec.budget.map_or(most, |budget| budget.min(most))
}

/// Enough for a garbage collector, and for hundreds of threads with their stacks.
const ADDRESS_SPACE: u64 = 8 << 30;

/// The address space that a plugin may use. A sanitizer reserves more than any machine has.
fn address_space(plugin: &Plugin) -> Option<u64> {
    const SANITIZERS: [&str; 4] = ["libasan.", "libtsan.", "libhwasan.", "libclang_rt."];
    let is_sanitizer = |needed: &String| SANITIZERS.iter().any(|name| needed.starts_with(name));
    (!plugin.inspection.needed.iter().any(is_sanitizer)).then_some(ADDRESS_SPACE)
}

fn serves(servers: &Servers, conditions: &Conditions, ports: Ports) -> bool {
    *servers.profile() == conditions.profile
        && *servers.options() == conditions.options
        && servers.ports() == ports
}
