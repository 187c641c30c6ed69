//! The state that the tasks of one test network share: the current scenario, the
//! transcript, and the TLS configurations.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::ServerConfig;
use rustls::server::{ResolvesServerCert, ServerSessionMemoryCache, StoresServerSessions};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::authority::CertificateSubject;
use super::authority::revocation::REVOCATION_HOST;
use super::capture::Secrets;
use super::error::SetupError;
use super::held_responses::HeldResponses;
use super::mask::Masking;
use super::other_hosts::OtherHosts;
use super::pipe::{HTTP_1_1, HTTP_2};
use super::recorder::Recorder;
use super::scenario::FaultAt;
use super::servers::{Ports, Shared};
use super::{Scenario, Tls};
use crate::profile::Issued;

/// How many TLS sessions are kept for resumption, for each state of TLS.
const MAX_SESSIONS: usize = 64;

/// How many TLS configurations are kept.
const MAX_TLS_CONFIGS: usize = 64;

/// How many connections that are not served are kept open.
const MAX_HELD_OPEN: usize = 256;

/// The shared state of one test network.
pub(crate) struct ScenarioState {
    pub(crate) shared: Arc<Shared>,
    pub(crate) recorder: Recorder,
    /// The ports in use, after free ones were chosen.
    pub(crate) ports: Ports,
    /// The captive portal's host, which resolves to the test bed, with its port unless that is 80.
    pub(crate) portal: String,
    /// The hosts that the scenario's faults do not apply to.
    pub(crate) other_hosts: OtherHosts,
    scenario: watch::Sender<Scenario>,
    /// The values that responses of the profile issued.
    pub(crate) issued: Arc<Issued>,
    /// How many steps of a check were answered since the scenario changed: the last one that was, and those before it.
    answered: AtomicUsize,
    /// Counts how often all connections were closed.
    close_signal: watch::Sender<usize>,
    tls_configs: Mutex<TlsConfigs>,
    /// The secrets of the TLS sessions, while the traffic is captured.
    pub(crate) secrets: Arc<Secrets>,
    /// How many peers are held back by a silent scenario, or were and have not let go yet.
    held_peers: watch::Sender<usize>,
    /// The responses that are held until they can be sent together.
    held_responses: HeldResponses,
    /// Connections that are not served, and that must not be closed either.
    held_open: Mutex<Vec<TcpStream>>,
}

/// Configurations by state of TLS and subject. Sessions are separate for each state of
/// TLS: one that began with a valid certificate must not be resumed where the client
/// should get an expired one.
#[derive(Default)]
struct TlsConfigs {
    /// Those that prefer HTTP/2 apart from the others.
    configs: HashMap<(Tls, bool, CertificateSubject), Arc<ServerConfig>>,
    sessions: HashMap<Tls, Arc<dyn StoresServerSessions>>,
}

impl ScenarioState {
    pub(crate) fn new(
        shared: Arc<Shared>,
        ports: Ports,
        portal: String,
        scenario: Scenario,
        other_hosts: OtherHosts,
    ) -> Self {
        let issued = match shared.options.upstream {
            Some(_) => Issued::elsewhere(),
            None => Issued::default(),
        };
        let masking = Masking::new(&shared.profile.masked, shared.options.reveal);
        Self {
            shared,
            recorder: Recorder::new(masking),
            ports,
            portal,
            other_hosts,
            scenario: watch::Sender::new(scenario),
            issued: Arc::new(issued),
            answered: AtomicUsize::new(0),
            close_signal: watch::Sender::new(0),
            tls_configs: Mutex::default(),
            secrets: Arc::default(),
            held_peers: watch::Sender::new(0),
            held_responses: HeldResponses::default(),
            held_open: Mutex::default(),
        }
    }

    /// The state for connections with the other hosts: everything works, whatever the scenario changes to, and what
    /// they receive is recorded apart. Their connections are closed with all others.
    pub(crate) fn of_other_hosts(&self) -> Self {
        self.unaffected(self.recorder.of_other_hosts())
    }

    /// The same for the host with the list of revoked certificates, which is part of the test bed.
    pub(crate) fn of_test_authority(&self) -> Self {
        self.unaffected(self.recorder.of_test_authority())
    }

