//! One scenario's private network: an interface, addresses, and routes that deliver
//! every address locally.

use std::fs;
use std::io;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rustix::thread::{UnshareFlags, unshare_unsafe};

use super::netlink::{ETHERNET, LO, Netlink, Route, host_prefix};
use crate::testbed::dns::NAME_SERVER_6;
use crate::testbed::error::SetupError;
use crate::testbed::{Interface, Link, Tcp};

/// The device's own addresses. With loopback addresses only, a resolver that uses
/// `AI_ADDRCONFIG` would consider the device to have no network.
const DEVICE_ADDRESSES: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(198, 51, 100, 2)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2)),
];

/// The default gateway of a device with an Ethernet interface. Nothing is sent to it, since all addresses are local.
const GATEWAY: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

/// The length of the prefix of the network that the device and its gateway are in.
const GATEWAY_PREFIX: u8 = 30;

const DEFAULT_ROUTES: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    IpAddr::V6(Ipv6Addr::UNSPECIFIED),
];

/// The name server in the test bed's `resolv.conf` (RFC 5737, TEST-NET-1).
pub(super) const NAME_SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 53);

const NAME_SERVERS: [IpAddr; 2] = [IpAddr::V4(NAME_SERVER), IpAddr::V6(NAME_SERVER_6)];

/// The network namespace of the calling thread, and of the processes that it starts.
pub(crate) struct Network {
    netlink: Netlink,
    /// The interface with the device's addresses.
    interface: Interface,
    /// Addresses besides the name server's that [`Tcp::Unreachable`] leaves reachable.
    reachable: Vec<IpAddr>,
    /// The namespace belongs to this thread, so the value must not be sent to another.
    here: PhantomData<*const ()>,
}

impl Network {
    /// Moves the calling thread to a new network namespace, in which no interface is up.
    pub(crate) fn enter() -> Result<Self, SetupError> {
        unshare(UnshareFlags::NEWNET).map_err(SetupError::step("enter a network namespace"))?;
        let netlink = Netlink::open().map_err(SetupError::step("open a netlink socket"))?;
        Ok(Self {
            netlink,
            interface: Interface::Loopback,
            reachable: Vec::new(),
            here: PhantomData,
        })
    }

    /// Gives the device that interface, before the network is set up.
    ///
    /// # Errors
    /// If the kernel cannot make one. The network is as before then.
    pub(crate) fn with_interface(&mut self, interface: Interface) -> io::Result<()> {
        if interface == Interface::Ethernet {
            self.netlink.add_ethernet()?;
        }
        self.interface = interface;
        Ok(())
    }

    /// Has [`Tcp::Unreachable`] leave these addresses reachable, from the next scenario on.
    pub(crate) fn keep_reachable(&mut self, addresses: Vec<IpAddr>) {
        self.reachable = addresses;
    }

    /// Brings the interface up and adds the routes of the scenario.
    pub(crate) fn set_up(&mut self, tcp: Tcp) -> Result<(), SetupError> {
        self.netlink
            .set_link(true)
            .map_err(SetupError::step("bring the interface up"))?;
        let interface = match self.interface {
            Interface::Loopback => LO,
            Interface::Ethernet => ETHERNET,
        };
        for address in DEVICE_ADDRESSES {
            let prefix = match (self.interface, address) {
                (Interface::Ethernet, IpAddr::V4(_)) => GATEWAY_PREFIX,
                _ => host_prefix(address),
            };
            let added = self.netlink.add_address(interface, address, prefix);
            unless_ipv6_missing(address, added, "give the interface an address")?;
        }
        if self.interface == Interface::Ethernet {
            self.netlink
                .set_ethernet(true)
                .and_then(|()| self.netlink.add_gateway(GATEWAY.into()))
                .map_err(SetupError::step("bring the Ethernet interface up"))?;
        }
        for (default, server) in DEFAULT_ROUTES.into_iter().zip(NAME_SERVERS) {
            let added = if tcp == Tcp::Unreachable {
                self.restrict_to_name_server(default, server)
            } else {
                self.netlink.add_route(Route::Local, default, 0)
            };
            unless_ipv6_missing(default, added, "add a route")?;
        }
        Ok(())
    }

    /// Removes the routes of [`Tcp::Unreachable`], then sets up the next scenario, or
    /// takes the interface down if it has no link.
    pub(crate) fn change(&mut self, link: Link, tcp: Tcp) -> Result<(), SetupError> {
        for default in DEFAULT_ROUTES {
            let removed = self.netlink.remove_route(Route::Unreachable, default, 0);
            unless_ipv6_missing(default, removed, "remove a route")?;
        }
        match link {
            Link::Up => self.set_up(tcp),
            Link::Down => self
                .take_down()
                .map_err(SetupError::step("take the interface down")),
        }
    }

