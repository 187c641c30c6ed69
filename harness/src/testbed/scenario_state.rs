//! What the tasks of one scenario share: which scenario it is at the moment, the
//! transcript, and the certificates that it shows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::ServerConfig;
use rustls::server::{ResolvesServerCert, ServerSessionMemoryCache, StoresServerSessions};
use tokio::sync::watch;

use super::authority::CertificateSubject;
use super::error::SetupError;
use super::recorder::Recorder;
use super::servers::{Ports, Shared};
use super::{Scenario, Tls};

/// Sessions that a client may resume, for each state of TLS.
const MAX_SESSIONS: usize = 64;

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
    close_signal: watch::Sender<usize>,
    tls_configs: Mutex<TlsConfigs>,
}

/// Configurations by what is tls and to whom. Sessions are kept apart by
/// what was tls: none that began with a valid certificate is resumed where
/// an expired one would be tls.
#[derive(Default)]
struct TlsConfigs {
    configs: HashMap<(Tls, CertificateSubject), Arc<ServerConfig>>,
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
            close_signal: watch::Sender::new(0),
            tls_configs: Mutex::default(),
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
    pub(crate) fn close_connections(&self) {
        self.close_signal
            .send_modify(|close_signal| *close_signal += 1);
    }

    /// Resolves when connections that are open now have to end.
    pub(crate) fn close_signal(&self) -> watch::Receiver<usize> {
        self.close_signal.subscribe()
    }

    /// How TLS is to be spoken with a client that asked for `subject`.
    pub(crate) fn tls_config(
        &self,
        tls: Tls,
        subject: &CertificateSubject,
    ) -> Result<Arc<ServerConfig>, SetupError> {
        let mut tls_configs = self
            .tls_configs
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let key = (tls, subject.clone());
        if let Some(config) = tls_configs.configs.get(&key) {
            return Ok(Arc::clone(config));
        }
        let leaf = self.shared.authority.leaf(tls, subject)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(FixedCertificate(leaf)));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.session_storage = Arc::clone(
            tls_configs
                .sessions
                .entry(tls)
                .or_insert_with(|| ServerSessionMemoryCache::new(MAX_SESSIONS)),
        );
        let config = Arc::new(config);
        tls_configs.configs.insert(key, Arc::clone(&config));
        Ok(config)
    }
}

/// One certificate for all clients; which one was decided before.
#[derive(Debug)]
struct FixedCertificate(Arc<rustls::sign::CertifiedKey>);

impl ResolvesServerCert for FixedCertificate {
    fn resolve(
        &self,
        _: rustls::server::ClientHello<'_>,
    ) -> Option<Arc<rustls::sign::CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}
