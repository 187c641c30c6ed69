//! Sets link, addresses and routes of the calling thread's network over rtnetlink. No
//! process is started, and each call returns when the kernel has acknowledged it.

use std::io;
use std::net::IpAddr;

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, NLM_F_REQUEST, NetlinkHeader,
    NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::address::{AddressAttribute, AddressHeaderFlags, AddressMessage};
use netlink_packet_route::link::{
    AfSpecInet6, AfSpecUnspec, In6AddrGenMode, InfoData, InfoKind, InfoVeth, LinkAttribute,
    LinkFlags, LinkInfo, LinkMessage,
};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteMessage, RouteProtocol, RouteScope, RouteType,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use rustix::io::Errno;

/// The index of `lo`: the first interface of every new network.
pub(crate) const LO: u32 = 1;

/// The index of the Ethernet interface, if the network has one.
pub(crate) const ETHERNET: u32 = 2;

/// The index of the other end of its cable.
const ETHERNET_PEER: u32 = 3;

/// The names of both.
const ETHERNET_NAMES: [&str; 2] = ["eth0", "peer0"];

/// How little a default gateway is preferred: any other route to the same destination counts before it.
const GATEWAY_PRIORITY: u32 = 100;

/// `RT_TABLE_LOCAL` of `linux/rtnetlink.h`: looked up before all other tables.
const TABLE_LOCAL: u8 = 255;

/// `RT_TABLE_MAIN` of `linux/rtnetlink.h`.
const TABLE_MAIN: u8 = 254;

/// What happens to packets to a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// They are delivered locally.
    Local,
    /// The sender gets a "host unreachable" error.
    Unreachable,
}

/// An rtnetlink socket of one network.
pub(crate) struct Netlink {
    socket: Socket,
    sequence: u32,
}

impl Netlink {
    /// Opens a socket for the calling thread's network.
    pub(crate) fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    /// Brings `lo` up or down. The kernel gives it 127.0.0.1 and ::1.
    pub(crate) fn set_link(&mut self, up: bool) -> io::Result<()> {
        self.set_interface(LO, up)
    }

