//! What the tasks of one scenario share: which scenario it is at the moment, the
//! transcript, and the certificates that it shows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::ServerConfig;
use rustls::server::{ResolvesServerCert, ServerSessionMemoryCache, StoresServerSessions};
use tokio::sync::watch;

use super::authority::Subject;
use super::error::SetupError;
use super::recorder::Recorder;
use super::servers::{Ports, Shared};
use super::{Scenario, Tls};

/// Sessions that a client may resume, for each state of TLS.
const SESSIONS: usize = 64;

/// One scenario, as its tasks see it.
pub(crate) struct ScenarioState {
    pub(crate) shared: Arc<Shared>,
    pub(crate) recorder: Recorder,
    /// The ports that it really has.
    pub(crate) ports: Ports,
    /// Another host than the operator's that leads here too, with its port if that must be said.
    pub(crate) portal: String,
    scenario: watch::Sender<Scenario>,
    /// Counts how often all connections had to end.
    cuts: watch::Sender<usize>,
    tls: Mutex<Tickets>,
}

/// Configurations by what is shown and to whom. Sessions are kept apart by
/// what was shown: none that began with a valid certificate is resumed where
/// an expired one would be shown.
#[derive(Default)]
struct Tickets {
    configs: HashMap<(Tls, Subject), Arc<ServerConfig>>,
    sessions: HashMap<Tls, Arc<dyn StoresServerSessions>>,
}

impl ScenarioState {
    pub(crate) fn new(
        shared: Arc<Shared>,
        ports: Ports,
        portal: String,
        scenario: Scenario,
    ) -> Self {
        Self {
            shared,
            recorder: Recorder::new(),
            ports,
            portal,
            scenario: watch::Sender::new(scenario),
            cuts: watch::Sender::new(0),
            tls: Mutex::default(),
        }
    }

    /// The scenario at this moment.
    pub(crate) fn scenario(&self) -> Scenario {
        *self.scenario.borrow()
    }

    /// Changes the scenario for everything that happens from now on.
    pub(crate) fn change(&self, scenario: Scenario) {
        self.scenario.send_replace(scenario);
    }

    /// Resolves when the scenario is changed.
    pub(crate) fn changes(&self) -> watch::Receiver<Scenario> {
        self.scenario.subscribe()
    }

    /// Tells all connections to end.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Resolves when connections that are open now have to end.
    pub(crate) fn cuts(&self) -> watch::Receiver<usize> {
        self.cuts.subscribe()
    }

    /// How TLS is to be spoken with a client that asked for `subject`.
    pub(crate) fn tls_config(
        &self,
        shown: Tls,
        subject: &Subject,
    ) -> Result<Arc<ServerConfig>, SetupError> {
        let mut tickets = self.tls.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (shown, subject.clone());
        if let Some(config) = tickets.configs.get(&key) {
            return Ok(Arc::clone(config));
        }
        let leaf = self.shared.authority.leaf(shown, subject)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Fixed(leaf)));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.session_storage = Arc::clone(
            tickets
                .sessions
                .entry(shown)
                .or_insert_with(|| ServerSessionMemoryCache::new(SESSIONS)),
        );
        let config = Arc::new(config);
        tickets.configs.insert(key, Arc::clone(&config));
        Ok(config)
    }
}

/// One certificate for all clients; which one was decided before.
#[derive(Debug)]
struct Fixed(Arc<rustls::sign::CertifiedKey>);

impl ResolvesServerCert for Fixed {
    fn resolve(
        &self,
        _: rustls::server::ClientHello<'_>,
    ) -> Option<Arc<rustls::sign::CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}
