//! The listening sockets: created in the calling thread's network, served by the
//! runtime.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use socket2::Socket;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::connection::{self, Port};
use super::connection_tasks::ConnectionTasks;
use super::error::SetupError;
use super::os::{self, RefusalStream, Refusals};
use super::scenario::ServedAddresses;
use super::scenario_state::ScenarioState;
use super::sockets::{self, Blackhole};
use super::test_network::further_ports;
use super::transcript::{Event, Transport};
use super::{Scenario, Tcp, dns};

/// IPv6 resolvers that may be compiled into a plugin. An answer must have the address
/// that was asked as its source, which needs a socket with that address.
const NAME_SERVERS_6: [Ipv6Addr; 3] = [
    dns::NAME_SERVER_6,
    Ipv6Addr::new(0x2001, 0x4860, 0x4860, 0, 0, 0, 0, 0x8888),
    Ipv6Addr::new(0x2001, 0x4860, 0x4860, 0, 0, 0, 0, 0x8844),
];

/// The port of the list of revoked certificates: that of an http URL without one.
const REVOCATION_PORT: u16 = 80;

/// The pause before the next attempt to accept, if the process had no descriptor left.
const ACCEPT_RETRY_INTERVAL: Duration = Duration::from_millis(5);

/// Open sockets and the tasks that serve them.
pub(crate) struct Listeners {
    closing: watch::Sender<bool>,
    accept_loops: Vec<JoinHandle<()>>,
    blackholes: Vec<Blackhole>,
}

/// The addresses of one port.
#[derive(Clone, Debug)]
pub(crate) struct ListenAddress {
    pub(crate) port: Port,
    /// The addresses to listen on, as far as the system has them.
    pub(crate) addresses: Vec<SocketAddr>,
}

impl ListenAddress {
    /// The number of the port.
    fn port_number(&self) -> u16 {
        self.addresses.first().map_or(0, SocketAddr::port)
    }
}

impl Listeners {
    pub(crate) fn none() -> Self {
        Self {
            closing: watch::Sender::new(false),
            accept_loops: Vec::new(),
            blackholes: Vec::new(),
        }
    }

    /// Opens the operator's ports according to the scenario.
    pub(crate) fn open(
        addresses: &[ListenAddress],
        scenario: &Scenario,
        state: &Arc<ScenarioState>,
        tasks: &ConnectionTasks,
    ) -> Result<Self, SetupError> {
        let mut listeners = Self::none();
        if scenario.tcp == Tcp::Refuses {
            return Ok(listeners);
        }
        for listen in addresses {
            let only = [SocketAddr::from((dns::SERVER, listen.port_number()))];
            let addresses = match scenario.dns.served_addresses() {
                ServedAddresses::One => &only[..],
                ServedAddresses::All | ServedAddresses::AllButOne => &listen.addresses,
            };
            for &address in addresses {
                let step = || SetupError::step(format!("listen on {address}"));
                let socket = sockets::reserve(address).map_err(step())?;
                if scenario.tcp == Tcp::Silent {
                    listeners.blackhole(socket, address).map_err(step())?;
                } else {
                    if scenario.tcp == Tcp::OpenThenDead {
                        os::drop_data(&socket).map_err(step())?;
                    }
                    listeners
                        .accept(socket, listen.port, state, tasks)
                        .map_err(step())?;
                }
                if scenario.dns.served_addresses() == ServedAddresses::AllButOne {
                    let dead = SocketAddr::from((dns::BLACKHOLE, address.port()));
                    let socket = sockets::reserve(dead).map_err(step())?;
                    listeners.blackhole(socket, dead).map_err(step())?;
                }
            }
        }
        Ok(listeners)
    }

