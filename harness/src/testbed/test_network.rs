//! The live network of one scenario, for one run of one plugin.

use std::io;
use std::marker::PhantomData;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket2::Socket;
use tokio::time::timeout;

use super::capture::{self, Capture};
use super::connection::Port;
use super::connection_tasks::ConnectionTasks;
use super::error::SetupError;
use super::isolation::{Isolation, IsolationKind};
use super::listeners::{ListenAddress, Listeners, reserve_everywhere};
use super::os::Network;
use super::scenario_state::ScenarioState;
use super::servers::{Ports, Servers};
use super::transcript::{Event, Transcript, TranscriptEntry};
use super::{Interface, Link, OtherHosts, Scenario, Tcp, Tls, applicable, sockets};
use crate::profile::Profile;

/// How long the connections of a plugin that has ended may take to close. They close as
/// soon as the kernel reports it; the time is for a machine under load.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// How long the peers of a silent scenario that has ended may take to let go. A handshake and a response take some
/// milliseconds, and a plugin that keeps a connection for later never lets go.
const RELEASE_TIMEOUT: Duration = Duration::from_millis(500);

/// How long the connection attempts of a silent scenario that has ended may take: the kernel repeats one after a
/// second, and later after several.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);

/// How often the kernel is asked for connection attempts: it reports no end of one.
const CONNECT_POLL_INTERVAL: Duration = Duration::from_millis(5);

/// The host of the captive portal.
pub(crate) const PORTAL_HOST: &str = "portal.example";

/// How many ports are tried to find one that is free on both IPv4 and IPv6.
const MAX_PORT_ATTEMPTS: usize = 16;

/// A running scenario. It belongs to the thread that started it: with a private network,
/// the processes that this thread starts afterwards are in that network.
///
/// It serves until [`TestNetwork::finish`], or until it is dropped.
pub struct TestNetwork<'servers> {
    servers: PhantomData<&'servers Servers>,
    /// The namespace belongs to this thread, so the value must not be sent to another.
    here: PhantomData<*const ()>,
    isolation: Isolation,
    state: Arc<ScenarioState>,
    tasks: ConnectionTasks,
    addresses: Vec<ListenAddress>,
    name_server: Listeners,
    listeners: Listeners,
    /// Serves the hosts that the scenario does not affect.
    other_hosts: Listeners,
    /// Serves the list of revoked certificates.
    test_authority: Listeners,
    /// Observes attempts to reach other ports.
    refusals: Listeners,
    /// Reserves the ports of a loopback scenario while nothing listens on them.
    _reserved: Vec<Socket>,
    network: Option<Network>,
    /// Connection attempts in this network that were not the plugin's.
    own_attempts: u64,
    /// Receives the packets of this network, if someone asked for them.
    capture: Option<capture::Running>,
}

impl<'servers> TestNetwork<'servers> {
    /// Starts a scenario for the calling thread. A private network is a new one each time.
    ///
    /// # Errors
    /// If this isolation cannot implement the scenario, or the system refuses a step.
    pub fn start(
        servers: &'servers Servers,
        isolation: &Isolation,
        scenario: Scenario,
    ) -> Result<Self, SetupError> {
        Self::start_beside(
            servers,
            isolation,
            scenario,
            OtherHosts::NONE,
            Interface::Loopback,
        )
    }