    /// Makes the Ethernet interface, with the other end of its cable in the same network. Both are down.
    pub(crate) fn add_ethernet(&mut self) -> io::Result<()> {
        let [own, peer] = ETHERNET_NAMES.map(|name| LinkAttribute::IfName(name.to_owned()));
        let mut other = LinkMessage::default();
        other.header.index = ETHERNET_PEER;
        other.attributes.push(peer);
        let mut message = LinkMessage::default();
        message.header.index = ETHERNET;
        let kind = LinkInfo::Kind(InfoKind::Veth);
        let data = LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(other)));
        message.attributes = vec![own, LinkAttribute::LinkInfo(vec![kind, data])];
        self.request(
            RouteNetlinkMessage::NewLink(message),
            NLM_F_CREATE | NLM_F_EXCL,
        )?;
        for index in [ETHERNET, ETHERNET_PEER] {
            // Without addresses of their own they send no packets by themselves. A kernel without IPv6 refuses it.
            let _ = self.without_own_addresses(index);
        }
        Ok(())
    }

    /// Brings both ends of the cable up or down.
    pub(crate) fn set_ethernet(&mut self, up: bool) -> io::Result<()> {
        self.set_interface(ETHERNET_PEER, up)?;
        self.set_interface(ETHERNET, up)
    }

    /// Has the kernel give an interface no address of IPv6.
    fn without_own_addresses(&mut self, index: u32) -> io::Result<()> {
        let mut message = LinkMessage::default();
        message.header.index = index;
        let none = AfSpecInet6::AddrGenMode(In6AddrGenMode::None);
        let of_ipv6 = AfSpecUnspec::Inet6(vec![none]);
        message.attributes = vec![LinkAttribute::AfSpecUnspec(vec![of_ipv6])];
        self.request(RouteNetlinkMessage::SetLink(message), 0)
    }

    fn set_interface(&mut self, index: u32, up: bool) -> io::Result<()> {
        let mut message = LinkMessage::default();
        message.header.index = index;
        message.header.change_mask = LinkFlags::Up;
        if up {
            message.header.flags = LinkFlags::Up;
        }
        self.request(RouteNetlinkMessage::SetLink(message), 0)
    }

    /// Adds an address to an interface, with the length of its network's prefix.
    pub(crate) fn add_address(
        &mut self,
        interface: u32,
        address: IpAddr,
        prefix: u8,
    ) -> io::Result<()> {
        let message = RouteNetlinkMessage::NewAddress(address_message(interface, address, prefix));
        self.request(message, NLM_F_CREATE | NLM_F_REPLACE)
    }

    /// Removes an address from `lo`, if it has it.
    pub(crate) fn remove_address(&mut self, address: IpAddr, prefix: u8) -> io::Result<()> {
        let message = RouteNetlinkMessage::DelAddress(address_message(LO, address, prefix));
        ignore(self.request(message, 0), Errno::ADDRNOTAVAIL)
    }

    /// Adds a route, or replaces it.
    pub(crate) fn add_route(&mut self, route: Route, to: IpAddr, prefix: u8) -> io::Result<()> {
        let message = RouteNetlinkMessage::NewRoute(route_message(route, to, prefix));
        self.request(message, NLM_F_CREATE | NLM_F_REPLACE)
    }

    /// Adds a default route by way of a gateway at the Ethernet interface. The routes of scenarios count before it.
    pub(crate) fn add_gateway(&mut self, gateway: IpAddr) -> io::Result<()> {
        let mut message = RouteMessage::default();
        message.header.address_family = family(gateway);
        message.header.protocol = RouteProtocol::Static;
        message.header.kind = RouteType::Unicast;
        message.header.table = TABLE_MAIN;
        message.header.scope = RouteScope::Universe;
        message.attributes = vec![
            RouteAttribute::Gateway(RouteAddress::from(gateway)),
            RouteAttribute::Oif(ETHERNET),
            RouteAttribute::Priority(GATEWAY_PRIORITY),
        ];
        let message = RouteNetlinkMessage::NewRoute(message);
        self.request(message, NLM_F_CREATE | NLM_F_REPLACE)
    }

    /// Removes a route, if it exists.
    pub(crate) fn remove_route(&mut self, route: Route, to: IpAddr, prefix: u8) -> io::Result<()> {
        let message = RouteNetlinkMessage::DelRoute(route_message(route, to, prefix));
        ignore(self.request(message, 0), Errno::SRCH)
    }

    fn request(&mut self, message: RouteNetlinkMessage, flags: u16) -> io::Result<()> {
        self.sequence += 1;
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST | NLM_F_ACK | flags;
        header.sequence_number = self.sequence;
        let mut message = NetlinkMessage::new(header, NetlinkPayload::from(message));
        message.finalize();
        let mut buffer = vec![0; message.buffer_len()];
        message.serialize(&mut buffer);
        self.socket.send(&buffer, 0)?;
        let (reply, _) = self.socket.recv_from_full()?;
        let reply = NetlinkMessage::<RouteNetlinkMessage>::deserialize(&reply)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
        match reply.payload {
            NetlinkPayload::Error(error) if error.code.is_none() => Ok(()),
            NetlinkPayload::Error(error) => Err(error.to_io()),
            other => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("expected an acknowledgement, found {other:?}"),
            )),
        }
    }
}

/// Ignores the error of a removal that means that there is nothing to remove.
fn ignore(result: io::Result<()>, absent: Errno) -> io::Result<()> {
    match result {
        Err(error) if error.raw_os_error() == Some(absent.raw_os_error()) => Ok(()),
        result => result,
    }
}

fn address_message(interface: u32, address: IpAddr, prefix: u8) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.family = family(address);
    message.header.prefix_len = prefix;
    message.header.index = interface;
    message.header.flags = AddressHeaderFlags::Nodad;
    message.attributes = vec![
        AddressAttribute::Local(address),
        AddressAttribute::Address(address),
    ];
    message
}

fn route_message(route: Route, to: IpAddr, prefix: u8) -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header.address_family = family(to);
    message.header.destination_prefix_length = prefix;
    message.header.protocol = RouteProtocol::Static;
    (
        message.header.kind,
        message.header.table,
        message.header.scope,
    ) = match route {
        Route::Local => (RouteType::Local, TABLE_LOCAL, RouteScope::Host),
        Route::Unreachable => (RouteType::Unreachable, TABLE_MAIN, RouteScope::Universe),
    };
    if prefix > 0 {
        let destination = RouteAttribute::Destination(RouteAddress::from(to));
        message.attributes.push(destination);
    }
    if route == Route::Local {
        message.attributes.push(RouteAttribute::Oif(LO));
    }
    message
}

fn family(address: IpAddr) -> AddressFamily {
    match address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    }
}

/// The prefix length that covers one address.
pub(crate) fn host_prefix(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}