    /// How many connection attempts the kernel has counted in this network.
    pub(crate) fn attempts(&self) -> Option<u64> {
        active_opens(&fs::read_to_string("/proc/thread-self/net/snmp").ok()?)
    }

    /// How many connection attempts in this network have been neither accepted nor refused yet.
    pub(crate) fn pending_attempts(&self) -> usize {
        // The second file is absent if the kernel does not support IPv6.
        ["/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"]
            .iter()
            .filter_map(|path| fs::read_to_string(path).ok())
            .map(|table| unanswered(&table))
            .sum()
    }

    /// Restores the state of a network that was never up. Routes to local addresses would
    /// otherwise outlive the interface, and packets on them would be dropped silently.
    fn take_down(&mut self) -> io::Result<()> {
        for (default, server) in DEFAULT_ROUTES.into_iter().zip(NAME_SERVERS) {
            self.netlink.remove_route(Route::Local, default, 0)?;
            self.netlink
                .remove_route(Route::Local, server, host_prefix(server))?;
        }
        for &address in &self.reachable {
            self.netlink
                .remove_route(Route::Local, address, host_prefix(address))?;
        }
        match self.interface {
            Interface::Loopback => {
                for address in DEVICE_ADDRESSES {
                    self.netlink.remove_address(address, host_prefix(address))?;
                }
            }
            // Its addresses and routes lead nowhere while it is down.
            Interface::Ethernet => self.netlink.set_ethernet(false)?,
        }
        self.netlink.remove_address(Ipv4Addr::LOCALHOST.into(), 8)?;
        self.netlink.set_link(false)
    }

    /// Makes every address but the name server's, and those that are kept reachable, unreachable.
    fn restrict_to_name_server(&mut self, default: IpAddr, server: IpAddr) -> io::Result<()> {
        self.netlink.remove_route(Route::Local, default, 0)?;
        self.netlink
            .add_route(Route::Local, server, host_prefix(server))?;
        let of_family = |address: &&IpAddr| address.is_ipv4() == default.is_ipv4();
        for &address in self.reachable.iter().filter(of_family) {
            self.netlink
                .add_route(Route::Local, address, host_prefix(address))?;
        }
        self.netlink.add_route(Route::Unreachable, default, 0)
    }
}

/// Ignores errors of IPv6, which the kernel may not support. IPv4 is required.
fn unless_ipv6_missing(
    address: IpAddr,
    result: io::Result<()>,
    step: &str,
) -> Result<(), SetupError> {
    match result {
        Err(_) if address.is_ipv6() => Ok(()),
        result => result.map_err(SetupError::step(step)),
    }
}

/// `ActiveOpens` of the `Tcp` lines of `/proc/net/snmp` (RFC 4022), which
/// counts both address families.
fn active_opens(snmp: &str) -> Option<u64> {
    let mut lines = snmp.lines().filter_map(|line| line.strip_prefix("Tcp: "));
    let column = lines
        .next()?
        .split(' ')
        .position(|name| name == "ActiveOpens")?;
    lines.next()?.split(' ').nth(column)?.parse().ok()
}

/// How many sockets of a table like `/proc/net/tcp` are in the state SYN_SENT.
fn unanswered(table: &str) -> usize {
    const SYN_SENT: &str = "02";
    table
        .lines()
        .filter(|line| line.split_ascii_whitespace().nth(3) == Some(SYN_SENT))
        .count()
}

/// Moves the calling thread, and no other, to new namespaces.
pub(super) fn unshare(flags: UnshareFlags) -> io::Result<()> {
    debug_assert!(!flags.contains(UnshareFlags::FILES));
    // SAFETY: unshare is unsafe because of FILES, after which threads have different
    // descriptors; the callers in this module and in `namespace` never set it.
    unsafe { unshare_unsafe(flags) }.map_err(Into::into)
}

#[cfg(test)]
mod tests {
    use super::{active_opens, unanswered};

    #[test]
    fn counts_connection_attempts_without_an_answer() {
        let table = "  sl  local_address rem_address   st tx_queue\n   \
            0: 00000000:0050 00000000:0000 0A 00000000\n   1: 0A0A0A0A:C000 0B0B0B0B:01BB 02 00000001\n";
        assert_eq!(unanswered(table), 1);
        assert_eq!(unanswered(""), 0);
    }

    #[test]
    fn finds_the_count_of_connection_attempts() {
        let snmp = "Ip: Forwarding\nIp: 1\nTcp: RtoMin ActiveOpens PassiveOpens\nTcp: 200 7 9\n";
        assert_eq!(active_opens(snmp), Some(7));
        assert_eq!(active_opens("Tcp: RtoMin\nTcp: 200\n"), None);
    }
}