    /// As [`TestNetwork::start`], with hosts that the scenario's faults do not apply to, and with that interface. On
    /// loopback there are none.
    ///
    /// # Errors
    /// As for [`TestNetwork::start`].
    pub fn start_beside(
        servers: &'servers Servers,
        isolation: &Isolation,
        scenario: Scenario,
        other_hosts: &OtherHosts,
        interface: Interface,
    ) -> Result<Self, SetupError> {
        supports(isolation, &servers.shared.profile, &scenario).map_err(SetupError::Unsupported)?;
        servers.shared.authority.prepare(scenario.tls)?;
        let mut without_interface = None;
        let network = match isolation.kind() {
            IsolationKind::Namespace => {
                let mut network = Network::enter()?;
                without_interface = network.with_interface(interface).err();
                network.keep_reachable(other_hosts.served_addresses());
                if scenario.link == Link::Up {
                    network.set_up(scenario.tcp)?;
                }
                Some(network)
            }
            IsolationKind::Loopback | IsolationKind::None => None,
        };
        let shared = &servers.shared;
        let (addresses, reserved, ports, portal) = match isolation.kind() {
            IsolationKind::Namespace => everywhere(shared.ports, &shared.profile),
            IsolationKind::Loopback => loopback(shared.ports)?,
            IsolationKind::None => (Vec::new(), Vec::new(), shared.ports, String::new()),
        };
        let state = Arc::new(ScenarioState::new(
            Arc::clone(shared),
            ports,
            portal,
            scenario,
            other_hosts.clone(),
        ));
        let tasks = ConnectionTasks::new(shared.handle.clone());
        let name_server = match isolation.kind() {
            IsolationKind::Namespace => Listeners::name_server(&state, &tasks)?,
            IsolationKind::Loopback | IsolationKind::None => Listeners::none(),
        };
        let mut test_network = Self {
            servers: PhantomData,
            here: PhantomData,
            isolation: isolation.clone(),
            state,
            tasks,
            addresses,
            name_server,
            listeners: Listeners::none(),
            other_hosts: Listeners::none(),
            test_authority: Listeners::none(),
            refusals: Listeners::none(),
            _reserved: reserved,
            network,
            own_attempts: 0,
            capture: None,
        };
        test_network.open(&scenario)?;
        if test_network.network.is_some() {
            let (state, tasks) = (&test_network.state, &test_network.tasks);
            test_network.other_hosts = Listeners::other_hosts(state, tasks)?;
            test_network.test_authority = Listeners::test_authority(state, tasks)?;
        }
        test_network.observe_refusals();
        test_network.state.recorder.begin();
        if let Some(error) = without_interface {
            test_network.state.recorder.note(
                0,
                format!("the device has no Ethernet interface, which cannot be made here: {error}"),
            );
        }
        Ok(test_network)
    }

    /// Changes the scenario while the plugin runs. When this returns, the new scenario is
    /// in effect, also on connections that were open before: if only HTTP differs they
    /// get the new responses, otherwise they are closed.
    ///
    /// A peer that a silent scenario holds back is answered late: a handshake goes on, a request gets its response, and
    /// a connection attempt is accepted when it is repeated. This returns when all of them have let go, or after
    /// `RELEASE_TIMEOUT` or `CONNECT_TIMEOUT`.
    ///
    /// # Errors
    /// If this isolation cannot implement the scenario, or the system refuses a step.
    pub fn change_scenario(&mut self, scenario: Scenario) -> Result<(), SetupError> {
        self.supports(&scenario).map_err(SetupError::Unsupported)?;
        self.state.shared.authority.prepare(scenario.tls)?;
        let before = self.state.scenario();
        let same_listeners = (before.link, before.tcp) == (scenario.link, scenario.tcp)
            && before.dns.served_addresses() == scenario.dns.served_addresses();
        if !same_listeners {
            self.state.shared.handle.block_on(self.listeners.close());
        }
        // Without a certificate no client has seen one that must not be used any more.
        let goes_on = before.tls == Tls::Silent && scenario.tls == Tls::Valid;
        if !same_listeners || (before.tls != scenario.tls && !goes_on) {
            self.state.close_connections();
            self.tasks.wait_or_abort(CLOSE_TIMEOUT);
        }
        self.state.recorder.next_phase();
        self.state.change(scenario);
        if let Some(network) = &mut self.network
            && (before.link, before.tcp) != (scenario.link, scenario.tcp)
        {
            network.change(scenario.link, scenario.tcp)?;
        }
        if !same_listeners {
            self.open(&scenario)?;
        }
        if before.tcp == Tcp::Silent && scenario.tcp == Tcp::Accepts {
            self.await_connection_attempts();
        }
        self.state.shared.handle.block_on(async {
            // A peer that does not let go is no reason to fail.
            let _ = timeout(RELEASE_TIMEOUT, self.state.held_peers_gone()).await;
        });
        Ok(())
    }