    /// Opens the operator's ports at the addresses of the hosts that the scenario does not affect.
    pub(crate) fn other_hosts(
        state: &Arc<ScenarioState>,
        tasks: &ConnectionTasks,
    ) -> Result<Self, SetupError> {
        let mut listeners = Self::none();
        let unaffected = Arc::new(state.of_other_hosts());
        for address in state.other_hosts.served_addresses() {
            let main = [
                (Port::Http, state.ports.http),
                (Port::Https, state.ports.https),
            ];
            let further = further_ports(state.ports, &state.shared.profile);
            for (port, number) in main.into_iter().chain(further) {
                let address = SocketAddr::from((address, number));
                let step = || SetupError::step(format!("listen on {address}"));
                let socket = match sockets::reserve_foreign(address) {
                    Ok(socket) => socket,
                    // The kernel may not support IPv6.
                    Err(_) if address.is_ipv6() => continue,
                    Err(error) => return Err(step()(error)),
                };
                let (affected, unaffected) = (Arc::clone(state), Arc::clone(&unaffected));
                listeners
                    .serve_tcp(sockets::listen(socket), tasks, move |stream| {
                        let everywhere = affected.scenario().http.is_captive_portal();
                        let state = if everywhere { &affected } else { &unaffected };
                        connection::serve(stream, port, Arc::clone(state))
                    })
                    .map_err(step())?;
            }
        }
        Ok(listeners)
    }

    /// Serves the list of revoked certificates, if the test bed's certificates name it.
    pub(crate) fn test_authority(
        state: &Arc<ScenarioState>,
        tasks: &ConnectionTasks,
    ) -> Result<Self, SetupError> {
        let mut listeners = Self::none();
        if state.shared.authority.revocation_list().is_none() {
            return Ok(listeners);
        }
        let address = SocketAddr::from((dns::AUTHORITY, REVOCATION_PORT));
        let step = || SetupError::step(format!("listen on {address}"));
        let socket = sockets::reserve_foreign(address).map_err(step())?;
        let state = Arc::new(state.of_test_authority());
        listeners
            .serve_tcp(sockets::listen(socket), tasks, move |stream| {
                connection::serve(stream, Port::Http, Arc::clone(&state))
            })
            .map_err(step())?;
        Ok(listeners)
    }

