//! The arguments of every command that runs a plugin: its profile, its network, its time.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use ics_device::printable;
use ics_device::units::parse_duration;

use super::upstream_args::UpstreamArgs;
use super::{Failure, stopping};
use crate::plugin::build::profile_named_in;
use crate::plugin::{Plugin, ProfileName};
use crate::profile::{self, BUILT_IN, Profile};
use crate::run::{Conditions, TestBed};
use crate::terminal;
use crate::terminal::style::HEADING;
use crate::testbed::authority::{Authority, Trust};
use crate::testbed::isolation::IsolationChoice;
use crate::testbed::servers::{Ports, ServerOptions};
use crate::worker::Cancel;
use crate::worker::wine::{NoWine, Wine, WineBoot};

/// The longest time that a call may take, unless the profile or the user says otherwise.
const DEADLINE: Duration = Duration::from_secs(30);

/// The options of all commands that run a plugin in a test bed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Test bed")]
pub(crate) struct TestBedArgs {
    /// What the operator's server is asked, and what it responds: a profile file, or the name of a built-in one, of which
    /// `profile show` lists the names [default: the one that the plugin's Cargo.toml names, else `conformance.toml` beside the plugin,
    /// else carrier-json].
    #[arg(long, value_name = "FILE-OR-NAME", alias = "protocol")]
    profile: Option<PathBuf>,
    /// How the plugin's network is separated from the machine's.
    #[arg(long, value_name = "KIND", value_enum, default_value_t = IsolationChoice::Auto)]
    isolation: IsolationChoice,
    /// The operator's HTTP port, in a private network [default: the profile's, else 80].
    #[arg(long, value_name = "PORT")]
    http_port: Option<u16>,
    /// The operator's HTTPS port, in a private network [default: the profile's, else 443].
    #[arg(long, value_name = "PORT")]
    https_port: Option<u16>,
    /// The certificate of the authority that the test bed signs with, for a plugin that trusts no other; a PEM file
    /// [default: the profile's, else a new authority].
    #[arg(long, value_name = "CERT", requires = "ca_key")]
    ca: Option<PathBuf>,
    /// The private key of that authority; a PEM file.
    #[arg(long, value_name = "KEY", requires = "ca")]
    ca_key: Option<PathBuf>,
    /// The longest time that one call may take, such as `30s` or `1500ms` [default: the profile's, else 30s].
    #[arg(long, value_name = "DURATION", value_parser = deadline)]
    deadline: Option<Duration>,
    /// How long a rule may idle, or repeat calls or rounds of load, call and unload, such as `60s`. A rule that does not finish
    /// in this time is judged by what it has seen.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = deadline)]
    budget: Duration,
    /// The cargo profile that a crate is built with. `dev` is built quickest, but is not what is
    /// shipped [default: `plugin`, if its workspace has that profile, else `release`].
    #[arg(long, value_name = "NAME")]
    cargo_profile: Option<String>,
    /// What Wine starts in each run of a plugin for Windows.
    #[arg(long, value_name = "KIND", value_enum, default_value_t = WineBoot::Nsi)]
    wine_boot: WineBoot,
    /// Show identities and credentials in transcripts and reports, which are masked otherwise.
    #[arg(long)]
    reveal: bool,
    #[command(flatten)]
    upstream: UpstreamArgs,
    /// Wine, or why it cannot be used, once a plugin for Windows was found.
    #[arg(skip)]
    wine: OnceCell<Result<Wine, NoWine>>,
}