    /// Waits until the connection attempts of a silent scenario have been accepted or given up.
    fn await_connection_attempts(&self) {
        let Some(network) = &self.network else {
            return;
        };
        let end = Instant::now() + CONNECT_TIMEOUT;
        while network.pending_attempts() > 0 && Instant::now() < end {
            std::thread::sleep(CONNECT_POLL_INTERVAL);
        }
    }

    /// The server's https URL, for the plugin's settings. `None` in a private network,
    /// where every name resolves to the server.
    pub fn base_url(&self) -> Option<String> {
        let port = self.state.ports.https;
        (self.isolation.kind() == IsolationKind::Loopback)
            .then(|| format!("https://localhost:{port}/"))
    }

    /// The server's http URL; `None` as for [`TestNetwork::base_url`].
    pub fn http_url(&self) -> Option<String> {
        let port = self.state.ports.http;
        (self.isolation.kind() == IsolationKind::Loopback)
            .then(|| format!("http://localhost:{port}/"))
    }

    /// Whether the isolation and the profile of this network can implement a scenario.
    ///
    /// # Errors
    /// Which part of the scenario they cannot implement, and why.
    pub fn supports(&self, scenario: &Scenario) -> Result<(), String> {
        supports(&self.isolation, &self.state.shared.profile, scenario)
    }

    /// Passes each entry to `listener` when it is recorded, on the servers' thread. From
    /// now on none is kept for the transcript, so that a network may run for days.
    pub fn follow(&self, listener: impl FnMut(&TranscriptEntry) + Send + 'static) {
        self.state.recorder.follow(Box::new(listener));
    }

    /// Captures the packets of this network from now on, and keeps the secrets of its TLS sessions. Without a private
    /// network there is nothing to capture.
    ///
    /// # Errors
    /// If the system permits no packet socket or no further thread.
    pub fn capture(&mut self) -> io::Result<()> {
        if self.network.is_some() {
            self.state.secrets.keep();
            self.capture = Some(capture::Running::begin()?);
        }
        Ok(())
    }

    /// As [`TestNetwork::finish`], and returns what was captured as well.
    pub fn finish_capture(mut self) -> (Transcript, Option<Capture>) {
        let transcript = self.end();
        let capture = self.capture.take();
        let captured = capture.map(|running| running.finish(&self.state.secrets));
        (transcript, captured)
    }

    /// Ends the network and returns the complete transcript, including everything that
    /// the plugin sent before it ended. End the plugin first: a connection that it still
    /// holds open costs two seconds.
    pub fn finish(mut self) -> Transcript {
        self.end()
    }

    fn end(&mut self) -> Transcript {
        let left = self.close(CLOSE_TIMEOUT);
        if left > 0 {
            self.state.recorder.record(Event::Note {
                connection: 0,
                what: format!("{left} connections were still open at the end"),
            });
        }
        self.state.recorder.take(self.attempts())
    }

    fn attempts(&self) -> Option<u64> {
        let counted = self.network.as_ref()?.attempts()?;
        let others = self.state.recorder.connections_with_other_hosts();
        Some(counted.saturating_sub(self.own_attempts + others))
    }

    fn open(&mut self, scenario: &Scenario) -> Result<(), SetupError> {
        // Without a link there are no connections, not even those that fill a queue.
        self.listeners = match scenario.link {
            Link::Up => Listeners::open(&self.addresses, scenario, &self.state, &self.tasks)?,
            Link::Down => Listeners::none(),
        };
        self.own_attempts += self.listeners.own_attempts();
        Ok(())
    }

    /// Observes attempts to reach ports that are not served. That needs a private network and a capability, without
    /// which the scenario is no different.
    fn observe_refusals(&mut self) {
        if self.network.is_none() {
            return;
        }
        match Listeners::refusals(&self.state, &self.tasks) {
            Ok(refusals) => self.refusals = refusals,
            Err(error) => self.state.recorder.note(
                0,
                format!("attempts to reach other ports cannot be observed here: {error}"),
            ),
        }
    }

    /// Closes everything. Returns how many connections were still open.
    fn close(&mut self, timeout: Duration) -> usize {
        self.state.shared.handle.block_on(async {
            self.listeners.close().await;
            self.other_hosts.close().await;
            self.test_authority.close().await;
            self.name_server.close().await;
            self.refusals.close().await;
        });
        self.tasks.wait_or_abort(timeout)
    }
}

