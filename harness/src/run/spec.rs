//! The specification of one run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::testbed::{OtherHosts, Scenario};
use crate::worker::Snapshots;
use crate::worker::script::Step;

/// How much longer than the deadline to wait for a worker, so that a late call can be
/// distinguished from one that never returns.
pub const GRACE: Duration = Duration::from_secs(5);

/// The specification of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunSpec<'a> {
    /// The scenario at the start; a step of the script can change it.
    pub scenario: Scenario,
    /// The steps of the worker.
    pub script: &'a [Step],
    /// The hosts that the scenarios' faults do not apply to.
    pub other_hosts: &'a OtherHosts,
    pub location: LibraryLocation,
    /// What the host's environment contains that could steer the plugin.
    pub environment: HostEnvironment,
    /// How much longer than the deadline to wait for the worker: [`GRACE`] unless a late call need
    /// not be distinguished from one that never returns.
    pub grace: Duration,
    /// When the state of the process is recorded.
    pub snapshots: Snapshots,
    /// How long the run's repeated calls and long sequences may take, if that is less than the profile permits.
    pub budget: Option<Duration>,
}

impl<'a> RunSpec<'a> {
    /// A run of the library from its usual location.
    pub const fn new(scenario: Scenario, script: &'a [Step]) -> Self {
        Self {
            scenario,
            script,
            other_hosts: OtherHosts::NONE,
            location: LibraryLocation::Usual,
            environment: HostEnvironment::Usual,
            grace: GRACE,
            snapshots: Snapshots::AfterEachStep,
            budget: None,
        }
    }

    /// The same run with no more than this time for repeated calls and long sequences.
    #[must_use]
    pub const fn within(self, budget: Duration) -> Self {
        Self {
            budget: Some(budget),
            ..self
        }
    }

    /// The same run without the snapshots that only rules need.
    #[must_use]
    pub const fn unwatched(self) -> Self {
        Self {
            snapshots: Snapshots::WhereScripted,
            ..self
        }
    }

    /// The same run where faults do not apply to these hosts.
    #[must_use]
    pub const fn beside(self, other_hosts: &'a OtherHosts) -> Self {
        Self {
            other_hosts,
            ..self
        }
    }

    /// Every scenario of the run, in order.
    pub(super) fn scenarios(self) -> impl Iterator<Item = Scenario> + 'a {
        let changes = self.script.iter().filter_map(|step| match step {
            Step::ChangeScenario(scenario) => Some(*scenario),
            _ => None,
        });
        std::iter::once(self.scenario).chain(changes)
    }

    /// The same run with variables in the host's environment.
    #[must_use]
    pub const fn with_environment(self, environment: HostEnvironment) -> Self {
        Self {
            environment,
            ..self
        }
    }
}

/// Variables of the host's environment that steer some HTTP and TLS libraries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HostEnvironment {
    /// None of them is set.
    #[default]
    Usual,
    /// Variables that name a proxy.
    Proxy,
    /// Variables that name files with trusted roots: the authority of an untrusted server.
    UntrustedRoots,
    /// Variables with which glibc's heap checks itself, and fills memory that is allocated or freed.
    CheckedHeap,
}

impl HostEnvironment {
    /// The host of the proxy that the variables name.
    pub const PROXY_HOST: &str = "proxy.elsewhere.example";

    /// The variables. `roots` is a file with the untrusted authority, alone in its folder.
    pub fn variables(self, roots: &Path) -> BTreeMap<String, String> {
        let file = roots.display().to_string();
        let folder = roots.parent().unwrap_or(roots).display().to_string();
        let proxy = format!("http://{}/", Self::PROXY_HOST);
        let checks = "3".to_owned();
        // Freed memory is filled with 165, allocated memory with its complement. No block is kept for the next allocation
        // unchecked.
        let tunables = "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0".to_owned();
        let library = heap_library().map(|path| path.display().to_string());
        let library = library.unwrap_or_default();
        let variables: &[(&[&str], &String)] = match self {
            Self::Usual => &[],
            Self::CheckedHeap if library.is_empty() => &[(&["GLIBC_TUNABLES"], &tunables)],
            Self::CheckedHeap => &[
                (&["GLIBC_TUNABLES"], &tunables),
                (&["MALLOC_CHECK_"], &checks),
                (&["LD_PRELOAD"], &library),
            ],
            Self::Proxy => &[(
                &[
                    "http_proxy",
                    "https_proxy",
                    "all_proxy",
                    "HTTP_PROXY",
                    "HTTPS_PROXY",
                    "ALL_PROXY",
                ],
                &proxy,
            )],
            Self::UntrustedRoots => &[
                (
                    &[
                        "SSL_CERT_FILE",
                        "CURL_CA_BUNDLE",
                        "REQUESTS_CA_BUNDLE",
                        "NODE_EXTRA_CA_CERTS",
                        "NIX_SSL_CERT_FILE",
                    ],
                    &file,
                ),
                (&["SSL_CERT_DIR", "SSL_DIR"], &folder),
            ],
        };
        let pairs = variables
            .iter()
            .flat_map(|(names, value)| names.iter().map(move |name| (*name, *value)));
        pairs
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .collect()
    }
}

/// The library with the checks of glibc's heap, where it is installed.
fn heap_library() -> Option<PathBuf> {
    let multiarch = format!("{}-linux-gnu", std::env::consts::ARCH);
    ["/lib", "/usr/lib"]
        .iter()
        .map(|folder| Path::new(folder).join(&multiarch))
        .chain(["/lib64", "/usr/lib64", "/lib", "/usr/lib"].map(PathBuf::from))
        .map(|folder| folder.join("libc_malloc_debug.so.0"))
        .find(|library| library.is_file())
}

/// Where the library is loaded from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LibraryLocation {
    /// Where it was found, or in its private copy.
    Usual,
    /// In a read-only folder with spaces and non-ASCII letters in its name, with a different working directory.
    UnusualFolder,
}