impl TestBedArgs {
    /// The files that are read, which no output may overwrite.
    pub(super) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        let own = [&self.profile, &self.ca, &self.ca_key];
        own.into_iter().flatten().chain(self.upstream.files())
    }

    /// The same, and a plugin.
    pub(super) fn with_plugin(&self, plugin: &Path) -> Vec<PathBuf> {
        self.files().cloned().chain([plugin.to_owned()]).collect()
    }

    /// Finds the plugin of an argument; a folder is built first. The build is announced, because it
    /// takes a while; what it is doing is then shown by cargo or make.
    pub(crate) fn find_plugin(&self, argument: &Path) -> Result<Plugin, Failure> {
        // A profile that cannot be used is reported before a long build.
        if let Some(named) = &self.profile {
            named_profile(named)?;
        } else if let Some(named) = profile_named_in(argument).map_err(Failure::usage)? {
            profile_of_plugin(argument, &named)?;
        }
        if argument.is_dir() {
            terminal::eprint(&format!(
                "{HEADING}{:>12}{HEADING:#} {}\n",
                "Building",
                printable::path(argument)
            ));
        }
        let plugin =
            Plugin::find(argument, self.cargo_profile.as_deref()).map_err(Failure::usage)?;
        if plugin.inspection.is_for_wine() {
            // While there is one thread, and before the test bed changes what this process sees.
            self.wine
                .get_or_init(|| Wine::find(&announce).map(|wine| wine.with_boot(self.wine_boot)));
        }
        Ok(plugin)
    }

    /// Sets up the test bed for these plugins' conditions, while the process has one thread, and the [`Cancel`]
    /// that ends all runs when the user interrupts the command.
    pub(crate) fn open<'a>(
        &self,
        trust: Trust,
        conditions: impl IntoIterator<Item = &'a Conditions>,
    ) -> Result<(TestBed, Cancel), Failure> {
        let mut authority = self.authority(conditions)?;
        if matches!(self.wine.get(), Some(Ok(_))) {
            // Wine knows no other way to ask about revocation.
            authority = authority.with_revocation_list().map_err(Failure::harness)?;
        }
        let cancel = stopping()?;
        let test_bed = TestBed::open(self.isolation, trust, authority)?;
        Ok((test_bed.with_wine(self.wine.get().cloned()), cancel))
    }

    /// The authority of `--ca`, else the one of the profiles, else a new one.
    fn authority<'a>(
        &self,
        conditions: impl IntoIterator<Item = &'a Conditions>,
    ) -> Result<Authority, Failure> {
        if let (Some(certificate), Some(key)) = (&self.ca, &self.ca_key) {
            return Ok(Authority::from_files(certificate, key)?);
        }
        let profiles = conditions.into_iter().map(|conditions| &conditions.profile);
        let mut named = profiles.filter_map(|profile| profile.authority.as_ref());
        let Some(first) = named.next() else {
            return Authority::new().map_err(Failure::harness);
        };
        if named.any(|other| other != first) {
            return Err(Failure::Usage(
                "the plugins' profiles name different authorities; examine these plugins one by one, or name one authority with --ca"
                    .to_owned(),
            ));
        }
        Ok(Authority::from_files(&first.0, &first.1)?)
    }

    /// The conditions of a plugin: those of its profile, and what the options say instead.
    pub(crate) fn conditions(&self, plugin: Option<&Plugin>) -> Result<Conditions, Failure> {
        let (profile, assumed) = self.profile_of(plugin)?;
        let main = |ports: &[u16], usual| ports.first().copied().unwrap_or(usual);
        let ports = Ports {
            http: self.http_port.unwrap_or(main(&profile.http_ports, 80)),
            https: self.https_port.unwrap_or(main(&profile.https_ports, 443)),
        };
        if ports.http == ports.https && ports.http != 0 {
            return Err(Failure::Usage(format!(
                "http and https cannot share the port {}; name another one with --http-port or --https-port",
                ports.http
            )));
        }
        Ok(Conditions {
            assumed,
            ports,
            deadline: self.deadline.or(profile.deadline).unwrap_or(DEADLINE),
            budget: self.budget,
            options: ServerOptions {
                upstream: self.upstream.upstream()?,
                log: None,
                reveal: self.reveal,
            },
            profile,
        })
    }

    /// The profile, and whether it is only assumed.
    fn profile_of(&self, plugin: Option<&Plugin>) -> Result<(Arc<Profile>, bool), Failure> {
        if let Some(named) = &self.profile {
            return Ok((named_profile(named)?, false));
        }
        let named = plugin.and_then(|plugin| Some((&plugin.name, plugin.profile.as_ref()?)));
        match named {
            None => Ok((Profile::default_one(), true)),
            Some((plugin, name)) => Ok((profile_of_plugin(Path::new(plugin), name)?, false)),
        }
    }
}

/// The profile that a plugin names in its Cargo.toml, or that lies beside it.
fn profile_of_plugin(plugin: &Path, name: &ProfileName) -> Result<Arc<Profile>, Failure> {
    match name {
        ProfileName::File(file) => read(file),
        ProfileName::BuiltIn(name) => profile::built_in(name).ok_or_else(|| {
            Failure::Usage(format!(
                "{} names the protocol `{}` in its Cargo.toml, and {}; for any other one write \
                 `profile = \"conformance.toml\"` there",
                printable::path(plugin),
                printable::Printable(name),
                built_in_names()
            ))
        }),
    }
}

/// Announces what is made once, because it takes a while.
fn announce(what: &str) {
    terminal::eprint(&format!(
        "{HEADING}{:>12}{HEADING:#} {what}, once\n",
        "Making"
    ));
}

/// The profile of that name, or in that file.
pub(crate) fn named_profile(named: &Path) -> Result<Arc<Profile>, Failure> {
    let name = named.to_str().unwrap_or_default();
    match profile::built_in(name) {
        Some(profile) => Ok(profile),
        None if named.exists() => read(named),
        None => Err(Failure::Usage(format!(
            "there is no profile {}: {}; any other is a file, which `ics-harness profile check` explains",
            printable::path(named),
            built_in_names()
        ))),
    }
}

fn read(file: &Path) -> Result<Arc<Profile>, Failure> {
    profile::read(file).map_err(|error| Failure::Usage(error.to_string()))
}

/// "the built-in ones are: …".
pub(crate) fn built_in_names() -> String {
    format!("the built-in ones are: {}", BUILT_IN.join(", "))
}

/// The upper limit of `--deadline`.
const LONGEST: Duration = Duration::from_secs(3600);

/// For clap: a duration from more than zero to [`LONGEST`].
fn deadline(text: &str) -> Result<Duration, String> {
    let duration = parse_duration(text).map_err(|expected| format!("write {expected}"))?;
    if duration.is_zero() || duration > LONGEST {
        return Err("it must be more than zero and no more than an hour".to_owned());
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_more_than_zero_and_no_more_than_an_hour() {
        assert_eq!(deadline("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(deadline("1h"), Ok(LONGEST));
        for (wrong, expected) in [
            ("30", "write a number and a unit, such as `30s`"),
            ("0s", "more than zero"),
            ("61m", "no more than an hour"),
        ] {
            let error = deadline(wrong).expect_err(wrong);
            assert!(error.contains(expected), "{error}");
        }
    }
}