impl Drop for TestNetwork<'_> {
    fn drop(&mut self) {
        // After `finish` there is nothing left to close.
        self.close(Duration::ZERO);
    }
}

/// Whether a profile and a kind of isolation can implement a scenario.
///
/// # Errors
/// Which part of the scenario they cannot implement, and why.
pub fn supports(
    isolation: &Isolation,
    profile: &Profile,
    scenario: &Scenario,
) -> Result<(), String> {
    applicable::applies(profile, scenario)?;
    isolation.supports(scenario)
}

/// Where a scenario is served: the addresses, the sockets that reserve them, their ports,
/// and the portal's host.
type Endpoints = (Vec<ListenAddress>, Vec<Socket>, Ports, String);

/// The profile's ports of all addresses.
fn everywhere(ports: Ports, profile: &Profile) -> Endpoints {
    let listen = |port, number| {
        let dual = reserve_everywhere(number).and_then(|socket| socket.local_addr());
        let address = dual.ok().and_then(|address| address.as_socket());
        ListenAddress {
            port,
            addresses: vec![address.unwrap_or_else(|| (Ipv4Addr::UNSPECIFIED, number).into())],
        }
    };
    let mut addresses = vec![
        listen(Port::Http, ports.http),
        listen(Port::Https, ports.https),
    ];
    let further = further_ports(ports, profile);
    addresses.extend(further.map(|(port, number)| listen(port, number)));
    let portal = match ports.http {
        80 => PORTAL_HOST.to_owned(),
        port => format!("{PORTAL_HOST}:{port}"),
    };
    (addresses, Vec::new(), ports, portal)
}

/// The ports of the profile besides the main ones.
pub(super) fn further_ports(ports: Ports, profile: &Profile) -> impl Iterator<Item = (Port, u16)> {
    let https = profile
        .https_ports
        .iter()
        .map(|&number| (Port::Https, number));
    let http = profile
        .http_ports
        .iter()
        .map(|&number| (Port::Http, number));
    https
        .chain(http)
        .filter(move |(_, number)| ![ports.http, ports.https].contains(number))
}

/// Ports of the loopback addresses.
fn loopback(ports: Ports) -> Result<Endpoints, SetupError> {
    let (http, mut reserved) = reserve_loopback(Port::Http, ports.http)?;
    let (https, more) = reserve_loopback(Port::Https, ports.https)?;
    reserved.extend(more);
    let number = |listen: &ListenAddress| listen.addresses.first().map_or(0, SocketAddr::port);
    let ports = Ports {
        http: number(&http),
        https: number(&https),
    };
    // The server is `localhost`, so this is another host.
    let portal = format!("{}:{}", Ipv4Addr::LOCALHOST, ports.http);
    Ok((vec![http, https], reserved, ports, portal))
}

/// One port on both loopback addresses, as far as the system has them.
fn reserve_loopback(port: Port, wanted: u16) -> Result<(ListenAddress, Vec<Socket>), SetupError> {
    let step = || SetupError::step(format!("take port {wanted} of the loopback address"));
    let mut last = None;
    for _ in 0..MAX_PORT_ATTEMPTS {
        let first = sockets::reserve((Ipv4Addr::LOCALHOST, wanted).into()).map_err(step())?;
        let address = first.local_addr().map_err(step())?;
        let number = address.as_socket().map_or(wanted, |address| address.port());
        let mut addresses = vec![SocketAddr::from((Ipv4Addr::LOCALHOST, number))];
        let mut reserved = vec![first];
        match sockets::reserve((Ipv6Addr::LOCALHOST, number).into()) {
            Ok(second) => {
                addresses.push((Ipv6Addr::LOCALHOST, number).into());
                reserved.push(second);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                last = Some(error);
                continue;
            }
            // A system without IPv6.
            Err(_) => {}
        }
        return Ok((ListenAddress { port, addresses }, reserved));
    }
    let error = last.unwrap_or_else(|| std::io::ErrorKind::AddrInUse.into());
    Err(step()(error))
}