    fn unaffected(&self, recorder: Recorder) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            recorder,
            ports: self.ports,
            portal: self.portal.clone(),
            other_hosts: self.other_hosts.clone(),
            scenario: watch::Sender::new(Scenario::ALLOW),
            issued: Arc::clone(&self.issued),
            answered: AtomicUsize::new(0),
            close_signal: self.close_signal.clone(),
            tls_configs: Mutex::default(),
            secrets: Arc::clone(&self.secrets),
            held_peers: watch::Sender::new(0),
            held_responses: HeldResponses::default(),
            held_open: Mutex::default(),
        }
    }

    /// Whether a host of that name has the list of revoked certificates.
    pub(crate) fn has_revocation_list(&self, host: &str) -> bool {
        self.shared.authority.revocation_list().is_some()
            && host
                .trim_end_matches('.')
                .eq_ignore_ascii_case(REVOCATION_HOST)
    }

    /// The current scenario.
    pub(crate) fn scenario(&self) -> Scenario {
        *self.scenario.borrow()
    }

    /// How TLS behaves on a connection that begins now.
    pub(crate) fn tls(&self) -> Tls {
        let scenario = self.scenario();
        let answered = self.answered.load(Ordering::Relaxed);
        let affected = match scenario.at {
            FaultAt::Question => true,
            FaultAt::Earlier(step) => answered == usize::from(step),
            FaultAt::LaterConnections => answered > 0,
        };
        if affected { scenario.tls } else { Tls::Valid }
    }

    /// Notes that a step before the deciding one was answered.
    pub(crate) fn step_was_answered(&self, step: usize) {
        self.answered.store(step + 1, Ordering::Relaxed);
    }

    /// Changes the scenario, and notifies [`ScenarioState::changes`].
    pub(crate) fn change(&self, scenario: Scenario) {
        self.answered.store(0, Ordering::Relaxed);
        self.scenario.send_replace(scenario);
    }

    /// Notifies of changes of the scenario.
    pub(crate) fn changes(&self) -> watch::Receiver<Scenario> {
        self.scenario.subscribe()
    }

    /// Waits until a response that is sent together with others can be sent.
    pub(crate) async fn response_is_due(&self) {
        self.held_responses.wait().await;
    }

    /// Counts a peer that a silent scenario holds back, until the returned value is dropped.
    pub(crate) fn hold_peer(&self) -> HeldPeer {
        self.held_peers.send_modify(|held| *held += 1);
        HeldPeer(self.held_peers.clone())
    }

    /// Waits until no peer is held back any more.
    pub(crate) async fn held_peers_gone(&self) {
        // The sender lives as long as this value.
        let _ = self
            .held_peers
            .subscribe()
            .wait_for(|held| *held == 0)
            .await;
    }

    /// Waits until the scenario is no longer what holds a peer back.
    pub(crate) async fn released(&self, holds: impl Fn(&Scenario) -> bool) -> Scenario {
        match self.changes().wait_for(|scenario| !holds(scenario)).await {
            Ok(scenario) => *scenario,
            Err(_) => self.scenario(),
        }
    }

    /// Keeps a connection open that is not served, until all connections are closed. Of very many, some are closed.
    pub(crate) fn hold_open(&self, stream: TcpStream) {
        let mut held = self.held_open();
        if held.len() < MAX_HELD_OPEN {
            held.push(stream);
        }
    }

    fn held_open(&self) -> MutexGuard<'_, Vec<TcpStream>> {
        self.held_open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Has all open connections closed.
    pub(crate) fn close_connections(&self) {
        self.held_open().clear();
        self.close_signal
            .send_modify(|close_signal| *close_signal += 1);
    }

    /// Notifies connections that are open now when they must close.
    pub(crate) fn close_signal(&self) -> watch::Receiver<usize> {
        self.close_signal.subscribe()
    }

    /// The TLS configuration for a client that requested `subject`. With `knows_only_http_2`, HTTP/2 is chosen whatever
    /// the scenario prefers.
    pub(crate) fn tls_config(
        &self,
        tls: Tls,
        knows_only_http_2: bool,
        subject: &CertificateSubject,
    ) -> Result<Arc<ServerConfig>, SetupError> {
        let mut tls_configs = self
            .tls_configs
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let http_2 = knows_only_http_2 || self.scenario().http.prefers_http_2();
        let key = (tls, http_2, subject.clone());
        if let Some(config) = tls_configs.configs.get(&key) {
            return Ok(Arc::clone(config));
        }
        let leaf = self.shared.authority.leaf(tls, subject)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(FixedCertificate(leaf)));
        config.alpn_protocols = match http_2 {
            true => vec![HTTP_2.to_vec(), HTTP_1_1.to_vec()],
            false => vec![HTTP_1_1.to_vec()],
        };
        config.key_log = Arc::<Secrets>::clone(&self.secrets);
        config.session_storage = Arc::clone(
            tls_configs
                .sessions
                .entry(tls)
                .or_insert_with(|| ServerSessionMemoryCache::new(MAX_SESSIONS)),
        );
        let config = Arc::new(config);
        // A plugin can ask for any number of names.
        if tls_configs.configs.len() == MAX_TLS_CONFIGS {
            tls_configs.configs.clear();
        }
        tls_configs.configs.insert(key, Arc::clone(&config));
        Ok(config)
    }
}

/// A peer that a silent scenario holds back. It has let go when this is dropped.
pub(crate) struct HeldPeer(watch::Sender<usize>);

impl Drop for HeldPeer {
    fn drop(&mut self) {
        self.0.send_modify(|held| *held -= 1);
    }
}

/// Resolves every client to one certificate, which was selected before.
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