    /// Opens the name server of a private network.
    pub(crate) fn name_server(
        state: &Arc<ScenarioState>,
        tasks: &ConnectionTasks,
    ) -> Result<Self, SetupError> {
        let mut listeners = Self::none();
        let step = || SetupError::step("open the name server");
        let address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, dns::PORT));
        let socket = sockets::datagrams(address, false).map_err(step())?;
        listeners.serve_udp(socket, state).map_err(step())?;
        for address in NAME_SERVERS_6 {
            // The kernel may not support IPv6.
            if let Ok(socket) = sockets::datagrams((address, dns::PORT).into(), true) {
                listeners.serve_udp(socket, state).map_err(step())?;
            }
        }
        let socket = reserve_everywhere(dns::PORT).map_err(step())?;
        let state = Arc::clone(state);
        listeners
            .serve_tcp(sockets::listen(socket), tasks, move |stream| {
                dns::serve_tcp(stream, Arc::clone(&state))
            })
            .map_err(step())?;
        Ok(listeners)
    }

    /// Observes what the kernel refuses in a private network: attempts to reach a port that is not served.
    pub(crate) fn refusals(
        state: &Arc<ScenarioState>,
        tasks: &ConnectionTasks,
    ) -> io::Result<Self> {
        let mut listeners = Self::none();
        let _inside = tasks.handle().enter();
        for stream in Refusals::open()?.into_streams()? {
            let closing = listeners.closing.subscribe();
            let observer = tasks
                .handle()
                .spawn(observe(stream, Arc::clone(state), closing));
            listeners.accept_loops.push(observer);
        }
        Ok(listeners)
    }

    /// How many connections were opened in the network to fill queues.
    pub(crate) fn own_attempts(&self) -> u64 {
        self.blackholes.len() as u64
    }

    /// Closes the sockets. Connections that arrived before are still served.
    pub(crate) async fn close(&mut self) {
        self.closing.send_replace(true);
        for accept_loop in self.accept_loops.drain(..) {
            // An accept loop that was dropped with its runtime has closed its socket.
            let _ = accept_loop.await;
        }
        self.blackholes.clear();
    }

    fn accept(
        &mut self,
        socket: Socket,
        port: Port,
        state: &Arc<ScenarioState>,
        tasks: &ConnectionTasks,
    ) -> io::Result<()> {
        let state = Arc::clone(state);
        self.serve_tcp(sockets::listen(socket), tasks, move |stream| {
            connection::serve(stream, port, Arc::clone(&state))
        })
    }

    fn blackhole(&mut self, socket: Socket, address: SocketAddr) -> io::Result<()> {
        let reachable = match address.ip() {
            ip if ip.is_unspecified() => IpAddr::V4(dns::SERVER),
            ip => ip,
        };
        let blackhole = sockets::blackhole(socket, (reachable, address.port()).into())?;
        self.blackholes.push(blackhole);
        Ok(())
    }

    /// Serves the connections of a listener until [`Listeners::close`].
    fn serve_tcp<T: Future<Output = ()> + Send + 'static>(
        &mut self,
        listener: io::Result<std::net::TcpListener>,
        tasks: &ConnectionTasks,
        serve: impl Fn(TcpStream) -> T + Send + 'static,
    ) -> io::Result<()> {
        let _inside = tasks.handle().enter();
        let listener = TcpListener::from_std(listener?)?;
        let mut closing = self.closing.subscribe();
        let serving = tasks.clone();
        self.accept_loops.push(tasks.handle().spawn(async move {
            loop {
                let next = async { (serving.permit().await, listener.accept().await) };
                tokio::select! {
                    biased;
                    (permit, accepted) = next => match accepted {
                        Ok((stream, _)) => serving.spawn(permit, serve(stream)),
                        // Out of descriptors: each connection that ends frees one.
                        Err(_) => tokio::time::sleep(ACCEPT_RETRY_INTERVAL).await,
                    },
                    _ = closing.changed() => break,
                }
            }
            // The runtime may not have seen yet what is in the queue.
            let Ok(listener) = listener.into_std() else {
                return;
            };
            while let Some(permit) = serving.try_permit()
                && let Ok((stream, _)) = listener.accept()
            {
                let stream = stream
                    .set_nonblocking(true)
                    .and_then(|()| TcpStream::from_std(stream));
                if let Ok(stream) = stream {
                    serving.spawn(Some(permit), serve(stream));
                }
            }
        }));
        Ok(())
    }

    fn serve_udp(
        &mut self,
        socket: std::net::UdpSocket,
        state: &Arc<ScenarioState>,
    ) -> io::Result<()> {
        let handle = &state.shared.handle;
        let _inside = handle.enter();
        let socket = UdpSocket::from_std(socket)?;
        let closing = self.closing.subscribe();
        let accept_loop = handle.spawn(dns::serve_udp(socket, Arc::clone(state), closing));
        self.accept_loops.push(accept_loop);
        Ok(())
    }
}

/// Records what the kernel refuses until `closing` changes, and all that it refused before.
async fn observe(
    stream: RefusalStream,
    state: Arc<ScenarioState>,
    mut closing: watch::Receiver<bool>,
) {
    let record = |to: SocketAddr, transport| {
        let served = [state.ports.http, state.ports.https, dns::PORT];
        let further = || further_ports(state.ports, &state.shared.profile);
        let is_served = |port: u16| served.contains(&port) || further().any(|(_, one)| one == port);
        if transport == Transport::Tcp && is_served(to.port()) {
            return;
        }
        state.recorder.record(Event::UnservedPort { to, transport });
    };
    loop {
        tokio::select! {
            ready = stream.ready() => match ready {
                Ok(()) => stream.take(record),
                Err(_) => return,
            },
            _ = closing.changed() => break,
        }
    }
    // The runtime may not have seen yet what has arrived.
    stream.take(record);
}

/// A socket for a port of all addresses of both families, or only of IPv4 if the kernel
/// does not support IPv6.
pub(crate) fn reserve_everywhere(port: u16) -> io::Result<Socket> {
    sockets::reserve((Ipv6Addr::UNSPECIFIED, port).into())
        .or_else(|_| sockets::reserve((Ipv4Addr::UNSPECIFIED, port).into()))
}
